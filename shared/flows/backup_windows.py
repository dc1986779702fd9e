"""How does a night get its plan, and the fleet move towards it? Look, decide, act, tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, zip_longest

from shared.errors import Permanent
from shared.flows import breaker, enrolment, rollout
from shared.flows.enforcement import Due, carry_out, membership_step, vault_of
from shared.flows.enrolment import enrolment_step
from shared.flows.look import BASELINE, DRIFT, look, look_with_history, newest_plan, vaults_in_scope
from shared.flows.record import record
from shared.flows.turns import take
from shared.flows.writes import PAUSES, Writer
from shared.model.azure import Vault
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.model.plan import Enrolment, Outcome, Plan, Step, VmPlan
from shared.ports import Ports
from shared.rules import backup_windows as rules
from shared.rules import drift, plan_proof
from shared.rules.enforcement import fleet_objection
from shared.rules.scope import pause_on
from shared.rules.slot_policies import change_text, fingerprint
from shared.telemetry import Event, tell

ENFORCEMENT = "enforcement"
PROGRESS = "progress"
MOVES_PER_TICK = 300
"""About one call a second: a tick ends well inside the function's timeout, and the rest follows next hour."""
RETRY = timedelta(minutes=30)
"""What waits is judged again at the next hourly tick, also where that comes some seconds early."""
SENT = frozenset({Outcome.WRITTEN, Outcome.UNVERIFIED, Outcome.FAILED})
"""What a run that lost its turn may still tell: all else is the later run's to judge."""
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
    latest = newest_plan(ports)
    if latest and latest.night == intent.night_of(now) and latest.policy_version == intent.version:
        return None
    return plan(ports, intent, now)


def plan(ports: Ports, intent: FleetPolicy, now: datetime, store: bool = True) -> Plan:
    """Look, plan, have the plan checked, and store it. Raises Permanent where the checker does not confirm it."""
    observed = look_with_history(ports, intent, now)
    made = rules.plan(observed, intent, now)
    if store:
        breaker.judge(ports, intent, observed, made, now)
    if lies := plan_proof.check(made, intent, observed.vms):
        tell(Event.ALERT, code="plan-not-confirmed", subject=str(made.night), text="; ".join(lies[:5]))
        raise Permanent(f"the plan of {made.night} is not confirmed by its checker: {'; '.join(lies[:5])}")
    if store:
        ports.ledger.claim(BASELINE, "fleet", {"night": made.night.isoformat()})
        _remember_drift(ports, made, observed, now)
        ports.plans.save(made)
        _tell_plan(made)
    return made


def enforce(ports: Ports, intent: FleetPolicy, now: datetime) -> Enforcement:
    """Move policies and memberships towards the newest plan, each VM at its safe moment.

    Azure is not called at all unless something is due: a tick costs a look only when it may write.
    """
    made = newest_plan(ports)
    if made is None:
        return Enforcement((), "there is no plan yet")
    due = _due(ports, made, now)
    if not due.moves and not due.edits and not (due.enrolments and enrolment.SWITCH in ports.switches):
        return Enforcement((), "nothing is due")
    if objection := fleet_objection(made, intent, ports.switches, now) or breaker.stopped(ports):
        tell(Event.ENFORCED, night=made.night, idle=objection, moves_due=len(due.moves), edits_due=len(due.edits))
        return Enforcement((), objection)
    going, waiting = rollout.tonight(ports, intent, due, _tried(ports, made), now)
    writer = Writer(ports, intent, now)
    said = rollout.unsaid(ports, made, waiting)
    steps = tuple(_waits(writer, move, said[move.vm_id]) for move in due.moves if move.vm_id in said)
    if not going.vault_ids:
        record(ports, intent, steps, now)
        return Enforcement(steps, "what is due waits for its share of the roll-out")
    writer = Writer(ports, intent, now, take(ports, ENFORCEMENT, now))
    done = _write(writer, going)
    if over := writer.over():
        tell(Event.ENFORCED, night=made.night, idle=over)
        done, steps = tuple(step for step in done if step.outcome in SENT), ()
    _remember_progress(ports, made, done, now)
    record(ports, intent, (*done, *steps), now)
    return Enforcement((*done, *steps))


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
    _, waiting = rollout.tonight(ports, intent, Due(made, made.moves, ()), _tried(ports, made), now)
    for line in made.moves:
        when = f", due {line.due:%Y-%m-%d %H:%M} UTC" if line.due else ""
        share = f", {waiting[line.vm_id]}" if line.vm_id in waiting else ""
        steps.append(_waits(writer, line, line.reason + when + share))
    steps += (membership_step(writer, line, Outcome.HELD, line.reason) for line in made.held)
    for one in made.enrolments:
        why = f"{one.reason}, due {one.due:%Y-%m-%d %H:%M} UTC"
        steps.append(enrolment_step(writer, one, Outcome.WAITING, why))
    return tuple(steps)


def _write(writer: Writer, due: Due) -> tuple[Step, ...]:
    """Look at the vaults where something is due, and carry it out; return one step for each intended write."""
    vaults, closed = _open_vaults(writer.ports, writer.intent, due, writer.now)
    steps = _closed_steps(writer, due, closed)
    opened = _one_tick(due, frozenset(vault.id for vault in vaults))
    if opened.vault_ids:
        steps += carry_out(writer, opened, look(writer.ports, writer.intent, vaults))
    return steps


