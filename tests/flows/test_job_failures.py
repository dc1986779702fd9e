"""Is every failed backup seen, announced, answered once, repaired or told, through crashes, copies and lost events?"""

import json
from datetime import timedelta

import pytest

from local.memory.queues import MemoryQueues
from local.scenarios.post import cloud_event
from local.world import documents
from local.world.on_demand import trigger_backup
from shared.errors import Transient
from shared.flows import replay, sweep
from shared.flows.job_failures import events, facts, outbox, respond
from shared.flows.job_failures.respond import BACKUPS, RETRIES
from shared.flows.on_demand import start
from shared.messages.backups import BackupRequest, backup_to_json
from shared.messages.jobs import TriageRequest, triage_to_json
from shared.model.failures import Family, Response, State
from tests.flows.failing import (
    HOUR,
    MINUTE,
    all_incidents,
    deliver,
    fail,
    failing,
    inbox,
    look,
    running,
    set_aside,
    vault,
    work,
)
from tests.flows.stage import LOST, THROTTLED, Stage


def waiting(night: Stage, queue: str) -> list[str]:
    assert isinstance(night.ports.queues, MemoryQueues)
    return night.ports.queues.waiting(queue)


def test_a_transient_failure_is_repaired_by_one_retry_and_nobody_is_told() -> None:
    night = failing()
    fail(night)
    assert look(night).announced == 1
    assert deliver(night) == 1
    work(night)
    (incident,) = all_incidents(night)
    assert (incident.family, incident.state, incident.attempts[0].response) == (
        Family.TRANSIENT,
        State.OPEN,
        Response.RETRY,
    )
    work(night, HOUR)
    assert night.count("vaults.back_up") == 1
    work(night, 3 * HOUR)
    look(night)
    (incident,) = all_incidents(night)
    assert incident.state is State.RESOLVED
    assert inbox(night) == []


def test_what_a_person_must_mend_is_told_once_and_nothing_is_started() -> None:
    night = failing()
    fail(night, title="AzureVmOffline")
    look(night)
    deliver(night)
    work(night)
    for _ in range(12):
        night.world.advance(5 * MINUTE)
        look(night)
    (alert,) = inbox(night)
    assert alert.members == ("vm-0",)
    assert alert.what_to_do
    assert night.count("vaults.back_up") == 0


def test_two_retries_are_the_most_and_then_somebody_is_told() -> None:
    night = failing(vms=1)
    night.limited(backups_per_vm_day=9)
    fail(night)
    for _ in range(80):
        look(night)
        deliver(night)
        work(night, 5 * MINUTE)
        if job := running(night, "vm-0"):
            job.error = "CloudInternalError"
    assert night.count("vaults.back_up") == 2
    assert [alert.title for alert in inbox(night)]
    (incident, *_) = all_incidents(night)
    assert sum(one.response is Response.RETRY for one in incident.attempts) <= 2


def test_a_lost_event_is_asked_for_by_the_next_tick() -> None:
    night = failing()
    fail(night)
    look(night)
    night.world.advance(5 * MINUTE)
    assert look(night).asked == 1
    assert work(night) == 1
    night.world.advance(5 * MINUTE)
    assert look(night).asked == 0
    assert outbox.waiting(night.ports) == {}


def test_an_event_that_was_claimed_and_not_handed_on_is_asked_for() -> None:
    night = failing()
    fail(night)
    look(night)
    (event,) = night.ports.events.published  # type: ignore[attr-defined]
    night.will("queues.send", LOST)
    with pytest.raises(Transient):
        events.receive_job_event(night.ports, cloud_event(event), night.world.now)
    assert events.receive_job_event(night.ports, cloud_event(event), night.world.now)
    assert work(night) == 0
    night.world.advance(5 * MINUTE)
    assert look(night).asked == 1
    assert work(night) == 1


def test_copies_of_an_event_are_dropped_by_the_claim_and_by_the_answer() -> None:
    night = failing()
    job = fail(night)
    look(night)
    request = TriageRequest(vault(night).id, f"{job.id}:failed")
    for _ in range(5):
        night.ports.queues.send(outbox.TRIAGE, triage_to_json(request))
    work(night)
    assert night.count("vaults.jobs") <= 3
    assert len(waiting(night, BACKUPS)) == 1
    assert len(facts.history(night.ports.ledger).attempts) == 1


