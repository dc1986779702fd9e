"""Is every error of Azure Backup that is known found by number, by name and inside a sentence, in the right family?"""

import json
import os
from pathlib import Path

import pytest

from shared.model.failures import Family, Kind, Response
from shared.rules.error_codes import code_of, known
from shared.rules.error_table import MOST_RETRIES, TABLE
from shared.rules.failure_families import REMEDIES
from tests.rules.failures import failure

F, R = Family, Response
ROWS = {
    1: ("UserErrorGuestAgentStatusUnavailable", F.GUEST_AGENT, R.USER_FIX, 0),
    2: ("GuestAgentSnapshotTaskStatusError", F.GUEST_AGENT, R.RETRY, 1),
    3: ("UserErrorVmProvisioningStateFailed", F.VM_STATE, R.USER_FIX, 0),
    4: ("UserErrorRpCollectionLimitReached", F.SNAPSHOT_LIMIT, R.USER_FIX, 0),
    5: ("UserErrorKeyvaultPermissionsNotConfigured", F.KEY_VAULT, R.USER_FIX, 0),
    6: ("ExtensionSnapshotFailedNoNetwork", F.NETWORK, R.USER_FIX, 0),
    7: ("ExtensionSnapshotFailedNoSecureNetwork", F.NETWORK, R.USER_FIX, 0),
    8: ("ExtensionOperationFailedForManagedDisks", F.GUEST_AGENT, R.RETRY, 1),
    9: ("BackUpOperationFailed BackUpOperationFailedV2", F.TRANSIENT, R.RETRY, 2),
    10: ("UserErrorUnsupportedDiskSize", F.UNSUPPORTED, R.STOP, 0),
    11: ("UserErrorBackupOperationInProgress", F.WAIT, R.WAIT, 2),
    12: ("SystemBackupOperationInProgress", F.WAIT, R.WAIT, 2),
    13: ("UserErrorCrpReportedUserError", F.VM_STATE, R.USER_FIX, 0),
    14: ("UserErrorBcmDatasourceNotPresent", F.NOT_FOUND, R.USER_FIX, 0),
    15: ("VMRestorePointInternalError", F.GUEST_AGENT, R.RETRY, 1),
    16: ("CopyingVHDsFromBackUpVaultTakingLongTime", F.TOO_SLOW, R.RETRY, 2),
    17: ("UserErrorVmNotInDesirableState VmNotInDesirableState", F.VM_STATE, R.WAIT, 1),
    18: ("UserErrorFsFreezeFailed", F.GUEST_AGENT, R.USER_FIX, 0),
    19: (
        "ExtensionSnapshotFailedCOM ExtensionInstallationFailedCOM ExtensionInstallationFailedMDTC",
        F.GUEST_AGENT,
        R.USER_FIX,
        0,
    ),
    20: ("ExtensionFailedVssWriterInBadState", F.TOO_SLOW, R.RESCHEDULE, 0),
    21: ("ExtensionFailedVssServiceInBadState", F.GUEST_AGENT, R.USER_FIX, 0),
    22: ("UserErrorSkuNotAvailable", F.QUOTA, R.USER_FIX, 0),
    23: ("UserErrorMarketPlaceVMNotSupported", F.UNSUPPORTED, R.STOP, 0),
    24: ("ExtensionConfigParsingFailure", F.GUEST_AGENT, R.USER_FIX, 0),
    25: ("ExtensionStuckInDeletionState", F.GUEST_AGENT, R.USER_FIX, 0),
    26: ("ExtensionFailedSnapshotLimitReachedError", F.SNAPSHOT_LIMIT, R.USER_FIX, 0),
    27: ("ExtensionFailedTimeoutVMNetworkUnresponsive", F.TOO_SLOW, R.RESCHEDULE, 0),
    28: ("320001 ResourceNotFound 400094 BCMV2VMNotFound", F.NOT_FOUND, R.STOP, 0),
    29: ("UserErrorBCMPremiumStorageQuotaError", F.QUOTA, R.USER_FIX, 0),
    30: ("380008 AzureVmOffline", F.VM_STATE, R.USER_FIX, 0),
    31: ("ExtensionSnapshotBitlockerError", F.VM_STATE, R.USER_FIX, 0),
    32: ("ExtensionVCRedistInstallationFailure", F.GUEST_AGENT, R.USER_FIX, 0),
    33: ("UserErrorRequestDisallowedByPolicy", F.POLICY_DENIED, R.USER_FIX, 0),
    34: ("UserErrorUnableToOpenMount", F.GUEST_AGENT, R.USER_FIX, 0),
    35: ("UserErrorInstantRpNotFound", F.NOT_FOUND, R.RETRY, 2),
    36: ("UserErrorCrossSubscriptionRestoreNotSupported", F.UNSUPPORTED, R.STOP, 0),
    37: ("UserErrorMigrationFromTrustedLaunchVMToNonTrustedVMNotAllowed", F.UNSUPPORTED, R.STOP, 0),
    38: ("UserErrorVmNotShutDown", F.VM_STATE, R.USER_FIX, 0),
    39: ("UserErrorCoreCountSubscriptionQuotaReached", F.QUOTA, R.USER_FIX, 0),
    40: (
        "CloudDosTimeboudLimitReached CloudDosTimeboundLimitReached CloudDosAbsoluteLimitReached CloudDosSoftLimit",
        F.THROTTLED_DAY,
        R.WAIT,
        0,
    ),
    41: ("BMSUserErrorObjectLocked BMSUserErrorConflictingProtectionOperation", F.WAIT, R.WAIT, 2),
    42: (
        "BMSUserErrorInvalidPolicyInput BMSUserErrorPolicyRetentionInvalid BMSUserErrorInvalidInput",
        F.BAD_REQUEST,
        R.STOP,
        0,
    ),
    43: ("BMSUserErrorPolicyObjectInUse", F.BAD_REQUEST, R.STOP, 0),
    44: ("BMSUserErrorUnableToEnableCrossRegionRestore", F.UNSUPPORTED, R.STOP, 0),
    45: ("130001 CloudInternalError", F.TRANSIENT, R.RETRY, 2),
}
"""Names and numbers of each row that Azure documents, their family and answer, and the retries where there are any."""
RECORDED = Path(os.environ.get("NIGHTSHIFT_SHARED") or Path(__file__).parents[2].parent / "shared") / "wire"


