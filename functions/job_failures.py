"""Did a backup go wrong, or did somebody say so? Timers, events, an alert's webhook, and the queues behind them."""

import azure.functions as func

from shared import clock, wiring
from shared.errors import FleetError
from shared.flows import fleet_policy
from shared.flows import sweep as tidy
from shared.flows.job_failures import events, respond, watch

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 */5 * * * *", use_monitor=False)
def watch_jobs(timer: func.TimerRequest) -> None:
    """See what jobs came to, announce what went wrong, and tell people. A missed tick needs no making up for."""
    ports, now = wiring.ports(), clock.now()
    watch.watch(ports, fleet_policy.read(ports, now), now)


@bp.event_grid_trigger(arg_name="event")
def on_backup_job_event(event: str) -> None:
    """Hand a failed backup on; the answer is given by a worker."""
    events.receive_job_event(wiring.ports(), event, clock.now())


@bp.event_grid_trigger(arg_name="event")
def on_resource_event(event: str) -> None:
    """Ask for a check of a VM or vault that was changed."""
    events.receive_resource_event(wiring.ports(), event, clock.now())


@bp.route(route="alerts", methods=["POST"])
def alerts(req: func.HttpRequest) -> func.HttpResponse:
    """Take a built-in alert; 503 lets the action group try again."""
    try:
        events.receive_alert(wiring.ports(), req.get_body().decode(errors="replace"), clock.now())
    except FleetError:
        return func.HttpResponse(status_code=503)
    return func.HttpResponse(status_code=202)


@bp.queue_trigger(arg_name="message", queue_name="job-triage", connection="FleetStorage")
def respond_to_job(message: func.QueueMessage) -> None:
    """Judge the failures of the vault that a message names."""
    ports, now = wiring.ports(), clock.now()
    text = message.get_body().decode(errors="replace")
    respond.receive(ports, fleet_policy.read(ports, now), text, now)


@bp.timer_trigger(arg_name="timer", schedule="0 20 * * * *", use_monitor=True)
def sweep(timer: func.TimerRequest) -> None:
    """Set poison messages aside, and forget what is over."""
    tidy.sweep(wiring.ports(), clock.now())
