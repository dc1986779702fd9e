"""Is each restore carried out once, on an account of its own, and told of, whatever is lost, doubled or refused?"""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from local.scenarios.nights import Crash
from local.scenarios.watched import watched_ports
from local.world import restore_requests, restores
from shared.errors import Permanent, Transient
from shared.flows import pauses
from shared.flows.restores import advance, fan_out, leases, rows, standing, tidy, watch
from shared.flows.restores.rejected import reject
from shared.messages.restore_tasks import Turn, turn_to_json
from shared.model.restore_tasks import Step
from tests.flows.restoring import MINUTE, PRODUCTION, TARGET, Desk, desk

LOST = Transient("503: the answer was lost")
BUSY = Transient("429: too many", refused=True)
WRITES = {"restores.trigger", "restores.cancel", "vaults.back_up", "vaults.assign_policy", "vaults.write_policy"}


def by_somebody(of: Desk, number: int, account: int) -> None:
    """Let somebody restore the VM to an account of the pool, past the app."""
    item = next(one for one in of.world.items.values() if one.container.endswith(f";vm-{number}"))
    account_id = next(key for key in of.world.accounts if key.endswith(f"strestore{account}"))
    point = min(item.points, key=lambda one: one.at)
    wish = restore_requests.Wish(of.world.vaults[item.vault_id], item, point, "RestoreDisks", account_id, TARGET)
    restores.trigger(of.world, wish, "somebody")


def account_of(of: Desk, place: int = 0) -> str:
    return of.restores()[place].account_id.rpartition("/")[2]


def test_each_vm_has_an_account_of_its_own_and_the_last_waits_for_one() -> None:
    told = desk(vms=3, accounts=2)
    told.send(0, 1, 2)
    told.minutes(4)
    assert [told.step(number) for number in range(3)] == [Step.RUNNING, Step.RUNNING, Step.WAITING]
    waiting = told.one(2)
    (turn,) = standing.turns(told.ports, told.intent, standing.standing(told.ports), told.world.now).values()
    assert (turn.key, turn.position, turn.account_id) == (waiting.task.key, 1, "")
    assert turn.wait_minutes is not None
    told.until(Step.DONE, number=2)
    first, second, third = told.restores()
    assert first.account_id != second.account_id
    assert third.account_id in {first.account_id, second.account_id}
    freed = min(told.job(one).ended_at for one in (first, second) if one.account_id == third.account_id)
    assert timedelta() < told.job(third).started_at - freed <= 1.1 * MINUTE
    told.minutes(60)
    assert sorted(told.results()) == ["vm-0", "vm-1", "vm-2"]
    assert told.events() == ["nightshift.restore.done.v1"] * 3
    assert told.alerts() == []
    assert told.world.counters.shared_accounts == 0
    assert all(row["task"] == "" for row in told.ports.ledger.rows(leases.LEASES).values())
    assert told.ports.ledger.rows(rows.TASKS) == {}


def test_a_result_says_what_became_of_it_how_long_it_took_and_what_is_left() -> None:
    told = desk()
    told.send(0)
    told.until(Step.DONE)
    result = told.results()["vm-0"]
    assert (result.step, result.request_id, result.account_id) == (Step.DONE, "r1", told.restores()[0].account_id)
    assert result.phases[0][0] == "wait"
    assert sum(minutes for _, minutes in result.phases) == pytest.approx(
        (told.job(told.restores()[0]).ended_at - result.accepted_at) / MINUTE, abs=0.2
    )
    assert [one.kind for one in result.leftovers] == ["container"]


def test_five_copies_of_every_message_begin_one_job() -> None:
    told = desk()
    text = told.request(0)
    for _ in range(5):
        told.ask(text)
    told.minutes(2)
    for _ in range(5):
        told.queues.send(advance.QUEUE, turn_to_json(Turn(told.key())))
    told.until(Step.DONE)
    told.minutes(30)
    told.ask(text)
    told.minutes(5)
    assert len(told.restores()) == 1
    assert told.events() == ["nightshift.restore.done.v1"]
    assert told.rejected() == []


def test_a_lost_answer_is_resolved_by_reading_jobs_and_the_job_is_adopted() -> None:
    told = desk()
    told.will("restores.trigger.sent", LOST)
    told.send(0)
    told.minutes(4)
    assert told.step() is Step.UNSURE
    assert told.calls.count("restores.trigger") == 1
    told.until(Step.RUNNING)
    assert told.world.now >= told.job(told.restores()[0]).started_at + 7 * MINUTE
    told.until(Step.DONE)
    assert len(told.restores()) == 1


