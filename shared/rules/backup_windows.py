"""Which VM starts its backup when, and under which policy? The night's plan, with reasons and proof."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shared.model.azure import BackupPolicy
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.model.plan import Action, Finding, Plan, VmPlan
from shared.rules.candidates import Candidate, candidates, stay
from shared.rules.drift import edits_of, policy_findings
from shared.rules.due_moments import Occasion, timed
from shared.rules.enrolment import with_enrolments
from shared.rules.mornings import AFTER_REPORT, report_after
from shared.rules.numbering import Place, numbered
from shared.rules.plan_lines import line, load_findings
from shared.rules.regions import Levelled, level_regions
from shared.rules.slot_policies import id_of, slot_policy
from shared.rules.slots import day_shift

AHEAD = timedelta(days=1)
"""A plan is written the morning after it was reported, so it is made for the windows of the next night."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A levelled fleet before it is known that nobody is sent into a policy that must not be touched."""

    levelled: Levelled
    names: Mapping[str, str]
    policies: tuple[BackupPolicy, ...]
    blocked: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def members(self) -> tuple[Candidate, ...]:
        """Everyone, with the starts they may choose from."""
        return self.levelled.members

    def lines(self) -> tuple[VmPlan, ...]:
        """Return what the plan says of each VM."""
        proofs = {proof.region: proof for proof in self.levelled.proofs}
        slots = self.levelled.slots
        return tuple(
            line(member, slots.get(member.item_id), self.names.get(member.item_id), proofs) for member in self.members
        )

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
    lines = draft.lines()
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
            *load_findings(draft.members),
            *dict.fromkeys((*refused, *draft.findings)),
            *_without_safe_hour(lines),
        ),
        spacings=draft.levelled.spacings,
    )
    return with_enrolments(made, observed, intent, served, reported)


def _draft(members: Sequence[Candidate], observed: Observed, intent: FleetPolicy, night: date) -> Draft:
    levelled = level_regions(members, observed, intent)
    members = levelled.members
    places = _places(members, levelled.slots)
    planned = {place.item.id for place in places}
    staying = [item for item in observed.items if item.id not in planned]
    names = numbered(places, intent.limits.vms_per_policy, staying)
    policies = _slot_policies(members, levelled.slots, names, night)
    blocked, findings = policy_findings(policies, observed, intent, night)
    return Draft(levelled, names, policies, blocked, findings)


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


def _without_safe_hour(lines: Iterable[VmPlan]) -> tuple[Finding, ...]:
    return tuple(
        Finding("no-safe-hour", line.vm_id, f"{line.name} has no hour within two days at which moving it loses no run")
        for line in lines
        if line.action is Action.MOVE and line.due is None
    )
