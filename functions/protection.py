"""Is it time to compare VMs with what is protected? A timer, every six hours, and a queue for single ones."""

import azure.functions as func

from shared import clock, wiring
from shared.flows import alert_path, check_requests, fleet_policy, protection

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 15 */6 * * *", use_monitor=True)
def check_protection(timer: func.TimerRequest) -> None:
    """Report VMs that are not protected as intended, and once a day see that people would hear of failures."""
    ports, now = wiring.ports(), clock.now()
    intent = fleet_policy.read(ports, now)
    alert_path.check_daily(ports, intent, now)
    protection.check(ports, intent, now)


@bp.queue_trigger(arg_name="message", queue_name="check-requests", connection="FleetStorage")
def check_one(message: func.QueueMessage) -> None:
    """Check the VM or vault that a message names; what cannot be followed is set aside."""
    ports, now = wiring.ports(), clock.now()
    text = message.get_body().decode(errors="replace")
    check_requests.receive(ports, fleet_policy.read(ports, now), text, now)
