"""Is the night over, or does somebody ask for its report? A timer, and two addresses to read."""

import json

import azure.functions as func

from shared import clock, settings, wiring
from shared.errors import MissingSettings
from shared.flows import fleet_policy, review

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 45 * * * *", use_monitor=True)
def review_night(timer: func.TimerRequest) -> None:
    """Make the report of a night that is over; the other hours return at once."""
    ports, now = wiring.ports(), clock.now()
    review.review_tonight(ports, fleet_policy.read(ports, now), now)


@bp.route(route="report", methods=["GET"])
def report(req: func.HttpRequest) -> func.HttpResponse:
    """Return the newest report, as JSON where the caller prefers it to HTML."""
    kind = "json" if "application/json" in req.headers.get("accept", "") else "html"
    found = wiring.ports().reports.latest(kind)
    if found is None:
        return func.HttpResponse("There is no report yet: the first one is made the morning after.", status_code=404)
    return func.HttpResponse(found, mimetype="application/json" if kind == "json" else "text/html", charset="utf-8")


@bp.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Return 200, or 503 with every missing setting."""
    try:
        settings.read()
    except MissingSettings as missing:
        return func.HttpResponse(json.dumps({"ok": False, "problems": missing.problems}), status_code=503)
    return func.HttpResponse(json.dumps({"ok": True}), mimetype="application/json")
