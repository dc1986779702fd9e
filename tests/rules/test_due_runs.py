"""Is a run judged only when it is over, and by every backup that made up for it?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.rules.due_runs import LISTING_LAG, Ending, ending, first_over, last_due
from tests.rules.fleet import job

TEN_PM = 44
OVER = timedelta(hours=3) + LISTING_LAG
"""Two hours of lateness and a backup of one hour."""
EVENING = datetime(2026, 3, 3, 22, tzinfo=UTC)
ONE = job("app", 30)


def backup(after: float, status: str = "Completed", operation: str = "Backup"):
    """A backup that began `after` hours after the evening's scheduled start."""
    return replace(ONE, started_at=EVENING + timedelta(hours=after), status=status, operation=operation)


def test_the_last_due_run_is_the_one_that_is_over() -> None:
    assert last_due([TEN_PM], 60, EVENING + OVER) == EVENING
    assert last_due([TEN_PM], 60, EVENING + OVER - timedelta(seconds=1)) == EVENING - timedelta(days=1)


def test_of_two_possible_starts_the_earlier_counts() -> None:
    assert last_due([TEN_PM, TEN_PM + 2], 60, EVENING + OVER) == EVENING - timedelta(hours=23)
    assert last_due([TEN_PM, TEN_PM + 2], 60, EVENING + OVER + timedelta(hours=1)) == EVENING


def test_the_first_run_after_a_move_is_over_when_it_ran_late_and_shows_in_lists() -> None:
    assert first_over(TEN_PM, 60, EVENING - timedelta(hours=5)) == EVENING + OVER
    assert first_over(TEN_PM, 60, EVENING) == EVENING + timedelta(days=1) + OVER
    assert first_over(None, 60, EVENING) == EVENING + timedelta(days=1) + OVER


@pytest.mark.parametrize(
    ("jobs", "how"),
    [
        ([], Ending.MISSED),
        ([backup(1)], Ending.GOOD),
        ([backup(1, "CompletedWithWarnings")], Ending.GOOD),
        ([backup(1, "Failed")], Ending.FAILED),
        ([backup(1, "Cancelled")], Ending.FAILED),
        ([backup(1, "InProgress")], None),
        ([backup(1, "Failed"), backup(3, "InProgress")], None),
        ([backup(1, "Failed"), backup(3)], Ending.GOOD),
        ([backup(-1)], Ending.MISSED),
        ([backup(1, operation="ConfigureBackup")], Ending.MISSED),
    ],
)
def test_a_run_ends_as_its_backups_say(jobs, how) -> None:
    assert ending(jobs, EVENING) is how
