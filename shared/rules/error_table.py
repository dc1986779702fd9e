"""Which errors of Azure Backup are known? Names, numbers, family and answer of each, and what it says in our words."""

from dataclasses import dataclass

from shared.model.failures import Family, Response
from shared.rules.failure_families import REMEDIES

MOST_RETRIES = 2
"""Starts after a failed backup at most: Azure stops at 9 attempts a VM and day, and advises 3 beside the schedule."""


@dataclass(frozen=True, slots=True)
class Code:
    """One error of the service.

    `names` are its spellings, the usual one first; one that ends in "*" stands for all names that begin so. `says`
    completes a sentence about a VM. `answer` is given where it is not the family's; `retries` is how often a backup
    that failed so may be started again.
    """

    family: Family
    names: tuple[str, ...]
    says: str
    numbers: tuple[int, ...] = ()
    answer: Response | None = None
    retries: int = MOST_RETRIES

    @property
    def name(self) -> str:
        """The usual name."""
        return self.names[0].removesuffix("*")

    @property
    def response(self) -> Response:
        """How the error is answered."""
        return self.answer or REMEDIES[self.family].response


def _code(family: Family, names: str, says: str, number: int = 0) -> Code:
    return Code(family, tuple(names.split()), says, (number,) if number else ())


def _once(family: Family, names: str, says: str, number: int = 0) -> Code:
    """Return a code that is worth one more try before a person must look."""
    numbers = (number,) if number else ()
    return Code(family, tuple(names.split()), says, numbers, Response.RETRY, retries=1)


def _answered(response: Response, family: Family, names: str, says: str, number: int = 0) -> Code:
    return Code(family, tuple(names.split()), says, (number,) if number else (), response)


_BACKUPS = (
    _code(Family.TRANSIENT, "BackUpOperationFailed BackUpOperationFailedV2", "the service failed inside"),
    _code(Family.TRANSIENT, "CloudInternalError", "the service failed inside", 130001),
    _code(Family.WAIT, "UserErrorBackupOperationInProgress", "another backup of it was running"),
    _code(Family.WAIT, "SystemBackupOperationInProgress", "the service itself was at work on its backup"),
    _code(
        Family.WAIT,
        "BMSUserErrorObjectLocked BMSUserErrorConflictingProtectionOperation",
        "another operation held its backup item",
    ),
    _code(Family.GUEST_AGENT, "UserErrorGuestAgentStatusUnavailable", "its agent does not answer", 400196),
    _code(Family.GUEST_AGENT, "UserErrorGuestAgentVersionUnsupported", "its agent is too old", 380016),
    _once(
        Family.GUEST_AGENT,
        "GuestAgentSnapshotTaskStatusError",
        "its agent did not report how the snapshot went",
        400039,
    ),
    _once(
        Family.GUEST_AGENT,
        "ExtensionOperationFailedForManagedDisks ExtensionOperationFailed",
        "the snapshot extension failed in it",
    ),
    _once(Family.GUEST_AGENT, "VMRestorePointInternalError", "something in it, often antivirus, blocks the snapshot"),
    _once(Family.TRANSIENT, "VMRestorePoint*", "its restore point could not be made"),
    _code(Family.GUEST_AGENT, "UserErrorFsFreezeFailed", "a file system in it could not be frozen"),
    _code(
        Family.GUEST_AGENT,
        "ExtensionSnapshotFailedCOM ExtensionInstallationFailedCOM ExtensionInstallationFailedMDTC "
        "ExtensionSnapshotFailedMDTC ExtensionInstallationFailedMSDTC ExtensionSnapshotFailedMSDTC",
        "COM+ or the transaction coordinator does not work in it",
    ),
    _code(Family.GUEST_AGENT, "ExtensionFailedVssServiceInBadState", "its shadow copy service is not well"),
    _code(Family.GUEST_AGENT, "ExtensionConfigParsingFailure", "the extension cannot read its configuration in it"),
    _code(Family.GUEST_AGENT, "ExtensionStuckInDeletionState", "the extension is stuck while it is removed"),
    _code(Family.GUEST_AGENT, "ExtensionVCRedistInstallationFailure", "a runtime library could not be installed in it"),
    _code(Family.GUEST_AGENT, "UserErrorUnableToOpenMount", "a mount in it cannot be read"),
    _code(Family.VM_STATE, "UserErrorVmProvisioningStateFailed", "its provisioning has failed"),
    _code(Family.VM_STATE, "UserErrorCrpReportedUserError", "the compute service refused the snapshot", 400349),
    Code(
        Family.VM_STATE,
        ("UserErrorVmNotInDesirableState", "VmNotInDesirableState"),
        "it was changing its state, or has failed",
        answer=Response.WAIT,
        retries=1,
    ),
    _code(Family.VM_STATE, "AzureVmOffline", "it does not run, so the extension cannot be installed", 380008),
    _code(Family.VM_STATE, "ExtensionSnapshotBitlockerError", "a drive of it is locked by BitLocker"),
    _answered(Response.IGNORE, Family.VM_STATE, "IaasVmHealthYellowDefault", "its checks before a backup warn", 400240),
    _answered(Response.IGNORE, Family.TRANSIENT, "IaasVmHealthGreenDefault", "its checks before a backup pass", 400239),
    _answered(Response.IGNORE, Family.TRANSIENT, "UserErrorJobSuccessfullyCancelled", "somebody cancelled it", 400158),
    _code(Family.SNAPSHOT_LIMIT, "UserErrorRpCollectionLimitReached", "it has as many snapshots as it may have"),
    _code(Family.SNAPSHOT_LIMIT, "ExtensionFailedSnapshotLimitReachedError", "a disk of it has too many snapshots"),
    _code(Family.NETWORK, "ExtensionSnapshotFailedNoNetwork", "the extension in it has no network", 400206),
    _code(Family.NETWORK, "ExtensionSnapshotFailedNoSecureNetwork", "the extension in it has no secure channel"),
    _code(
        Family.KEY_VAULT,
        "UserErrorKeyVaultPermissionsNotConfigured",
        "the backup service may not read the keys of its disks",
        400198,
    ),
    _code(Family.POLICY_DENIED, "UserErrorRequestDisallowedByPolicy", "an Azure Policy forbids what a snapshot needs"),
    _code(Family.QUOTA, "UserErrorBCMPremiumStorageQuotaError", "its premium storage account is full"),
    Code(
        Family.THROTTLED_DAY,
        ("CloudDosTimeboudLimitReached", "CloudDosTimeboundLimitReached", "CloudDosAbsoluteLimitReached", "CloudDos*"),
        "the service has blocked its operations for a day",
    ),
    _code(Family.TOO_SLOW, "ExtensionFailedVssWriterInBadState", "a snapshot writer in it was not ready at that hour"),
    _code(
        Family.TOO_SLOW,
        "ExtensionFailedTimeoutVMNetworkUnresponsive",
        "it was too busy at that hour to answer while the snapshot was taken",
    ),
    _code(Family.NOT_FOUND, "ResourceNotFound", "it does not exist any more", 320001),
    _code(Family.NOT_FOUND, "BCMV2VMNotFound", "it does not exist any more", 400094),
    _code(Family.NOT_FOUND, "UserErrorVmNotFoundV2 UserErrorVmNotFound", "it does not exist", 400136),
    _answered(
        Response.USER_FIX, Family.NOT_FOUND, "UserErrorBcmDatasourceNotPresent", "its protection is paused or stopped"
    ),
    _answered(
        Response.USER_FIX, Family.NOT_FOUND, "BMSUserErrorDataSourceInDeferredDeleteState", "its backup is soft-deleted"
    ),
    _code(Family.UNSUPPORTED, "UserErrorUnsupportedDiskSize", "a disk of it is larger than Azure Backup takes"),
    _code(
        Family.UNSUPPORTED,
        "UserErrorMigrationFromTrustedLaunchVMToNonTrustedVMNotAllowed UserErrorMigrationFromTrustedLaunchVM*",
        "it left Trusted Launch, or has the name of a deleted VM that had it",
    ),
)