def _waits(writer: Writer, line: VmPlan, why: str) -> Step:
    return membership_step(writer, line, Outcome.WAITING, why)


def _due(ports: Ports, made: Plan, now: datetime) -> Due:
    """Return what the plan wants by now and has not seen settled."""
    progress = ports.ledger.rows(PROGRESS)
    moves = [m for m in made.moves if m.due is not None and m.due <= now and _open(progress.get(m.vm_id), made, now)]
    edits = [e for e in made.edits if e.due <= now and _open(progress.get(e.policy_id), made, now)]
    refused = {key for key, row in progress.items() if _of(row, made) and row["outcome"] == Outcome.FAILED.value}
    return Due(made, tuple(moves), tuple(edits), frozenset(refused), _due_enrolments(ports, made, progress, now))


def _due_enrolments(
    ports: Ports, made: Plan, progress: Mapping[str, Mapping[str, str]], now: datetime
) -> tuple[Enrolment, ...]:
    """Return the enrolments that are due; without their switch each is judged, and its command told, once a plan.

    Telling alone is not worth a look at Azure: without the switch they ride along with writes that are due.
    """
    told = frozenset(key for key, row in progress.items() if _of(row, made) and enrolment.SWITCH not in ports.switches)
    return tuple(
        one
        for one in made.enrolments
        if one.due <= now and one.vm_id not in told and _open(progress.get(one.vm_id), made, now)
    )


def _tried(ports: Ports, made: Plan) -> frozenset[str]:
    """Return the VMs and policies that an earlier tick of this plan looked at, and could not write."""
    rows = ports.ledger.rows(PROGRESS)
    return frozenset(key for key, row in rows.items() if _of(row, made) and Outcome(row["outcome"]) not in FINAL)


def _open(row: Mapping[str, str] | None, made: Plan, now: datetime) -> bool:
    if row is None or not _of(row, made):
        return True
    return Outcome(row["outcome"]) not in FINAL and datetime.fromisoformat(row["again"]) <= now


def _of(row: Mapping[str, str], made: Plan) -> bool:
    return row["plan"] == made.made_at.isoformat()


def _open_vaults(
    ports: Ports, intent: FleetPolicy, due: Due, now: datetime
) -> tuple[tuple[Vault, ...], dict[str, str]]:
    """Return the vaults with anything due that may be written, and why the others may not."""
    flags = ports.ledger.rows(PAUSES)
    closed = dict.fromkeys(due.vault_ids, "its vault is no longer in scope")
    vaults = []
    for vault in vaults_in_scope(ports, intent):
        if vault.id not in due.vault_ids:
            continue
        closed[vault.id] = pause_on(flags, vault.name, now) or ""
        if not closed[vault.id]:
            vaults.append(vault)
    return tuple(vaults), closed


def _closed_steps(writer: Writer, due: Due, closed: Mapping[str, str]) -> tuple[Step, ...]:
    """Return a waiting step for everything that is due in a vault that may not be written."""
    edits = ((edit, closed[vault_of(edit.policy_id)]) for edit in due.edits)
    moves = ((move, closed[move.vault_id]) for move in due.moves)
    return (
        *(Step(writer.now, "policy", edit.policy_id, Outcome.WAITING, why) for edit, why in edits if why),
        *(membership_step(writer, move, Outcome.WAITING, why) for move, why in moves if why),
        *(
            enrolment_step(writer, one, Outcome.WAITING, closed[one.vault_id])
            for one in due.enrolments
            if closed[one.vault_id]
        ),
    )


def _one_tick(due: Due, vault_ids: frozenset[str]) -> Due:
    """Return what is due in these vaults, at most one tick's worth of moves, the vaults taking turns."""
    queues = [[move for move in due.moves if move.vault_id == vault_id] for vault_id in sorted(vault_ids)]
    turns = (move for turn in zip_longest(*queues) for move in turn if move is not None)
    edits = tuple(edit for edit in due.edits if vault_of(edit.policy_id) in vault_ids)
    joining = tuple(one for one in due.enrolments if one.vault_id in vault_ids)
    return replace(due, moves=tuple(islice(turns, MOVES_PER_TICK)), edits=edits, enrolments=joining)


def _remember_progress(ports: Ports, made: Plan, steps: Iterable[Step], now: datetime) -> None:
    """Remember what became of each write, and when what waits is judged again: half an hour before its tick."""
    for step in steps:
        again = max(now, step.again - RETRY) if step.again else now + RETRY
        row = {"plan": made.made_at.isoformat(), "outcome": step.outcome.value, "again": again.isoformat()}
        ports.ledger.write(PROGRESS, step.subject, row)


def _remember_drift(ports: Ports, made: Plan, observed: Observed, now: datetime) -> None:
    """Note when each drift was first reported, and what was seen: that is put back one full day later."""
    for policy_id in drift.settled(observed):
        ports.ledger.drop(DRIFT, policy_id)
    seen = {policy.id: fingerprint(policy) for policy in observed.policies}
    for finding in made.findings:
        row = {"since": now.isoformat(), "text": finding.text, "seen": seen.get(finding.subject, "")}
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
