"""How does a night get its plan, and the fleet move towards it? Look, decide, act, tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import Permanent
from shared.flows.enforcement import Due, carry_out, membership_step, vault_of
from shared.flows.look import DRIFT, look, look_with_history, vaults_in_scope
from shared.flows.record import record
from shared.flows.writes import PAUSES, Writer
from shared.model.azure import Vault
from shared.model.intent import FleetPolicy
from shared.model.plan import Outcome, Plan, Step
from shared.ports import Ports
from shared.rules import backup_windows as rules
from shared.rules import drift, plan_proof
from shared.rules.enforcement import fleet_objection
from shared.rules.scope import pause_on
from shared.rules.slot_policies import change_text
from shared.telemetry import Event, tell

PROGRESS = "progress"
MOVES_PER_TICK = 300
"""About one call a second: a tick ends well inside the function's timeout, and the rest follows next hour."""
RETRY = timedelta(hours=1)
FINAL = frozenset({Outcome.WRITTEN, Outcome.HELD, Outcome.FAILED})


@dataclass(frozen=True, slots=True)
class Enforcement:
    """What one tick did; `idle` says why it did not look at Azure at all, "" where it did."""

    steps: tuple[Step, ...]
    idle: str = ""

    def count(self, outcome: Outcome) -> int:
        """Count the steps with this outcome."""
        return sum(step.outcome is outcome for step in self.steps)


def plan_tonight(ports: Ports, intent: FleetPolicy, now: datetime) -> Plan | None:
    """Plan once a fleet day under each version of the policy; None where that is done."""
    latest = ports.plans.latest()
    if latest and latest.night == intent.night_of(now) and latest.policy_version == intent.version:
        return None
    return plan(ports, intent, now)


def plan(ports: Ports, intent: FleetPolicy, now: datetime, store: bool = True) -> Plan:
    """Look, plan, have the plan checked, and store it. Raises Permanent where the checker does not confirm it."""
    observed = look_with_history(ports, intent, now)
    made = rules.plan(observed, intent, now)
    if lies := plan_proof.check(made):
        tell(Event.ALERT, code="plan-not-confirmed", subject=str(made.night), text="; ".join(lies[:5]))
        raise Permanent(f"the plan of {made.night} is not confirmed by its checker: {'; '.join(lies[:5])}")
    if store:
        _remember_drift(ports, made, drift.settled(observed), now)
        ports.plans.save(made)
        _tell_plan(made)
    return made


def enforce(ports: Ports, intent: FleetPolicy, now: datetime) -> Enforcement:
    """Move policies and memberships towards the newest plan, each VM at its safe moment.

    Azure is not called at all unless something is due: a tick costs a look only when it may write.
    """
    made = ports.plans.latest()
    if made is None:
        return Enforcement((), "there is no plan yet")
    due = _due(ports, made, now)
    if not due.moves and not due.edits:
        return Enforcement((), "nothing is due")
    age = (intent.night_of(now) - made.night).days
    if objection := fleet_objection(intent, ports.switches, age, now):
        return Enforcement((), objection)
    writer = Writer(ports, intent, now)
    vaults, paused = _open_vaults(ports, intent, due, now)
    steps = _paused_steps(writer, due, paused)
    opened = _within(due, frozenset(vault.id for vault in vaults))
    if opened.vault_ids:
        steps += carry_out(writer, opened, look(ports, intent, vaults))
    _remember_progress(ports, made, steps, now)
    record(ports, intent, steps, now)
    return Enforcement(steps)