_RESTORES = (
    _answered(
        Response.RETRY,
        Family.TOO_SLOW,
        "CopyingVHDsFromBackUpVaultTakingLongTime",
        "the restore's storage account took the data too slowly; repeat it with another account",
    ),
    _answered(
        Response.RETRY,
        Family.NOT_FOUND,
        "UserErrorInstantRpNotFound",
        "the snapshot of the recovery point is gone; repeat the restore with a point that is in the vault",
    ),
    _code(Family.QUOTA, "UserErrorSkuNotAvailable", "its size is not to be had where it is restored"),
    _code(Family.QUOTA, "UserErrorCoreCountSubscriptionQuotaReached", "the subscription has no cores left for it"),
    _code(Family.VM_STATE, "UserErrorVmNotShutDown", "it runs, and its disks can be replaced only while it is off"),
    _code(Family.UNSUPPORTED, "UserErrorMarketPlaceVMNotSupported", "it comes from the marketplace: restore its disks"),
    _code(Family.UNSUPPORTED, "UserErrorCrossSubscriptionRestore*", "it may not be restored to another subscription"),
    _code(
        Family.UNSUPPORTED,
        "UserErrorIncompatibleSrcTargetSystemsForRestore",
        "source and target of the restore do not go together",
        520512,
    ),
    _code(
        Family.UNSUPPORTED,
        "BMSUserErrorUnableToEnableCrossRegionRestore",
        "the paired region does not take restores across regions",
    ),
)

_REQUESTS = (
    _code(
        Family.BAD_REQUEST,
        "BMSUserErrorInvalidPolicyInput BMSUserErrorPolicyRetentionInvalid BMSUserErrorInvalidInput",
        "the request holds values that the service refuses",
    ),
    _code(Family.BAD_REQUEST, "BMSUserErrorPolicyObjectInUse", "the policy still has VMs, which must move first"),
    _code(
        Family.BAD_REQUEST,
        "ServiceResourceNotEmptyWithBackendMessage ServiceResourceNotEmptyWithContainerDetails",
        "the vault still holds backups, soft-deleted ones included",
    ),
    _code(Family.POLICY_DENIED, "LinkedAuthorizationFailed", "a right on a linked resource is missing"),
    _code(Family.POLICY_DENIED, "MissingSubscriptionRegistration", "the subscription lacks a registration"),
    _code(Family.NOT_FOUND, "ResourceGroupNotFound", "the resource group does not exist"),
    _code(Family.NOT_FOUND, "SubscriptionNotFound", "the subscription does not exist, or is not to be seen"),
    _code(
        Family.TRANSIENT,
        "ResourceRequestsThrottled SubscriptionRequestsThrottled",
        "there were too many requests within the hour",
    ),
    _code(
        Family.TRANSIENT,
        "RestApiInternalError InternalServerError InternalResourceIdentityError CloudStorageUnexpectedError "
        "InvalidGatewayHost ServerTimeout GatewayTimeout",
        "the service did not answer as it should",
    ),
)

TABLE = (*_BACKUPS, *_RESTORES, *_REQUESTS)
