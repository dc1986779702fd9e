"""Is a restore in the secondary region carried out once, there, and told of, whatever is lost, doubled or refused?"""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from local.scenarios.nights import Crash
from local.scenarios.watched import watched_ports
from local.world import restore_requests, restores
from local.world import secondary as region
from shared.errors import Permanent, Transient
from shared.flows.restores import advance, history, rows, standing
from shared.messages.restore_tasks import Turn, turn_to_json
from shared.model.restore_tasks import Step
from tests.flows.restoring import AWAY, MINUTE, TARGET, Desk, two_regions

LOST = Transient("503: the answer was lost")
BUSY = Transient("429: too many", refused=True)
REFUSED = Permanent("AuthorizationFailed: not allowed", "AuthorizationFailed")


def ask(told: Desk, *numbers: int, **changes: object) -> None:
    told.send(*numbers, **{"region": "secondary", **changes})


def by_somebody(told: Desk, number: int, account: str, *, secondary: bool) -> None:
    """Let somebody restore the VM's oldest point to an account, past the app."""
    item = next(one for one in told.world.items.values() if one.container.endswith(f";vm-{number}"))
    account_id = next(key for key in told.world.accounts if key.endswith(account))
    point = min(region.points_of(told.world, item), key=lambda one: one.at)
    wish = restore_requests.Wish(told.world.vaults[item.vault_id], item, point, "RestoreDisks", account_id, TARGET)
    restores.trigger(told.world, replace(wish, secondary=secondary), "somebody")


def accounts(told: Desk) -> list[str]:
    return [one.account_id.rpartition("/")[2] for one in told.restores()]


def test_it_is_made_in_the_paired_region_and_its_result_says_so() -> None:
    told = two_regions()
    ask(told, 0)
    told.until(Step.DONE)
    assert accounts(told)[0].startswith("staway")
    assert {disk.region for disk in told.world.disks.values()} == {AWAY}
    result = told.results()["vm-0"]
    assert (result.region, result.step) == (AWAY, Step.DONE)
    assert result.point_at < result.accepted_at - timedelta(days=4)
    assert told.events() == ["nightshift.restore.done.v1"]
    (one,) = history.histories(told.ports, told.intent, told.world.now - timedelta(days=1), told.world.now)
    assert (one.region, one.point_age) == (AWAY, result.accepted_at - result.point_at)
    assert told.calls.count("restores.trigger") == 1
    assert told.ports.ledger.rows(rows.TASKS) == {}


def test_both_regions_restore_at_once_each_to_its_own_accounts() -> None:
    told = two_regions()
    ask(told, 0)
    told.send(0, id="r2")
    told.until(Step.DONE, request="r1")
    told.until(Step.DONE, request="r2")
    assert sorted(one[:6] for one in accounts(told)) == ["staway", "strest"]
    assert told.world.counters.shared_accounts == 0
    assert [len(told.results(request)["vm-0"].jobs) for request in ("r1", "r2")] == [1, 1]


def test_the_third_waits_for_one_of_two_accounts_there() -> None:
    told = two_regions(vms=3)
    ask(told, 0, 1, 2)
    told.minutes(5)
    assert [told.step(number) for number in range(3)].count(Step.WAITING) == 1
    for number in range(3):
        told.until(Step.DONE, number=number)
    assert len(told.restores()) == 3
    assert told.world.counters.shared_accounts == 0


def test_a_lost_answer_is_resolved_by_the_jobs_of_the_region() -> None:
    told = two_regions()
    told.will("restores.trigger.sent", LOST)
    ask(told, 0)
    told.minutes(4)
    assert told.step() is Step.UNSURE
    told.until(Step.DONE)
    assert told.calls.count("restores.trigger") == 1
    assert len(told.restores()) == 1


def test_a_job_of_the_vaults_own_region_is_not_taken_for_it() -> None:
    told = two_regions()
    told.will("restores.trigger", LOST)
    ask(told, 0)
    told.minutes(2)
    by_somebody(told, 0, "strestore0", secondary=False)
    told.until(Step.DONE)
    assert accounts(told)[0] == "strestore0"
    assert [one.startswith("staway") for one in accounts(told)] == [False, True]
    assert told.job(told.restores()[1]).started_at >= told.results()["vm-0"].accepted_at + 7 * MINUTE


