"""Which VM starts its backup when, and under which policy? The night's plan, with reasons and proof."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shared.model.azure import SLOTS_PER_DAY, BackupPolicy
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.model.plan import Action, Finding, Plan, RegionProof, VmPlan
from shared.rules.candidates import Candidate, candidates, in_words, peak_of, region_problem, stay
from shared.rules.drift import edits_of, policy_findings
from shared.rules.due_moments import Occasion, timed
from shared.rules.enrolment import with_enrolments
from shared.rules.leveling import Leveling, Problem, level
from shared.rules.mornings import AFTER_REPORT, report_after
from shared.rules.numbering import Place, numbered
from shared.rules.slot_policies import id_of, slot_policy
from shared.rules.slots import clock_text, day_shift

AHEAD = timedelta(days=1)
"""A plan is written the morning after it was reported, so it is made for the windows of the next night."""


@dataclass(frozen=True, slots=True)
class Levelled:
    """Start slots by item id, one proof a region, and what could not be kept."""

    slots: Mapping[str, int]
    proofs: tuple[RegionProof, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A levelled fleet before it is known that nobody is sent into a policy that must not be touched."""

    members: tuple[Candidate, ...]
    levelled: Levelled
    names: Mapping[str, str]
    policies: tuple[BackupPolicy, ...]
    blocked: Mapping[str, str]
    findings: tuple[Finding, ...]

    def entering_blocked(self) -> list[tuple[Candidate, str]]:
        """Return the free VMs, with the policy id, whose planned policy is blocked."""
        planned = [
            (member, id_of(member.membership.vault.id, self.names.get(member.item_id, ""))) for member in self.members
        ]
        return [(member, policy_id) for member, policy_id in planned if member.free and policy_id in self.blocked]


def plan(observed: Observed, intent: FleetPolicy, now: datetime) -> Plan:
    """Plan the coming windows for every VM that backups run for.

    Pure and deterministic: the order of the inputs does not matter, and a fleet that follows its last plan is
    left alone unless a fresh one is better by `limits.replan_above`.
    """
    served = intent.night_of(now) + AHEAD
    draft = _draft(candidates(observed, intent, now, served), observed, intent, served)
    refused: list[Finding] = []
    while stuck := {member.item_id: draft.blocked[policy_id] for member, policy_id in draft.entering_blocked()}:
        refused += (finding for finding in draft.findings if finding not in refused)
        members = [stay(member, stuck.get(member.item_id, "")) for member in draft.members]
        draft = _draft(members, observed, intent, served)
    regions = {vault.region for vault in observed.vaults}
    reported = report_after(intent, now, regions) + AFTER_REPORT
    lines = tuple(_line(member, draft.levelled.slots, draft.names) for member in draft.members)
    edits = edits_of(draft.policies, observed, draft.blocked, reported)
    occasion = Occasion(intent, tuple(sorted(regions)), now, observed.previous)
    lines, edits = timed(lines, edits, draft.members, draft.policies, occasion)
    made = Plan(
        night=intent.night_of(now),
        made_at=now,
        policy_version=intent.version,
        vms=lines,
        policies=draft.policies,
        edits=edits,
        proofs=draft.levelled.proofs,
        findings=(
            *observed.unreadable,
            *draft.levelled.findings,
            *dict.fromkeys((*refused, *draft.findings)),
            *_without_safe_hour(lines),
        ),
    )
    return with_enrolments(made, observed, intent, served, reported)


def _draft(members: Sequence[Candidate], observed: Observed, intent: FleetPolicy, night: date) -> Draft:
    levelled = _level_regions(members, observed, intent)
    places = _places(members, levelled.slots)
    planned = {place.item.id for place in places}
    staying = [item for item in observed.items if item.id not in planned]
    names = numbered(places, intent.limits.vms_per_policy, staying)
    policies = _slot_policies(members, levelled.slots, names, night)
    blocked, findings = policy_findings(policies, observed, intent, night)
    return Draft(tuple(members), levelled, names, policies, blocked, findings)


def _level_regions(members: Sequence[Candidate], observed: Observed, intent: FleetPolicy) -> Levelled:
    by_region: dict[str, list[Candidate]] = defaultdict(list)
    for member in members:
        if member.allowed:
            by_region[member.membership.vault.region].append(member)
    slots: dict[str, int] = {}
    proofs: list[RegionProof] = []
    findings: list[Finding] = []
    for region, crew in sorted(by_region.items()):
        problem = region_problem(region, crew, observed, intent)
        leveling, dropped = _level_or_relax(problem, intent.limits.replan_above)
        findings += [Finding("plan-relaxed", region, in_words(text, crew, intent)) for text in dropped]
        findings += [Finding("plan-refused", region, in_words(reason, crew, intent)) for reason in leveling.refused]
        before = peak_of((member.membership.slot, member.expected.slots) for member in crew)
        if leveling.refused:
            proofs.append(RegionProof(region, before, before, 0.0, (0.0,) * SLOTS_PER_DAY))
            continue
        proofs.append(RegionProof(region, before, leveling.peak, leveling.bound, leveling.prices))
        slots |= {member.item_id: start for member, start in zip(crew, leveling.starts, strict=True)}
    return Levelled(slots, tuple(proofs), tuple(findings))


