"""Does an operator's request reach the queue once it would be followed, and does the list show where each stands?"""

import json
from collections.abc import Iterator

import pytest

from shared import clock, wiring
from tests.flows.asking import HOUR, ask, begin, messages, wanted
from tests.flows.failing import failing, work
from tests.flows.stage import POLICY, Stage
from tests.nightshift.conftest import Run


@pytest.fixture
def night() -> Iterator[Stage]:
    found = failing()
    found.ports.policies.publish(POLICY)
    clock.set_source(lambda: found.world.now)
    wiring.set_source(lambda: found.ports)
    yield found
    clock.set_source(None)
    wiring.set_source(None)


def test_a_request_is_sent_to_the_queue_and_started(run: Run, night: Stage) -> None:
    words = ("backup", "vm-0", "--reason", "before the upgrade", "--until", "2026-12-31", "--requester", "ann")
    assert run(*words).stdout == "sent vm-0-20260302T160000Z: a backup of vm-0\n"
    (body,) = messages(night)
    assert json.loads(body)["retain_until"] == "2027-01-01T00:00:00+00:00"
    assert begin(night, body) == "sent"
    assert run(*words).stdout == "vm-0-20260302T160000Z was sent before: sent, sent\n"
    said = json.loads(run(*words, "--output", "json").stdout)
    assert said == {"request": "vm-0-20260302T160000Z", "sent": False, "stage": "sent"}


def test_a_request_by_id_has_a_name_of_its_own(run: Run, night: Stage) -> None:
    said = run("backup", night.vm().id, "--reason", "x", "--until", "2026-12-31T10:00Z", "--output", "json").stdout
    assert json.loads(said) == {"request": "vm-0-20260302T160000Z", "sent": True, "stage": "waiting"}


@pytest.mark.parametrize(
    ("vm", "until", "said"),
    [
        ("vm-0", "soon", "--until soon: no such time; expected a date such as 2026-12-31"),
        ("vm-0", "2026-03-03", "shorter than the guard limits.on_demand_least_days"),
        ("nobody", "2026-12-31", "vm: found 'nobody'; expected a VM that exists"),
        ("?", "2026-12-31", "vm: found '?'"),
    ],
)
def test_a_request_that_would_be_refused_is_not_sent(run: Run, night: Stage, vm: str, until: str, said: str) -> None:
    result = run("backup", vm, "--reason", "x", "--until", until)
    assert (result.exit_code, said in result.stderr, messages(night)) == (2, True, [])


def test_the_list_shows_what_is_under_way_and_with_all_what_is_over(run: Run, night: Stage) -> None:
    assert run("backups").stdout == "no backup on demand is under way\n"
    assert run("backups", "--all").stdout == "no backup on demand is remembered\n"
    ask(night, wanted(night))
    work(night)
    said = run("backups").stdout
    assert "gap" in said
    assert "a point is missing" in said
    (one,) = json.loads(run("backups", "--output", "json").stdout)["backups"]
    assert (one["vm"], one["purpose"], one["stage"], one["said"]) == ("vm-0", "gap", "sent", "sent")
    work(night, 8 * HOUR)
    assert run("backups").stdout == "no backup on demand is under way\n"
    assert "completed" in run("backups", "--all").stdout
