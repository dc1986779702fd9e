"""Does the report know of the night's retries, tampering, words that were set aside, and looks that fell out?"""

import json
from datetime import timedelta

import pytest

from local.memory.told import MemoryEvents, MemoryQuarantine
from shared.errors import Transient
from shared.flows import replay, review, sweep, tampering
from shared.flows.job_failures import aftermath, events
from shared.flows.job_failures.watch import watching
from shared.flows.look import look as look_at
from shared.flows.look import vaults_in_scope
from shared.model.aftermath import Aftermath, Ending
from tests.flows.failing import HOUR, MINUTE, deliver, fail, failing, look, work
from tests.flows.stage import Stage


def told(night: Stage, back: timedelta = timedelta(days=1)) -> Aftermath:
    now = night.world.now
    return aftermath.aftermath(night.ports, night.intent, now - back, now)


def answered(night: Stage, until: timedelta = timedelta()) -> None:
    look(night)
    deliver(night)
    work(night, until)


def test_a_retry_that_made_the_point_is_told_as_the_repair() -> None:
    night = failing()
    fail(night)
    answered(night, 4 * HOUR)
    look(night)
    (matter,) = told(night).matters
    (ailment,) = matter.ailments
    assert (ailment.ending, ailment.incident.vm_name) == (Ending.REPAIRED, "vm-0")
    assert night.count("vaults.back_up") == 1


def test_what_the_next_schedule_made_up_for_is_resolved_without_a_retry() -> None:
    night = failing(switches=())
    fail(night)
    answered(night)
    night.world.advance(timedelta(days=1))
    look(night)
    (matter,) = told(night).matters
    assert matter.ending is Ending.RESOLVED
    assert night.count("vaults.back_up") == 0


def test_the_report_names_an_open_failure_and_counts_it_for_people() -> None:
    night = failing()
    fail(night, title="AzureVmOffline")
    answered(night)
    report = review.review(night.ports, night.intent, night.world.now)
    assert [(one.code, one.subject) for one in report.needs_human] == [("backup-failed", night.vm().id.lower())]
    stored = json.loads(night.ports.reports.latest("json") or "")
    assert stored["failures"]["figures"]["needs_human"] == 1
    assert stored["failures"]["matters"][0]["incidents"][0]["vm"] == "vm-0"
    assert "1 open failure left to people; 1 thing needs a human" in stored["verdict"]


def test_between_two_reports_nothing_is_lost() -> None:
    night = failing()
    fail(night)
    answered(night, 4 * HOUR)
    look(night)
    night.world.advance(10 * HOUR)
    assert len(review.review(night.ports, night.intent, night.world.now).aftermath.matters) == 1
    night.world.advance(timedelta(days=1))
    assert review.review(night.ports, night.intent, night.world.now).aftermath.matters == ()


def test_tampering_is_told_in_the_report_with_who_it_was_and_forgotten_later() -> None:
    night = failing()

    def check() -> None:
        observed = look_at(night.ports, night.intent, vaults_in_scope(night.ports, night.intent))
        tampering.watch(night.ports, night.intent, observed, night.world.now)

    check()
    night.human("stop", vm=night.vm().id)
    check()
    (one,) = told(night).tampered
    assert (one.what, one.at, bool(one.actor)) == ("backups of vm-0 were stopped or deleted", night.world.now, True)
    assert told(night, -MINUTE).tampered == ()
    night.world.advance(tampering.KEPT + HOUR)
    assert len(told(night, 2 * tampering.KEPT).tampered) == 1
    sweep.sweep(night.ports, night.world.now)
    assert told(night, 2 * tampering.KEPT).tampered == ()


def test_what_was_set_aside_is_in_the_report_whenever_it_came() -> None:
    night = failing()
    events.receive_alert(night.ports, "hello", night.world.now)
    night.world.advance(timedelta(days=3))
    assert [entry.source for entry in told(night).set_aside] == [events.ALERTS]


def test_nobody_has_looked_before_the_first_look() -> None:
    assert told(failing()).watching.last_at is None


def test_looks_in_time_leave_no_gap_and_a_pause_leaves_one_with_its_missed_looks() -> None:
    night = failing()
    began = night.world.now
    for _ in range(4):
        look(night)
        night.world.advance(5 * MINUTE)
    assert told(night).watching.gaps == ()
    night.world.advance(25 * MINUTE)
    look(night)
    seen = told(night).watching
    assert seen.longest == (began + 15 * MINUTE, began + 45 * MINUTE)
    assert (seen.missed, seen.last_at) == (5, night.world.now)


def test_the_time_since_the_last_look_counts() -> None:
    night = failing()
    look(night)
    since = night.world.now
    night.world.advance(HOUR)
    assert told(night).watching.longest == (since, night.world.now)
    assert watching(night.ports, night.world.now - 20 * MINUTE, night.world.now).longest == (
        night.world.now - 20 * MINUTE,
        night.world.now,
    )


def test_a_look_that_could_not_read_is_none() -> None:
    night = failing()
    look(night)
    for _ in range(3):
        night.world.advance(5 * MINUTE)
        night.will("fleet.jobs", Transient("503"))
        with pytest.raises(Transient):
            look(night)
    night.world.advance(5 * MINUTE)
    look(night)
    assert told(night).watching.missed == 3


def test_what_event_grid_gave_up_is_set_aside_told_and_can_be_sent_again() -> None:
    night = failing()
    fail(night)
    look(night)
    published, quarantine = night.ports.events, night.ports.quarantine
    assert isinstance(published, MemoryEvents)
    assert isinstance(quarantine, MemoryQuarantine)
    (event,) = published.published
    document = {"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type, "data": event.data}
    quarantine.letters = [json.dumps([{**document, "deadletterreason": "MaxDeliveryAttemptsExceeded"}]), "junk"]
    sweep.sweep(night.ports, night.world.now)
    assert quarantine.letters == []
    entries = told(night).set_aside
    assert sorted(entry.source for entry in entries) == [events.JOB_EVENTS, events.RESOURCE_EVENTS]
    assert any("MaxDeliveryAttemptsExceeded" in entry.reasons[0] for entry in entries)
    replay.replay(night.ports, events.JOB_EVENTS, night.world.now)
    assert [entry.text for entry in told(night).set_aside] == ["junk"]
    assert work(night) == 1