def test_an_order_that_never_arrived_is_sent_once_more_and_not_before_its_job_could_show() -> None:
    told = desk()
    told.will("restores.trigger", LOST)
    told.send(0)
    told.until(Step.DONE)
    (only,) = told.restores()
    assert told.calls.count("restores.trigger") == 2
    assert told.job(only).started_at >= told.results()["vm-0"].accepted_at + 7 * MINUTE


def test_a_job_of_the_vm_on_another_account_is_not_taken_for_our_own() -> None:
    told = desk(accounts=3)
    told.will("restores.trigger", LOST)
    told.send(0)
    told.minutes(2)
    ours = told.one().state.account_id
    foreign = next(n for n in range(3) if not ours.endswith(f"strestore{n}"))
    by_somebody(told, 0, foreign)
    told.until(Step.RUNNING, Step.ACCEPTED)
    first, second = told.restores()
    assert (first.account_id, second.account_id) == (
        next(key for key in told.world.accounts if key.endswith(f"strestore{foreign}")),
        ours,
    )


def test_an_order_that_is_refused_for_now_comes_later() -> None:
    told = desk()
    told.will("restores.trigger", BUSY)
    told.send(0)
    told.minutes(3)
    assert (told.step(), told.one().state.attempts) == (Step.CHECKING, 0)
    told.until(Step.DONE)
    assert len(told.restores()) == 1


def test_an_account_that_others_load_is_left_alone() -> None:
    told = desk(accounts=2)
    told.world.accounts[next(key for key in told.world.accounts if key.endswith("strestore0"))].load = 0.7
    told.send(0, 1)
    told.minutes(5)
    assert [told.step(number) for number in range(2)].count(Step.WAITING) == 1
    assert account_of(told) == "strestore1"
    assert len(told.restores()) == 1


def test_an_account_that_somebody_restores_to_is_not_free() -> None:
    told = desk(vms=2, accounts=1)
    by_somebody(told, 1, 0)
    told.minutes(6)
    told.send(0)
    told.minutes(10)
    assert told.step() is Step.WAITING
    told.until(Step.DONE)
    foreign, own = told.restores()
    assert told.job(own).started_at >= told.job(foreign).ended_at
    assert told.world.counters.shared_accounts == 0


def test_a_restore_that_waits_is_cancelled_before_anything_is_sent() -> None:
    told = desk(vms=2, accounts=1)
    told.send(0, 1)
    told.minutes(3)
    waiting = next(number for number in range(2) if told.step(number) is Step.WAITING)
    told.ask(json.dumps({"version": 1, "cancel": "r1", "requester": "ops", "vms": [told.vm_id(waiting)]}))
    told.minutes(1)
    assert told.step(waiting) is Step.CANCELLED
    told.until(Step.DONE, number=1 - waiting)
    assert len(told.restores()) == 1
    assert told.alerts() == []


def test_a_running_restore_is_cancelled_also_where_the_answer_is_lost() -> None:
    told = desk()
    told.will("restores.cancel", LOST)
    told.send(0)
    told.until(Step.RUNNING)
    told.ask(json.dumps({"version": 1, "cancel": "r1", "requester": "ops"}))
    told.minutes(2)
    assert told.step() is Step.CANCELLING
    told.until(Step.CANCELLED)
    assert [told.job(one).status for one in told.restores()] == ["Cancelled"]
    assert told.events() == ["nightshift.restore.cancelled.v1"]


def test_a_cancel_for_nothing_or_through_the_wrong_queue_is_rejected() -> None:
    told = desk(switches=("restore", "replace"))
    told.ask(json.dumps({"version": 1, "cancel": "r9", "requester": "ops"}))
    told.send(0, targets={"group": PRODUCTION}, production=True)
    told.ask(json.dumps({"version": 1, "cancel": "r1", "requester": "ops"}))
    told.minutes(3)
    assert [one[0].partition(":")[0] for one in told.rejected()] == ["cancel", "cancel"]
    assert told.step() in {Step.ACCEPTED, Step.RUNNING}


def test_a_failed_job_is_tried_on_another_account_once_and_then_somebody_is_told() -> None:
    told = desk(accounts=2, fails=1.0)
    told.send(0)
    told.until(Step.FAILED)
    first, second = told.restores()
    assert first.account_id != second.account_id
    assert told.job(second).started_at >= told.job(first).ended_at
    assert told.alerts() == [f"restore|{told.key()}"]
    assert told.events() == ["nightshift.restore.failed.v1"]
    assert len(told.results()["vm-0"].jobs) == 2


