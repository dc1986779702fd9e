"""Is a backup expected to take what its own history says?"""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.rules.durations import PRIOR_MINUTES, Expected, expected, p95, steady
from tests.rules.fleet import NOW, VAULT_ID, job, jobs

JUDGED = settings(max_examples=100, deadline=None, derandomize=True)
APP = (VAULT_ID, "iaasvmcontainerv2;rg-app;app")
OTHER = (VAULT_ID, "iaasvmcontainerv2;rg-app;other")


def test_a_fleet_without_history_gets_the_prior():
    assert expected([], [APP]) == {APP: Expected(PRIOR_MINUTES, 5, 0)}


def test_a_vm_with_three_jobs_is_measured():
    assert expected(jobs("app", 50, 3), [APP])[APP] == Expected(50.0, 2, 3)


def test_a_vm_with_two_jobs_gets_what_is_usual_in_its_fleet():
    found = expected([*jobs("app", 20, 2), *jobs("other", 80, 5)], [APP, OTHER])
    assert found[APP] == Expected(80.0, 3, 0)


def test_the_slowest_of_few_nights_counts():
    history = [*jobs("app", 30, 9), job("app", 200, 10)]
    assert expected(history, [APP])[APP].minutes == 200


def test_of_many_nights_the_slowest_twentieth_does_not_count():
    assert p95([30.0] * 95 + [500.0] * 5) == 30
    assert p95([30.0] * 94 + [500.0] * 6) == 500


@pytest.mark.parametrize(
    "other",
    [{"status": "Failed"}, {"status": "InProgress"}, {"status": "Cancelled"}, {"operation": "Restore"}],
)
def test_only_backups_that_completed_say_how_long_one_takes(other):
    history = [*jobs("app", 60, 3), *(job("app", 900, n, **other) for n in range(4, 9))]
    assert expected(history, [APP])[APP] == Expected(60.0, 3, 3)


def test_a_backup_completed_with_warnings_counts():
    history = [job("app", 60, n, status="CompletedWithWarnings") for n in (1, 2, 3)]
    assert expected(history, [APP])[APP].measured == 3


def test_a_vm_of_the_same_name_in_another_vault_is_another_vm():
    twin = ("other-vault", APP[1])
    history = [*jobs("app", 30, 5), *(job("app", 300, n, vault_id="other-vault") for n in (1, 2, 3))]
    found = expected(history, [APP, twin])
    assert (found[APP].minutes, found[twin].minutes) == (30, 300)


@JUDGED
@given(st.lists(st.floats(1, 4000), min_size=3, max_size=20))
def test_the_planned_slots_hold_the_measured_time_with_a_margin_and_fit_a_day(minutes):
    found = expected([job("app", taken, n) for n, taken in enumerate(minutes)], [APP])[APP]
    assert 1 <= found.slots <= 48
    assert found.slots == 48 or found.slots * 30 >= max(minutes) * 1.09


@pytest.mark.parametrize("minutes", [-5, 0, 60 * 24 * 30])
def test_a_time_that_cannot_be_is_left_out_and_counted(minutes):
    assert expected(jobs("app", minutes, 3), [APP])[APP] == Expected(PRIOR_MINUTES, 5, 0, impossible=3)
    history = [*jobs("app", 50, 3), job("app", minutes, 9)]
    assert expected(history, [APP])[APP] == Expected(50.0, 2, 3, impossible=1)


def test_a_job_that_ended_before_it_began_is_left_out_whatever_it_says_it_took():
    history = [*jobs("app", 50, 3), job("app", 500, 9, ended_at=NOW - timedelta(days=30))]
    assert expected(history, [APP])[APP] == Expected(50.0, 2, 3, impossible=1)


def test_a_first_backup_of_two_days_is_believed():
    assert expected(jobs("app", 60 * 48, 3), [APP])[APP] == Expected(2880.0, 48, 3)


def test_planned_time_is_kept_while_the_measured_time_fits_and_nearly_fills_it():
    now = Expected(80.0, 3, 5)
    kept = {slots: steady(now, slots).slots for slots in (2, 3, 4, 5)}
    assert kept == {2: 3, 3: 3, 4: 4, 5: 3}


def test_a_prior_or_a_first_plan_is_taken_as_it_is():
    assert steady(Expected(120.0, 5, 0), 6).slots == 5
    assert steady(Expected(80.0, 3, 5), None).slots == 3


@JUDGED
@given(st.integers(1, 1400), st.integers(1, 48))
def test_planned_time_always_holds_the_measured_time(minutes, planned):
    now = expected(jobs("app", minutes, 3), [APP])[APP]
    kept = steady(now, planned)
    assert timedelta(minutes=now.minutes) <= kept.slots * timedelta(minutes=30)