def test_the_handler_of_events_claims_and_enqueues_in_two_calls() -> None:
    night = failing()
    fail(night)
    look(night)
    published = list(night.ports.events.published)  # type: ignore[attr-defined]
    night.calls.clear()
    text = json.dumps(
        {
            "specversion": "1.0",
            "id": published[0].id,
            "source": published[0].source,
            "type": published[0].type,
            "data": dict(published[0].data),
        }
    )
    for _ in range(3):
        events.receive_job_event(night.ports, text, night.world.now)
    assert night.calls == ["queues.send", "queues.send.sent"]


@pytest.mark.parametrize(
    "text", ["{", "[]", json.dumps({"specversion": "1.0"}), json.dumps({"id": None, "data": None}), "x" * 70_000]
)
def test_a_malformed_event_is_set_aside_and_nothing_else_happens(text: str) -> None:
    night = failing()
    night.calls.clear()
    events.receive_job_event(night.ports, text, night.world.now)
    events.receive_resource_event(night.ports, text, night.world.now)
    events.receive_alert(night.ports, text, night.world.now)
    assert {source for source, _ in set_aside(night)} == {"job-events", "resource-events", "alerts"}
    assert night.calls == []


@pytest.mark.parametrize(
    ("vault_id", "failure_id", "said"),
    [
        ("/subscriptions/x/resourcegroups/g/providers/microsoft.recoveryservices/vaults/v", "j:failed", "no vault in"),
        ("", "00000000-0000-0000-0000-000000000000:failed", "the vault shows no"),
    ],
)
def test_a_foreign_vault_and_a_forged_job_are_set_aside(vault_id: str, failure_id: str, said: str) -> None:
    night = failing()
    request = TriageRequest(vault_id or vault(night).id, failure_id)
    respond.receive(night.ports, night.intent, triage_to_json(request), night.world.now)
    assert said in set_aside(night)[0][1]
    assert night.count("vaults.back_up") == night.writes == 0


def test_a_backup_that_nobody_decided_on_is_set_aside() -> None:
    night = failing()
    job = fail(night)
    request = BackupRequest(vault(night).id, night.vm().id.lower(), f"{job.id}:failed", 1)
    start.receive(night.ports, night.intent, backup_to_json(request), night.world.now)
    assert "nobody decided" in set_aside(night)[0][1]
    assert night.count("vaults.back_up") == 0


def test_a_run_that_never_started_is_announced_and_answered() -> None:
    night = failing()
    night.item().generation += 1
    night.world.advance(timedelta(hours=10))
    look(night)
    deliver(night)
    work(night)
    assert "not-started" in {incident.code for incident in all_incidents(night)}


def test_a_run_that_never_started_is_seen_though_somebody_made_a_backup_at_another_hour() -> None:
    night = failing(vms=1)
    look(night)
    night.world.advance(20 * HOUR)
    trigger_backup(night.world, night.world.vaults[night.item().vault_id], night.item().id, None, "ops")
    night.world.advance(9 * HOUR)
    night.item().generation += 1
    night.world.advance(6 * HOUR)
    assert look(night).noted == 1
    assert outbox.waiting(night.ports).popitem()[0].endswith(":overdue")


def test_a_tick_in_which_nothing_went_wrong_asks_azure_one_question() -> None:
    night = failing()
    look(night)
    night.world.advance(5 * MINUTE)
    night.calls.clear()
    assert look(night).noted == 0
    assert [call for call in night.calls if call.startswith(("vaults.", "fleet."))] == ["fleet.jobs"]


def test_a_tick_in_which_something_went_wrong_asks_whose_job_it_was() -> None:
    night = failing()
    look(night)
    fail(night)
    night.calls.clear()
    assert look(night).noted == 1
    assert [call for call in night.calls if call.startswith(("vaults.", "fleet."))].count("fleet.items") == 1


def test_a_start_that_was_edited_since_the_last_look_is_no_missed_run() -> None:
    night = failing(vms=1)
    look(night)
    night.world.advance(5 * HOUR)
    policy = night.policy("DefaultPolicy")
    night.human("edit", policy_id=policy.id, properties=documents.daily("20:00", daily=30))
    night.world.advance(2 * HOUR)
    assert look(night).noted == 0


