"""Is no vault asked oftener than the hour's reads allow, and no detail read that tells nothing?"""

from datetime import timedelta

import pytest

from shared.rules.restore_watching import KnownJob, details_due, fresh_for, others_interval, own_interval, vaults_due
from tests.rules.restoring import NOW, SUB, job

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def vault(number: int) -> str:
    return f"{SUB}/resourcegroups/g/providers/microsoft.recoveryservices/vaults/v{number}"


@pytest.mark.parametrize(("vaults", "minutes"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2), (10, 5)])
def test_the_more_vaults_restore_the_rarer_each_is_asked(vaults: int, minutes: int) -> None:
    assert own_interval(vaults) == minutes * MINUTE


@pytest.mark.parametrize("vaults", [1, 2, 3, 7, 20, 100])
def test_an_hour_of_lists_stays_within_its_share(vaults: int) -> None:
    assert vaults * HOUR / own_interval(vaults) <= 120
    assert vaults * HOUR / others_interval(vaults) <= 20 or others_interval(vaults) == 5 * MINUTE
    assert fresh_for(vaults) >= 2 * others_interval(vaults)


def test_vaults_are_due_when_their_interval_is_over_the_longest_unread_first() -> None:
    read_at = {vault(1): NOW - MINUTE, vault(2): None, vault(3): NOW - 4 * MINUTE, vault(4): NOW - 30 * MINUTE}
    ours, left = [vault(1)], {SUB.rpartition("/")[2]: None}
    assert vaults_due(read_at, ours, left, NOW) == [vault(2), vault(4), vault(1)]
    assert vaults_due({vault(1): NOW - 50 * timedelta(seconds=1)}, ours, left, NOW) == []


def test_the_last_reads_of_an_hour_are_left_to_others() -> None:
    sub = SUB.rpartition("/")[2]
    assert vaults_due({vault(1): None}, [vault(1)], {sub: 20}, NOW) == []
    assert vaults_due({vault(1): None}, [vault(1)], {sub: 21}, NOW) == [vault(1)]
    stranger = KnownJob(job(detailed=False), ours=False)
    assert details_due([stranger], 60, NOW) == []
    assert details_due([stranger], 61, NOW) == [stranger.job.id]


def known(name: str, *, ours: bool, read: timedelta | None = None, **changes) -> KnownJob:
    return KnownJob(job(id=name, **changes), ours=ours, detailed_at=None if read is None else NOW - read)


def test_details_are_read_once_of_strangers_and_of_what_ended_and_now_and_then_of_what_runs() -> None:
    ended = {"status": "Completed", "ended_at": NOW - 5 * MINUTE}
    old = {"started_at": NOW - HOUR}
    jobs = [
        known("progress", ours=True, **old),
        known("young", ours=True, started_at=NOW - 20 * MINUTE),
        known("ended", ours=True, **ended),
        known("stranger", ours=False),
        known("stranger, known", ours=False, read=2 * HOUR),
        known("stranger, ended", ours=False, **ended),
        known("ended, known", ours=True, read=MINUTE, **ended),
        known("ended, read before", ours=True, read=6 * MINUTE, **ended),
    ]
    assert details_due(jobs, None, NOW) == ["stranger", "ended", "ended, read before"]
    assert details_due(jobs[:2], None, NOW) == ["progress"]


def test_of_what_runs_one_is_read_at_a_time_the_longest_unread_first() -> None:
    jobs = [
        known(name, ours=True, read=read * MINUTE, started_at=NOW - 3 * HOUR)
        for name, read in (("14", 14), ("15", 15), ("40", 40))
    ]
    assert details_due(jobs, None, NOW) == ["40"]
    assert details_due(jobs[:2], None, NOW) == ["15"]
    assert details_due(jobs[:1], None, NOW) == []


def test_no_more_details_are_read_in_a_look_than_four() -> None:
    assert len(details_due([known(str(number), ours=False) for number in range(9)], None, NOW)) == 4
