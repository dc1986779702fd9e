"""Is it time to look at recovery points? An hourly timer: fleets are looked back at once a night, VMs once a week."""

import azure.functions as func

from shared import clock, wiring
from shared.flows import fleet_policy
from shared.flows.retention import check

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 35 * * * *", use_monitor=True)
def check_retention(timer: func.TimerRequest) -> None:
    """Hold what is there against what was promised, as far as this hour's share of reads goes."""
    ports, now = wiring.ports(), clock.now()
    check.check_retention(ports, fleet_policy.read(ports, now), now)
