"""Is a backup asked for, or due beside the schedule? A queue, and a timer for points that policies do not make."""

import azure.functions as func

from shared import clock, wiring
from shared.flows import fleet_policy
from shared.flows.on_demand import extra, start

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name="backup-requests", connection="FleetStorage")
def run_backup(message: func.QueueMessage) -> None:
    """Start one backup, where nothing stands against it, and see what becomes of it."""
    ports, now = wiring.ports(), clock.now()
    text = message.get_body().decode(errors="replace")
    start.receive(ports, fleet_policy.read(ports, now), text, now)


@bp.timer_trigger(arg_name="timer", schedule="0 5,35 * * * *", use_monitor=True)
def run_extra_backups(timer: func.TimerRequest) -> None:
    """Ask for the points beside the schedule that are due; it returns at once where fleet.yaml wants none."""
    ports, now = wiring.ports(), clock.now()
    extra.ask_for_due(ports, fleet_policy.read(ports, now), now)
