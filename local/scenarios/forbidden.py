"""Which backups should the app not have started? Each of its starts against what the world and the operator said."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from local.scenarios.bad_runs import BadRun, asked_by_us, jobs_by_item, last_good, made_up_for
from local.scenarios.troubles import Records
from local.world import World, runs
from local.world.state import Job
from shared.model.failures import Family, Response

NEAR = timedelta(hours=2)
"""Azure starts a scheduled run within this span after its time; a backup asked for must not be in its way."""
A_DAY = 4
"""Backups of a VM on a UTC day, the scheduled one included."""
DAY = timedelta(days=1)
MAY_BE_TRIED = frozenset({Response.RETRY, Response.WAIT})


@dataclass(frozen=True, slots=True)
class Operator:
    """What the operator allows: `intent` is the fleet.yaml (as JSON) that was in force, `records` the rest."""

    intent: Mapping[str, Any]
    records: Records

    def zones(self) -> set[str]:
        """Return the time zones of all windows."""
        windows = self.intent["windows"].values()
        return {window["zone"] for window in windows} | {zone for one in windows for zone in one["zones"].values()}

    def closed(self, tier: str, region: str, at: datetime) -> bool:
        """Return whether the tier's window is closed for a retry."""
        found = self.intent["tiers"][tier]
        window = self.intent["windows"][found["window"]]
        begins, ends = window["hours"].split("-")
        clock = f"{at.astimezone(ZoneInfo(window['zones'].get(region, window['zone']))):%H:%M}"
        inside = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
        return not inside and not found.get("retry_outside_window", False)


def forbidden_starts(world: World, operator: Operator, bad: Sequence[BadRun]) -> list[str]:
    """Return the reasons for which backups should not have been started by the app, one line each."""
    ours = asked_by_us(world)
    found = []
    for key, jobs in jobs_by_item(world).items():
        mine = [run for run in bad if run.item.id.lower() == key]
        for job in jobs:
            if (key, job.started_at) in ours:
                reasons = [*_for_no_reason(mine, jobs, job), *_against(world, operator, jobs, job)]
                found += [f"{job.vm_name} at {job.started_at:%d %b %H:%M:%S}: {reason}" for reason in reasons]
    return found


def retries(world: World) -> Counter[tuple[str, datetime]]:
    """Count the app's starts of each item since its last good backup."""
    ours, found = asked_by_us(world), Counter[tuple[str, datetime]]()
    for key, jobs in jobs_by_item(world).items():
        found.update((key, last_good(jobs, job.started_at)) for job in jobs if (key, job.started_at) in ours)
    return found


def _for_no_reason(bad: Sequence[BadRun], jobs: Sequence[Job], job: Job) -> Iterator[str]:
    before = [run for run in bad if _over(run) <= job.started_at and run.job is not job]
    last = max(before, key=_over, default=None)
    if last is None:
        yield "nothing had failed"
    elif last.code.response not in MAY_BE_TRIED:
        yield f"its last failure is {last.code.name}, {last.code.response}"
    elif last.code.family is Family.THROTTLED_DAY and job.started_at < _over(last) + DAY:
        yield "the service had blocked the day"
    elif made_up_for(jobs, last.started_at, job.started_at):
        yield "a later backup had made up for it"


def _over(run: BadRun) -> datetime:
    return (run.job and run.job.ended_at) or run.started_at


def _against(world: World, operator: Operator, jobs: Sequence[Job], job: Job) -> Iterator[str]:
    at, item, vm, records = job.started_at, world.items[job.item_id], world.vms.get(job.vm_id), operator.records
    days = {at.astimezone(ZoneInfo(zone)).date() for zone in operator.zones()}
    if any(one.published <= at and one.first <= day <= one.last for one in records.freezes for day in days):
        yield "a blackout"
    if any(one.holds(world.vaults[item.vault_id].name, at) for one in records.paused):
        yield "a pause"
    if any(one.holds(item.vm_id.lower(), at) for one in records.held):
        yield "a hold"
    slots = _slots(records, job.item_id, at)
    if any(slot - NEAR < at < slot + NEAR and not _came(slot, jobs, at) for slot in slots):
        yield "its scheduled run was near"
    if any(_kept_from_starting(world, slot, jobs, job) for slot in slots):
        yield "it kept the scheduled run from starting"
    begun = sum(other.started_at <= at and other.started_at.date() == at.date() for other in jobs)
    if begun + sum(slot > at and slot.date() == at.date() for slot in slots) > A_DAY:
        yield "there were too many on that day"
    if vm and operator.closed(vm.tags["backup-tier"], vm.region, at):
        yield "the window is closed"


def _came(slot: datetime, jobs: Sequence[Job], at: datetime) -> bool:
    """Return whether a backup had begun that may have been the run: lists do not say who asked for one."""
    return any(slot <= other.started_at < at for other in jobs)


def _kept_from_starting(world: World, slot: datetime, jobs: Sequence[Job], job: Job) -> bool:
    vm = world.vms.get(job.vm_id)
    if vm is None or any(other.scheduled_for == slot for other in jobs):
        return False
    begins = slot + runs.course(world.seed, vm, slot, world.pace).late
    return job.started_at <= begins < (job.ended_at or world.now)


def _slots(records: Records, item_id: str, at: datetime) -> list[datetime]:
    """Return the item's scheduled runs around the instant."""
    found = []
    for period in records.protected:
        if period.item_id == item_id and period.begins <= at and (period.ends is None or at < period.ends):
            slot = period.rules.next_run(at - DAY)
            while slot < at + DAY:
                found.append(slot)
                slot = period.rules.next_run(slot)
    return found