@pytest.mark.parametrize(("words", "family", "response", "retries"), ROWS.values(), ids=ROWS)
def test_each_documented_error_has_its_family_and_answer(words: str, family: F, response: R, retries: int) -> None:
    for word in words.split():
        number = int(word) if word.isdecimal() else 0
        for text in ("",) if number else (word, word.upper(), f"Failed: {word}. See details", f"4001_{word}_x"):
            code = known(number, text)
            assert code is not None, word
            assert (code.family, code.response) == (family, response), word
            assert code.retries == retries or not retries, word


def test_any_other_restore_point_error_is_worth_one_retry() -> None:
    code = known(0, "VMRestorePointCollectionCreateFailed")
    assert code is not None
    assert (code.family, code.response, code.retries) == (Family.TRANSIENT, Response.RETRY, 1)


def test_a_number_counts_more_than_a_name_and_a_title_more_than_a_text() -> None:
    assert known(400206, "CloudInternalError") is known(0, "ExtensionSnapshotFailedNoNetwork")
    found = known(0, "UserErrorFsFreezeFailed", "inner: ResourceNotFound")
    assert found is not None
    assert found.name == "UserErrorFsFreezeFailed"
    assert known(7, "SomethingNew", "it was CloudInternalError") is known(130001)


@pytest.mark.parametrize("text", ["", "NotCloudInternalError", "Cloud Internal Error", "CloudInternalErrors"])
def test_what_only_looks_like_a_known_name_is_not_known(text: str) -> None:
    assert known(0, text) is None


def test_an_unknown_error_is_of_family_unknown_and_keeps_what_was_seen() -> None:
    code = code_of(failure("UserErrorBrandNew", code=499999, text="Something odd."))
    assert (code.family, code.response, code.name) == (Family.UNKNOWN, Response.USER_FIX, "UserErrorBrandNew")
    assert all(seen in code.says for seen in ("499999", "UserErrorBrandNew", "Something odd."))
    assert code_of(failure("", code=499999)).name == "499999"
    assert code_of(failure("", text="Something odd.")).name == "unnamed"
    assert code_of(failure("")).says == "the job names no error"


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        (Kind.OVERDUE, Family.TRANSIENT),
        (Kind.NEVER_STARTED, Family.TRANSIENT),
        (Kind.COLLIDED, Family.WAIT),
        (Kind.MISSING_VM, Family.NOT_FOUND),
        (Kind.CANCELLED, Family.TRANSIENT),
    ],
)
def test_what_left_no_error_is_judged_by_its_kind(kind: Kind, family: Family) -> None:
    assert code_of(failure("", kind)).family is family


def test_no_number_and_no_name_stands_for_two_errors() -> None:
    names = [name.lower() for code in TABLE for name in code.names]
    numbers = [number for code in TABLE for number in code.numbers]
    assert len(set(names)) == len(names)
    assert len(set(numbers)) == len(numbers)


def test_every_family_has_errors_or_is_that_of_the_unknown_ones_and_a_runbook() -> None:
    assert {code.family for code in TABLE} == set(Family) - {Family.UNKNOWN}
    assert set(REMEDIES) == set(Family)
    for remedy in REMEDIES.values():
        sentences = (remedy.runbook.meaning, *remedy.runbook.steps)
        assert all(sentence == sentence.strip() and sentence.endswith(".") for sentence in sentences)
        assert remedy.runbook.steps


def test_no_error_is_worth_more_than_two_retries() -> None:
    assert all(1 <= code.retries <= MOST_RETRIES for code in TABLE)


def test_every_recorded_error_is_known() -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recorded errors (wire/error_codes.json) are not at hand")
    rows = json.loads((RECORDED / "error_codes.json").read_text())
    assert rows
    unknown = []
    for row in rows:
        number, name = (row["code"], row["title"] or "") if isinstance(row["code"], int) else (0, row["code"])
        by_number, by_name = known(number), known(0, name)
        if not (by_number or by_name) or (by_number and by_name and by_number is not by_name):
            unknown.append((number, name))
    assert unknown == []
