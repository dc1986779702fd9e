"""What is to be levelled in one region? Its problem in numbers, and the planner's words in names."""

import re
from collections.abc import Iterable, Sequence

from shared.model.azure import SLOTS_PER_DAY
from shared.model.intent import FleetPolicy
from shared.rules.candidates import Candidate
from shared.rules.leveling import Problem


def region_problem(
    region: str, members: Sequence[Candidate], intent: FleetPolicy, delays: Sequence[float] | None = None
) -> Problem:
    """State one region's levelling problem; every VM weighs 1, so the peak counts concurrent backups.

    `delays` are how many minutes late backups were seen to start. Applications that cannot be kept apart are spaced.
    """
    vaults = _numbers(c.membership.vault.id for c in members)
    groups = _numbers(_group(c) for c in members)
    separate = {tag: number for number, tag in applications(members, intent).items()}
    limits = intent.limits
    ceilings = {} if intent.vault_ceiling is None else dict.fromkeys(vaults.values(), intent.vault_ceiling)
    return Problem(
        durations=[c.expected.slots for c in members],
        loads=[1] * len(members),
        allowed=[c.allowed for c in members],
        vaults=[vaults[c.membership.vault.id] for c in members],
        groups=[groups[_group(c)] for c in members],
        separate=[separate.get(application_of(c, intent), 0) for c in members],
        standing=[c.standing for c in members],
        vms_per_policy=limits.vms_per_policy,
        policies_per_vault=min(limits.policies_per_vault, limits.policy_writes_per_vault_day),
        slots_per_group=limits.slots_per_tier,
        ceilings=ceilings,
        ceiling=intent.region_ceilings.get(region),
        may_space=frozenset(separate.values()),
        delays=delays,
        max_moves=limits.rebalancing_moves_per_night,
    )


def in_words(reason: str, members: Sequence[Candidate], intent: FleetPolicy) -> str:
    """Return the planner's reason with the names of VMs, vaults, tiers and applications for its numbers."""
    vaults = {c.membership.vault.id: c.membership.vault.name for c in members}
    names = {
        "job": {number: c.membership.item.name for number, c in enumerate(members)},
        "vault": {number: vaults[vault_id] for vault_id, number in _numbers(vaults).items()},
        "group": {number: group for group, number in _numbers(_group(c) for c in members).items()},
        "separation group": applications(members, intent),
    }

    def named(match: re.Match[str]) -> str:
        kind, numbers = match[1].removesuffix("s"), match[2].split(", ")
        return f"{match[1].replace('job', 'VM')} {', '.join(names[kind][int(number)] for number in numbers)}"

    return re.sub(r"\b(jobs?|vault|separation group|group) (\d+(?:, \d+)*)", named, reason)


def applications(members: Sequence[Candidate], intent: FleetPolicy) -> dict[int, str]:
    """Return the application of each separation group of the region's problem."""
    names = {application_of(member, intent) for member in members}
    return {number: name for name, number in _numbers(names - {""}).items()}


def application_of(candidate: Candidate, intent: FleetPolicy) -> str:
    """Return the value of the separation tag; "" where the VM may overlap any other."""
    vm = candidate.membership.vm
    return vm.tags.get(intent.separation_tag, "") if vm and intent.separation_tag else ""


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
