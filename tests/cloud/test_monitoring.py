"""Is Azure Monitor read as it answers, and is a drill sent once, to people only?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.cloud.monitoring import EACH_SOURCE, TOP, CloudMonitoring
from shared.errors import Permanent, Transient
from shared.model.monitoring import AlertPart, Drill, HealthEvents, Receipt
from tests.cloud.nouns import SUBSCRIPTION, VAULT
from tests.cloud.replay import Answer, Service, Token

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
PLACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Insights"
RULE, GROUP = f"{PLACE}/scheduledQueryRules/alerts", f"{PLACE}/actionGroups/on-call"


@pytest.fixture
def monitoring(service: Service) -> CloudMonitoring:
    return CloudMonitoring(Token(), service.endpoint)


def metric(*series: dict[str, Any], code: str = "Success") -> Answer:
    found = {
        **{"id": "x", "type": "Microsoft.Insights/metrics", "unit": "Count", "errorCode": code, "errorMessage": "why"},
        **{"name": {"value": "BackupHealthEvent"}, "timeseries": list(series)},
    }
    return Answer(body={"timespan": "", "interval": "PT1H", "cost": 0, "value": [found]})


def series(points: dict[str, float | None], **dimensions: str) -> dict[str, Any]:
    told = [{"name": {"value": name}, "value": value} for name, value in dimensions.items()]
    data = [{"timeStamp": at, **({} if count is None else {"count": count})} for at, count in points.items()]
    return {"metadatavalues": told, "data": data}


def group(**properties: object) -> Answer:
    known = {"groupShortName": "ns", "enabled": True, "emailReceivers": [], **properties}
    return Answer(body={"id": GROUP, "name": "on-call", "location": "Global", "properties": known})


def test_health_is_one_call_that_names_every_dimension_and_no_small_top(
    service: Service, monitoring: CloudMonitoring
) -> None:
    points = {"2026-03-01T22:00:00Z": 2.0, "2026-03-01T23:00:00Z": 0.0, "2026-03-01T21:00:00Z": None}
    dimensions = {"healthstatus": "Persistent Degraded", "datasourcetype": "VM", "dataSourceURL": "/Subscriptions/X"}
    service.will(metric(series(points, **dimensions), series({"2026-03-01T04:00:00Z": 1.0})))
    assert monitoring.health(VAULT, SINCE, UNTIL) == [
        HealthEvents(SINCE.replace(hour=22), "Persistent Degraded", "VM", "/subscriptions/x", 2),
        HealthEvents(SINCE.replace(hour=4), "", "", "", 1),
    ]
    (request,) = service.requests
    assert request.path.lower() == f"{VAULT.id}/providers/microsoft.insights/metrics"
    assert request.query["$filter"] == EACH_SOURCE
    assert (request.query["aggregation"], request.query["top"], request.query["interval"]) == (
        "count",
        str(TOP),
        "PT1H",
    )
    assert request.query["timespan"] == "2026-03-01T00:00:00Z/2026-03-02T00:00:00Z"


def test_a_metric_that_could_not_be_read_is_no_zero(service: Service, monitoring: CloudMonitoring) -> None:
    service.will(metric(code="InternalError"))
    with pytest.raises(Permanent, match="health events of vault Weu1: InternalError: why"):
        monitoring.health(VAULT, SINCE, UNTIL)


def test_a_rule_without_actions_leads_nowhere_and_one_that_does_not_say_is_enabled(
    service: Service, monitoring: CloudMonitoring
) -> None:
    service.will(Answer(body={"id": RULE, "location": "westeurope", "properties": {}}))
    assert monitoring.rule(RULE) == AlertPart(RULE, True, ())
    service.will(Answer(404, {"error": {"code": "ResourceNotFound", "message": "not there"}}))
    assert monitoring.rule(RULE) is None
    assert monitoring.action_group(GROUP) is None


def test_a_rule_that_may_not_be_read_is_not_taken_for_gone(service: Service, monitoring: CloudMonitoring) -> None:
    service.will(Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no right"}}))
    with pytest.raises(Permanent, match="alert rule alerts: AuthorizationFailed"):
        monitoring.rule(RULE)


@pytest.mark.parametrize("wrong", ["", "/subscriptions/x", VAULT.id, f"{PLACE}/metricAlerts/x", f"{GROUP}/more"])
def test_an_id_of_something_else_is_refused_without_a_call(
    service: Service, monitoring: CloudMonitoring, wrong: str
) -> None:
    service.will(Answer(500))
    for ask in (monitoring.rule, monitoring.action_group, monitoring.drill):
        with pytest.raises(Permanent, match="expected that of an alert rule"):
            ask(wrong)
    assert service.requests == []


def test_every_kind_of_receiver_counts_but_a_drill_rings_people_only(
    service: Service, monitoring: CloudMonitoring
) -> None:
    silent = {"name": "left", "emailAddress": "l@example.com", "status": "Disabled"}
    found = group(
        emailReceivers=[{"name": "ann", "emailAddress": "a@example.com", "status": "Enabled"}, silent],
        webhookReceivers=[{"name": "chat", "serviceUri": "https://chat.test"}],
        automationRunbookReceivers=[
            {
                **{"name": "book", "automationAccountId": "a", "runbookName": "r", "webhookResourceId": "w"},
                "isGlobalRunbook": False,
            }
        ],
    )
    service.will(found)
    part = monitoring.action_group(GROUP)
    assert part is not None
    assert part.leads_to == ("ann", "chat", "book")
    service.will(found, Answer(202, headers={"Location": f"{service.endpoint}{GROUP}/notificationStatus/n-1?v=1"}))
    assert monitoring.drill(GROUP) == Drill("n-1", "")
    sent = service.requests[1]
    assert (sent.method, sent.path) == ("POST", f"{GROUP}/createNotifications")
    assert sent.json["alertType"] == "logalertv2"
    assert [one["name"] for one in sent.json["emailReceivers"]] == ["ann"]
    assert [one["name"] for one in sent.json["webhookReceivers"]] == ["chat"]
    assert "automationRunbookReceivers" not in sent.json


def test_a_drill_is_sent_once_though_azure_does_not_answer(service: Service, monitoring: CloudMonitoring) -> None:
    service.will(group(emailReceivers=[{"name": "ann", "emailAddress": "a@example.com"}]), Answer(503))
    with pytest.raises(Transient):
        monitoring.drill(GROUP)
    assert [request.method for request in service.requests] == ["GET", "POST"]


def test_a_drill_that_ended_at_once_says_how(service: Service, monitoring: CloudMonitoring) -> None:
    details = [{"MechanismType": "Email", "Name": "ann", "Status": "Failed", "Detail": "bounced"}]
    done = Answer(200, {"state": "Complete", "actionDetails": details})
    service.will(group(emailReceivers=[{"name": "ann", "emailAddress": "a@example.com"}]), done)
    assert monitoring.drill(GROUP) == Drill("", "Complete", (Receipt("ann", "Email", "Failed", "bounced"),))
