"""Is every newest point young enough, and is everything kept as it should be? Once a night, from lists in bulk."""

from datetime import date, datetime

from shared.errors import BadMessage
from shared.flows.look import look, newest_plan, vaults_in_scope
from shared.flows.on_demand import asking
from shared.flows.retention.by_hand import forget_old, note_by_hand
from shared.flows.retention.promises import note
from shared.flows.retention.rows import FLEET, NIGHTLY
from shared.messages.retention import NIGHT
from shared.model.intent import FleetPolicy
from shared.model.plan import Plan
from shared.model.retention import NightlyLook
from shared.ports import Ports
from shared.rules import posture
from shared.rules.freshness import suspects, too_old
from shared.rules.gap_fills import came_to_nothing
from shared.rules.mornings import last_finished_night
from shared.telemetry import Event, tell


def latest(ports: Ports) -> NightlyLook | None:
    """Return what the last nightly look found; None where there was none, or it cannot be read."""
    row = ports.ledger.read(NIGHTLY, FLEET)
    if row is None:
        return None
    try:
        return NIGHT.from_json(row["json"])
    except BadMessage as problem:
        tell(Event.ALERT, code="retention-unreadable", subject=NIGHTLY, text=str(problem))
        return None


def is_due(ports: Ports, intent: FleetPolicy, before: NightlyLook, now: datetime) -> bool:
    """Return whether a night is over that was not looked back at."""
    return before.night < _finished(intent, newest_plan(ports), now)


def look_back(ports: Ports, intent: FleetPolicy, before: NightlyLook | None, now: datetime) -> NightlyLook:
    """Hold newest points against RPOs, policies against tiers and vaults against what guards them; remember it all.

    Twice in a night does no harm. Raises Transient or Permanent where Azure cannot be read.
    """
    observed, made = look(ports, intent, vaults_in_scope(ports, intent)), newest_plan(ports)
    since = before.at if before else None
    changes = note(ports, intent, observed, since, now)
    unread = note_by_hand(ports, intent, since, now)
    vms, policies = {vm.id: vm for vm in observed.vms}, {policy.id: policy for policy in observed.policies}
    told = {line.vm_id for line in made.moves} | {one.subject for one in made.findings} if made else set()
    untold = [item for item in observed.items if item.vm_id not in told]
    postures = posture.postures(observed.vaults, posture.redundancies(observed.items, vms, intent))
    again = came_to_nothing(asking.standing(ports.ledger).values(), since or now)
    found = NightlyLook(
        night=_finished(intent, made, now),
        at=now,
        suspects=tuple(sorted({*suspects(observed.items, policies, now), *again})),
        findings=(
            *too_old(observed.items, vms, intent, now),
            *posture.keeps_less_than_wanted(untold, policies, vms, intent),
            *posture.weak(postures),
            *unread,
        ),
        postures=postures,
    )
    ports.ledger.write(NIGHTLY, FLEET, {"json": NIGHT.to_json(found)})
    forget_old(ports.ledger, now)
    tell(
        Event.RETENTION_CHECKED,
        at=now,
        changes=changes,
        suspects=len(found.suspects),
        findings=[f"{one.code}: {one.text}" for one in found.findings],
    )
    return found


def _finished(intent: FleetPolicy, made: Plan | None, now: datetime) -> date:
    """Return the newest fleet day whose windows are over, in all regions of the plan."""
    return last_finished_night(intent, now, {line.region for line in made.vms} if made else ())