def preview(ports: Ports, intent: FleetPolicy, now: datetime) -> tuple[Step, ...]:
    """Return what enforcement would write, as steps that wait; nothing is written anywhere."""
    made = plan(ports, intent, now, store=False)
    present = {policy.id: policy for vault in vaults_in_scope(ports, intent) for policy in ports.vaults.policies(vault)}
    steps = [
        Step(
            now, "policy", target.id, Outcome.WAITING, "differs from the plan", current.name if current else "", change
        )
        for target in made.policies
        for current in (present.get(target.id),)
        if (change := change_text(current, target))
    ]
    writer = Writer(ports, intent, now)
    for line in (*made.moves, *made.held):
        outcome = Outcome.HELD if line in made.held else Outcome.WAITING
        when = f", due {line.due:%Y-%m-%d %H:%M} UTC" if line.due else ""
        steps.append(membership_step(writer, line, outcome, line.reason + when))
    return tuple(steps)


def _due(ports: Ports, made: Plan, now: datetime) -> Due:
    """Return what the plan wants by now and has not seen settled; at most one tick's worth of moves."""
    progress = ports.ledger.rows(PROGRESS)
    moves = [m for m in made.moves if m.due is not None and m.due <= now and _open(progress.get(m.vm_id), made, now)]
    edits = [e for e in made.edits if e.due <= now and _open(progress.get(e.policy_id), made, now)]
    return Due(made, tuple(moves[:MOVES_PER_TICK]), tuple(edits))


def _open(row: Mapping[str, str] | None, made: Plan, now: datetime) -> bool:
    if row is None or row["plan"] != made.made_at.isoformat():
        return True
    return Outcome(row["outcome"]) not in FINAL and datetime.fromisoformat(row["again"]) <= now


def _open_vaults(
    ports: Ports, intent: FleetPolicy, due: Due, now: datetime
) -> tuple[tuple[Vault, ...], dict[str, str]]:
    """Return the vaults with anything due that are not paused, and why the others are."""
    flags = ports.ledger.rows(PAUSES)
    vaults, paused = [], {}
    for vault in vaults_in_scope(ports, intent):
        if vault.id not in due.vault_ids:
            continue
        if reason := pause_on(flags, vault.name, now):
            paused[vault.id] = reason
        else:
            vaults.append(vault)
    return tuple(vaults), paused


def _paused_steps(writer: Writer, due: Due, paused: Mapping[str, str]) -> tuple[Step, ...]:
    """Return a waiting step for everything that is due in a paused vault."""
    edits = ((edit, paused.get(vault_of(edit.policy_id))) for edit in due.edits)
    moves = ((move, paused.get(move.vault_id)) for move in due.moves)
    return (
        *(Step(writer.now, "policy", edit.policy_id, Outcome.WAITING, why) for edit, why in edits if why),
        *(membership_step(writer, move, Outcome.WAITING, why) for move, why in moves if why),
    )


def _within(due: Due, vault_ids: frozenset[str]) -> Due:
    moves = tuple(move for move in due.moves if move.vault_id in vault_ids)
    return Due(due.plan, moves, tuple(edit for edit in due.edits if vault_of(edit.policy_id) in vault_ids))


def _remember_progress(ports: Ports, made: Plan, steps: Iterable[Step], now: datetime) -> None:
    for step in steps:
        row = {"plan": made.made_at.isoformat(), "outcome": step.outcome.value, "again": (now + RETRY).isoformat()}
        ports.ledger.write(PROGRESS, step.subject, row)


def _remember_drift(ports: Ports, made: Plan, settled: Iterable[str], now: datetime) -> None:
    """Note when each drift was first reported: it is put back one full day later."""
    for policy_id in settled:
        ports.ledger.drop(DRIFT, policy_id)
    for finding in made.findings:
        row = {"since": now.isoformat(), "text": finding.text}
        if finding.code in drift.CODES and ports.ledger.claim(DRIFT, finding.subject, row):
            tell(Event.ALERT, code=finding.code, subject=finding.subject, text=finding.text)


def _tell_plan(made: Plan) -> None:
    tell(
        Event.PLANNED,
        night=made.night,
        peak=made.peak,
        bound=round(made.bound, 2),
        peak_before=sum(proof.peak_before for proof in made.proofs),
        moves=len(made.moves),
        held=len(made.held),
        policies=len(made.policies),
        findings=[f"{finding.code}: {finding.text}" for finding in made.findings],
    )
