"""How can a job fail? Azure Backup's errors with their numbers, our words for them, and what becomes of each."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

CANCELLED = "UserErrorJobSuccessfullyCancelled"
DAY_LIMIT = "CloudDosAbsoluteLimitReached"


class Nature(StrEnum):
    """How long an error lasts."""

    PASSING = "passing"
    """For this run only."""
    ONCE = "once"
    """Mostly for this run only, else until a person mends it."""
    LASTING = "lasting"
    """Until a person mends it."""
    STATE = "state"
    """As long as the virtual machine's state has failed."""
    HOUR = "hour"
    """At this hour, every day, until a person mends it."""
    DAY = "day"
    """For a day, during which backups by hand are refused."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error: its number, what it says, what it advises; `weight` is how often backups that fail end with it."""

    number: int
    text: str
    advice: Sequence[str] = ()
    nature: Nature = Nature.PASSING
    weight: float = 0.0


def _agent(number: int, text: str, weight: float, nature: Nature = Nature.LASTING) -> Failure:
    return Failure(number, text, ("Repair what the error names in the virtual machine.",), nature, weight)


_AGAIN = ("Wait for a few minutes and then try the operation again.",)
FAILURES: dict[str, Failure] = {
    "CloudInternalError": Failure(130001, "Microsoft Azure Backup encountered an internal error.", _AGAIN, weight=20),
    "BackUpOperationFailedV2": Failure(380201, "The backup failed for an internal reason.", _AGAIN, weight=10),
    "VMRestorePointInternalError": Failure(
        380202, "The restore point could not be made.", _AGAIN, Nature.ONCE, weight=4
    ),
    "UserErrorBackupOperationInProgress": Failure(380203, "Another backup of the item runs.", _AGAIN, weight=2),
    "SystemBackupOperationInProgress": Failure(380204, "The service works on the item itself.", _AGAIN, weight=3),
    "BMSUserErrorObjectLocked": Failure(380205, "Another operation holds the item.", _AGAIN, weight=2),
    "UserErrorGuestAgentStatusUnavailable": _agent(400196, "The VM agent does not answer the service.", 6),
    "UserErrorGuestAgentVersionUnsupported": _agent(380016, "The VM agent is too old.", 2),
    "GuestAgentSnapshotTaskStatusError": _agent(400039, "The VM agent told nothing of the snapshot.", 5, Nature.ONCE),
    "ExtensionOperationFailedForManagedDisks": _agent(380206, "The snapshot extension failed.", 4, Nature.ONCE),
    "UserErrorFsFreezeFailed": _agent(380207, "A file system could not be frozen.", 3),
    "ExtensionSnapshotFailedCOM": _agent(380208, "The snapshot failed in COM+.", 2),
    "ExtensionFailedVssServiceInBadState": _agent(380209, "The shadow copy service is not well.", 2),
    "ExtensionConfigParsingFailure": _agent(380210, "The extension cannot read its settings.", 1),
    "ExtensionStuckInDeletionState": _agent(380211, "The extension is stuck while it is deleted.", 1),
    "ExtensionVCRedistInstallationFailure": _agent(380212, "A runtime library was not installed.", 1),
    "UserErrorUnableToOpenMount": _agent(380213, "A mount point cannot be read.", 1),
    "ExtensionSnapshotFailedNoNetwork": _agent(400206, "The extension has no network.", 3),
    "ExtensionSnapshotFailedNoSecureNetwork": _agent(380214, "The extension has no secure channel.", 1),
    "UserErrorKeyVaultPermissionsNotConfigured": Failure(
        400198, "The service may not read the keys of the disks.", ("Grant it the rights.",), Nature.LASTING, 2
    ),
    "UserErrorRequestDisallowedByPolicy": Failure(
        380215, "A policy forbids what the snapshot needs.", ("Exempt its resource group.",), Nature.LASTING, 2
    ),
    "UserErrorRpCollectionLimitReached": Failure(
        380216, "The VM has as many snapshots as it may.", ("Remove the lock on their group.",), Nature.LASTING, 2
    ),
    "ExtensionFailedSnapshotLimitReachedError": Failure(
        380217, "A disk has too many snapshots.", ("Delete some of them.",), Nature.LASTING, 1
    ),
    "UserErrorBCMPremiumStorageQuotaError": Failure(
        380218, "The premium storage account is full.", ("Free some of its space.",), Nature.LASTING, 1
    ),
    "UserErrorUnsupportedDiskSize": Failure(
        380219, "A disk is larger than the service takes.", ("Exclude the disk.",), Nature.LASTING, 1
    ),
    "ExtensionSnapshotBitlockerError": _agent(380220, "A drive is locked by BitLocker.", 1),
    "UserErrorCrpReportedUserError": _agent(400349, "The compute service reported an error.", 2),
    "UserErrorVmProvisioningStateFailed": _agent(380221, "The VM's provisioning has failed.", 2, Nature.STATE),
    "UserErrorVmNotInDesirableState": _agent(380222, "The VM changes its state.", 0, Nature.STATE),
    "AzureVmOffline": Failure(
        380008,
        "Azure Backup was unable to install or update the extension as the virtual machine is not running.",
        ("Ensure the VM is running and the VM agent is installed, then retry the operation.",),
        Nature.STATE,
    ),
    "ExtensionFailedVssWriterInBadState": _agent(380223, "A snapshot writer was not ready.", 4, Nature.HOUR),
    "ExtensionFailedTimeoutVMNetworkUnresponsive": _agent(380224, "The VM was too busy to answer.", 4, Nature.HOUR),
    DAY_LIMIT: Failure(380225, "The day's limit of operations is reached.", ("Retry after 24 hours.",), Nature.DAY, 3),
    "UserErrorVmNotFoundV2": Failure(
        400136,
        "Virtual machine doesn't exist.",
        ("Please make sure that virtual machine exists or select a different virtual machine.",),
    ),
    "ResourceNotFound": Failure(320001, "The virtual machine exists no longer.", ("Stop its protection.",)),
    "CopyingVHDsFromBackUpVaultTakingLongTime": Failure(
        380101,
        "Copying the backed up data from the vault took too long.",
        ("Choose a storage account that no application loads, and retry the operation.",),
    ),
    "UserErrorInstantRpNotFound": Failure(
        380102,
        "The snapshot of the recovery point was not found.",
        ("Choose a recovery point in the vault and retry the operation.",),
    ),
    "UserErrorSkuNotAvailable": Failure(
        380103,
        "The size of the virtual machine is not available in the target region.",
        ("Restore the disks, then create a virtual machine of another size from them.",),
    ),
    "UserErrorTargetVmAlreadyExists": Failure(
        380104,
        "A virtual machine with the target's name exists already.",
        ("Choose another name and retry the operation.",),
    ),
    "UserErrorBcmDatasourceNotPresent": Failure(
        380105, "The item is not protected any more.", ("Resume its protection and retry the operation.",)
    ),
    "SnapshotPreviewInterrupted": Failure(380226, "The snapshot was interrupted.", nature=Nature.LASTING),
    CANCELLED: Failure(400158, "Job is cancelled."),
}
"""Errors by their titles; 3801xx and 3802xx are numbers of ours, for want of a recording."""

_UNKNOWN = Failure(0, "The operation failed.")
_DRAWN = [title for title, failure in FAILURES.items() if failure.weight]
_WEIGHTS = [FAILURES[title].weight for title in _DRAWN]


def failure(title: str) -> Failure:
    """Return what is known of an error."""
    return FAILURES.get(title, _UNKNOWN)


def draw_title(draw: random.Random) -> str:
    """Return the error of a backup that fails, as often as its weight says."""
    return draw.choices(_DRAWN, _WEIGHTS)[0]
