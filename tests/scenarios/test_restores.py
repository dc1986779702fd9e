"""Are undisturbed restores done in nearly the least time there can be, and does the judge see what is wrong?"""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from local.scenarios import restore_judge, restores
from local.scenarios.restore_fleet import Asked
from local.scenarios.restore_judge import CANCELLED, DONE, FAILED, Ends, judge
from local.scenarios.restores import NEAR_BOUND
from local.world import World
from shared.model.events import Envelope
from tests.flows.restoring import Desk, desk

pytestmark = pytest.mark.no_cover


def test_a_calm_request_ends_near_the_bound_of_its_jobs() -> None:
    nights, asked, ends = restores._calm(random.Random("restores|7|50"))
    assert len(nights.world.restores) == len(asked[0].tasks) >= 10
    assert ends.wrong == []
    assert 0.9 < ends.makespan_ratio <= NEAR_BOUND


def ended(of: Desk, key: str, as_what: str = DONE) -> Envelope:
    return Envelope(key, "vault", as_what, "vm", of.world.now, {})


def judged(of: Desk, *events: Envelope, alerts: tuple[str, ...] = (), cancels: tuple[str, ...] = ()) -> Ends:
    key = of.key()
    return judge(of.world, [Asked(timedelta(), "q", "{}", (key,), cancels)], events, alerts)


def restored() -> Desk:
    of = desk()
    of.send(0)
    of.minutes(300)
    assert of.events() == [DONE]
    return of


def test_the_judge_passes_what_is_true() -> None:
    of = restored()
    ends = judged(of, ended(of, of.key()))
    assert ends.wrong == []
    assert (ends.counts["done"], ends.counts["vanished"], ends.counts["jobs_started"]) == (1, 0, 1)


@pytest.mark.parametrize("end", ["", FAILED, CANCELLED])
def test_the_judge_sees_an_end_that_is_not_the_truth(end: str) -> None:
    of = restored()
    assert judged(of, *([ended(of, of.key(), end)] if end else [])).counts["vanished"] == 1


def test_the_judge_sees_failures_without_alert_and_cancels_that_nobody_wanted() -> None:
    of = desk()
    key = of.key()
    assert judged(of, ended(of, key, FAILED)).counts["vanished"] == 1
    assert judged(of, ended(of, key, FAILED), alerts=(f"restore|{key}",)).wrong == []
    assert judged(of, ended(of, key, CANCELLED)).counts["vanished"] == 1
    assert judged(of, ended(of, key, CANCELLED), cancels=(key,)).wrong == []
    assert judged(of, ended(of, key, DONE)).counts["vanished"] == 1
    assert judged(of, ended(of, key, FAILED), ended(of, key, DONE)).wrong != []


def test_the_judge_sees_two_jobs_of_one_vm_and_on_one_account() -> None:
    of = restored()
    (first,) = of.restores()
    world: World = of.world
    other = replace(first, job_id="other")
    world.restores["other"] = other
    world.jobs["other"] = replace(of.job(first), id="other")
    ends = judged(of, ended(of, of.key()))
    assert (ends.counts["shared_accounts"], ends.counts["double_jobs"]) == (1, 1)
    assert restore_judge.makespan_ratio(world, of.world.now, 1) < 1
