"""Does a fire drill ring nobody unless told to, and then say whom, how it went, and whose words they heard?"""

import json
from dataclasses import replace

import pytest

from local.world.monitor import TAKES, ActionGroup
from shared import wiring
from shared.ports import Ports
from tests.nightshift.conftest import Run
from tests.nightshift.small_fleet import GROUP, Small

ON_CALL = f"{GROUP}/providers/Microsoft.Insights/actionGroups/on-call"
SAMPLE = "the text is Azure's own sample"


@pytest.fixture
def staffed(small: Small) -> Small:
    small.world.monitor.add_group(ActionGroup(ON_CALL, {"ann": "ann@example.com", "bob": "b@example.com"}, {"bob"}))
    return small


def waiting(small: Small, share: float) -> None:
    """Let the world go on, while the command waits, by such a share of what a notification takes."""

    def ports() -> Ports:
        return replace(small.ports(), wait=lambda _: small.world.advance(share * TAKES))

    wiring.set_source(ports)


def test_without_yes_it_shows_whom_it_would_ring_and_rings_nobody(run: Run, staffed: Small) -> None:
    said = run("fire-drill", "--action-group", ON_CALL).stdout
    assert "receivers: ann\nnobody was rung; --yes rings people\n" in said
    assert SAMPLE in said
    assert json.loads(run("fire-drill", "--action-group", ON_CALL, "--output", "json").stdout)["sent"] is False
    assert staffed.world.monitor.notifications == {}


def test_with_yes_people_are_rung_once_and_each_receipt_is_shown(run: Run, staffed: Small) -> None:
    waiting(staffed, 0.25)
    result = run("fire-drill", "--action-group", ON_CALL, "--yes")
    assert result.exit_code == 0
    assert "ann" in result.stdout
    assert "Completed" in result.stdout
    assert "sent; Azure says: Complete" in result.stdout
    assert SAMPLE in result.stdout
    (sent,) = staffed.world.monitor.notifications.values()
    assert sent.receivers == [("ann", "Email")]


def test_the_answer_as_json_says_the_same(run: Run, staffed: Small) -> None:
    waiting(staffed, 0.25)
    found = json.loads(run("fire-drill", "--action-group", ON_CALL, "--yes", "--output", "json").stdout)
    assert (found["sent"], found["under_way"], found["state"]) == (True, False, "Complete")
    assert found["receipts"] == [{"receiver": "ann", "way": "Email", "status": "Completed", "detail": ""}]
    assert SAMPLE in found["note"]


def test_a_drill_that_is_not_seen_to_end_is_exit_1_and_was_sent_once(run: Run, staffed: Small) -> None:
    waiting(staffed, 0)
    result = run("fire-drill", "--action-group", ON_CALL, "--yes")
    assert result.exit_code == 1
    assert "not seen to have ended" in result.stderr
    assert len(staffed.world.monitor.notifications) == 1


def test_a_group_that_is_not_there_or_not_enabled_is_said(run: Run, staffed: Small) -> None:
    result = run("fire-drill", "--action-group", f"{ON_CALL}-2", "--yes")
    assert (result.exit_code, "is not there" in result.stderr) == (2, True)
    staffed.world.monitor.groups[ON_CALL.lower()].enabled = False
    assert "NOT ENABLED" in run("fire-drill", "--action-group", ON_CALL).stdout