def test_without_the_switch_nothing_is_started_and_the_reason_says_so() -> None:
    night = failing(switches=())
    fail(night)
    look(night)
    deliver(night)
    work(night)
    (incident,) = all_incidents(night)
    assert "the switch `backup` is off" in incident.attempts[-1].reason
    assert waiting(night, BACKUPS) == []


def retry_of(night: Stage) -> str:
    """Fail a backup, and return the message that asks for its retry."""
    fail(night)
    look(night)
    deliver(night)
    work(night)
    (text,) = waiting(night, BACKUPS)
    return text


def begin(night: Stage, text: str) -> str:
    return start.follow(night.ports, night.intent, text, night.world.now)


def test_a_first_backup_is_left_to_the_next_run_which_it_would_still_be_in_the_way_of() -> None:
    night = failing()
    night.item().state = "IRPending"
    fail(night)
    look(night)
    deliver(night)
    work(night)
    (incident,) = all_incidents(night)
    assert incident.attempts[-1].response is Response.WAIT
    assert "its scheduled run of 03 Mar 22:30 UTC is near" in incident.attempts[-1].reason


def test_a_start_whose_answer_was_lost_is_looked_for_before_anything_is_sent_again() -> None:
    night = failing()
    text = retry_of(night)
    night.world.advance(HOUR)
    night.will("vaults.back_up.sent", LOST)
    assert begin(night, text) == "sent"
    assert begin(night, text) in {"its job may still show", "its job was seen"}
    night.world.advance(20 * MINUTE)
    assert begin(night, text) == "its job was seen"
    assert night.count("vaults.back_up") == 1


def test_a_start_that_never_arrived_opens_the_failure_again() -> None:
    night = failing()
    text = retry_of(night)
    night.world.advance(HOUR)
    night.will("vaults.back_up", LOST)
    assert begin(night, text) == "sent"
    night.world.advance(20 * MINUTE)
    assert "no job came of it" in begin(night, text)
    assert facts.history(night.ports.ledger).attempts[-1].response is Response.WAIT


def test_a_start_that_was_refused_at_the_door_is_tried_again_by_its_message() -> None:
    night = failing()
    text = retry_of(night)
    night.world.advance(HOUR)
    night.will("vaults.back_up", THROTTLED)
    with pytest.raises(Transient):
        begin(night, text)
    assert begin(night, text) == "sent"
    assert night.count("vaults.back_up") == 2
    assert len([job for job in night.world.jobs.values() if job.user_triggered]) == 1


def test_five_copies_start_one_backup() -> None:
    night = failing()
    text = retry_of(night)
    night.world.advance(HOUR)
    for _ in range(5):
        begin(night, text)
    assert night.count("vaults.back_up") == 1


def test_a_backup_by_hand_meanwhile_makes_the_retry_needless() -> None:
    night = failing()
    text = retry_of(night)
    item = next(one for one in night.ports.vaults.items(vault(night)) if one.vm_id == night.vm().id.lower())
    night.ports.vaults.back_up(item, night.world.now + timedelta(days=8))
    night.world.advance(6 * MINUTE)
    assert "another job holds it" in begin(night, text)
    night.world.advance(6 * HOUR)
    assert "not started again" in begin(night, text)
    assert night.count("vaults.back_up") == 1


def test_a_retry_is_not_started_once_another_backup_of_the_vm_has_failed() -> None:
    night = failing()
    text = retry_of(night)
    fail(night, title="AzureVmOffline")
    assert "another backup has failed since" in begin(night, text)
    assert night.count("vaults.back_up") == 0


def test_the_point_of_a_retry_is_kept_as_long_as_the_missed_one_would_have_been() -> None:
    night = failing()
    text = retry_of(night)
    night.world.advance(HOUR)
    begin(night, text)
    night.world.advance(HOUR)
    (point,) = [one for one in night.item().points if one.kept_until]
    assert point.kept_until is not None
    assert timedelta(days=29) < point.kept_until - point.at <= timedelta(days=31)


def test_a_failure_that_was_noted_but_not_published_is_published_by_the_next_tick() -> None:
    night = failing()
    fail(night)
    night.will("events.publish", Transient("503"))
    with pytest.raises(Transient):
        look(night)
    assert look(night).announced == 1
    assert deliver(night) == 1


