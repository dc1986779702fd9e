"""Which VM starts its backup when, and under which policy? The night's plan, with reasons and proof."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from shared.model.azure import SLOTS_PER_DAY, START_LATENESS, BackupPolicy
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.model.plan import Action, Finding, Plan, RegionProof, VmPlan
from shared.rules.candidates import Candidate, candidates, peak_of, region_problem, stay
from shared.rules.drift import edits_of, policy_findings
from shared.rules.leveling import Leveling, Problem, level
from shared.rules.numbering import Place, numbered
from shared.rules.safe_moments import Passage, due_ticks, next_full_hour
from shared.rules.slot_policies import id_of, slot_policy
from shared.rules.slots import clock_text, day_shift, window_span

AHEAD = timedelta(days=1)
"""A plan is written the morning after it was reported, so it is made for the windows of the next night."""
AFTER_REPORT = timedelta(hours=1)
"""A change is a diff in the morning report before it is a write."""


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
    night = intent.night_of(now)
    draft = _draft(candidates(observed, intent, now, night + AHEAD), observed, intent, night + AHEAD)
    while stuck := {member.item_id: draft.blocked[policy_id] for member, policy_id in draft.entering_blocked()}:
        members = [stay(member, stuck.get(member.item_id, "")) for member in draft.members]
        draft = _draft(members, observed, intent, night + AHEAD)
    begin = morning(intent, night, {vault.region for vault in observed.vaults}) + AFTER_REPORT
    lines = tuple(_line(member, draft.levelled.slots, draft.names) for member in draft.members)
    lines = _with_due_ticks(lines, draft.members, draft.policies, max(begin, next_full_hour(now)))
    return Plan(
        night=night,
        made_at=now,
        policy_version=intent.version,
        vms=lines,
        policies=draft.policies,
        edits=edits_of(draft.policies, observed, draft.blocked, begin),
        proofs=draft.levelled.proofs,
        findings=(*draft.levelled.findings, *draft.findings, *_without_safe_hour(lines)),
    )


def morning(intent: FleetPolicy, night: date, regions: Iterable[str]) -> datetime:
    """Return the full UTC hour by which every run of the night's windows has started."""
    closings = [
        window_span(window, region, night)[1] for window in intent.windows.values() for region in ("", *sorted(regions))
    ]
    latest = max(closings, default=datetime(night.year, night.month, night.day, tzinfo=UTC))
    return next_full_hour(latest + START_LATENESS)


def _draft(members: Sequence[Candidate], observed: Observed, intent: FleetPolicy, night: date) -> Draft:
    levelled = _level_regions(members, observed, intent)
    names = numbered(_places(members, levelled.slots), intent.limits.vms_per_policy)
    policies = _slot_policies(members, levelled.slots, names, night)
    blocked, findings = policy_findings(policies, observed)
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
        findings += [Finding("plan-relaxed", region, text) for text in dropped]
        findings += [Finding("plan-refused", region, reason) for reason in leveling.refused]
        before = peak_of((member.membership.slot, member.expected.slots) for member in crew)
        if leveling.refused:
            proofs.append(RegionProof(region, before, before, 0.0, (0.0,) * SLOTS_PER_DAY))
            continue
        proofs.append(RegionProof(region, before, leveling.peak, leveling.bound, leveling.prices))
        slots |= {member.item_id: start for member, start in zip(crew, leveling.starts, strict=True)}
    return Levelled(slots, tuple(proofs), tuple(findings))


def _level_or_relax(problem: Problem, replan_above: float) -> tuple[Leveling, list[str]]:
    """Level the problem; what makes it impossible is given up in order, separation first, each with a reason."""
    leveling = level(problem, replan_above)
    dropped: list[str] = []
    for relaxed, what in (
        (replace(problem, separate=None), "separation groups"),
        (replace(problem, separate=None, ceilings={}, ceiling=None), "concurrency ceilings"),
    ):
        if not leveling.refused:
            break
        dropped += [f"{what} given up: {reason}" for reason in leveling.refused]
        leveling = level(relaxed, replan_above)
    return leveling, dropped


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


def _with_due_ticks(
    lines: Sequence[VmPlan], members: Sequence[Candidate], policies: Iterable[BackupPolicy], begin: datetime
) -> tuple[VmPlan, ...]:
    """Return the lines with a tick for each move, chosen vault by vault."""
    targets = {policy.id: policy for policy in policies}
    moving: dict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        if line.action is Action.MOVE:
            moving[line.vault_id].append(index)
    due: dict[int, datetime | None] = {}
    for vault_id, indices in moving.items():
        passages = [_passage(members[index], targets[id_of(vault_id, lines[index].policy)]) for index in indices]
        due |= dict(zip(indices, due_ticks(passages, begin), strict=True))
    return tuple(replace(line, due=due[index]) if index in due else line for index, line in enumerate(lines))


def _passage(member: Candidate, target: BackupPolicy) -> Passage:
    membership, item = member.membership, member.membership.item
    if membership.policy is None or membership.tier is None:
        raise ValueError(f"{item.name} moves without a policy or a tier")
    last = item.last_recovery_point_at or item.last_backup_at
    return Passage(membership.policy, target, member.expected.minutes, last, membership.tier.rpo)


def _without_safe_hour(lines: Iterable[VmPlan]) -> tuple[Finding, ...]:
    return tuple(
        Finding("no-safe-hour", line.vm_id, f"{line.name} has no hour within two days at which moving it loses no run")
        for line in lines
        if line.action is Action.MOVE and line.due is None
    )
