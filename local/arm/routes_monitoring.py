"""How does Azure Monitor tell of backups and alerts? Vault health, alert rules, action groups, test notifications."""

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import NoReturn

from local.arm.messages import Call, Response, Route, vault_of
from local.clock import iso, parse
from local.world import runs
from local.world.health import WORKLOAD, HealthEvent, health_events
from local.world.monitor import ActionGroup, AlertRule, Notification
from local.world.state import Json, Refused

_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_VAULT = _GROUP + "/providers/Microsoft.RecoveryServices/vaults/{vault}"
_INSIGHTS = _GROUP + "/providers/Microsoft.Insights"
_METRICS = "/providers/Microsoft.Insights/metrics"
_METRIC = "BackupHealthEvent"
_HOUR = timedelta(hours=1)
_DIMENSIONS = ("healthStatus", "dataSourceType", "dataSourceURL")
_WANTED = re.compile(r"(\w+)\s+eq\s+'\*'", re.IGNORECASE)
_RECEIVERS = {"emailReceivers": "Email", "webhookReceivers": "Webhook", "smsReceivers": "SMS"}
"""What a test notification may ring here, and what Azure calls the way; the other kinds of receivers are not there."""
_DEFAULT_TOP = 10


def list_health(call: Call) -> Response:
    """Show a vault's backup health events by the hour, a series for each value of the dimensions that the filter names.

    No more series are shown than `top` (10 where it is not given), without a word about the rest.
    """
    query = {name.lower(): value for name, value in call.request.query.items()}
    if query.get("metricnames", "").lower() != _METRIC.lower():
        raise Refused(400, "BadRequest", f"Failed to find metric configuration for metric: {query.get('metricnames')}.")
    if query.get("interval") != "PT1H":
        raise Refused(400, "BadRequest", "The local Azure shows this metric by the hour (PT1H) only.")
    since, until = _span(query)
    vault = vault_of(call)
    series = _series(list(health_events(call.world, vault.id, since, until)), query, (since, until))
    name = {"value": _METRIC, "localizedValue": "Backup Health Events"}
    metric = {
        **{"id": f"{vault.id}{_METRICS}/{_METRIC}", "type": "Microsoft.Insights/metrics", "name": name},
        **{"unit": "Count", "timeseries": series[: int(query.get("top") or _DEFAULT_TOP)], "errorCode": "Success"},
    }
    return Response(
        200,
        {
            **{"cost": 0, "timespan": f"{iso(since)}/{iso(until)}", "interval": "PT1H", "value": [metric]},
            **{"namespace": "Microsoft.RecoveryServices/vaults", "resourceregion": vault.region},
        },
    )


def get_rule(call: Call) -> Response:
    """Show an alert rule on a log query."""
    rule = call.world.monitor.rules.get(call.request.path.lower())
    return Response(200, _rule(rule)) if rule else _missing(call, "scheduledQueryRules", "rule")


def get_action_group(call: Call) -> Response:
    """Show an action group with its receivers."""
    group = call.world.monitor.groups.get(call.request.path.lower())
    return Response(200, _action_group(group)) if group else _missing(call, "actionGroups", "action")


def notify(call: Call) -> Response:
    """Send Azure's sample notification to the receivers that the body names."""
    group_id = call.request.path.rpartition("/")[0]
    if group_id.lower() not in call.world.monitor.groups:
        _missing(call, "actionGroups", "action")
    ways = {way: call.request.body.get(kind) or [] for kind, way in _RECEIVERS.items()}
    receivers = [(str(one["name"]), way) for way, found in ways.items() for one in found]
    if not call.request.body.get("alertType") or not receivers:
        raise Refused(400, "BadRequest", "An alertType and at least one receiver are required.")
    monitor = call.world.monitor
    number = runs.guid(call.world.seed, "notification", len(monitor.notifications))
    monitor.notify(Notification(number, group_id.lower(), call.world.now, receivers))
    version = call.request.query.get("api-version", "")
    location = f"{call.request.origin}{group_id}/notificationStatus/{number}?api-version={version}"
    return Response(202, None, {"Location": location})


