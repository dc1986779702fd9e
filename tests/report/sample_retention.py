"""What does the report of a sample day tell of retention? Gaps with every mark, findings, and a weak vault."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.model.azure import Vault, Vm
from shared.model.on_demand import OnDemandBackup, Purpose, Stage, Wanted
from shared.model.plan import Finding
from shared.model.retention import (
    Cause,
    Expected,
    Gap,
    Mark,
    RetentionNight,
    Setting,
    VaultPosture,
    VmRetention,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAYS = 35
KEPT = {"daily": 30, "weekly": 84, "monthly": 366, "yearly": 7 * 366}
VERSION = "3f9a1c07be42"
SAID = {
    Cause.COLLISION: "its backup did not start: a restore of disks held the VM until 23:40",
    Cause.VM_GONE: "the VM was deleted before its run was due",
    Cause.AGENT: "its backup failed: the VM agent does not answer (UserErrorGuestAgentStatusUnavailable)",
    Cause.THROTTLED: "its backup failed: snapshots of its subscription were throttled",
    Cause.PROTECTION_STOPPED: "protection was stopped by mallory@example.com",
    Cause.LOST: "its backup completed at 23:12, and its point is not there any more",
}


def expected(due: datetime, *classes: str) -> Expected:
    """Return a point of these classes, the shortest first."""
    keep_until = due + timedelta(days=KEPT[classes[-1]])
    return Expected(due=due, classes=classes, keep_until=keep_until, policy="ns-critical-2200", version=VERSION)


def gap(due: datetime, cause: Cause, *classes: str, mark: Mark = Mark.MISSING) -> Gap:
    """Return a gap; one that is filled was filled the day after."""
    filled_at = due + DAY + 5 * HOUR if mark is Mark.FILLED else None
    return Gap(expected(due, *classes), cause, SAID.get(cause, f"{cause} because"), mark, filled_at)


def classes_of(day: datetime) -> tuple[str, ...]:
    """Return the classes of the day's run: Sundays are weekly, a month's last monthly, November's first yearly."""
    if day.weekday() != 6:
        return ("daily",)
    monthly = ("monthly",) if (day + 7 * DAY).month != day.month else ()
    return ("daily", "weekly", *monthly, *(("yearly",) if day.month == 11 and day.day <= 7 else ()))


def looked_at(vm: Vm, vault_id: str, now: datetime, *gaps: Gap, **changes: Any) -> VmRetention:
    """Return what a look at the VM's points found the day before: a run each night, all there but for the gaps."""
    marks = {one.expected.due.date(): one.mark for one in gaps}
    runs = [(now - timedelta(days=back)).replace(hour=22, minute=0) for back in range(DAYS, 0, -1)]
    missing = [name for one in gaps if one.mark is not Mark.FILLED for name in one.expected.classes]
    found = VmRetention(
        vm_id=vm.id,
        name=vm.name,
        vault_id=vault_id,
        tier=vm.tags["backup-tier"],
        policy="ns-critical-2200",
        checked_at=now - DAY,
        points=44 - len(gaps),
        oldest=now - 400 * DAY,
        newest=now - 8 * HOUR,
        counts=tuple((name, wanted, wanted - missing.count(name)) for name, wanted in COUNTS),
        consistency=(("AppConsistent", 40 - len(gaps)), ("CrashConsistent", 4)),
        calendar=tuple((run.date(), marks.get(run.date(), Mark.PRESENT), classes_of(run)) for run in runs),
        gaps=gaps,
    )
    return replace(found, **changes)


COUNTS = (("daily", 30), ("weekly", 12), ("monthly", 11), ("yearly", 1))


