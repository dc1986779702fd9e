"""What does the plan say of each VM, and why? Its start with the reason, its load then, and who has no quiet hour."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from shared.model.load import LoadClass
from shared.model.plan import Action, Finding, RegionProof, VmPlan
from shared.rules.candidates import Candidate
from shared.rules.hourly import in_policies_of, in_words
from shared.rules.load import expected_load, regret
from shared.rules.slots import clock_text

NAMED = 5
"""A finding about many VMs names so many of them."""


def line(member: Candidate, slot: int | None, policy: str | None, proofs: Mapping[str, RegionProof]) -> VmPlan:
    """Return the VM's line: planned at `slot` in `policy`, or held where it is if that is None; `proofs` by region."""
    membership, item = member.membership, member.membership.item
    region = membership.vault.region
    if policy is None or slot is None:
        action, slot, policy = Action.HOLD, membership.slot, item.policy_name
        reason = membership.held or "its region could not be planned; see the findings"
    elif policy.lower() == item.policy_name.lower():
        stays = f"stays at {clock_text(slot)} UTC, {_last_run(member)}{_takes(member)}"
        action, reason = Action.KEEP, f"{stays}{_quiet_then(member, slot)}"
    else:
        action, reason = Action.MOVE, _why_moved(member, slot, proofs[region])
    profile = member.profile
    return VmPlan(
        vm_id=item.vm_id,
        name=item.name,
        vault_id=item.vault_id,
        region=region,
        tier=membership.tier.name if membership.tier else "",
        action=action,
        reason=reason,
        slot=slot,
        current_slot=membership.slot,
        policy=policy,
        current_policy=item.policy_name,
        allowed=member.allowed,
        duration_slots=member.expected.slots,
        minutes=member.expected.minutes,
        measured=member.expected.measured,
        load_class=profile.kind.value if profile else "",
        expected_load=_rounded(_load_at(member, slot)),
        regret=_rounded(_regret_at(member, slot)),
        regret_before=_rounded(_regret_at(member, membership.slot)),
    )


def load_findings(members: Iterable[Candidate]) -> tuple[Finding, ...]:
    """Return a finding for each region with VMs that are busy around the clock: no start is a good one for them."""
    busy: dict[str, list[str]] = defaultdict(list)
    for member in members:
        if member.profile and member.profile.kind is LoadClass.SATURATED:
            busy[member.membership.vault.region].append(member.membership.item.name)
    return tuple(
        Finding(
            "no-quiet-hour",
            region,
            f"{_names(names)} {'is' if len(names) == 1 else 'are'} busy around the clock: "
            "backups add to that whenever they start; give them more cores, or spread their work",
        )
        for region, names in sorted(busy.items())
    )


def _why_moved(member: Candidate, slot: int, proof: RegionProof) -> str:
    current = member.membership.slot
    before = "an unknown start" if current is None else f"{clock_text(current)} UTC"
    peak = f"region's peak {proof.peak_before} -> {proof.peak}" if proof.peak != proof.peak_before else "same peak"
    failed = ", where its backup failed because of the hour," if member.failed else ""
    chosen = f"the least loaded of {len(member.allowed)} starts, "
    return (
        f"from {before}{failed} to {clock_text(slot)} UTC, {_last_run(member) or chosen}"
        f"{_takes(member)}; {peak}{_quiet_then(member, slot)}"
    )


def _last_run(member: Candidate) -> str:
    """Tell whose last run the start is, where the tier has an hourly schedule; "" elsewhere."""
    membership = member.membership
    hours = in_policies_of(membership.tier, membership.policy_type).hourly if membership.tier else None
    return f"the last run of its tier's schedule ({in_words(hours.schedule)}), " if hours else ""


def _takes(member: Candidate) -> str:
    expected = member.expected
    basis = f"p95 of {expected.measured} jobs" if expected.measured else "prior, too few own jobs"
    if expected.impossible:
        basis += f"; {expected.impossible} with impossible times left out"
    return f"about {expected.minutes:.0f} min ({basis})"


def _quiet_then(member: Candidate, slot: int) -> str:
    """Tell the load before and after, where it could be foreseen; "" where it gave the VM no hours of its own."""
    if member.profile is None or member.profile.kind is not LoadClass.PREDICTABLE:
        return ""
    current = member.membership.slot
    before = "" if current in {None, slot} else f"{_load_at(member, current):.0f} -> "
    return f"; its load then {before}{_load_at(member, slot):.0f} %"


def _load_at(member: Candidate, slot: int | None) -> float | None:
    if member.profile is None or slot is None:
        return None
    return expected_load(member.profile, slot, member.expected.slots)


def _regret_at(member: Candidate, slot: int | None) -> float | None:
    if member.profile is None or slot is None:
        return None
    return regret(member.profile, slot, member.usual, member.expected.slots)


def _rounded(points: float | None) -> float | None:
    return None if points is None else round(points, 1)


def _names(names: list[str]) -> str:
    more = len(names) - NAMED
    shown = ", ".join(sorted(names)[:NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
