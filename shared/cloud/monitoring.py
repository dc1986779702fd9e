"""What does Azure Monitor know of backups, and is the way to people open? The Monitoring port over Azure Monitor.

ARM actions:
- Microsoft.Insights/metrics/read
- Microsoft.Insights/scheduledQueryRules/read
- Microsoft.Insights/actionGroups/read
- Microsoft.Insights/actionGroups/createNotifications/action
- Microsoft.Insights/actionGroups/notificationStatus/read
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.monitor.models import (
    ActionGroupResource,
    NotificationRequestBody,
    Response,
    TestNotificationDetailsResponse,
    TimeSeriesElement,
)

from shared.cloud.failures import translated
from shared.errors import Permanent
from shared.model.azure import Vault
from shared.model.monitoring import AlertPart, Drill, HealthEvents, Receipt

METRIC = "BackupHealthEvent"
EACH_SOURCE = "healthStatus eq '*' and dataSourceType eq '*' and dataSourceURL eq '*'"
"""With exactly this text each health, kind and source gets a series of its own, without it there is one sum."""
TOP = 100_000
"""Series in an answer, far more than a vault can make. Without it Azure shows 10 and drops the rest without a word."""
SAMPLE = "logalertv2"
"""Whose sample Azure sends: that of an alert rule on a log query, which is how our own alerts come."""
RUNG = (
    "email_receivers",
    "sms_receivers",
    "voice_receivers",
    "azure_app_push_receivers",
    "arm_role_receivers",
    "webhook_receivers",
)
"""Receivers that reach people. A drill starts no runbook, function, logic app or ticket."""
RECEIVERS = (
    *RUNG,
    "itsm_receivers",
    "automation_runbook_receivers",
    "logic_app_receivers",
    "azure_function_receivers",
    "event_hub_receivers",
)
UNSUBSCRIBED = "Disabled"
_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.Insights/(?P<kind>scheduledQueryRules|actionGroups)/(?P<name>[^/]+)",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Place:
    subscription: str
    group: str
    name: str


class CloudMonitoring:
    """Reads may be repeated by the SDK, which honours Retry-After; a drill is sent once."""

    def __init__(self, credential: TokenCredential, endpoint: str) -> None:
        self._credential = credential
        self._endpoint = endpoint

    def health(self, vault: Vault, since: datetime, until: datetime) -> list[HealthEvents]:
        """Count the vault's ended backups by hour, health and source in [since, until), whole hours.

        One call a vault. Raises Transient or Permanent.
        """
        what = f"health events of vault {vault.name}"
        with self._client(vault.subscription, what) as client:
            answer: Response = client.metrics.list(
                vault.id,
                timespan=f"{_iso(since)}/{_iso(until)}",
                interval="PT1H",
                metricnames=METRIC,
                aggregation="count",
                filter=EACH_SOURCE,
                top=TOP,
            )
            return [event for metric in answer.value for event in _events(metric, what)]

    def rule(self, rule_id: str) -> AlertPart | None:
        """Return the alert rule on a log query; None where it is not there. Raises Transient or Permanent."""
        place = _place(rule_id)
        with self._client(place.subscription, f"alert rule {place.name}") as client:
            try:
                found = client.scheduled_query_rules.get(place.group, place.name)
            except ResourceNotFoundError:
                return None
            groups = found.actions.action_groups if found.actions else None
            return AlertPart(rule_id, found.enabled is not False, tuple(groups or ()))

    def action_group(self, group_id: str) -> AlertPart | None:
        """Return the action group; None where it is not there. Raises Transient or Permanent.

        Receivers that have unsubscribed are left out.
        """
        place = _place(group_id)
        with self._client(place.subscription, f"action group {place.name}") as client:
            found = _group(client, place)
            if found is None:
                return None
            names = [one.name for kind in RECEIVERS for one in _receivers(found, kind)]
            return AlertPart(group_id, found.enabled is not False, tuple(names))

    def drill(self, group_id: str) -> Drill:
        """Send Azure's sample notification, once, to the receivers of the action group that reach people.

        Raises Transient, where it may have been sent, or Permanent.
        """
        place = _place(group_id)
        with self._client(place.subscription, f"test notification of action group {place.name}", retries=0) as client:
            found = _group(client, place)
            if found is None:
                raise Permanent(f"action group {place.name} is not there", "ResourceNotFound")
            rung = {kind: _receivers(found, kind) for kind in RUNG}
            if not any(rung.values()):
                raise Permanent(f"action group {place.name} has no receiver that reaches people", "NobodyToTell")
            poller = client.action_groups.begin_create_notifications_at_action_group_resource_level(
                place.group,
                place.name,
                NotificationRequestBody(alert_type=SAMPLE, **rung),
                polling=False,
                cls=_begun,
            )
            return cast(Drill, poller.result())

    def drilled(self, group_id: str, drill_id: str) -> Drill:
        """Return how far a test notification has come. Raises Transient or Permanent."""
        place = _place(group_id)
        with self._client(place.subscription, f"test notification of action group {place.name}") as client:
            found = client.action_groups.get_test_notifications_at_action_group_resource_level(
                place.group, place.name, drill_id
            )
            return _drill(drill_id, found)

    @contextmanager
    def _client(self, subscription: str, what: str, retries: int | None = None) -> Iterator[MonitorManagementClient]:
        options = {} if retries is None else {"retry_total": retries}
        with (
            translated(what),
            MonitorManagementClient(self._credential, subscription, base_url=self._endpoint, **options) as client,
        ):
            yield client


def _place(resource_id: str) -> _Place:
    found = _ID.fullmatch(resource_id)
    if found is None:
        raise Permanent(f"id {resource_id!r}: expected that of an alert rule on a log query, or of an action group")
    return _Place(found["subscription"], found["group"], found["name"])


def _group(client: MonitorManagementClient, place: _Place) -> ActionGroupResource | None:
    try:
        return client.action_groups.get(place.group, place.name)
    except ResourceNotFoundError:
        return None


def _receivers(group: ActionGroupResource, kind: str) -> list[Any]:
    """Return the receivers of one kind that have not unsubscribed; only some kinds say so."""
    return [one for one in getattr(group, kind) or () if getattr(one, "status", None) != UNSUBSCRIBED]


def _events(metric: Any, what: str) -> Iterator[HealthEvents]:
    """Azure answers 200 also where it could not read a metric; the metric says so itself."""
    code = metric.error_code or "Success"
    if code != "Success":
        raise Permanent(f"{what}: {code}: {metric.error_message or 'no reason given'}", code)
    for element in metric.timeseries or ():
        told = _dimensions(element)
        for point in element.data or ():
            if point.count:
                yield HealthEvents(
                    at=point.time_stamp.astimezone(UTC),
                    health=told.get("healthstatus", ""),
                    workload=told.get("datasourcetype", ""),
                    source=told.get("datasourceurl", "").lower(),
                    count=round(point.count),
                )


def _dimensions(element: TimeSeriesElement) -> dict[str, str]:
    return {one.name.value.lower(): str(one.value or "") for one in element.metadatavalues or () if one.name}


def _begun(answer: Any, found: TestNotificationDetailsResponse | None, _headers: Any) -> Drill:
    """Return what Azure said at once: the end, or where to ask for it."""
    location = answer.http_response.headers.get("Location", "")
    return _drill(urlsplit(location).path.rpartition("/")[2], found)


def _drill(drill_id: str, found: TestNotificationDetailsResponse | None) -> Drill:
    if found is None:
        return Drill(drill_id, "")
    details = found.action_details or ()
    receipts = (
        Receipt(one.name or "", one.mechanism_type or "", one.status or "", one.detail or "") for one in details
    )
    return Drill(drill_id, found.state or "", tuple(receipts))


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
