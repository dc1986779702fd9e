"""What does a program read of retention? Its numbers, each VM with its gaps, and how vaults are guarded, as JSON."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from shared.model.retention import RetentionNight, VmRetention
from shared.report.retention_figures import by_day, retention_figures, state_of
from shared.report.retention_rows import gap_groups

NO_RUN = "."


def retention_data(retention: RetentionNight, now: datetime) -> dict[str, Any]:
    """Return the report's "retention" as it stands at `now`.

    "figures" holds the numbers of `RetentionFigures`, "groups" the gaps by tier and cause, "vms", "findings" and
    "postures" the fields of the model. A gap has its "state" too, and a VM's "calendar" is two texts with a letter a
    day from "begins": "marks" the mark's first letter ("." where no run was due), "classes" that of the longest class.
    """
    return {
        "fresh_at": retention.fresh_at,
        "figures": asdict(retention_figures(retention, now)),
        "groups": [
            {
                "tier": one.tier,
                "cause": one.cause,
                "gaps": one.gaps,
                "vms": one.vms,
                "states": {state.value: count for state, count in one.states},
            }
            for one in gap_groups(retention)
        ],
        "vms": [_vm(one) for one in retention.vms],
        "findings": [asdict(one) for one in retention.findings],
        "postures": [asdict(one) for one in retention.postures],
    }


def _vm(vm: VmRetention) -> dict[str, Any]:
    gaps = [{**asdict(gap), "state": state_of(gap).value} for gap in vm.gaps]
    counts = [{"class": name, "expected": expected, "present": present} for name, expected, present in vm.counts]
    return {
        "vm_id": vm.vm_id,
        "name": vm.name,
        "vault_id": vm.vault_id,
        "tier": vm.tier,
        "policy": vm.policy,
        "checked_at": vm.checked_at,
        "points": vm.points,
        "oldest": vm.oldest,
        "newest": vm.newest,
        "counts": counts,
        "consistency": dict(vm.consistency),
        "calendar": _calendar(vm),
        "gaps": gaps,
        "findings": [asdict(one) for one in vm.findings],
    }


def _calendar(vm: VmRetention) -> dict[str, Any] | None:
    found = by_day(vm)
    if not found:
        return None
    begins: date = min(found)
    days = [begins + timedelta(days=offset) for offset in range((max(found) - begins).days + 1)]
    marks = [found[one][0][:1] if one in found else NO_RUN for one in days]
    classes = [found[one][1][-1][:1] if one in found and found[one][1] else NO_RUN for one in days]
    return {"begins": begins, "marks": "".join(marks), "classes": "".join(classes)}
