"""May a backup be started on demand now? What stands against it, whatever it is for, and whether that passes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.azure import Vault
from shared.model.intent import Tier
from shared.model.on_demand import OnDemandBackup, Purpose, Stage, Wanted
from shared.rules.busy_times import Busy, most_at_once
from shared.rules.due_runs import FINISHED, LISTING_LAG
from shared.rules.job_outcomes import BACKUP
from shared.rules.retries import UNKNOWN_RUN, Context, kept_still, outside, patching, schedule_near, used_up
from shared.rules.slots import DAY, instant_text

IN_NO_TIER = "it is in no tier, so nothing is started for it"
GONE = "the VM does not exist any more"
FRESH = frozenset({Purpose.CADENCE, Purpose.PATCHING})
"""Purposes that a point serves which is fresh enough already."""
BETWEEN_STATES = frozenset({"starting", "stopping", "deallocating"})
OFF = frozenset({"stopped", "deallocated"})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a backup is not started now, and whether that passes by itself."""

    reason: str
    passes: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is true around a backup that is wanted when its start is judged.

    `asked` is all that is asked for on demand, of whatever VM. `busy` are the backups that run, or may run, while it
    would, and `mates` the ids of the VMs of its application.
    """

    wanted: Wanted
    vault: Vault
    context: Context
    asked: tuple[OnDemandBackup, ...] = ()
    busy: tuple[Busy, ...] = ()
    mates: frozenset[str] = frozenset()


def standing_against(around: Around, at: datetime) -> Obstacle | None:
    """Return what stands against a start at the UTC instant `at` that is no retry; None where nothing does."""
    context, purpose = around.context, around.wanted.purpose
    vm, tier = context.vm, context.tier
    if vm is None:
        return Obstacle(GONE, passes=False)
    if tier is None:
        return Obstacle(IN_NO_TIER, passes=False)
    if needless := needless_now(around.wanted, tier, context):
        return Obstacle(needless, passes=False)
    near, spent = schedule_near(None, context, at), used_up(None, context, at)
    found = (
        _passing(context.stopped),
        _passing(kept_still(vm, context.intent, at)),
        _passing("another job holds it" if any(job.running for job in context.jobs) else ""),
        Obstacle(near, passes=near != UNKNOWN_RUN) if near else None,
        Obstacle(spent, passes=purpose is not Purpose.OPERATOR) if spent else None,
        _passing(outside(tier, vm, context, at)),
        _passing(patching(vm, context, at)),
        in_the_way(around, at),
    )
    return next((one for one in found if one is not None), None)


def in_the_way(around: Around, at: datetime) -> Obstacle | None:
    """Return which other backups stand against any start, a retry too: more urgent ones, ceilings, its application."""
    until = at + timedelta(minutes=max(around.context.minutes, 1))
    return _passing(_behind(around, at) or _with_mates(around) or _too_many(around, at, until))


def power_objection(purpose: Purpose, power: str | None) -> Obstacle | None:
    """Return what a VM's power, in Azure's word, has against a start; None means that there is no such VM.

    A VM that is off has a crash-consistent backup, which is a point all the same; but nothing changes in it.
    """
    if power is None:
        return Obstacle(GONE, passes=False)
    if power in BETWEEN_STATES:
        return Obstacle(f"the VM is {power}")
    if power in OFF and purpose in FRESH:
        return Obstacle(f"the VM is {power}: nothing changes in it")
    return None


def needless_now(wanted: Wanted, tier: Tier, context: Context) -> str:
    """Return why a point beside the schedule is not needed after all, "" where it is."""
    if wanted.purpose is Purpose.CADENCE and tier.backups_per_day < 2:
        return f"the tier {tier.name} asks for one backup a day now"
    since = fresh_since(wanted, tier)
    newest = newest_point(context)
    if since is None or newest is None or newest < since:
        return ""
    return f"the point of {instant_text(newest)} is fresh enough"


def fresh_since(wanted: Wanted, tier: Tier) -> datetime | None:
    """Return since when a point makes this one needless; None where none does."""
    match wanted.purpose:
        case Purpose.CADENCE:
            return wanted.not_before - DAY / tier.backups_per_day / 2
        case Purpose.PATCHING:
            return wanted.not_before
    return None


def newest_point(context: Context) -> datetime | None:
    """Return when the newest point was taken, or the newest backup began that made one; None where none is known."""
    made = [job.started_at for job in context.jobs if job.operation == BACKUP and job.status in FINISHED]
    return max((*made, *([context.last_point_at] if context.last_point_at else ())), default=None)


def _behind(around: Around, at: datetime) -> str:
    """One backup of a VM at a time, the more urgent one first."""
    mine = [
        one for one in around.asked if one.wanted.vm_id == around.wanted.vm_id and one.wanted.key != around.wanted.key
    ]
    if any(_just_sent(one, at) for one in mine):
        return "another backup of it was asked for and may have begun"
    first = min((one.wanted.purpose for one in mine if _waits(one, at)), key=_rank, default=around.wanted.purpose)
    return f"the backup of it for {first} goes first" if _rank(first) < _rank(around.wanted.purpose) else ""


def _just_sent(one: OnDemandBackup, at: datetime) -> bool:
    return one.stage is Stage.SENT and one.sent_at is not None and at < one.sent_at + LISTING_LAG


def _waits(one: OnDemandBackup, at: datetime) -> bool:
    return one.stage is Stage.WAITING and at < one.wanted.not_after


def _rank(purpose: Purpose) -> int:
    return list(Purpose).index(purpose)


def _with_mates(around: Around) -> str:
    mate = next((one for one in _others(around) if one.vm_id in around.mates), None)
    name = mate.vm_id.rpartition("/")[2] if mate else ""
    return f"{name} of its application is backed up, or may be, while it would run" if mate else ""


def _too_many(around: Around, at: datetime, until: datetime) -> str:
    intent, vault = around.context.intent, around.vault
    ceilings = (
        (vault.name, intent.vault_ceiling, [one for one in _others(around) if one.vault_id == vault.id]),
        (
            vault.region,
            intent.region_ceilings.get(vault.region),
            [one for one in _others(around) if one.region == vault.region],
        ),
    )
    for name, ceiling, found in ceilings:
        if ceiling is not None and (count := most_at_once(found, at, until)) >= ceiling:
            return f"{count} backups run in {name}, or may, while it would, and {ceiling} are allowed at once"
    return ""


def _others(around: Around) -> Iterable[Busy]:
    return (one for one in around.busy if one.vm_id != around.wanted.vm_id)


def _passing(reason: str) -> Obstacle | None:
    return Obstacle(reason) if reason else None
