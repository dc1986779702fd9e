"""Does somebody want VMs back, or is a restore due for its next step? Three queues, and a timer that watches."""

import azure.functions as func

from shared import clock, wiring
from shared.flows import fleet_policy
from shared.flows.restores import advance, fan_out, watch

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name="restore-requests", connection="FleetStorage")
def fan_out_restores(message: func.QueueMessage) -> None:
    """Make a task for each VM of a request, or stop those of one."""
    _fan_out(message, production=False)


@bp.queue_trigger(arg_name="message", queue_name="restore-requests-production", connection="FleetStorage")
def fan_out_production_restores(message: func.QueueMessage) -> None:
    """Do the same for those who may restore to production, and replace disks."""
    _fan_out(message, production=True)


@bp.queue_trigger(arg_name="message", queue_name="restore-tasks", connection="FleetStorage")
def advance_restore(message: func.QueueMessage) -> None:
    """Take the next step of one restore."""
    ports, now = wiring.ports(), clock.now()
    text = message.get_body().decode(errors="replace")
    advance.receive(ports, fleet_policy.read(ports, now), text, now)


@bp.timer_trigger(arg_name="timer", schedule="0 * * * * *", use_monitor=False)
def watch_restores(timer: func.TimerRequest) -> None:
    """See how running restores go; it returns at once where none runs. A look that was missed is not made up for."""
    ports, now = wiring.ports(), clock.now()
    if watch.any_under_way(ports):
        watch.watch(ports, fleet_policy.read(ports, now), now)


def _fan_out(message: func.QueueMessage, *, production: bool) -> None:
    ports, now = wiring.ports(), clock.now()
    letter = fan_out.Letter(message.get_body().decode(errors="replace"), production)
    fan_out.receive(ports, fleet_policy.read(ports, now), letter, now)