@pytest.mark.parametrize(("call", "problem"), [("restores.trigger", BUSY), ("restores.token", LOST)])
def test_an_order_that_has_not_begun_comes_later_without_counting(call: str, problem: Transient) -> None:
    told = two_regions()
    told.will(call, problem)
    ask(told, 0)
    told.minutes(3)
    assert (told.step(), told.one().state.attempts) == (Step.CHECKING, 0)
    told.until(Step.DONE)
    assert len(told.restores()) == 1


def test_five_copies_of_every_message_begin_one_job() -> None:
    told = two_regions()
    text = told.request(0, region="secondary")
    for _ in range(5):
        told.ask(text)
    told.minutes(2)
    for _ in range(5):
        told.queues.send(advance.QUEUE, turn_to_json(Turn(told.key())))
    told.until(Step.DONE)
    assert len(told.restores()) == 1
    assert told.rejected() == []


def test_a_crash_at_any_call_leaves_one_restore() -> None:
    calls = _with_a_crash_at(0)
    assert "restores.token" in calls
    for moment in range(1, len(calls) + 1):
        if calls[moment - 1].startswith(("restores.", "queues.send", "ledger.swap")):
            _with_a_crash_at(moment)


def _with_a_crash_at(moment: int) -> list[str]:
    """Play one restore in which the call with this number kills whoever makes it; return all calls."""
    told, seen = two_regions(vms=1, away=1), list[str]()

    def happens(call: str) -> None:
        seen.append(call)
        if len(seen) == moment:
            raise Crash(call)

    told.ports = watched_ports(told.world, frozenset({"restore"}), happens)
    told.world.vms[told.vm_id().lower()].data_gb = 1.0
    text = told.request(0, region="secondary")
    for _ in range(40):
        for step in (lambda: told.ask(text), lambda: told.minutes(1)):
            try:
                step()
            except Crash:
                told.minutes(0.5)
    (only,) = told.restores()
    assert (told.job(only).status, told.step()) == ("Completed", Step.DONE)
    assert set(told.events()) == {"nightshift.restore.done.v1"}
    return seen


def test_a_running_one_cannot_be_cancelled_and_goes_on() -> None:
    told = two_regions()
    ask(told, 0)
    told.until(Step.RUNNING)
    told.ask(json.dumps({"version": 1, "cancel": "r1", "requester": "ops"}))
    told.minutes(10)
    assert told.step() is Step.RUNNING
    assert told.one().state.reason == "its job cannot be cancelled any more, and goes on"
    told.until(Step.DONE)
    assert "restores.cancel" not in told.calls


def test_an_account_that_somebody_restores_to_from_the_pair_is_not_free() -> None:
    told = two_regions(away=1)
    by_somebody(told, 1, "staway0", secondary=True)
    told.minutes(6)
    ask(told, 0)
    told.minutes(10)
    assert told.step() is Step.WAITING
    told.until(Step.DONE)
    foreign, own = told.restores()
    assert told.job(own).started_at >= told.job(foreign).ended_at
    assert told.world.counters.shared_accounts == 0


def test_the_watcher_reads_one_list_of_the_region_a_minute() -> None:
    told = two_regions()
    ask(told, 0)
    told.until(Step.RUNNING)
    told.calls.clear()
    told.minutes(60)
    assert told.step() is Step.RUNNING
    assert 55 <= told.calls.count("restores.jobs") <= 61
    assert told.calls.count("restores.job") <= 4