def sample_retention(fleet: Sequence[Vm], vaults: Sequence[Vault], now: datetime) -> RetentionNight:
    """Return what was found of the first twelve VMs of the fleet; seven have gaps, two wait for their look."""
    vault = vaults[0].id

    def due(back: int) -> datetime:
        return (now - timedelta(days=back)).replace(hour=22, minute=0)

    weekly, monthly, yearly = (("daily", "weekly", *more) for more in ((), ("monthly",), ("yearly",)))
    gaps: dict[int, tuple[Gap, ...]] = {
        0: (gap(due(7), Cause.COLLISION, *weekly, mark=Mark.FILLED),),
        1: (gap(due(21), Cause.VM_GONE, *yearly), gap(due(14), Cause.VM_GONE, *weekly)),
        2: (gap(due(21), Cause.AGENT, *yearly),),
        4: (gap(due(14), Cause.THROTTLED, *weekly), gap(due(9), Cause.COLLISION, "daily")),
        5: (gap(due(7), Cause.PROTECTION_STOPPED, *weekly), gap(due(5), Cause.PROTECTION_STOPPED, "daily")),
        7: (gap(due(7), Cause.LOST, *weekly, mark=Mark.ASKED),),
        9: (gap(due(28), Cause.COLLISION, *monthly, mark=Mark.FILLED), gap(due(3), Cause.UNKNOWN, "daily")),
    }
    vms = [looked_at(vm, vault, now, *gaps.get(index, ())) for index, vm in enumerate(fleet[:12])]
    stale, young = fleet[3], fleet[6]
    vms[6] = replace(
        vms[6],
        findings=(
            Finding("oldest-too-young", young.id, f"{young.name}: its oldest point is of 2 Oct, wanted is 4 Nov 2025"),
        ),
    )
    return RetentionNight(
        fresh_at=now - HOUR,
        vms=tuple(vms),
        waiting=2,
        reads=37,
        reads_most=120,
        findings=(
            Finding("point-too-old", stale.id, f"{stale.name}: its newest point is 53 h old, its tier allows 26 h"),
            Finding("point-too-old", young.id, f"{young.name}: its newest point is 31 h old, its tier allows 26 h"),
            Finding(
                "keeps-less-than-intended",
                f"{vault}/backuppolicies/gold",
                "policy gold keeps weekly points for 4 weeks; tier critical intends 12",
            ),
        ),
        postures=tuple(posture(vault.name, weak=index == 1) for index, vault in enumerate(vaults[:3])),
    )


def posture(name: str, weak: bool = False) -> VaultPosture:
    """Return a vault's settings, two of them weak or none."""
    return VaultPosture(
        f"/vaults/{name}",
        name,
        (
            Setting("soft delete", "Enabled" if weak else "AlwaysON", "AlwaysON", not weak),
            Setting("immutability", "Disabled" if weak else "Locked", "Locked", not weak),
            Setting("multi-user authorisation", "on", "on", True),
            Setting("redundancy", "GeoRedundant", "GeoRedundant", True),
            Setting("cross-region restore", "on", "on", True),
            Setting("alerts", "Azure Monitor", "Azure Monitor", True),
        ),
    )


def sample_on_demand(fleet: Sequence[Vm], now: datetime) -> tuple[OnDemandBackup, ...]:
    """Return a backup on demand for every purpose and every stage."""
    return (
        on_demand(fleet[8], now, Purpose.OPERATOR, Stage.COMPLETED, said="its point is there"),
        on_demand(fleet[0], now, Purpose.GAP, Stage.SEEN, said="its job runs"),
        on_demand(fleet[7], now, Purpose.GAP, Stage.SENT, said="the service took it; its job is not seen yet"),
        on_demand(fleet[10], now, Purpose.RETRY, Stage.WAITING, said="its scheduled backup still runs"),
        on_demand(fleet[11], now, Purpose.PATCHING, Stage.REFUSED, said="a point of 04:10 is fresh enough"),
        on_demand(fleet[5], now, Purpose.CADENCE, Stage.EXPIRED, said="the vault had no room before 05:00"),
        on_demand(fleet[4], now, Purpose.OPERATOR, Stage.FAILED, said="its job failed: the agent does not answer"),
    )


def on_demand(vm: Vm, now: datetime, purpose: Purpose, stage: Stage, said: str = "because") -> OnDemandBackup:
    """Return a backup that was asked for six hours ago."""
    sent = stage in {Stage.SENT, Stage.SEEN, Stage.COMPLETED, Stage.FAILED}
    wanted = Wanted(
        key=f"{purpose}-{vm.name}",
        purpose=purpose,
        vm_id=vm.id,
        vault_id="/vaults/v",
        reason=f"the reason for {purpose}",
        requester="dana@example.com" if purpose is Purpose.OPERATOR else "",
        asked_at=now - 6 * HOUR,
        keep_until=now + 84 * DAY,
        not_before=now - 5 * HOUR,
        not_after=now + 3 * HOUR,
    )
    return OnDemandBackup(
        wanted=wanted,
        vm=vm.name,
        stage=stage,
        said=said,
        at=now - HOUR,
        sent_at=now - 4 * HOUR if sent else None,
        job_id=f"job-of-{vm.name}" if sent else "",
    )
