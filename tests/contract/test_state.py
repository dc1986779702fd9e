"""Do ledger, plans, policies and reports behave the same, in memory and over the real Azurite?"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from local.memory.stores import MemoryResults
from shared.errors import Permanent, Transient
from shared.model.plan import Action, Finding, Plan, PolicyEdit, RegionProof, VmPlan
from tests.cloud.nouns import SLOT_POLICY, VAULT
from tests.contract.stages import Stage

KEY = "/subscriptions/S/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/Vm#1?"
DAY = date(2026, 3, 2)
PLAN = Plan(
    night=DAY,
    made_at=datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=UTC),
    policy_version="0123456789ab",
    vms=(
        VmPlan(
            vm_id=KEY.lower(),
            name="Vm1",
            vault_id=VAULT.id,
            region="westeurope",
            tier="gold",
            action=Action.MOVE,
            reason="22:30 is crowded: it starts at 01:30 - naive cafe \u2603",
            slot=3,
            current_slot=None,
            policy=SLOT_POLICY.name,
            current_policy="DefaultPolicy",
            allowed=(1, 2, 3),
            duration_slots=4,
            minutes=101.25,
            measured=21,
            due=datetime(2026, 3, 2, 13, tzinfo=UTC),
        ),
    ),
    policies=(SLOT_POLICY, replace(SLOT_POLICY, archive=("ArchivedRP: TierAfter 3 Months",))),
    edits=(PolicyEdit(SLOT_POLICY.id, "retention rises", datetime(2026, 3, 3, tzinfo=UTC)),),
    proofs=(RegionProof("westeurope", 9, 3, 2.75, (0.5, 0.0, 1e-9)),),
    findings=(Finding("unprotected", KEY, "no vault holds it"),),
)


def at_once[T](count: int, act: Callable[[], T]) -> list[T]:
    """Run `act` in `count` threads that begin together."""
    barrier = threading.Barrier(count)

    def run(_: int) -> T:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_a_row_is_what_was_written_last_whatever_the_case_of_its_key(stage: Stage) -> None:
    ledger = stage.ports.ledger
    assert ledger.read("origin", KEY) is None
    ledger.write("origin", KEY, {"policy-id": "a", "": "odd", "empty": ""})
    ledger.write("origin", KEY.upper(), {"policy-id": "b"})
    assert ledger.read("origin", KEY.lower()) == {"policy-id": "b"}
    assert ledger.read("hold", KEY) is None


def test_rows_of_a_kind_come_by_the_key_they_were_written_with(stage: Stage) -> None:
    ledger = stage.ports.ledger
    assert ledger.rows("origin") == {}
    ledger.write("origin", KEY, {"n": "1"})
    ledger.write("origin", "other", {"n": "2"})
    ledger.write("hold", "third", {"n": "3"})
    assert ledger.rows("origin") == {KEY: {"n": "1"}, "other": {"n": "2"}}


def test_a_dropped_row_is_gone_and_may_be_dropped_again(stage: Stage) -> None:
    ledger = stage.ports.ledger
    ledger.write("pause", "all", {"until": "soon"})
    ledger.drop("pause", "ALL")
    ledger.drop("pause", "all")
    assert ledger.read("pause", "all") is None


def test_a_claim_succeeds_once_and_the_second_changes_nothing(stage: Stage) -> None:
    ledger = stage.ports.ledger
    assert ledger.claim("move", KEY, {"by": "first"})
    assert not ledger.claim("move", KEY.upper(), {"by": "second"})
    assert ledger.read("move", KEY) == {"by": "first"}
    ledger.drop("move", KEY)
    assert ledger.claim("move", KEY, {"by": "third"})


def test_of_claims_at_once_exactly_one_succeeds(stage: Stage) -> None:
    assert sorted(at_once(4, lambda: stage.ports.ledger.claim("move", KEY, {}))) == [False, False, False, True]


def test_a_row_is_changed_only_while_it_says_what_was_read(stage: Stage) -> None:
    ledger = stage.ports.ledger
    assert not ledger.swap("lease", KEY, {}, {"fence": "1"}), "a row that is not there says nothing"
    ledger.write("lease", KEY, {"holder": "a", "fence": "1"})
    assert ledger.swap("lease", KEY.upper(), {"fence": "1", "holder": "a"}, {"holder": "b", "fence": "2"})
    assert not ledger.swap("lease", KEY, {"holder": "a", "fence": "1"}, {"holder": "c", "fence": "2"})
    assert ledger.read("lease", KEY) == {"holder": "b", "fence": "2"}
    ledger.drop("lease", KEY)
    assert not ledger.swap("lease", KEY, {"holder": "b", "fence": "2"}, {"holder": "c", "fence": "3"})
    assert ledger.read("lease", KEY) is None


def test_of_changes_at_once_exactly_one_succeeds(stage: Stage) -> None:
    stage.ports.ledger.write("lease", KEY, {"fence": "1"})
    numbers = iter("abcd")

    def take() -> bool:
        return stage.ports.ledger.swap("lease", KEY, {"fence": "1"}, {"fence": "2", "holder": next(numbers)})

    assert sorted(at_once(4, take)) == [False, False, False, True]


def test_a_quota_is_spent_to_its_limit_by_subject_and_day(stage: Stage) -> None:
    ledger = stage.ports.ledger
    assert [ledger.spend("moves", VAULT.id, DAY, 3) for _ in range(5)] == [True, True, True, False, False]
    assert not ledger.spend("moves", VAULT.id.upper(), DAY, 3)
    assert ledger.spend("moves", VAULT.id, date(2026, 3, 3), 3)
    assert ledger.spend("moves", "/another/vault", DAY, 3)
    assert ledger.spend("policy-writes", VAULT.id, DAY, 3)
    assert ledger.spend("moves", VAULT.id, DAY, 4)
    assert not ledger.spend("none", VAULT.id, DAY, 0)


def test_spending_at_once_never_exceeds_the_limit(stage: Stage) -> None:
    def spend() -> bool:
        try:
            return stage.ports.ledger.spend("moves", VAULT.id, DAY, 5)
        except Transient:
            return False

    taken = [spent for _ in range(3) for spent in at_once(4, spend)]
    assert sum(taken) == 5
    assert not stage.ports.ledger.spend("moves", VAULT.id, DAY, 5)


def test_the_newest_plan_comes_back_as_it_was_saved(stage: Stage) -> None:
    plans = stage.ports.plans
    assert plans.latest() is None
    plans.save(PLAN)
    assert plans.latest() == PLAN
    plans.save(replace(PLAN, night=date(2026, 3, 3), vms=()))
    latest = plans.latest()
    assert latest is not None
    assert (latest.night, latest.vms) == (date(2026, 3, 3), ())


def test_the_published_policy_and_the_last_good_one_are_kept_apart(stage: Stage) -> None:
    policies = stage.ports.policies
    assert (policies.current(), policies.last_good()) == (None, None)
    policies.publish("version: 1\nname: Z\u00fcrich\r\n")
    assert policies.current() == "version: 1\nname: Z\u00fcrich\r\n"
    assert policies.last_good() is None
    policies.mark_good("version: 1\n")
    policies.publish("version: 2\n")
    assert (policies.current(), policies.last_good()) == ("version: 2\n", "version: 1\n")


def test_the_newest_report_comes_back_in_both_forms(stage: Stage) -> None:
    reports = stage.ports.reports
    assert (reports.latest("html"), reports.latest("json")) == (None, None)
    reports.save(DAY, "<p>\u2603</p>", '{"a": 1}')
    reports.save(date(2026, 3, 3), "<p>new</p>", '{"a": 2}')
    assert (reports.latest("html"), reports.latest("json")) == ("<p>new</p>", '{"a": 2}')
    with pytest.raises(Permanent):
        reports.latest("pdf")


def test_the_results_of_a_request_are_kept_apart_from_others(stage: Stage) -> None:
    results = stage.ports.results
    assert results.of("r-1") == {}
    results.save("r-1", "app-01", '{"status": "failed"}')
    results.save("r-1", "app-01", '{"status": "done"}')
    results.save("r-1", "rg_2.app-02", "{}")
    results.save("r-10", "app-01", "[]")
    assert results.of("r-1") == {"app-01": '{"status": "done"}', "rg_2.app-02": "{}"}
    assert results.of("r-10") == {"app-01": "[]"}


@pytest.mark.parametrize("name", ["", "..", "a/b", "../r-2", "a.", ".a", "a?b", "a b", "a" * 129])
def test_a_result_whose_name_could_lead_elsewhere_is_refused(name: str) -> None:
    results = MemoryResults()
    for request, result in ((name, "a"), ("r", name)):
        with pytest.raises(Permanent, match="expected 1 to 128"):
            results.save(request, result, "{}")
    assert results.of("r") == {}


def test_the_bundle_carries_its_switches_and_waits_on_the_worlds_clock(stage: Stage) -> None:
    before = stage.world.now
    stage.ports.wait(90)
    assert (stage.world.now - before).total_seconds() == 90
    assert stage.ports.switches == {"plan"}
