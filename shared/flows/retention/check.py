"""Are the recovery points there that were promised? Once a night the fleet's lists, and by the hour VMs' points."""

from datetime import datetime

from shared.flows.retention import nightly
from shared.flows.retention.points import look_at_points
from shared.flows.retention.rows import rests, wake
from shared.model.intent import FleetPolicy
from shared.ports import Ports
from shared.rules.retention_turns import Suspicion
from shared.telemetry import Event, tell


def check_retention(ports: Ports, intent: FleetPolicy, now: datetime) -> int:
    """Look back at a night that is over, and at the points of the VMs whose turn it is; return of how many.

    Raises Transient or Permanent where Azure cannot be read: the next hour goes on where this one stopped.
    """
    before = nightly.latest(ports)
    if before is None or nightly.is_due(ports, intent, before, now):
        wake(ports.ledger)
        before = nightly.look_back(ports, intent, before, now)
    elif rests(ports.ledger, now):
        return 0
    looked = look_at_points(ports, intent, Suspicion(before.at, before.suspects), now)
    if looked:
        tell(Event.POINTS_CHECKED, at=now, vms=looked)
    return looked
