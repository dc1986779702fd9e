"""May this move happen now? A planned move judged once more on what is true at its moment."""

from dataclasses import dataclass
from datetime import datetime

from shared.model.azure import BackupPolicy, ProtectedItem, Vault, Vm
from shared.model.intent import FleetPolicy
from shared.model.plan import Outcome, Plan, VmPlan
from shared.rules.memberships import RUNNING_STATES, RetentionChange, retention_objection
from shared.rules.safe_moments import Passage, next_safe_tick, obstacle
from shared.rules.scope import in_scope, tier_of
from shared.rules.slots import blackout_on, local_dates


@dataclass(frozen=True, slots=True)
class Scene:
    """What was read a moment ago about one planned move; None where it was not found.

    `held` says how a person keeps the VM where it is, "" where nobody does; `known_as` are the words that mean it.
    """

    vault: Vault
    vm: Vm | None
    item: ProtectedItem | None
    current: BackupPolicy | None
    target: BackupPolicy | None
    job_running: bool
    held: str
    known_as: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`go`, or what became of the move instead (held, waiting, or written: it is there already), and why.

    `again` is the first tick at which a waiting move may go, None where that cannot be said.
    """

    go: bool
    outcome: Outcome
    reason: str
    again: datetime | None = None


def judge(move: VmPlan, scene: Scene, intent: FleetPolicy, now: datetime) -> Verdict:
    """Judge one move at `now`; the plan is a hint, what was just read is the truth."""
    if scene.item is None:
        return Verdict(False, Outcome.HELD, "it is no longer a protected item of this vault")
    if scene.target is not None and scene.item.policy_id == scene.target.id:
        return Verdict(False, Outcome.WRITTEN, "is in its planned policy")
    if reason := _hold_reason(move, scene, scene.item, intent, now):
        return Verdict(False, Outcome.HELD, reason)
    tier = tier_of(scene.vm, intent.tiers) if scene.vm else None
    if scene.current is None or scene.target is None or tier is None:
        return Verdict(False, Outcome.WAITING, f"policy {move.policy} is not there, or not as planned, yet")
    if scene.job_running:
        return Verdict(False, Outcome.WAITING, "a job is running for it")
    last = scene.item.last_recovery_point_at or scene.item.last_backup_at
    passage = Passage(scene.current, scene.target, move.minutes, last, tier.rpo)
    if waiting := obstacle(passage, now):
        return Verdict(False, Outcome.WAITING, waiting, next_safe_tick(passage, now))
    return Verdict(True, Outcome.WRITTEN, move.reason)


def fleet_objection(made: Plan, intent: FleetPolicy, switches: frozenset[str], now: datetime) -> str:
    """Return why nothing at all may be moved or edited now; "" where writes may be considered."""
    nights_old = (intent.night_of(now) - made.night).days
    if "plan" not in switches:
        return "the switch `plan` is off; `nightshift diff` shows what would be written"
    if blackout := blackout_on(intent.blackouts, local_dates(intent.windows.values(), now)):
        return f"blackout until {blackout.last}: {blackout.reason}"
    if made.policy_version != intent.version:
        return f"the newest plan was made for fleet.yaml {made.policy_version}; waiting for one for {intent.version}"
    if nights_old < 0:
        return f"the newest plan is for {made.night}, which is still to come: a clock was ahead; waiting for a new one"
    if nights_old > 1:
        return f"the newest plan is {nights_old} nights old; waiting for a fresh one"
    return ""


def _hold_reason(move: VmPlan, scene: Scene, item: ProtectedItem, intent: FleetPolicy, now: datetime) -> str:
    if item.soft_deleted or item.state not in RUNNING_STATES:
        return f"its protection is {item.state.value}"
    if item.policy_name.lower() != move.current_policy.lower():
        return f"somebody moved it to {item.policy_name} since it was planned"
    if scene.vm is None:
        return "its VM is gone"
    if scene.held:
        return scene.held
    if not in_scope(scene.vm, intent.scope):
        return "out of scope by its tags"
    tier = tier_of(scene.vm, intent.tiers)
    if tier is None or tier.name != move.tier:
        return f"its tier is {tier.name if tier else 'none'} now, planned as {move.tier}"
    if scene.current is None or scene.target is None:
        return ""
    change = RetentionChange(scene.known_as, scene.vault, tier.name, scene.current, scene.target)
    return retention_objection(change, intent, now.date())
