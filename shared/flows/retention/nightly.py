"""Is every newest point young enough, and is everything kept as it should be? Once a night, from lists in bulk."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from shared.errors import BadMessage
from shared.flows.look import look, newest_plan, vaults_in_scope
from shared.flows.on_demand import asking
from shared.flows.retention.by_hand import forget_old, note_by_hand
from shared.flows.retention.promises import note
from shared.flows.retention.rows import FLEET, NIGHTLY
from shared.messages.retention import findings_from_json, findings_to_json, postures_from_json, postures_to_json
from shared.model.intent import FleetPolicy
from shared.model.on_demand import Purpose, Stage
from shared.model.plan import Finding, Plan
from shared.model.retention import VaultPosture
from shared.ports import Ports
from shared.rules import posture
from shared.rules.freshness import suspects, too_old
from shared.rules.mornings import last_finished_night
from shared.rules.retention_turns import Suspicion
from shared.telemetry import Event, tell


@dataclass(frozen=True, slots=True)
class Nightly:
    """What the last nightly look found. `night` is the fleet day that was over then."""

    night: date
    at: datetime
    suspicion: Suspicion
    findings: tuple[Finding, ...]
    postures: tuple[VaultPosture, ...]


def latest(ports: Ports) -> Nightly | None:
    """Return what the last nightly look found; None where there was none, or it cannot be read."""
    row = ports.ledger.read(NIGHTLY, FLEET)
    if row is None:
        return None
    try:
        return _from(row)
    except BadMessage as problem:
        tell(Event.ALERT, code="retention-unreadable", subject=NIGHTLY, text=str(problem))
        return None


def is_due(ports: Ports, intent: FleetPolicy, before: Nightly, now: datetime) -> bool:
    """Return whether a night is over that was not looked back at."""
    return before.night < _finished(intent, newest_plan(ports), now)


def look_back(ports: Ports, intent: FleetPolicy, before: Nightly | None, now: datetime) -> Nightly:
    """Hold newest points against RPOs, policies against tiers and vaults against what guards them; remember it all.

    Twice in a night does no harm. Raises Transient or Permanent where Azure cannot be read.
    """
    observed, made = look(ports, intent, vaults_in_scope(ports, intent)), newest_plan(ports)
    changes = note(ports, intent, observed, before.at if before else None, now)
    note_by_hand(ports, intent, before.at if before else None, now)
    vms, policies = {vm.id: vm for vm in observed.vms}, {policy.id: policy for policy in observed.policies}
    told = {line.vm_id for line in made.moves} | {one.subject for one in made.findings} if made else set()
    untold = [item for item in observed.items if item.vm_id not in told]
    postures = posture.postures(observed.vaults, posture.redundancies(observed.items, vms, intent))
    findings = (
        *too_old(observed.items, vms, intent, now),
        *posture.keeps_less_than_wanted(untold, policies, vms, intent),
        *posture.weak(postures),
    )
    night = _finished(intent, made, now)
    again = _failed_fills(ports, before.at if before else now)
    suspicion = Suspicion(now, tuple(sorted({*suspects(observed.items, policies, now), *again})))
    found = Nightly(night, now, suspicion, findings, postures)
    ports.ledger.write(NIGHTLY, FLEET, _row(found))
    forget_old(ports.ledger, now)
    tell(
        Event.RETENTION_CHECKED,
        at=now,
        changes=changes,
        suspects=len(found.suspicion.vm_ids),
        findings=[f"{one.code}: {one.text}" for one in findings],
    )
    return found


def _failed_fills(ports: Ports, since: datetime) -> set[str]:
    """Return the VMs for which a backup that was to make up for a point came to nothing since: their turn is now.

    A week later, when their turn comes, the next weekly run would stand for the lost one.
    """
    known = asking.standing(ports.ledger).values()
    over = (one for one in known if one.wanted.purpose is Purpose.GAP and one.stage.over and one.at >= since)
    return {one.wanted.vm_id for one in over if one.stage is not Stage.COMPLETED}


def _finished(intent: FleetPolicy, made: Plan | None, now: datetime) -> date:
    """Return the newest fleet day whose windows are over, in all regions of the plan."""
    return last_finished_night(intent, now, {line.region for line in made.vms} if made else ())


def _row(found: Nightly) -> dict[str, str]:
    return {
        "night": found.night.isoformat(),
        "at": found.at.isoformat(),
        "suspects": json.dumps(list(found.suspicion.vm_ids)),
        "findings": findings_to_json(found.findings),
        "postures": postures_to_json(found.postures),
    }


def _from(row: Mapping[str, str]) -> Nightly:
    at = datetime.fromisoformat(row["at"])
    return Nightly(
        night=date.fromisoformat(row["night"]),
        at=at,
        suspicion=Suspicion(at, tuple(json.loads(row["suspects"]))),
        findings=findings_from_json(row["findings"]),
        postures=postures_from_json(row["postures"]),
    )
