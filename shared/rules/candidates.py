"""What does the planner choose from? Each VM's expected duration, allowed starts and place in the region."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.model.azure import SLOTS_PER_DAY
from shared.model.intent import FleetPolicy, Window
from shared.model.observed import Observed
from shared.model.plan import Action
from shared.rules.durations import Expected, ItemKey, expected, steady
from shared.rules.leveling import Problem
from shared.rules.memberships import Membership, judge
from shared.rules.slots import window_slots


@dataclass(frozen=True, slots=True)
class Candidate:
    """A membership with its expected duration and allowed UTC starts; `window` is None where it stays."""

    membership: Membership
    expected: Expected
    allowed: tuple[int, ...]
    window: Window | None

    @property
    def free(self) -> bool:
        """Whether the planner may choose its start."""
        return self.window is not None

    @property
    def item_id(self) -> str:
        """The protected item's id."""
        return self.membership.item.id


def candidates(observed: Observed, intent: FleetPolicy, now: datetime, night: date) -> tuple[Candidate, ...]:
    """Return a candidate for every VM that backups run for; `night` is the local date whose windows count."""
    memberships = judge(observed, intent, now.date())
    durations = expected(observed.jobs, (_key(membership) for membership in memberships))
    planned = {line.vm_id: line.duration_slots for line in (observed.previous.vms if observed.previous else ())}
    return tuple(
        _candidate(one, steady(durations[_key(one)], planned.get(one.item.vm_id)), intent, night) for one in memberships
    )


def stay(candidate: Candidate, reason: str) -> Candidate:
    """Return the candidate fixed where it is for `reason`; unchanged where the reason is ""."""
    if not reason:
        return candidate
    slot = candidate.membership.slot
    held = replace(candidate.membership, held=reason)
    return Candidate(held, candidate.expected, () if slot is None else (slot,), None)


def _key(membership: Membership) -> ItemKey:
    return membership.item.vault_id, membership.item.container


def _candidate(membership: Membership, duration: Expected, intent: FleetPolicy, night: date) -> Candidate:
    if membership.held or membership.tier is None:
        allowed = () if membership.slot is None else (membership.slot,)
        return Candidate(membership, duration, allowed, None)
    window = intent.windows[membership.tier.window]
    return Candidate(membership, duration, window_slots(window, membership.vault.region, night), window)


def region_problem(region: str, members: Sequence[Candidate], observed: Observed, intent: FleetPolicy) -> Problem:
    """State one region's levelling problem; every VM weighs 1, so the peak counts concurrent backups."""
    vaults = _numbers(c.membership.vault.id for c in members)
    groups = _numbers(_group(c) for c in members)
    separate = _numbers(tag for c in members if (tag := _separation(c, intent)))
    limits = intent.limits
    ceilings = {} if intent.vault_ceiling is None else dict.fromkeys(vaults.values(), intent.vault_ceiling)
    return Problem(
        durations=[c.expected.slots for c in members],
        loads=[1] * len(members),
        allowed=[c.allowed for c in members],
        vaults=[vaults[c.membership.vault.id] for c in members],
        groups=[groups[_group(c)] for c in members],
        separate=[separate.get(_separation(c, intent), 0) for c in members],
        standing=_standing(members, observed),
        vms_per_policy=limits.vms_per_policy,
        policies_per_vault=min(limits.policies_per_vault, limits.policy_writes_per_vault_day),
        slots_per_group=limits.slots_per_tier,
        ceilings=ceilings,
        ceiling=intent.region_ceilings.get(region),
    )


def in_words(reason: str, members: Sequence[Candidate], intent: FleetPolicy) -> str:
    """Return the planner's reason with the names of VMs, vaults, tiers and applications for its numbers."""
    vaults = {c.membership.vault.id: c.membership.vault.name for c in members}
    tags = [_separation(c, intent) for c in members]
    names = {
        "job": {number: c.membership.item.name for number, c in enumerate(members)},
        "vault": {number: vaults[vault_id] for vault_id, number in _numbers(vaults).items()},
        "group": {number: group for group, number in _numbers(_group(c) for c in members).items()},
        "separation group": {number: tag for tag, number in _numbers(tag for tag in tags if tag).items()},
    }

    def named(match: re.Match[str]) -> str:
        kind, numbers = match[1].removesuffix("s"), match[2].split(", ")
        return f"{match[1].replace('job', 'VM')} {', '.join(names[kind][int(number)] for number in numbers)}"

    return re.sub(r"\b(jobs?|vault|separation group|group) (\d+(?:, \d+)*)", named, reason)


def peak_of(runs: Iterable[tuple[int | None, int]]) -> int:
    """Return the most (start slot, duration in slots) runs that share a slot of the ring."""
    load = [0] * SLOTS_PER_DAY
    for start, duration in runs:
        if start is not None:
            for slot in range(start, start + duration):
                load[slot % SLOTS_PER_DAY] += 1
    return max(load)


def _numbers(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(sorted(set(names)), start=1)}


def _group(candidate: Candidate) -> str:
    """VMs of one group share slot policies; one that stays counts under the policy it is in."""
    membership = candidate.membership
    if not candidate.free or membership.tier is None:
        return f"policy {membership.item.policy_id}"
    return f"tier {membership.tier.name} {membership.policy_type.value}"


def _separation(candidate: Candidate, intent: FleetPolicy) -> str:
    vm = candidate.membership.vm
    return vm.tags.get(intent.separation_tag, "") if vm and intent.separation_tag else ""


def _standing(members: Sequence[Candidate], observed: Observed) -> list[int | None]:
    """Return where each VM was last planned to start, else where one of our policies starts it, else None."""
    planned = {
        line.vm_id: line.slot
        for line in (observed.previous.vms if observed.previous else ())
        if line.action is not Action.HOLD
    }
    return [_stands(candidate, planned, observed) for candidate in members]


def _stands(candidate: Candidate, planned: dict[str, int | None], observed: Observed) -> int | None:
    membership = candidate.membership
    if not candidate.free:
        return membership.slot
    if membership.item.vm_id in planned:
        return planned[membership.item.vm_id]
    return membership.slot if membership.item.policy_id in observed.memory.written else None
