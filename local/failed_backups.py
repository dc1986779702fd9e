"""What became of the demo's failed backups? Counted from Azure's jobs and the operator's inbox, not from the app."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from local.clock import parse
from local.judge import Truth

type Json = Mapping[str, Any]

FOR_A_PERSON = {
    "web-weu-25": "UserErrorGuestAgentStatusUnavailable",
    "SQL-WEU-32": "UserErrorKeyVaultPermissionsNotConfigured",
    "db-weu-34": "UserErrorRpCollectionLimitReached",
    "web-eus-17": "ExtensionSnapshotFailedNoNetwork",
    "db-weu-38": "UserErrorRequestDisallowedByPolicy",
    "app-weu-39": "UserErrorBCMPremiumStorageQuotaError",
    "web-eus-01": "ExtensionSnapshotBitlockerError",
    "db-eus-02": "UserErrorUnsupportedDiskSize",
    "app-eus-03": "UserErrorVmNotFoundV2",
    "app-eus-15": "SnapshotPreviewInterrupted",
}
"""VMs of the demo whose backups fail in a way that a person must mend, and the errors; no document knows the last."""
BY_ITSELF = {
    "web-eus-09": "CloudInternalError",
    "db-eus-10": "UserErrorBackupOperationInProgress",
    "db-eus-18": "ExtensionFailedVssWriterInBadState",
}
"""VMs whose errors need nobody: a retry, the next run, or another hour cures them."""
BLOCKED = {"web-weu-37": "CloudDosAbsoluteLimitReached"}
"""A VM that nobody can help for a day; a person hears of it only if its newest point gets too old meanwhile."""
OFFLINE = "AzureVmOffline"
"""What the other VMs that fail end with, where it is not an error that passes."""
STORM = "UserErrorGuestAgentVersionUnsupported"
STRUCK = 20
"""VMs whose backups by hand fail at once with this error."""
_OVER = "over: "


def failures(truth: Truth, log: Iterable[Json], inbox: Iterable[Json], begins: datetime) -> dict[str, Any]:
    """Return what happened to the backups that failed since `begins`, and what was told of them.

    `asked_by_the_app` are the backups that it started again. Of the VMs whose failure is for a person, `told_once` are
    those that one line of the inbox speaks of, over again left aside; the others are named.
    """
    failed = [job for job in truth["jobs"] if job["error"] and parse(job["started_at"]) >= begins]
    lines = [line for line in inbox if not _title(line).startswith(_OVER)]
    told: Counter[str] = Counter(name.lower() for line in lines for name in line["body"]["members"])
    storms = [line for line in lines if len(line["body"]["members"]) >= STRUCK]
    stuck = _failed_twice(failed)
    wanted = {*map(str.lower, FOR_A_PERSON), *stuck, *(_name(job) for job in failed if job["error"] == OFFLINE)}
    struck = {_name(job) for job in failed if job["error"] == STORM}
    return {
        "failed": len(failed),
        "errors": len({job["error"] for job in failed}),
        "for_a_person": len(wanted),
        "told_once": sum(told[name] == 1 for name in wanted),
        "not_told_once": sorted(name for name in wanted if told[name] != 1),
        "by_itself": len(BY_ITSELF),
        "told_in_vain": sorted(name for name in told if name not in wanted | struck | set(BLOCKED)),
        "repaired_by_retry": sorted(set(BY_ITSELF) & _repaired(truth, failed)),
        "storm": {"vms": len(struck), "lines": len(storms), "members": [len(_members(line)) for line in storms]},
        "asked_by_the_app": sum(
            entry["action"].lower().endswith("/backup/action") and bool(entry["effect"]) for entry in log
        ),
        "alerts": [_title(line) for line in lines],
        "over": sum(_title(line).startswith(_OVER) for line in inbox),
    }


def _failed_twice(failed: Sequence[Json]) -> set[str]:
    """Return the VMs whose backup failed, by schedule and again when it was started once more."""
    by_hand, scheduled = defaultdict(list), set()
    for job in failed:
        if job["error"] != STORM:
            by_hand[_name(job)].append(job) if job["scheduled_for"] is None else scheduled.add(_name(job))
    return {name for name in scheduled if by_hand[name]}


def _repaired(truth: Truth, failed: Sequence[Json]) -> set[str]:
    """Return the VMs of which a backup outside the schedule completed after one had failed."""
    first = {_name(job): job["started_at"] for job in reversed(failed)}
    return {
        _name(job)
        for job in truth["jobs"]
        if job["scheduled_for"] is None
        and job["status"] == "Completed"
        and job["started_at"] > first.get(_name(job), "~")
    }


def _name(job: Json) -> str:
    return str(job["vm"]).rpartition("/")[2].lower()


def _title(line: Json) -> str:
    return str(line["body"]["title"])


def _members(line: Json) -> Sequence[str]:
    members: Sequence[str] = line["body"]["members"]
    return members