def _level_or_relax(problem: Problem, replan_above: float) -> tuple[Leveling, list[str]]:
    """Level the problem; where it has no plan, give up separation, else the ceilings, else both, with the reasons.

    What would not help is not given up: then the problem is refused as it stands.
    """
    strict = level(problem, replan_above)
    if not strict.refused:
        return strict, []
    for relaxed, what in _relaxations(problem):
        leveling = level(relaxed, replan_above)
        if not leveling.refused:
            return leveling, [f"{what} given up: {reason}" for reason in strict.refused]
    return strict, []


def _relaxations(problem: Problem) -> Iterator[tuple[Problem, str]]:
    mixed, uncapped = replace(problem, separate=None), replace(problem, ceilings={}, ceiling=None)
    separated, capped = any(problem.separate or ()), bool(problem.ceilings) or problem.ceiling is not None
    if separated:
        yield mixed, "separation groups"
    if capped:
        yield uncapped, "concurrency ceilings"
    if separated and capped:
        yield replace(uncapped, separate=None), "separation groups and concurrency ceilings"


def _places(members: Iterable[Candidate], slots: Mapping[str, int]) -> list[Place]:
    return [
        Place(member.membership.item, tier.name, member.membership.policy_type, slots[member.item_id])
        for member in members
        if member.free and (tier := member.membership.tier) and member.item_id in slots
    ]


def _slot_policies(
    members: Iterable[Candidate], slots: Mapping[str, int], names: Mapping[str, str], night: date
) -> tuple[BackupPolicy, ...]:
    """Return each slot policy that a planned VM needs, once, sorted by id."""
    found: dict[str, BackupPolicy] = {}
    for member in members:
        membership = member.membership
        if member.window is None or membership.tier is None or member.item_id not in names:
            continue
        slot, vault = slots[member.item_id], membership.vault
        shift = day_shift(slot, member.window, vault.region, night)
        first = slot_policy(vault.id, membership.tier, membership.policy_type, slot, shift)
        name = names[member.item_id]
        found[id_of(vault.id, name)] = replace(first, name=name, id=id_of(vault.id, name))
    return tuple(found[policy_id] for policy_id in sorted(found))


def _line(member: Candidate, slots: Mapping[str, int], names: Mapping[str, str]) -> VmPlan:
    membership, item = member.membership, member.membership.item
    name = names.get(member.item_id)
    if name is None:
        action, slot, name = Action.HOLD, membership.slot, item.policy_name
        reason = membership.held or "its region could not be planned; see the findings"
    else:
        stays = name.lower() == item.policy_name.lower()
        action, slot = (Action.KEEP if stays else Action.MOVE), slots[member.item_id]
        reason = _why(member, slot, action)
    return VmPlan(
        vm_id=item.vm_id,
        name=item.name,
        vault_id=item.vault_id,
        region=membership.vault.region,
        tier=membership.tier.name if membership.tier else "",
        action=action,
        reason=reason,
        slot=slot,
        current_slot=membership.slot,
        policy=name,
        current_policy=item.policy_name,
        allowed=member.allowed,
        duration_slots=member.expected.slots,
        minutes=member.expected.minutes,
        measured=member.expected.measured,
    )


def _why(member: Candidate, slot: int, action: Action) -> str:
    basis = f"p95 of {member.expected.measured} jobs" if member.expected.measured else "prior, too few own jobs"
    takes = f"about {member.expected.minutes:.0f} min ({basis})"
    if action is Action.KEEP:
        return f"stays at {clock_text(slot)} UTC, {takes}"
    current = member.membership.slot
    before = "an unknown start" if current is None else f"{clock_text(current)} UTC"
    return f"from {before} to {clock_text(slot)} UTC, the least loaded of {len(member.allowed)} starts, {takes}"


def _without_safe_hour(lines: Iterable[VmPlan]) -> tuple[Finding, ...]:
    return tuple(
        Finding("no-safe-hour", line.vm_id, f"{line.name} has no hour within two days at which moving it loses no run")
        for line in lines
        if line.action is Action.MOVE and line.due is None
    )
