"""Which past runs tell how late Azure starts? Only those that the policy of now can have started."""

from dataclasses import replace
from datetime import timedelta

from shared.rules.past_starts import past_runs
from tests.rules.fleet import NOW, VAULT_ID, job

SLOT = 22
"""11:00 UTC: where `job` begins its runs, 6 h before NOW."""
KEY = VAULT_ID, "iaasvmcontainerv2;rg-app;app"
TEN_MINUTES = timedelta(minutes=10)


def late(days_ago: int, by: timedelta, **fields):
    one = job("app", 30, days_ago, **fields)
    return replace(one, started_at=one.started_at + by)


def test_each_run_is_told_with_its_schedule():
    runs = past_runs([late(1, TEN_MINUTES), late(2, 2 * TEN_MINUTES)], {KEY: SLOT})
    assert [(started - scheduled) for scheduled, started in runs] == [TEN_MINUTES, 2 * TEN_MINUTES]
    assert [scheduled for scheduled, _ in runs] == [NOW - timedelta(days=days, hours=6) for days in (1, 2)]


def test_what_was_before_a_run_that_the_slot_does_not_explain_is_left_out():
    elsewhere = late(2, timedelta(hours=9))
    runs = past_runs([late(1, TEN_MINUTES), elsewhere, late(3, TEN_MINUTES)], {KEY: SLOT})
    assert len(runs) == 1


def test_restores_and_items_without_a_known_start_are_left_out():
    assert past_runs([late(1, TEN_MINUTES, operation="Restore")], {KEY: SLOT}) == []
    assert past_runs([late(1, TEN_MINUTES)], {}) == []