def test_a_copy_that_is_too_slow_moves_once_its_job_has_ended() -> None:
    told = desk(accounts=2)

    def others_come() -> None:
        told.world.accounts[told.one().state.account_id].load = 0.9

    told.will("restores.trigger", others_come)
    told.send(0)
    told.until(Step.MOVING)
    told.until(Step.DONE)
    first, second = told.restores()
    assert (told.job(first).status, told.job(second).status) == ("Cancelled", "Completed")
    assert told.job(second).started_at >= told.job(first).ended_at
    assert first.account_id != second.account_id
    assert told.world.counters.shared_accounts == 0


def test_a_dry_run_answers_with_the_plan_and_begins_nothing() -> None:
    told = desk()
    told.send(0, 1, dry_run=True)
    told.minutes(5)
    plan = json.loads(told.ports.results.of("r1")["plan"])
    assert {one["account"].rpartition("/")[2] for one in plan["restores"]} == {"strestore0", "strestore1"}
    assert all(one["command"].startswith("az backup restore restore-disks ") for one in plan["restores"])
    assert plan["nothing_done_because"] == "it is a dry run"
    assert told.rejected() == []
    assert not WRITES & set(told.calls)
    assert told.ports.ledger.rows(rows.TASKS) == {}


@pytest.mark.parametrize(
    ("switches", "mode", "switch"), [((), "disks", "restore"), (("restore",), "replace", "replace")]
)
def test_without_its_switch_a_request_is_refused_with_the_commands(switches, mode: str, switch: str) -> None:
    told = desk(switches=switches)
    told.stop(0)
    confirmed = ["vm-0"] if mode == "replace" else None
    told.send(0, mode=mode, confirm_replace=confirmed, point={"tier": "vault"}, production=mode == "replace")
    told.minutes(5)
    ((reason,),) = told.rejected()
    assert reason.startswith(f"mode: the switch `{switch}` is off")
    assert "az backup restore" in told.ports.results.of("r1")["plan"]
    assert told.restores() == []


def test_a_paused_vault_begins_nothing_and_goes_on_afterwards() -> None:
    told = desk()
    pauses.pause(told.ports, "rsv-0", told.world.now + 60 * MINUTE, "ops", "looking")
    told.send(0)
    told.minutes(30)
    assert told.step() is Step.WAITING
    assert "paused until" in told.one().state.reason
    told.until(Step.DONE)
    assert told.job(told.restores()[0]).started_at >= told.results()["vm-0"].accepted_at + 60 * MINUTE


def test_an_id_is_good_for_one_request_only() -> None:
    told = desk()
    told.send(0)
    told.send(1)
    told.minutes(3)
    ((reason,),) = told.rejected()
    assert reason.startswith("id: r1 is the id of a request of ")
    assert told.step(1) is None


def test_a_vm_that_cannot_be_restored_does_not_hold_up_the_others() -> None:
    told = desk(vms=2)
    gone = told.vm_id(7)
    told.ask(told.request(0, vms=[told.vm_id(0), gone]))
    told.until(Step.DONE)
    ((reason,),) = told.rejected()
    assert reason.startswith("vms[1]: ")


def test_disks_are_replaced_only_while_the_vm_is_off() -> None:
    told = desk(switches=("replace",))
    told.stop(0)
    told.stop(1)
    for number in range(2):
        told.send(
            number,
            id=f"r{number}",
            mode="replace",
            confirm_replace=[f"vm-{number}"],
            point={"tier": "vault"},
            production=True,
        )
    told.world.vms[told.vm_id(1).lower()].power = "running"
    told.until(Step.FAILED, number=1, request="r1")
    told.until(Step.DONE, number=0, request="r0")
    assert [one.kind for one in told.restores()] == ["OriginalLocation"]
    assert told.results("r1")["vm-1"].reason.startswith("its power state is running")
    assert len(told.alerts()) == 1


def test_the_restores_of_a_vm_in_a_day_are_spent_before_each_order() -> None:
    told = desk(limits={"restores_per_vm_day": 1})
    told.send(0)
    told.until(Step.DONE)
    told.send(0, id="r2")
    told.until(Step.FAILED, request="r2", most=30)
    assert len(told.restores()) == 1
    assert "were begun today" in told.results("r2")["vm-0"].reason


