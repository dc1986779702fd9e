"""Do operators' restores reach the right queue, and does the command line show how far they are?"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import clock, wiring
from shared.model.restore_tasks import Step
from tests.flows.restoring import Desk, desk, document
from tests.nightshift.conftest import Run


@pytest.fixture
def told() -> Iterator[Desk]:
    of = desk(vms=3, accounts=2)
    of.ports.policies.publish(document(["strestore0", "strestore1"]))
    clock.set_source(lambda: of.world.now)
    wiring.set_source(lambda: of.ports)
    yield of
    clock.set_source(None)
    wiring.set_source(None)


def written(folder: Path, text: str) -> str:
    path = folder / "request.json"
    path.write_text(text)
    return str(path)


def test_a_request_is_sent_to_its_queue(run: Run, told: Desk, tmp_path: Path) -> None:
    file = written(tmp_path, told.request(0, 1))
    assert run("restore", "send", file).stdout == "sent r1: 2 restores\n"
    assert json.loads(run("restore", "send", file, "--production", "--output", "json").stdout) == {
        "request": "r1",
        "restores": 2,
        "dry_run": False,
    }
    for queue in ("restore-requests", "restore-requests-production"):
        (body,) = told.queues.waiting(queue)
        told.ask(body, production=queue.endswith("production"))
    assert told.step(1) is Step.WAITING
    assert [one[0].partition(":")[0] for one in told.rejected()] == ["id"]


@pytest.mark.parametrize("change", [{"mode": "wipe"}, {"targets": {"group": "/x"}}, {"vms": None}])
def test_a_request_that_would_be_refused_is_not_sent(run: Run, told: Desk, tmp_path: Path, change) -> None:
    result = run("restore", "send", written(tmp_path, told.request(0, **change)))
    assert (result.exit_code, "expected" in result.stderr) == (2, True)
    assert told.queues.waiting("restore-requests") == []


def test_what_is_not_there_or_no_request_is_told(run: Run, told: Desk, tmp_path: Path) -> None:
    assert run("restore", "send", str(tmp_path / "none")).exit_code == 2
    cancelling = json.dumps({"version": 1, "cancel": "r1", "requester": "ops"})
    assert "restore cancel" in run("restore", "send", written(tmp_path, cancelling)).stderr


def test_restores_are_shown_with_bars_accounts_and_ends(run: Run, told: Desk) -> None:
    assert run("restore", "watch").stdout == "no restore is under way\n"
    told.send(0, 1, 2)
    told.minutes(61)
    shown = json.loads(run("restore", "watch", "--output", "json").stdout)["restores"]
    assert [one["phase"] != "waiting" for one in shown] == [True, True, False]
    assert {one["account"] for one in shown} == {"strestore0", "strestore1", ""}
    assert all(one["ends_at"] for one in shown)
    running, waiting = shown[0], shown[2]
    assert 0.2 < running["share"] < 0.8
    assert waiting["ends_at"] > running["ends_at"]
    text = run("restore", "watch", "--request", "r1").stdout
    assert "█" in text
    assert "in use" in text
    assert run("restore", "watch", "--request", "r2").stdout == "no restore is under way\n"


def test_following_ends_when_nothing_is_under_way(run: Run, told: Desk) -> None:
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        told.until(Step.DONE)
        told.minutes(1)

    object.__setattr__(told.ports, "wait", wait)
    told.send(0)
    told.minutes(2)
    assert run("restore", "watch", "--follow").stdout.endswith("no restore is under way\n")
    assert waits == [60]


def test_a_cancel_goes_to_the_queue_that_the_request_came_through(run: Run, told: Desk) -> None:
    assert run("restore", "cancel", "r1").exit_code == 1
    told.send(0, 1, production=True)
    told.minutes(1)
    assert run("restore", "cancel", "r1", "--vm", "nobody").exit_code == 1
    assert run("restore", "cancel", "r1", "--vm", "vm-1").stdout == "asked for 1 restores of r1 to stop\n"
    answer = json.loads(run("restore", "cancel", "r1", "--output", "json").stdout)
    assert answer == {"request": "r1", "cancelled": 2}
    one, _ = told.queues.waiting("restore-requests-production")
    told.ask(one, production=True)
    told.until(Step.CANCELLED, number=1)
    told.until(Step.DONE, number=0)
