"""Is it time to compare the VMs in scope with what is protected? A timer, every six hours."""

import azure.functions as func

from shared import clock, wiring
from shared.flows import fleet_policy, protection

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 15 */6 * * *", use_monitor=True)
def check_protection(timer: func.TimerRequest) -> None:
    """Report VMs that are not protected as intended."""
    ports, now = wiring.ports(), clock.now()
    protection.check(ports, fleet_policy.read(ports, now), now)
