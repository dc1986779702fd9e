"""Are lengths of restores guessed from what was measured, the VM's own before the fleet's?"""

from datetime import timedelta

import pytest

from shared.rules.restore_lengths import PRIOR_MINUTES, Past, copied_minutes, expected_minutes
from tests.rules.restoring import NOW, VAULT, job


def past_job(name: str, minutes: float, day: int = 0, **changes):
    began = NOW + timedelta(days=day)
    ended = began + timedelta(minutes=minutes)
    return job(**{"container": name, "status": "Completed", "started_at": began, "ended_at": ended, **changes})


def minutes_of(name: str, restores=(), backups=None) -> float:
    kept = {(VAULT, key): value for key, value in (backups or {}).items()}
    return expected_minutes([(VAULT, name)], Past(restores, kept))[VAULT, name]


def test_a_vms_own_last_restores_count() -> None:
    restores = [past_job("a", minutes, day) for day, minutes in enumerate((900, 60, 80, 70))]
    assert minutes_of("a", restores) == 70


def test_others_are_guessed_by_how_long_their_backups_take() -> None:
    restores, backups = [past_job("a", 100)], {"a": 30.0, "b": 60.0, "c": 30.0, "d": 3000.0, "e": 0.1}
    assert minutes_of("b", restores, backups) == 200
    assert minutes_of("d", restores, backups) == 800
    assert minutes_of("e", restores, backups) == 12.5
    assert minutes_of("unknown", restores, backups) == 100


def test_a_fleet_without_history_has_a_prior() -> None:
    assert minutes_of("a") == PRIOR_MINUTES


@pytest.mark.parametrize("changes", [{"status": "Failed"}, {"status": "InProgress", "ended_at": None}])
def test_only_restores_that_completed_tell_of_lengths(changes) -> None:
    assert copied_minutes([past_job("a", 100, **changes)]) == {}


def test_restores_from_snapshots_tell_nothing_of_copies() -> None:
    assert copied_minutes([past_job("a", 8), past_job("a", 80)]) == {(VAULT, "a"): [80.0]}