def notification_status(call: Call) -> Response:
    """Show how far a test notification has come."""
    found = call.world.monitor.notifications.get(call.params["notification"].lower())
    if found is None:
        _missing(call, "notificationStatus", "notification")
    arrived = found.complete(call.world.now)
    details = [
        {
            **{"MechanismType": way, "Name": name, "Status": "Completed" if arrived else "InProgress"},
            **{"SubState": "Default", "SendTime": iso(found.started_at), "Detail": None},
        }
        for name, way in found.receivers
    ]
    state = "Complete" if arrived else "InProgress"
    times = {"createdTime": iso(found.started_at), "completedTime": iso(call.world.now) if arrived else None}
    return Response(200, {"state": state, **times, "context": None, "actionDetails": details})


def _span(query: dict[str, str]) -> tuple[datetime, datetime]:
    try:
        since, until = query.get("timespan", "").split("/")
        return parse(since), parse(until)
    except ValueError:
        raise Refused(400, "BadRequest", f"Detected invalid time interval: {query.get('timespan')}.") from None


def _series(events: list[HealthEvent], query: dict[str, str], span: tuple[datetime, datetime]) -> list[Json]:
    """Return the counts by the hour of `span`, one series for each value of the dimensions that the filter names."""
    since, until = span
    wanted = [name for name in _DIMENSIONS if name.lower() in map(str.lower, _WANTED.findall(query.get("$filter", "")))]
    counts: dict[tuple[str, ...], Counter[int]] = {}
    for event in events:
        values = dict(zip(_DIMENSIONS, (event.health, WORKLOAD, event.vm_id), strict=True))
        hours = counts.setdefault(tuple(values[name] for name in wanted), Counter())
        hours[(event.at - since) // _HOUR] += 1
    return [
        {
            "metadatavalues": [
                {"name": {"value": name.lower(), "localizedValue": name.lower()}, "value": value}
                for name, value in zip(wanted, values, strict=True)
            ],
            "data": [
                {"timeStamp": iso(since + hour * _HOUR), "count": float(hours[hour])}
                for hour in range(-((since - until) // _HOUR))
            ],
        }
        for values, hours in sorted(counts.items())
    ]


def _rule(rule: AlertRule) -> Json:
    properties = {
        **{"displayName": rule.id.rpartition("/")[2], "severity": 1, "enabled": rule.enabled},
        **{"evaluationFrequency": "PT5M", "windowSize": "PT5M", "scopes": []},
        "actions": {"actionGroups": list(rule.groups)},
    }
    return _resource(rule.id, "Microsoft.Insights/scheduledQueryRules", "westeurope", properties)


def _action_group(group: ActionGroup) -> Json:
    emails = [
        {
            **{"name": name, "emailAddress": address, "useCommonAlertSchema": True},
            "status": "Disabled" if name in group.silent else "Enabled",
        }
        for name, address in group.emails.items()
    ]
    properties = {
        **{"groupShortName": "nightshift", "enabled": group.enabled, "emailReceivers": emails},
        **{kind: [] for kind in _RECEIVERS if kind != "emailReceivers"},
    }
    return _resource(group.id, "Microsoft.Insights/ActionGroups", "Global", properties)


def _resource(resource_id: str, kind: str, location: str, properties: Json) -> Json:
    name = resource_id.rpartition("/")[2]
    return {"id": resource_id, "name": name, "type": kind, "location": location, "tags": {}, "properties": properties}


def _missing(call: Call, kind: str, name: str) -> NoReturn:
    raise Refused(
        404,
        "ResourceNotFound",
        f"The Resource 'Microsoft.Insights/{kind}/{call.params[name]}' under resource group "
        f"'{call.params['group']}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
    )


ROUTES = (
    Route("GET", _VAULT + _METRICS, "Microsoft.Insights/metrics/read", list_health),
    Route("GET", _INSIGHTS + "/scheduledQueryRules/{rule}", "Microsoft.Insights/scheduledQueryRules/read", get_rule),
    Route("GET", _INSIGHTS + "/actionGroups/{action}", "Microsoft.Insights/actionGroups/read", get_action_group),
    Route(
        "POST",
        _INSIGHTS + "/actionGroups/{action}/createNotifications",
        "Microsoft.Insights/actionGroups/createNotifications/action",
        notify,
    ),
    Route(
        "GET",
        _INSIGHTS + "/actionGroups/{action}/notificationStatus/{notification}",
        "Microsoft.Insights/actionGroups/notificationStatus/read",
        notification_status,
    ),
)