def test_the_watcher_returns_at_once_where_no_restore_runs_and_reads_one_list_a_minute_where_one_does() -> None:
    told = desk()
    assert told.watch() == watch.Watch()
    assert told.calls == []
    told.send(0)
    told.until(Step.RUNNING)
    told.calls.clear()
    told.minutes(60)
    assert told.step() is Step.RUNNING
    assert 55 <= told.calls.count("restores.jobs") <= 61
    assert told.calls.count("restores.job") <= 4


def test_a_task_whose_message_was_lost_is_woken() -> None:
    told = desk()
    told.send(0)
    while told.queues.take([advance.QUEUE]) is not None:
        pass
    told.until(Step.ACCEPTED, most=10)
    while told.queues.waiting(advance.QUEUE):
        told.world.advance(MINUTE)
        told.queues.take([advance.QUEUE])
    told.until(Step.RUNNING, most=10)


def test_who_was_overtaken_sends_nothing() -> None:
    told = desk()
    told.send(0)

    def overtake() -> None:
        account_id = told.one().state.account_id
        told.ports.ledger.write(leases.LEASES, account_id, {"task": "another|one", "fence": "99", "until": ""})

    told.will("restores.validate", overtake)
    told.watch()
    told.work()
    assert told.calls.count("restores.validate") == 1
    assert "restores.trigger" not in told.calls


def test_who_has_been_at_work_for_too_long_sends_nothing() -> None:
    told = desk()
    told.send(0)
    told.will("restores.validate", lambda: told.world.advance(3 * MINUTE))
    told.watch()
    told.work()
    assert "restores.trigger" not in told.calls
    told.until(Step.DONE)
    assert len(told.restores()) == 1


def test_a_lease_is_taken_over_only_where_its_task_gave_the_account_up() -> None:
    told = desk(vms=2, accounts=1)
    told.send(0, 1)
    told.minutes(3)
    holder = told.one(0) if told.one(0).holds else told.one(1)
    other = told.one(1) if told.one(0).holds else told.one(0)
    wants = replace(other, state=replace(other.state, account_id=holder.holds))
    assert leases.take(told.ports.ledger, wants, told.world.now) is None
    before = told.ports.ledger.read(leases.LEASES, holder.holds)
    moved = rows.move(told.ports.ledger, holder, replace(holder.state, step=Step.WAITING, account_id=""))
    assert moved is not None
    taken = leases.take(told.ports.ledger, wants, told.world.now)
    assert taken is not None
    assert taken.state.fence == int(before["fence"]) + 1


def test_what_the_service_objects_to_fails_with_its_words_and_nothing_is_sent() -> None:
    told = desk()
    del told.world.groups[TARGET.lower()]
    told.send(0)
    told.until(Step.FAILED, most=10)
    assert "UserErrorTargetResourceGroupNotFound" in told.results()["vm-0"].reason
    assert "restores.trigger" not in told.calls


def test_azure_that_does_not_answer_is_asked_again_and_given_up_after_the_wait() -> None:
    told = desk(limits={"wait": "2h"})
    told.send(0)
    told.will("restores.validate", *[LOST] * 1000)
    told.minutes(20)
    assert (told.step(), "503" in told.one().state.reason) == (Step.CHECKING, True)
    told.until(Step.FAILED, most=200)
    assert len(told.alerts()) == 1


def test_an_account_that_is_gone_is_passed_over_and_a_vault_that_is_gone_is_forgotten() -> None:
    told = desk(accounts=2)
    del told.world.accounts[next(key for key in told.world.accounts if key.endswith("strestore0"))]
    vault_id = told.key().partition("|")[2].partition("/backupfabrics/")[0]
    told.ports.ledger.write(standing.VAULTS, f"{vault_id}x", {"at": ""})
    told.send(0)
    told.until(Step.DONE)
    assert account_of(told) == "strestore1"
    assert len(told.ports.ledger.rows(standing.VAULTS)) == 1


def test_poison_is_rejected_and_what_is_stuck_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    told = desk()
    for queue in tidy.QUEUES:
        told.queues.send(f"{queue}-poison", "words")
    told.send(0)
    told.world.advance(timedelta(hours=2))
    assert tidy.tidy(told.ports, told.world.now, 10) == 3
    assert [one[0].partition(":")[0] for one in told.rejected()] == ["message"] * 3
    assert [record for record in caplog.records if "restore-stuck" in record.getMessage()]


def test_what_is_over_is_forgotten_after_two_weeks() -> None:
    told = desk()
    told.send(0)
    told.until(Step.DONE)
    assert tidy.forget_old(told.ports, told.world.now + timedelta(days=13)) > 0
    assert told.step() is Step.DONE
    assert tidy.forget_old(told.ports, told.world.now + timedelta(days=15)) == 1
    assert told.step() is None


