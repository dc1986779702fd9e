"""When is each write of a plan due? Once reported, at a tick that is safe, and few ticks for each vault.

Each tick that writes costs a look at its vault, so moves and edits of one vault are timed together.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.model.azure import BackupPolicy
from shared.model.intent import FleetPolicy
from shared.model.plan import Action, Plan, PolicyEdit, VmPlan
from shared.rules.candidates import Candidate
from shared.rules.mornings import AFTER_REPORT, report_after
from shared.rules.policy_edits import same_runs
from shared.rules.safe_moments import Passage, joint_ticks, next_full_hour
from shared.rules.slot_policies import id_of


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a plan is made, under which intent, for which regions, and after which plan."""

    intent: FleetPolicy
    regions: tuple[str, ...]
    now: datetime
    previous: Plan | None

    @property
    def known(self) -> Plan | None:
        """The plan before, where it was made under the same version of the intent: it was reported as it is."""
        return self.previous if self.previous and self.previous.policy_version == self.intent.version else None


def timed(
    lines: Iterable[VmPlan],
    edits: Iterable[PolicyEdit],
    members: Sequence[Candidate],
    policies: Iterable[BackupPolicy],
    occasion: Occasion,
) -> tuple[tuple[VmPlan, ...], tuple[PolicyEdit, ...]]:
    """Return the lines (in the order of `members`) and edits with the tick at which each is due.

    A move into a policy that is to be edited is not due before the edit.
    """
    lines = _first_planned(lines, occasion)
    edits = _reported_edits(edits, occasion)
    targets = {policy.id: policy for policy in policies}
    ways: dict[tuple[str, datetime], list[tuple[str, list[Passage]]]] = defaultdict(list)
    for line, member in zip(lines, members, strict=True):
        if line.planned_at is not None:
            begin = report_after(occasion.intent, line.planned_at, occasion.regions) + AFTER_REPORT
            passage = _passage(member, targets[id_of(line.vault_id, line.policy)])
            ways[line.vault_id, max(begin, next_full_hour(occasion.now))].append((member.item_id, [passage]))
    for edit in edits:
        begin = max(edit.due, next_full_hour(occasion.now))
        ways[targets[edit.policy_id].vault_id, begin].append(
            (edit.policy_id, _riders(targets[edit.policy_id], members))
        )
    due: dict[str, datetime | None] = {}
    for (_, begin), group in ways.items():
        ticks = joint_ticks([passages for _, passages in group], begin, occasion.now)
        due |= dict(zip((subject for subject, _ in group), ticks, strict=True))
    edits = tuple(replace(edit, due=due[edit.policy_id] or edit.due) for edit in edits)
    edited = {edit.policy_id: edit.due for edit in edits}
    return tuple(_timed_line(line, member, due, edited) for line, member in zip(lines, members, strict=True)), edits


def _timed_line(
    line: VmPlan, member: Candidate, due: dict[str, datetime | None], edited: dict[str, datetime]
) -> VmPlan:
    tick = due.get(member.item_id)
    if tick is None:
        return line
    return replace(line, due=max(tick, edited.get(id_of(line.vault_id, line.policy), tick)))


def _first_planned(lines: Iterable[VmPlan], occasion: Occasion) -> tuple[VmPlan, ...]:
    """Return the lines with the instant since which each move is planned, under this version of the intent.

    A plan made by a clock that was ahead says nothing of when: from now on counts.
    """
    known = occasion.known.vms if occasion.known else ()
    since = {(line.vm_id, line.vault_id, line.policy): line.planned_at for line in known}
    return tuple(
        replace(line, planned_at=min(since.get((line.vm_id, line.vault_id, line.policy)) or occasion.now, occasion.now))
        if line.action is Action.MOVE
        else line
        for line in lines
    )


def _reported_edits(edits: Iterable[PolicyEdit], occasion: Occasion) -> tuple[PolicyEdit, ...]:
    """Return the edits; one that was planned before, under this version of the intent, keeps its hour.

    No hour is kept from a plan that a clock which was ahead made for later than a fresh one.
    """
    due = {(edit.policy_id, edit.reason): edit.due for edit in (occasion.known.edits if occasion.known else ())}
    ahead = occasion.known is not None and occasion.known.made_at > occasion.now
    return tuple(
        edit if ahead else replace(edit, due=due.get((edit.policy_id, edit.reason), edit.due)) for edit in edits
    )


def _riders(target: BackupPolicy, members: Iterable[Candidate]) -> list[Passage]:
    """Return the ways of the VMs that an edit takes along; none where it leaves every run where it is."""
    inside = [member for member in members if member.membership.item.policy_id == target.id]
    passages = [_passage(member, target) for member in inside if member.membership.policy and member.membership.tier]
    return [passage for passage in passages if not same_runs(passage.current, target)]


def _passage(member: Candidate, target: BackupPolicy) -> Passage:
    membership, item = member.membership, member.membership.item
    if membership.policy is None or membership.tier is None:
        raise ValueError(f"{item.name} moves without a policy or a tier")
    last = item.last_recovery_point_at or item.last_backup_at
    return Passage(membership.policy, target, member.expected.minutes, last, membership.tier.rpo)
