"""Is it time to plan, or to move the fleet towards its plan? Two hourly timers."""

import azure.functions as func

from shared import clock, wiring
from shared.flows import backup_windows, fleet_policy

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 30 * * * *", use_monitor=True)
def plan_backup_windows(timer: func.TimerRequest) -> None:
    """Plan once a fleet day; the other hours return at once."""
    ports, now = wiring.ports(), clock.now()
    backup_windows.plan_tonight(ports, fleet_policy.read(ports, now), now)


@bp.timer_trigger(arg_name="timer", schedule="0 0 * * * *", use_monitor=True)
def enforce_backup_windows(timer: func.TimerRequest) -> None:
    """Write what is due and safe this hour."""
    ports, now = wiring.ports(), clock.now()
    backup_windows.enforce(ports, fleet_policy.read(ports, now), now)
