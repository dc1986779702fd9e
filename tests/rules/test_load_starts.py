"""Do only predictable VMs get hours of their own, and only quiet ones?"""

import pytest

from shared.model.azure import START_LATENESS
from shared.model.load import LoadClass, LoadProfile
from shared.rules.load import expected_load, quiet_starts, regret, scored_hours, scored_slots

QUIET = range(4, 14)
"""The slots at 2 points; the others are at 40."""
EXPECTED = tuple(2.0 if slot in QUIET else 40.0 for slot in range(48))
PROFILE = LoadProfile("vm", LoadClass.PREDICTABLE, "test", 21, EXPECTED)
NIGHT = (*range(40, 48), *range(12))


def test_a_start_is_scored_until_the_latest_snapshot_has_ended() -> None:
    assert START_LATENESS.total_seconds() == 2 * 3600
    assert (scored_slots(1), scored_slots(40), scored_hours(4)) == (5, 5, 2.5)


def test_starts_are_quiet_while_the_whole_scored_span_is() -> None:
    assert quiet_starts(PROFILE, NIGHT, 4) == (4, 5, 6, 7, 8, 9)


def test_the_start_that_a_vm_has_is_quiet_enough_a_little_longer() -> None:
    assert quiet_starts(PROFILE, NIGHT, 4, standing=3) == (3, 4, 5, 6, 7, 8, 9)
    assert quiet_starts(PROFILE, NIGHT, 4, standing=2) == (4, 5, 6, 7, 8, 9)
    assert quiet_starts(PROFILE, (4, 5), 4, standing=3) == (4, 5)


def test_quiet_is_what_is_quiet_among_the_allowed() -> None:
    assert quiet_starts(PROFILE, (20, 21, 22), 4) == (20, 21, 22)
    assert quiet_starts(PROFILE, (), 4) == ()
    assert quiet_starts(PROFILE, (8,), 4) == (8,)


@pytest.mark.parametrize("kind", [kind for kind in LoadClass if kind is not LoadClass.PREDICTABLE])
def test_every_other_class_keeps_the_tiers_window(kind: LoadClass) -> None:
    assert quiet_starts(LoadProfile("vm", kind, "test", 21, EXPECTED), NIGHT, 4) == NIGHT


def test_regret_is_the_distance_to_the_best_allowed_start() -> None:
    assert regret(PROFILE, 8, NIGHT, 4) == 0
    assert regret(PROFILE, 44, NIGHT, 4) == 38
    assert regret(PROFILE, 44, (40, 41, 42), 4) == 0
    assert regret(PROFILE, 3, NIGHT, 4) == pytest.approx(38 / 5)


def test_a_start_outside_of_its_hours_is_never_better_than_itself() -> None:
    assert regret(PROFILE, 8, (40, 41), 4) == 0


def test_a_span_past_midnight_reads_the_slots_of_the_next_day() -> None:
    late = LoadProfile("vm", LoadClass.PREDICTABLE, "test", 21, tuple(float(slot) for slot in range(48)))
    assert expected_load(late, 46, 4) == (46 + 47 + 0 + 1 + 2) / 5


def test_without_a_forecast_nothing_is_said() -> None:
    unknown = LoadProfile("vm", LoadClass.UNKNOWN, "test", 0)
    assert (expected_load(unknown, 3, 4), regret(unknown, 3, NIGHT, 4)) == (None, None)
