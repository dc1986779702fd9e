"""Is each backup that is asked for started once, only where nothing stands against it, and followed to its end?"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import BadMessage, Permanent, Transient
from shared.flows import pauses, replay, sweep
from shared.flows.job_failures import facts, outbox
from shared.flows.on_demand import asking, rows
from shared.model.failures import Response
from shared.model.on_demand import OnDemandBackup, Purpose, Stage
from shared.rules.restore_case import CLOCKS_DIFFER
from tests.flows.asking import (
    DAY,
    HOUR,
    MINUTE,
    POINT,
    ask,
    asked_until,
    begin,
    by_hand,
    entries,
    hint,
    message,
    messages,
    receive,
    stands,
    wanted,
)
from tests.flows.failing import deliver, fail, failing, look, running, vault, work
from tests.flows.stage import LOST, THROTTLED
from tests.flows.stage import Stage as Night

OPERATOR = "operator|r1"


class Killed(BaseException):
    """The worker dies here."""


def test_an_operators_backup_is_started_once_kept_as_asked_and_followed_to_its_end() -> None:
    night = failing()
    assert begin(night, message()) == "sent"
    assert (stands(night, OPERATOR).stage, stands(night, OPERATOR).wanted.requester) == (Stage.SENT, "ann")
    work(night, 20 * MINUTE)
    assert stands(night, OPERATOR).stage is Stage.SEEN
    work(night, 6 * HOUR)
    done = stands(night, OPERATOR)
    assert (done.stage, done.said, bool(done.job_id)) == (Stage.COMPLETED, "its job ended: Completed", True)
    assert (night.count("vaults.back_up"), by_hand(night), messages(night)) == (1, 1, [])
    assert asked_until(night) == datetime(2027, 1, 1, tzinfo=UTC)
    assert begin(night, message()) == "it is over: completed: its job ended: Completed"
    assert entries(night) == []


def test_a_job_that_fails_is_the_end_of_what_asked_for_it() -> None:
    night = failing()
    ask(night, wanted(night))
    work(night)
    job = running(night, "vm-0")
    assert job is not None
    job.error = "CloudInternalError"
    work(night, 8 * HOUR)
    assert stands(night).stage is Stage.FAILED
    assert stands(night).said == "its job ended: Failed CloudInternalError"


def test_asking_again_does_nothing_but_send_what_may_not_have_been_sent() -> None:
    night = failing()
    night.will("queues.send", LOST)
    with pytest.raises(Transient):
        ask(night, wanted(night))
    assert messages(night) == []
    assert not ask(night, wanted(night))
    assert len(messages(night)) == 1
    work(night)
    assert stands(night).stage is Stage.SENT
    assert not ask(night, wanted(night))
    assert len(messages(night)) == 1
    assert by_hand(night) == 1


def test_a_point_for_later_is_asked_for_with_a_delay_that_a_queue_takes() -> None:
    night = failing()
    begins = night.world.now + 9 * DAY
    ask(night, wanted(night, not_before=begins, not_after=begins + 4 * HOUR))
    work(night, 8 * DAY)
    assert (stands(night).stage, by_hand(night)) == (Stage.WAITING, 0)
    work(night, DAY + MINUTE)
    assert by_hand(night) == 1


def test_what_nobody_decided_is_set_aside() -> None:
    night = failing()
    receive(night, hint())
    receive(night, hint("retry|x:failed|1"))
    assert ["nobody decided" in entry.reasons[0] for entry in entries(night)] == [True, True]
    assert by_hand(night) == 0


@pytest.mark.parametrize("moment", range(1, 30))
def test_a_worker_that_dies_between_any_two_calls_never_starts_a_second_backup(moment: int) -> None:
    """Every call to Azure, to a queue and to the ledger is a moment."""
    night, left = failing(), [moment]

    def happens() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    ledger = night.ports.ledger

    class Mortal:
        def __getattr__(self, name: str):
            def call(*words):
                happens()
                answer = getattr(ledger, name)(*words)
                happens()
                return answer

            return call

    ports = replace(night.ports, ledger=Mortal())  # type: ignore[arg-type]
    night.will("vaults.back_up", happens)
    night.will("vaults.back_up.sent", happens)
    try:
        for text in (message(), message()):
            begin(replace(night, ports=ports), text)
    except Killed:
        pass
    for _ in range(3):
        begin(night, message())
        night.world.advance(20 * MINUTE)
    assert by_hand(night) <= 1
    assert night.count("vaults.back_up") <= 2
    work(night, 8 * HOUR)
    assert stands(night, OPERATOR).stage.over
    assert by_hand(night) == (stands(night, OPERATOR).stage is Stage.COMPLETED)


def test_a_worker_that_died_once_it_had_sent_is_followed_by_one_that_waits_for_the_job() -> None:
    night = failing()

    def dies() -> None:
        raise Killed

    night.will("vaults.back_up.sent", dies)
    with pytest.raises(Killed):
        begin(night, message())
    job = running(night, "vm-0")
    assert job is not None
    job.visible_at = night.world.now + 14 * MINUTE
    night.world.advance(10 * MINUTE)
    assert begin(night, message()) == "its job may still show"
    work(night, 6 * HOUR)
    assert (stands(night, OPERATOR).stage, by_hand(night)) == (Stage.COMPLETED, 1)


def test_copies_that_come_at_once_start_one_backup_and_wait_as_one() -> None:
    night = failing()
    for _ in range(5):
        begin(night, message())
    assert (night.count("vaults.back_up"), len(messages(night))) == (1, 1)
    assert begin(night, message()) == "its job may still show"


def test_two_workers_that_judge_at_once_start_one_backup() -> None:
    night = failing()
    night.will("fleet.power", lambda: begin(night, message()))
    assert begin(night, message()) == "another worker starts it"
    assert by_hand(night) == 1


def test_an_answer_that_was_lost_is_looked_for_and_never_sent_again() -> None:
    night = failing()
    night.will("vaults.back_up.sent", LOST)
    assert begin(night, message()) == "sent"
    work(night, 6 * HOUR)
    assert (stands(night, OPERATOR).stage, by_hand(night)) == (Stage.COMPLETED, 1)


def test_what_was_sent_and_never_arrived_has_failed() -> None:
    night = failing()
    night.will("vaults.back_up", LOST)
    begin(night, message())
    work(night, HOUR)
    one = stands(night, OPERATOR)
    assert (one.stage, one.said) == (Stage.FAILED, "it was sent, and no job came of it")
    assert (night.count("vaults.back_up"), by_hand(night)) == (1, 0)


def test_a_late_job_is_waited_for() -> None:
    night = failing()
    begin(night, message())
    job = running(night, "vm-0")
    assert job is not None
    job.visible_at = night.world.now + 14 * MINUTE
    assert begin(night, message()) == "its job may still show"
    work(night, 16 * MINUTE)
    assert stands(night, OPERATOR).stage is Stage.SEEN


def test_what_the_service_refuses_at_the_door_is_sent_again_later_by_one_worker() -> None:
    night = failing()
    night.will("vaults.back_up", THROTTLED)
    assert "refused at the door" in begin(night, message())
    assert stands(night, OPERATOR).stage is Stage.WAITING
    assert "it waits" in begin(night, message())
    work(night, 16 * MINUTE)
    assert (stands(night, OPERATOR).stage, night.count("vaults.back_up"), by_hand(night)) == (Stage.SENT, 2, 1)


def test_a_busy_item_is_waited_for_and_a_refusal_for_good_is_the_end() -> None:
    night = failing()
    night.will("vaults.back_up", Permanent("409", "UserErrorBackupOperationInProgress"), Permanent("no", "Forbidden"))
    assert begin(night, message()) == "another backup of it was running"
    work(night, 31 * MINUTE)
    one = stands(night, OPERATOR)
    assert (one.stage, one.said) == (Stage.REFUSED, "the service refused it: no")
    assert [entry.source for entry in entries(night)] == [asking.BACKUPS]


def test_a_vault_that_cannot_be_read_leaves_the_message_to_the_host() -> None:
    night = failing()
    night.will("vaults.jobs", Transient("503"))
    with pytest.raises(Transient):
        begin(night, message())
    assert stands(night, OPERATOR).stage is Stage.WAITING
    assert begin(night, message()) == "sent"


def test_what_passes_is_waited_for_without_a_look_at_azure_where_that_is_enough() -> None:
    night = failing()
    pauses.pause(night.ports, "rsv-0", night.world.now + 2 * HOUR, "ann", "audit")
    ask(night, wanted(night))
    night.calls.clear()
    work(night, HOUR)
    assert {call for call in night.calls if not call.startswith("queues.")} == set()
    assert "by ann: audit" in stands(night).said
    work(night, 90 * MINUTE)
    assert by_hand(night) == 1


def test_a_wait_ends_in_time_with_its_last_reason_and_one_last_look() -> None:
    night = failing(switches=())
    ask(night, wanted(night, not_after=night.world.now + 100 * MINUTE))
    work(night, 3 * HOUR)
    one = stands(night)
    assert (one.stage, one.said) == (Stage.EXPIRED, "not started in time: the switch `backup` is off")
    assert (one.at - one.wanted.asked_at, messages(night)) == (100 * MINUTE, [])


def test_what_is_looked_at_too_late_says_so() -> None:
    night = failing()
    ask(night, wanted(night, not_after=night.world.now + HOUR))
    night.world.advance(2 * HOUR)
    work(night)
    assert stands(night).said == "not started in time: it was too late when it was looked at"


def test_the_scheduled_run_is_not_got_in_the_way_of() -> None:
    night = failing()
    night.world.advance(5 * HOUR)
    assert begin(night, message()) == "its scheduled run of 02 Mar 22:30 UTC is near"
    work(night, 12 * HOUR)
    job = next(one for one in night.world.jobs.values() if one.user_triggered)
    assert job.started_at > datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
    assert night.world.skipped_runs() == 0


def test_an_operator_over_the_quota_is_refused_and_a_gap_waits_for_the_next_day() -> None:
    night = failing()
    night.limited(backups_per_vm_day=1)
    assert "1 are allowed" in begin(night, message())
    assert stands(night, OPERATOR).stage is Stage.REFUSED
    ask(night, wanted(night))
    work(night)
    assert (stands(night).stage, "1 are allowed" in stands(night).said) == (Stage.WAITING, True)


def test_the_days_starts_are_counted_by_a_row_too() -> None:
    night = failing()
    item_id = next(one.id for one in night.ports.vaults.items(vault(night)) if one.vm_id == night.vm().id.lower())
    for _ in range(4):
        night.ports.ledger.spend("backups", item_id, night.world.now.date(), 4)
    ask(night, wanted(night))
    work(night)
    assert (stands(night).stage, stands(night).said) == (Stage.WAITING, "the day's 4 starts are spent")
    assert by_hand(night) == 0


@pytest.mark.parametrize(
    ("vm", "said"),
    [
        ("nobody", "vm: found 'nobody'; expected a VM that exists; see the subscriptions of the scope"),
        ("vm-2", "vm: found 'vm-2'; expected a VM in scope and in a tier; see the scope and the tags of tiers"),
        ("vm-1", "vm: found 'vm-1'; expected a VM that a vault in scope protects; protect it first"),
    ],
)
def test_a_vm_that_may_not_be_backed_up_is_refused_where_people_see_it(vm: str, said: str) -> None:
    night = failing()
    night.vm("vm-2").tags.clear()
    if vm == "vm-1":
        night.human("stop", item=night.item("vm-1").id)
    receive(night, message(vm=vm))
    one = stands(night, OPERATOR)
    assert (one.stage, said in one.said, one.vm) == (Stage.REFUSED, True, vm)
    (entry,) = entries(night)
    assert said in entry.reasons[0]
    assert by_hand(night) == 0


def test_a_refused_request_is_sent_again_by_an_operator_and_judged_anew_once() -> None:
    night = failing()
    tags = dict(night.vm().tags)
    night.vm().tags.clear()
    receive(night, message())
    night.world.advance(HOUR)
    receive(night, message())
    assert (len(entries(night)), messages(night)) == (1, [])
    replay.replay(night.ports, asking.BACKUPS, night.world.now)
    assert entries(night) == []
    (again,) = messages(night)
    work(night)
    assert len(entries(night)) == 1
    night.vm().tags.update(tags)
    receive(night, again)
    assert (stands(night, OPERATOR).stage, by_hand(night)) == (Stage.REFUSED, 0)
    replay.replay(night.ports, asking.BACKUPS, night.world.now)
    work(night, 6 * HOUR)
    assert (stands(night, OPERATOR).stage, by_hand(night)) == (Stage.COMPLETED, 1)
    assert stands(night, OPERATOR).wanted.not_after > night.world.now


def test_a_message_with_mistakes_is_set_aside_and_leaves_its_id_free() -> None:
    night = failing()
    receive(night, message(retain_until="2026-03-05", priority=1))
    (entry,) = entries(night)
    assert [reason.split(":")[0] for reason in entry.reasons] == ["priority", "retain_until"]
    assert "shorter than the guard limits.on_demand_least_days" in entry.reasons[1]
    assert asking.standing(night.ports.ledger) == {}
    assert begin(night, message()) == "sent"


def test_a_request_by_id_may_say_how_long_it_waits() -> None:
    night = failing(switches=())
    begin(night, message(vm=night.vm().id, not_after="2026-03-02T20:00:00+02:00"))
    assert stands(night, OPERATOR).wanted.not_after == datetime(2026, 3, 2, 18, tzinfo=UTC)


def test_a_more_urgent_backup_of_the_vm_goes_first() -> None:
    night = failing()
    pauses.pause(night.ports, "*", night.world.now + HOUR, "ann", "audit")
    begin(night, message())
    pauses.resume(night.ports, "*")
    ask(night, wanted(night))
    ask(night, wanted(night, key="gap|vm-1|x", vm="vm-1"))
    work(night)
    assert stands(night).said == "the backup of it for operator goes first"
    assert stands(night, "gap|vm-1|x").stage is Stage.SENT
    work(night, 12 * HOUR)
    assert (stands(night, OPERATOR).stage, stands(night).stage) == (Stage.COMPLETED, Stage.COMPLETED)


def test_a_ceiling_holds_back_what_would_be_one_too_many_a_retry_too() -> None:
    night = failing()
    fail(night)
    night.intent = replace(night.intent, vault_ceiling=1)
    work(night)
    night.world.advance(HOUR)
    ask(night, wanted(night, key="gap|vm-1|x", vm="vm-1"))
    ask(night, wanted(night, key="gap|vm-2|x", vm="vm-2"))
    work(night)
    said = stands(night, "gap|vm-2|x").said
    assert said == "1 backups run in rsv-0, or may, while it would, and 1 are allowed at once"
    work(night, 10 * HOUR)
    assert {stands(night, f"gap|vm-{number}|x").stage for number in (1, 2)} == {Stage.COMPLETED}


def test_vms_of_one_application_are_not_backed_up_at_once_whatever_their_vaults() -> None:
    night = failing(vms=3, vaults=2)
    for name in ("vm-0", "vm-1"):
        night.vm(name).tags["app"] = "shop"
    night.intent = replace(night.intent, separation_tag="app")
    begin(night, message(id="r1", vm="vm-1"))
    work(night, 20 * MINUTE)
    assert begin(night, message(id="r2", vm="vm-0")) == (
        "vm-1 of its application is backed up, or may be, while it would run"
    )
    assert begin(night, message(id="r3", vm="vm-2")) == "sent"


def test_a_region_has_a_ceiling_over_its_vaults() -> None:
    night = failing(vms=2, vaults=2)
    night.intent = replace(night.intent, region_ceilings={"westeurope": 1})
    begin(night, message(id="r1", vm="vm-1"))
    work(night, 20 * MINUTE)
    assert "1 backups run in westeurope" in begin(night, message(id="r2", vm="vm-0"))


def test_a_vm_that_is_gone_or_lost_its_protection_ends_what_waits() -> None:
    night = failing()
    pauses.pause(night.ports, "*", night.world.now + HOUR, "ann", "audit")
    for name in ("vm-0", "vm-1"):
        ask(night, wanted(night, key=f"gap|{name}|x", vm=name))
    work(night)
    pauses.resume(night.ports, "*")
    night.human("stop", item=night.item("vm-1").id)
    night.human("delete", vm=night.vm().id)
    work(night, HOUR)
    assert [stands(night, f"gap|vm-{number}|x").stage for number in (0, 1)] == [Stage.REFUSED, Stage.REFUSED]


def test_a_vault_that_left_the_scope_ends_what_waits_for_it() -> None:
    night = failing()
    ask(night, wanted(night))
    night.intent = replace(night.intent, scope=replace(night.intent.scope, vaults=("other",)))
    work(night)
    assert (stands(night).stage, "no vault in scope" in stands(night).said) == (Stage.REFUSED, True)


def test_a_job_without_an_end_is_followed_for_a_day() -> None:
    night = failing()
    begin(night, message())
    work(night, 20 * MINUTE)
    fleet = night.ports.fleet

    class Endless:
        def jobs(self, subscriptions, since):
            shown = [job for job in fleet.jobs(subscriptions, since) if night.world.now.hour != 20]
            return [replace(job, status="InProgress", ended_at=None) for job in shown]

    night.ports = replace(night.ports, fleet=Endless())  # type: ignore[arg-type]
    work(night, 23 * HOUR)
    assert stands(night, OPERATOR).stage is Stage.SEEN
    work(night, 2 * HOUR)
    assert stands(night, OPERATOR).said == "its job still ran after a day"
    assert (stands(night, OPERATOR).stage, messages(night)) == (Stage.FAILED, [])


def test_a_row_that_lost_its_message_is_given_up_by_the_sweep() -> None:
    night = failing()
    now = night.world.now
    lost = wanted(night, not_after=now + HOUR)
    asking.claim(night.ports.ledger, lost, "vm-0", now)
    sent = OnDemandBackup(
        wanted=replace(lost, key="gap|sent"), vm="vm-0", stage=Stage.SENT, said="sent", at=now, sent_at=now
    )
    rows.claim(night.ports.ledger, sent)
    sweep.sweep(night.ports, now + 2 * HOUR)
    assert not stands(night).stage.over
    sweep.sweep(night.ports, now + 4 * HOUR)
    assert (stands(night).stage, stands(night).said) == (Stage.EXPIRED, "nobody looked at it in time")
    sweep.sweep(night.ports, now + 27 * HOUR)
    assert (stands(night, "gap|sent").stage, stands(night, "gap|sent").said) == (Stage.FAILED, "its end was not seen")


@pytest.mark.parametrize(
    ("purpose", "stage", "kept"),
    [
        (Purpose.GAP, Stage.COMPLETED, True),
        (Purpose.OPERATOR, Stage.COMPLETED, True),
        (Purpose.RETRY, Stage.COMPLETED, True),
        (Purpose.GAP, Stage.FAILED, False),
        (Purpose.CADENCE, Stage.COMPLETED, False),
        (Purpose.GAP, Stage.WAITING, True),
    ],
)
def test_what_is_over_is_forgotten_after_two_weeks_but_the_record_of_a_point_that_is_kept(
    purpose: Purpose, stage: Stage, kept: bool
) -> None:
    night = failing()
    now = night.world.now
    rows.claim(
        night.ports.ledger, OnDemandBackup(wanted=wanted(night, purpose), vm="vm-0", stage=stage, said="", at=now)
    )
    assert asking.forget_old(night.ports.ledger, now + 13 * DAY) == 0
    assert asking.forget_old(night.ports.ledger, now + 15 * DAY) == (0 if kept else 1)
    if stage.over:
        asking.forget_old(night.ports.ledger, now + 61 * DAY)
        assert asking.standing(night.ports.ledger) == {}


def test_a_row_that_cannot_be_read_is_told_of_and_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    night = failing()
    night.ports.ledger.write(rows.WANTED, "gap|broken", {"number": "1", "json": json.dumps({"version": 9})})
    assert begin(night, message()) == "sent"
    assert "backup-unreadable" in caplog.text
    with pytest.raises(BadMessage, match="version"):
        begin(night, hint("gap|broken"))


def test_a_job_of_another_request_is_not_taken_for_its_own() -> None:
    night = failing()
    begin(night, message())
    work(night, 20 * MINUTE)
    other = stands(night, OPERATOR)
    mine = replace(other, wanted=wanted(night), stage=Stage.SENT, job_id="", sent_at=night.world.now - CLOCKS_DIFFER)
    rows.claim(night.ports.ledger, replace(mine, sent_at=other.sent_at))
    night.world.advance(timedelta(minutes=20))
    assert begin(night, hint(POINT)) == "it was sent, and no job came of it"


def retry_of(night: Night) -> str:
    """Fail a backup, and return the message that asks for its retry an hour later."""
    fail(night)
    look(night)
    deliver(night)
    work(night)
    (text,) = messages(night)
    night.world.advance(HOUR)
    return text


def retry_key(night: Night) -> str:
    (key,) = asking.standing(night.ports.ledger)
    return key


def test_a_retry_leaves_its_row_like_any_other_and_is_followed_by_hints() -> None:
    night = failing()
    text = retry_of(night)
    one = stands(night, retry_key(night))
    assert (one.stage, one.wanted.purpose, one.wanted.requester) == (Stage.WAITING, Purpose.RETRY, "nightshift")
    assert begin(night, text) == "sent"
    assert timedelta(days=29) < stands(night, retry_key(night)).wanted.keep_until - night.world.now
    work(night, 6 * HOUR)
    assert stands(night, retry_key(night)).stage is Stage.COMPLETED


def test_a_retry_that_was_decided_before_rows_were_kept_gets_one() -> None:
    night = failing()
    text = retry_of(night)
    key = retry_key(night)
    night.ports.ledger.drop(rows.WANTED, key)
    assert begin(night, text) == "sent"
    assert stands(night, key).stage is Stage.SENT


def test_a_retry_of_a_vm_that_is_protected_no_more_is_set_aside() -> None:
    night = failing()
    text = retry_of(night)
    item = night.item()
    night.world.items.pop(item.id.lower())
    receive(night, text)
    assert "is not protected in" in entries(night)[0].reasons[0]


def test_a_retry_waits_for_a_ceiling_and_is_judged_again_where_that_lasts() -> None:
    night = failing()
    text = retry_of(night)
    night.intent = replace(night.intent, vault_ceiling=1)
    begin(night, message(vm="vm-1"))
    assert "1 are allowed at once" in begin(night, text)
    assert stands(night, f"retry|{json.loads(text)['failure_id']}|1").stage is Stage.WAITING
    work(night, 5 * HOUR)
    assert {one.stage for one in asking.standing(night.ports.ledger).values()} == {Stage.COMPLETED}
    assert by_hand(night) == 2


def test_a_retry_that_a_ceiling_held_back_for_too_long_opens_its_failure_again() -> None:
    night = failing()
    text = retry_of(night)
    night.intent = replace(night.intent, vault_ceiling=1)
    begin(night, message(vm="vm-1"))
    key = f"retry|{json.loads(text)['failure_id']}|1"
    row = rows.find(night.ports.ledger, key)
    assert row is not None
    rows.move(night.ports.ledger, row, replace(row.value, wanted=replace(row.value.wanted, not_after=night.world.now)))
    assert begin(night, text).startswith("not started again: not started in time: 1 backups run in rsv-0")
    assert stands(night, key).stage is Stage.EXPIRED
    assert facts.history(night.ports.ledger).attempts[-1].response is Response.WAIT


def test_a_vm_without_its_membership_is_refused_as_protected_no_more() -> None:
    night = failing()
    ask(night, wanted(night))
    night.world.items.pop(night.item().id.lower())
    work(night)
    assert (stands(night).stage, "is not protected in" in stands(night).said) == (Stage.REFUSED, True)


def test_a_row_that_somebody_else_has_moved_is_left_to_them() -> None:
    night = failing()
    begin(night, message())
    again = rows.find(night.ports.ledger, OPERATOR)
    assert again is not None
    night.world.advance(20 * MINUTE)
    night.will(
        "vaults.jobs",
        lambda: rows.move(night.ports.ledger, again, asking.stepped(again.value, Stage.FAILED, "x", night.world.now)),
    )
    assert begin(night, message()) == "another worker looks at it"
    assert stands(night, OPERATOR).said == "x"


def test_a_run_that_never_came_is_missed_though_a_point_was_made_on_demand_since() -> None:
    night = failing(vms=1)
    look(night)
    night.item().generation += 1
    night.world.advance(8 * HOUR + 40 * MINUTE)
    assert begin(night, message()) == "sent"
    work(night, 20 * MINUTE)
    job = running(night, "vm-0")
    assert job is not None
    job.error = "CloudInternalError"
    work(night, 4 * HOUR)
    assert stands(night, OPERATOR).stage is Stage.FAILED
    look(night)
    assert {key.rpartition(":")[2] for key in outbox.waiting(night.ports)} == {"failed", "overdue"}