def test_a_built_in_alert_and_the_watcher_announce_the_same_event_once() -> None:
    night = failing()
    job = fail(night)
    alert = {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": {
                "monitoringService": "Azure Backup",
                "monitorCondition": "Fired",
                "alertTargetIDs": [vault(night).id],
            },
            "alertContext": {"extendedInfo": {"jobId": job.id}},
        },
    }
    events.receive_alert(night.ports, json.dumps(alert), night.world.now)
    assert look(night).announced == 1
    assert look(night).announced == 0
    (event,) = night.ports.events.published  # type: ignore[attr-defined]
    assert event.id == f"{job.id}:failed"


def test_two_workers_decide_one_retry() -> None:
    night = failing()
    job = fail(night)
    look(night)
    request = TriageRequest(vault(night).id, f"{job.id}:failed")
    empty = facts.history(night.ports.ledger)
    scenes = [respond.scene_of(night.ports, night.intent, request.vault_id, empty, night.world.now) for _ in range(2)]
    (failure,) = [one for one in respond._failures(scenes[0], night.world.now) if one.id == request.failure_id]
    for scene in scenes:
        respond._answer(night.ports, night.intent, scene, failure, night.world.now)
        night.world.advance(MINUTE)
    assert len(night.ports.ledger.rows(RETRIES)) == 1
    (incident,) = all_incidents(night)
    assert len(incident.attempts) == 1


def test_poison_is_set_aside_before_it_expires_and_old_claims_are_dropped() -> None:
    night = failing()
    night.ports.queues.send("job-triage-poison", "poisoned words")
    night.ports.ledger.claim(f"claims-{night.world.now - timedelta(days=3):%Y-%m-%d}", "old", {})
    assert sweep.sweep(night.ports, night.world.now) == 1
    assert [source for source, _ in set_aside(night)] == ["job-triage"]
    assert waiting(night, "job-triage-poison") == []
    assert night.ports.ledger.rows(f"claims-{night.world.now - timedelta(days=3):%Y-%m-%d}") == {}


def test_what_was_set_aside_is_shown_and_sent_again_only_on_request() -> None:
    night = failing()
    events.receive_job_event(night.ports, "{", night.world.now)
    night.ports.queues.send("job-triage-poison", "poisoned words")
    sweep.sweep(night.ports, night.world.now)
    assert len(replay.chosen(night.ports, "")) == 2
    assert len(replay.replay(night.ports, "job-triage", night.world.now)) == 1
    assert waiting(night, "job-triage") == ["poisoned words"]
    replay.replay(night.ports, "", night.world.now)
    assert [source for source, _ in set_aside(night)] == ["job-events"]


def test_what_is_over_is_forgotten_after_two_weeks() -> None:
    night = failing()
    fail(night)
    look(night)
    deliver(night)
    work(night, 4 * HOUR)
    look(night)
    assert all_incidents(night)
    later = (night.world.now + timedelta(days=20)).replace(hour=sweep.FORGETS_AT)
    sweep.sweep(night.ports, later - HOUR)
    assert all_incidents(night)
    assert sweep.sweep(night.ports, later) == 0
    assert all_incidents(night) == ()


@pytest.mark.parametrize(("vaults", "asked"), [(12, "vaults.policies"), (13, "fleet.policies")])
def test_a_missed_run_is_seen_whoever_is_asked_for_the_policies(vaults: int, asked: str) -> None:
    night = failing(vms=vaults, vaults=vaults)
    night.item().generation += 1
    look(night)
    night.world.advance(timedelta(hours=10))
    night.calls.clear()
    assert look(night).noted == 1
    assert {call for call in night.calls if call.endswith(".policies")} == {asked}


@pytest.mark.parametrize(("left", "asked"), [(None, "vaults.jobs"), (200, "vaults.jobs"), (0, "fleet.jobs")])
def test_vaults_that_allow_no_more_reads_are_not_asked(left: int | None, asked: str) -> None:
    night = failing()
    night.ports.vaults.job_reads_left = lambda _: left  # type: ignore[method-assign]
    night.calls.clear()
    look(night)
    assert {call for call in night.calls if call.endswith(".jobs")} == {asked}
