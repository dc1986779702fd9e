"""Which points did the demo's second night miss, and were they named? Counted from Azure's jobs.

So is whether a backup was kept as a message asked for it; only what is named is the app's own word.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from local.clock import parse
from local.judge import Truth

ASKED_FOR, NOT_THERE = "db-eus-14", "db-eus-99"
"""VMs that an operator asks a backup of in the second morning: one that is well, and one that does not exist."""
KEPT_UNTIL = "2026-04-30T12:00:00Z"
KNOWN_AFTER = timedelta(hours=6)
"""So long after its start it is known that a run has left no point."""
EARLIER = timedelta(hours=3)
"""A run starts up to two hours late, and a policy in a zone with clock changes an hour earlier by the other clock."""
DAY = timedelta(days=1)
CAUSES = {
    "UserErrorGuestAgentStatusUnavailable": "agent",
    "UserErrorKeyVaultPermissionsNotConfigured": "settings",
    "UserErrorRpCollectionLimitReached": "quota",
    "ExtensionSnapshotFailedNoNetwork": "settings",
    "UserErrorRequestDisallowedByPolicy": "settings",
    "UserErrorBCMPremiumStorageQuotaError": "quota",
    "ExtensionSnapshotBitlockerError": "vm-off",
    "UserErrorUnsupportedDiskSize": "settings",
    "CloudDosAbsoluteLimitReached": "throttled",
    "AzureVmOffline": "vm-off",
}
"""What errors of the demo mean for a point that is not there."""


def figures(truth: Truth, report: Mapping[str, Any], begins: datetime) -> dict[str, Any]:
    """Return what was missed of the runs that began since `begins`, as far as it can be known, and what was asked for.

    `report` is the app's morning report, as its JSON.
    """
    lost, vms = _lost(truth, begins, parse(report["made_at"])), report["retention"]["vms"]
    gaps = {
        vm["name"].lower(): gap["cause"]
        for vm in vms
        for gap in vm["gaps"]
        if gap["mark"] == "missing" and parse(gap["expected"]["due"]) >= begins - EARLIER
    }
    wrong = {
        f"{name} {gaps[name]}"
        for name, error in lost.items()
        if name in gaps and error in CAUSES and gaps[name] != CAUSES[error]
    }
    return {
        "lost": len(lost),
        "named": len(lost.keys() & gaps.keys()),
        "not_named": sorted(lost.keys() - gaps.keys()),
        "named_in_vain": sorted(gaps.keys() - lost.keys()),
        "wrong_causes": sorted(wrong),
        "causes": sorted(set(gaps.values())),
        "looked_at": len(vms),
        "kept_as_asked": sum(_is_as_asked(job) for job in truth["jobs"]),
        "refused": [one["said"] for one in report["on_demand"]["backups"] if one["stage"] == "refused"],
    }


def _lost(truth: Truth, begins: datetime, now: datetime) -> dict[str, str]:
    """Return by VM the error of its run that left no point, where no backup of that day made one."""
    backups = [job for job in truth["jobs"] if job["operation"] == "Backup"]
    good = [(job["vm"], parse(job["started_at"])) for job in backups if not job["error"]]
    found = {}
    for job in backups:
        due = parse(job["scheduled_for"]) if job["scheduled_for"] else None
        if due is None or not job["error"] or parse(job["started_at"]) < begins or due > now - KNOWN_AFTER:
            continue
        if not any(vm == job["vm"] and due <= started < due + DAY for vm, started in good):
            found[job["vm"].rpartition("/")[2].lower()] = job["error"]
    return found


def _is_as_asked(job: Mapping[str, Any]) -> bool:
    """Return whether the job is the one that the message asked for, with the expiry that it named."""
    return (
        job["vm"].lower().endswith(f"/{ASKED_FOR}")
        and job["expires"] is not None
        and parse(job["expires"]) == parse(KEPT_UNTIL)
    )