def test_a_row_that_cannot_be_read_keeps_its_account_and_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    told = desk(vms=2, accounts=1)
    told.send(0)
    told.until(Step.RUNNING)
    row = told.ports.ledger.read(rows.TASKS, told.key())
    told.ports.ledger.write(rows.TASKS, told.key(), {**row, "state": "{"})
    told.send(1, id="r2")
    told.minutes(10)
    assert told.step(1, "r2") is Step.WAITING
    assert [record for record in caplog.records if "restore-unreadable" in record.getMessage()]
    advance.receive(told.ports, told.intent, turn_to_json(Turn(told.key())), told.world.now)
    advance.receive(told.ports, told.intent, "words", told.world.now)
    assert len(told.ports.quarantine.entries()) == 2


def test_events_and_details_that_cannot_be_had_do_not_keep_a_restore_from_its_end() -> None:
    told = desk()
    told.will("restores.job", *[LOST] * 1000)
    told.will("restores.jobs", None, Permanent("403", "AuthorizationFailed"))
    told.will("restores.operation", LOST)
    told.send(0)
    told.until(Step.DONE)
    assert told.results()["vm-0"].phases[0][0] == "wait"


def test_a_lease_is_given_back_with_the_step_that_ends_it() -> None:
    told = desk(accounts=2, fails=1.0)
    told.send(0)
    told.until(Step.RUNNING)
    first = told.one().holds
    while told.step() is Step.RUNNING and told.one().holds == first:
        told.minutes(1)
    row = told.ports.ledger.read(leases.LEASES, first)
    assert row is not None
    assert row["task"] == ""


def test_copies_of_a_look_do_not_become_looks_of_their_own() -> None:
    told = desk()
    told.send(0)
    told.until(Step.RUNNING)
    for _ in range(5):
        told.queues.send(advance.QUEUE, turn_to_json(Turn(told.key())))
    told.work()
    told.minutes(20)
    assert told.step() is Step.RUNNING
    assert len(told.queues.waiting(advance.QUEUE)) == 1


def test_a_request_that_was_left_half_done_is_finished_and_begins_nothing_twice() -> None:
    told = desk(vms=2)
    text = told.request(0, 1)
    told.ask(text)
    told.until(Step.DONE, number=0)
    told.until(Step.DONE, number=1)
    ended = told.ports.ledger.read(rows.ENDED, told.key(1))
    told.ports.ledger.drop(rows.ENDED, told.key(1))
    row = told.ports.ledger.read(fan_out.REQUESTS, "r1")
    assert ended is not None
    assert row is not None
    told.ports.ledger.write(fan_out.REQUESTS, "r1", {**row, "state": "coming"})
    told.ask(text)
    assert told.step(0) is Step.DONE
    assert told.step(1) is Step.WAITING
    assert told.ports.ledger.rows(rows.TASKS).keys() == {told.key(1)}


@pytest.mark.parametrize("part", range(6))
def test_a_crash_between_any_two_calls_changes_nothing_but_the_time(part: int) -> None:
    moments = crashed(0)
    assert moments > 60
    for moment in range(1 + part * 5, moments, 30):
        crashed(moment)


def crashed(moment: int) -> int:
    """Restore a VM from its snapshot, with a crash at one moment; return how many moments there were."""
    told, seen = desk(), []

    def happens(call: str) -> None:
        seen.append(call)
        if len(seen) == moment:
            raise Crash(call)

    told.ports = watched_ports(told.world, frozenset({"restore"}), happens)
    text = told.request(0, point="latest")
    for _ in range(40):
        for step in (lambda: told.ask(text), lambda: told.minutes(1)):
            try:
                step()
            except Crash:
                told.minutes(0.5)
    (only,) = told.restores()
    assert told.job(only).status == "Completed"
    assert told.step() is Step.DONE
    assert set(told.events()) == {"nightshift.restore.done.v1"}
    assert told.ports.ledger.rows(rows.TASKS) == {}
    return len(seen)


def test_what_is_rejected_fits_into_a_message_whatever_it_holds() -> None:
    told = desk()
    for text in ("\x01" * 9000, "\U0001f600" * 9000, "\ud800" * 9000):
        reject(told.ports, "restore-requests", ["id: \U0001f600" * 300] * 30, text, told.world.now)
    assert [len(one) for one in told.rejected()] == [21] * 3
