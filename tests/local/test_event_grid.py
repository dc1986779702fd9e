"""Does the pretend Event Grid deliver at least once, retry on Azure's schedule, give up where Azure does, and tell?"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from local.eventgrid.broker import Broker
from local.eventgrid.mishaps import Mishaps
from local.eventgrid.subscriptions import EVENT_GRID, SYSTEM, TOPIC, subscription
from local.post import TIMED_OUT, Answer, Opens, Parcel
from tests.local.posting import MIDNIGHT, Round

DAY = timedelta(days=1)


def event(number: int = 0, kind: str = "failed", **more: object) -> dict[str, Any]:
    return {"id": f"job-{number}", "source": "/vault", "type": kind, "specversion": "1.0", **more}


class Grid:
    """A broker with one subscriber, and the time passing around both."""

    def __init__(self, status: int = 202, seed: int = 1, **wanted: object) -> None:
        self.round = Round(answer=lambda _: Answer(status))
        self.broker = Broker(seed, self.round.post)
        self.broker.subscribe(subscription({"name": "all", "topic": TOPIC, "function": "f"} | wanted), MIDNIGHT)

    def publish(self, *events: dict[str, Any], topic: str = TOPIC) -> None:
        self.broker.publish(topic, events, self.round.now)

    def attempts(self, span: timedelta = 3 * DAY) -> list[float]:
        """Publish one event and return after how many seconds each attempt was made."""
        began = self.round.now
        self.publish(event())
        return [(at - began).total_seconds() for at, _ in self.round.until(began + span)]

    @property
    def counts(self) -> dict[str, int]:
        [found] = self.broker.subscriptions()
        return {name: count for name, count in found.items() if isinstance(count, int) and count}


def bodies(brought: list[tuple[datetime, Parcel]]) -> list[Any]:
    return [json.loads(parcel.body) for _, parcel in brought]


def test_a_cloudevent_is_delivered_by_itself_within_seconds_and_as_it_was_published() -> None:
    grid, made = Grid(), event(time="2026-03-02T00:00:00+10:00", correlationid="c", data={"a": None})
    grid.publish(made)
    [(at, parcel)] = grid.round.after(minutes=1)
    assert timedelta(0) < at - MIDNIGHT < timedelta(seconds=3)
    assert json.loads(parcel.body) == made
    assert (parcel.url, parcel.opens) == ("/runtime/webhooks/eventgrid?functionName=f", Opens.EVENTS)
    assert parcel.headers["aeg-event-type"] == "Notification"
    assert parcel.headers["content-type"].startswith("application/cloudevents+json")
    assert grid.counts == {"matched": 1, "delivered": 1}


def test_filters_choose_by_type_and_by_operation() -> None:
    grid = Grid(types=["failed"], operations=["virtualMachines/", "backupPolicies/write"])
    for number, (kind, operation) in enumerate(
        [
            ("failed", "Microsoft.Compute/virtualmachines/write"),
            ("failed", "Microsoft.RecoveryServices/vaults/backupPolicies/delete"),
            ("done", "Microsoft.Compute/virtualMachines/write"),
        ]
    ):
        grid.publish(event(number, kind, data={"operationName": operation}))
    assert [body["id"] for body in bodies(grid.round.after(minutes=1))] == ["job-0"]


def test_an_event_without_a_subscriber_is_only_counted() -> None:
    grid = Grid()
    grid.publish(event(), topic=SYSTEM)
    assert grid.round.after(days=1) == []
    assert grid.broker.published == {SYSTEM: 1}


def test_a_system_event_comes_in_the_schema_that_the_subscription_asks_for() -> None:
    made = {"id": "1", "topic": "/s", "subject": "/s/vm", "eventType": "Write", "eventTime": "2026-03-02T00:00:00.0Z"}
    made |= {"data": {"a": 1}, "dataVersion": "2", "metadataVersion": "1"}
    own, cloud = Grid(topic=SYSTEM, schema=EVENT_GRID), Grid(topic=SYSTEM)
    for grid in (own, cloud):
        grid.publish(made, topic=SYSTEM)
    assert bodies(own.round.after(minutes=1)) == [[made]]
    assert bodies(cloud.round.after(minutes=1)) == [
        {
            "id": "1",
            "source": "/s",
            "subject": "/s/vm",
            "type": "Write",
            "time": "2026-03-02T00:00:00.0Z",
            "data": {"a": 1},
            "specversion": "1.0",
        }
    ]


def test_an_event_that_fails_comes_again_on_the_published_schedule_for_a_day() -> None:
    grid = Grid(status=500)
    attempts = grid.attempts()
    pauses = [later - earlier for earlier, later in pairwise(attempts)]
    expected = [10, 30, 60, 300, 600, 1800, 3600, 10800, 21600]
    assert all(want <= got <= want * 1.1 for want, got in zip(expected, pauses, strict=False))
    assert all(43_200 <= pause <= 43_200 * 1.1 for pause in pauses[9:])
    assert attempts[-1] <= 86_400
    assert grid.counts == {"matched": 1, "retried": len(attempts) - 1, "dead_lettered": 1}
    [letter] = grid.broker.dead_letters
    assert (letter.event["deadletterreason"], letter.event["deliveryattempts"]) == ("TimeToLiveExceeded", len(attempts))
    assert letter.event["lastdeliveryoutcome"] == "GenericError"
    assert {"id", "source", "publishtime", "lastdeliveryattempttime"} <= letter.event.keys()
    assert (letter.at - MIDNIGHT).total_seconds() == pytest.approx(attempts[-1] + 300)


def test_attempts_and_minutes_can_be_fewer_and_the_first_limit_counts() -> None:
    few, short = Grid(status=500, attempts=3), Grid(status=500, minutes=1)
    assert len(few.attempts()) == 3
    assert few.broker.dead_letters[0].event["deadletterreason"] == "MaxDeliveryAttemptsExceeded"
    assert len(short.attempts()) == 3
    assert short.broker.dead_letters[0].event["deadletterreason"] == "TimeToLiveExceeded"


@pytest.mark.parametrize(("status", "least"), [(404, 300), (401, 300), (408, 120), (503, 30), (TIMED_OUT, 10)])
def test_some_answers_ask_for_a_longer_pause(status: int, least: float) -> None:
    first, second, *_ = Grid(status=status).attempts(DAY)
    assert least <= second - first <= least * 1.1


@pytest.mark.parametrize("status", [400, 403, 413])
def test_some_answers_are_final(status: int) -> None:
    grid = Grid(status=status)
    assert len(grid.attempts()) == 1
    assert grid.counts["dead_lettered"] == 1


def test_an_address_that_knows_no_token_is_not_asked_again_but_a_function_is() -> None:
    assert len(Grid(status=401).attempts(DAY)) > 1
    grid = Grid(url="https://hooks.example", function="")
    grid.round.answer = lambda _: Answer(200, {"webhook-allowed-origin": "*"})
    grid.round.after(minutes=1)
    grid.round.answer = lambda _: Answer(401)
    assert len(grid.attempts()) == 1


def test_without_dead_letters_an_event_is_dropped() -> None:
    grid = Grid(status=400, dead_letters=False)
    grid.attempts()
    assert grid.broker.dead_letters == []
    assert grid.counts["dropped"] == 1


def test_an_endpoint_on_probation_gets_new_events_later() -> None:
    grid = Grid(status=404)
    grid.publish(event(1))
    grid.round.after(seconds=5)
    grid.round.answer = lambda _: Answer(202)
    grid.publish(event(2))
    assert grid.round.after(minutes=4) == []
    assert {body["id"] for body in bodies(grid.round.after(minutes=2))} == {"job-1", "job-2"}
    grid.publish(event(3))
    assert len(grid.round.after(seconds=3)) == 1


def test_after_ten_failures_in_a_row_everything_waits_longer() -> None:
    grid = Grid(status=500)
    for number in range(10):
        grid.publish(event(number))
    grid.round.after(seconds=3)
    grid.publish(event(99))
    at = next(at for at, parcel in grid.round.after(hours=1) if json.loads(parcel.body)["id"] == "job-99")
    assert at - MIDNIGHT >= timedelta(minutes=10)


def test_an_address_is_asked_before_it_gets_events_and_gets_none_if_it_does_not_agree() -> None:
    def told(answer: Callable[[Parcel], Answer], **wanted: object) -> tuple[str, list[Parcel]]:
        grid = Grid(url="https://hooks.example/x", function="", topic=SYSTEM, **wanted)
        grid.round.answer = answer
        grid.round.after(seconds=1)
        grid.publish(event(data={}), topic=SYSTEM)
        grid.round.after(minutes=1)
        return grid.broker.subscriptions()[0]["state"], [parcel for _, parcel in grid.round.brought]

    state, asked = told(lambda _: Answer(200, {"webhook-allowed-origin": "eventgrid.azure.net"}))
    assert (state, [parcel.method for parcel in asked]) == ("Succeeded", ["OPTIONS", "POST"])

    def echo(parcel: Parcel) -> Answer:
        code = json.loads(parcel.body)[0]["data"].get("validationCode")
        return Answer(200, {}, json.dumps({"validationResponse": code}))

    state, asked = told(echo, schema=EVENT_GRID)
    assert state == "Succeeded"
    assert asked[0].headers["aeg-event-type"] == "SubscriptionValidation"
    for refusal in (Answer(404), Answer(200), Answer(200, {}, '{"validationResponse": "guess"}')):
        state, asked = told(lambda _, refusal=refusal: refusal, schema=EVENT_GRID)
        assert (state, len(asked)) == ("Failed", 1)


def test_events_are_lost_doubled_delayed_and_overtaken_by_their_shares_and_the_seed() -> None:
    def story(seed: int, **mishaps: float) -> tuple[dict[str, int], list[str]]:
        grid = Grid(seed=seed)
        grid.broker.mishaps = Mishaps.of(mishaps)
        for number in range(200):
            grid.publish(event(number))
            grid.round.after(seconds=1)
        grid.round.after(days=1)
        return grid.counts, [body["id"] for body in bodies(grid.round.brought)]

    calm, in_order = story(1)
    assert calm == {"matched": 200, "delivered": 200}
    assert 10 < story(1, lost=0.1)[0]["lost"] < 35
    counts, brought = story(1, duplicated=0.1)
    assert counts["delivered"] == 200 + counts["duplicated"] == len(brought)
    assert max(brought.count(one) for one in brought) in {4, 5}
    for share in ("delayed", "reordered"):
        counts, brought = story(1, **{share: 0.2})
        assert counts == calm
        assert brought != in_order
        assert sorted(brought) == sorted(in_order)
    assert story(1, lost=0.1) == story(1, lost=0.1) != story(2, lost=0.1)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"name": "a", "topic": TOPIC}, "either a function or a url"),
        ({"name": "a", "topic": "weather", "function": "f"}, "topic is 'weather'"),
        ({"name": "a", "topic": TOPIC, "function": "f", "schema": EVENT_GRID}, "cannot go out"),
        ({"name": "a", "topic": TOPIC, "url": "http://plain"}, "expected https"),
        ({"name": "a", "topic": TOPIC, "function": "f", "attempts": 31, "minutes": 0}, "minutes is 0"),
        ({"name": "a", "topic": TOPIC, "function": "f", "colour": "blue"}, "colour"),
        ({"topic": TOPIC}, "must be given"),
    ],
)
def test_a_subscription_that_azure_would_refuse_is_refused(document: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        subscription(document)


@pytest.mark.parametrize("document", [{"lost": 2}, {"torn": 0.1}, {"lost": "often"}])
def test_mishaps_that_cannot_be_read_are_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="shares from 0 to 1"):
        Mishaps.of(document)