@pytest.mark.parametrize(
    ("spoil", "changes", "field", "reason"),
    [
        ("closed", {}, "region", "Cross Region Restore is off"),
        ("local", {}, "region", "LocallyRedundant and keeps nothing"),
        ("no pool", {}, "region", "does not have northeurope"),
        ("unread", {}, "region", "northeurope does not show its restores: AuthorizationFailed"),
        ("", {"point": {"before": "2020-01-01T00:00:00Z"}}, "point.before", "no point was taken before"),
        ("", {"point": {"id": "77"}}, "point.id", "no point is called 77"),
        ("", {"mode": "new-vm"}, "mode", "northeurope has no subnet for new VMs"),
        ("nothing there", {}, "point", "has no recovery point"),
    ],
)
def test_what_cannot_be_had_there_is_rejected_and_nothing_is_sent(
    spoil: str, changes: dict[str, object], field: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = two_regions(away=0 if spoil == "no pool" else 2)
    (vault,) = told.world.vaults.values()
    vault.cross_region = spoil != "closed"
    vault.redundancy = "LocallyRedundant" if spoil == "local" else "GeoRedundant"
    if spoil == "unread":
        told.will("restores.jobs", REFUSED)
    if spoil == "nothing there":
        monkeypatch.setattr(region, "points_of", lambda _world, _item: [])
    ask(told, 0, **changes)
    told.minutes(3)
    ((said,),) = told.rejected()
    assert said.startswith(f"{field}: vm-0: ")
    assert reason in said
    assert told.restores() == []
    assert told.ports.ledger.rows(rows.TASKS) == {}


def test_replacing_from_there_is_refused_as_a_whole() -> None:
    told = two_regions(switches=("restore", "replace"))
    ask(told, 0, mode="replace", confirm_replace=["vm-0"], production=True)
    ((said,),) = told.rejected()
    assert said.startswith("mode: replace writes to the VM in its own region")


def test_the_newest_point_there_is_older_than_the_newest_here() -> None:
    told = two_regions()
    ask(told, 0, point="latest")
    told.send(0, id="r2", point="latest")
    there, here = told.one(request="r1").task, told.one(request="r2").task
    assert there.point.at < here.point.at
    age = (told.world.now - there.point.at) / timedelta(hours=1)
    assert there.why_point.endswith(f"; {age:.0f} h old when it was asked for")


def test_only_a_request_for_the_pair_has_it_watched() -> None:
    told = two_regions()
    told.send(0)
    assert [key for key in told.ports.ledger.rows(standing.VAULTS) if standing.AT in key] == []
    ask(told, 1, id="r2")
    assert [key[-len(AWAY) :] for key in told.ports.ledger.rows(standing.VAULTS) if standing.AT in key] == [AWAY]


def test_the_silence_of_one_region_stops_nothing_in_the_other() -> None:
    told = two_regions()
    told.send(0)
    ask(told, 1, id="r2")
    jobs = told.ports.restores.jobs

    class Silent:
        def __getattr__(self, name: str) -> object:
            return getattr(restores_port, name)

        def jobs(self, vault, since, until, region=""):
            if region:
                raise LOST
            return jobs(vault, since, until, region)

    restores_port = told.ports.restores
    told.ports = replace(told.ports, restores=Silent())
    told.until(Step.RUNNING, most=15)
    assert told.step(1, "r2") is Step.WAITING
    assert told.one(1, "r2").state.reason.startswith("running restores and accounts are being looked at first")
    told.ports = replace(told.ports, restores=restores_port)
    told.until(Step.DONE, number=1, request="r2")


def test_the_command_in_a_plan_names_the_secondary_region() -> None:
    told = two_regions()
    ask(told, 0, dry_run=True)
    (line,) = json.loads(told.ports.results.of("r1")["plan"])["restores"]
    assert line["region"] == AWAY
    assert line["command"].endswith(" --target-resource-group rg-restored --use-secondary-region")


def test_the_access_token_is_kept_nowhere() -> None:
    told = two_regions()
    secrets = set[str]()
    ask(told, 0)
    told.until(Step.DONE)
    for vault in told.world.vaults.values():
        for item in told.world.items_in(vault.id):
            secrets |= {region.token(told.world, vault, item, point) for point in item.points}
    kept = str(vars(told.ports.ledger)) + str(told.ports.results.of("r1")) + str(vars(told.queues))
    assert secrets
    assert [secret for secret in secrets if secret in kept] == []
