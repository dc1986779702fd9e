"""What is seen in one look, and what is remembered of our own writes?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.errors import Permanent, Transient
from shared.flows import backup_windows
from shared.flows.look import (
    ACCEPTED,
    DRIFT,
    PLACEMENTS,
    POLICIES,
    ROLLED_BACK,
    SENT,
    VERIFIED,
    changes_behind,
    look,
    look_with_history,
    remember,
    settle,
    vaults_in_scope,
)
from shared.model.azure import Change, Vm
from shared.model.observed import Observed
from shared.model.plan import Outcome
from shared.rules.slot_policies import fingerprint
from tests.flows.stage import AFTERNOON, LOST, SUBSCRIPTION, THROTTLED, stage


class Shown:
    """A fleet of just these VMs, that nobody changed."""

    def __init__(self, vms: list[Vm]) -> None:
        self._vms = vms

    def vms(self, subscriptions: Sequence[str]) -> list[Vm]:  # noqa: ARG002
        return self._vms

    def changes(self, subscription: str, since: datetime, until: datetime) -> list[Change]:  # noqa: ARG002
        return []


def test_only_vaults_in_scope_are_looked_at_in_the_order_of_their_ids() -> None:
    night = stage(vms=4, vaults=3)
    night.intent = replace(night.intent, scope=replace(night.intent.scope, vaults=("rsv-2", "rsv-0")))
    assert [vault.name for vault in vaults_in_scope(night.ports, night.intent)] == ["rsv-0", "rsv-2"]


def test_a_look_reads_vms_once_and_items_and_policies_of_each_vault() -> None:
    night = stage(vms=4, vaults=2)
    seen = look(night.ports, night.intent, vaults_in_scope(night.ports, night.intent))
    assert (len(seen.vaults), len(seen.vms), len(seen.items), len(seen.policies)) == (2, 4, 4, 2)
    assert night.calls == ["vaults.vaults", "fleet.vms", *["vaults.items", "vaults.policies"] * 2]


def test_a_vault_that_cannot_be_read_is_a_finding_and_the_others_are_looked_at() -> None:
    night = stage(vms=4, vaults=2)
    night.will("vaults.items", Permanent("not allowed", "AuthorizationFailed"))
    seen = look(night.ports, night.intent, vaults_in_scope(night.ports, night.intent))
    assert (len(seen.vaults), len(seen.items)) == (1, 2)
    (finding,) = seen.unreadable
    assert (finding.code, "could not be read: not allowed" in finding.text) == ("vault-unreadable", True)


def test_history_is_asked_as_far_back_as_the_limit_says() -> None:
    night = stage()
    night.limited(job_history_days=3)
    seen = look_with_history(night.ports, night.intent, AFTERNOON)
    assert len(seen.jobs) == 3 * 3
    assert min(job.started_at for job in seen.jobs) >= AFTERNOON - timedelta(days=3)
    assert (seen.changes, seen.previous, night.count("fleet.changes")) == ((), None, 0)


def test_four_weeks_of_load_are_read_at_once_for_the_vms_that_may_be_planned() -> None:
    night = stage(vms=5)
    night.vm("vm-1").tags["nightshift-hold"] = "2026-04-01;ann;release"
    del night.vm("vm-2").tags["tier"]
    night.item("vm-3").state = "ProtectionStopped"
    half_past = AFTERNOON + timedelta(minutes=30)
    seen = look_with_history(night.ports, night.intent, half_past)
    assert sorted(vm_id.rpartition("/")[2] for vm_id in seen.load) == ["vm-0", "vm-4"]
    assert {(one.begins_at, one.ends_at) for one in seen.load.values()} == {(AFTERNOON - timedelta(days=28), AFTERNOON)}
    assert (night.count("load.series"), seen.unreadable) == (1, ())


def test_load_that_is_refused_is_a_finding_and_the_plan_goes_on() -> None:
    night = stage()
    night.will("load.series", Permanent("CPU metrics: AuthorizationFailed: no", "AuthorizationFailed"))
    made = backup_windows.plan(night.ports, night.intent, AFTERNOON)
    (finding,) = made.findings
    assert (finding.code, finding.subject) == ("load-unreadable", f"/subscriptions/{SUBSCRIPTION}")
    assert "AuthorizationFailed: no; see that the app's role holds Microsoft.Insights/metrics/read" in finding.text
    assert (len(made.moves), made.peak) == (3, 1)
    night.will("load.series", Permanent("CPU metrics: BadRequest: no", "BadRequest"))
    assert look_with_history(night.ports, night.intent, AFTERNOON).load == {}


def test_a_subscription_whose_load_is_refused_costs_no_other_its_own() -> None:
    night = stage(vms=2)
    other = "00000000-0000-0000-0000-000000000002"
    foreign, mine = night.vm("vm-0"), night.vm("vm-1")
    seen = look(night.ports, night.intent, vaults_in_scope(night.ports, night.intent))
    vms = [replace(vm, subscription=other) if vm.name == foreign.name else vm for vm in seen.vms]
    refusal = Permanent("no", "AuthorizationFailed")
    night.will("load.series", refusal, refusal)
    ports = replace(night.ports, fleet=Shown(vms))
    seen = look_with_history(ports, night.intent, AFTERNOON)
    assert [finding.subject for finding in seen.unreadable] == [f"/subscriptions/{SUBSCRIPTION}"]
    assert list(seen.load) == [foreign.id.lower()]
    assert mine.id.lower() not in seen.load
    assert night.count("load.series") == 3


@pytest.mark.parametrize("problem", [LOST, THROTTLED])
def test_where_the_load_cannot_be_read_now_the_next_hour_plans(problem: Transient) -> None:
    night = stage()
    night.will("load.series", problem)
    with pytest.raises(Transient):
        backup_windows.plan_tonight(night.ports, night.intent, AFTERNOON)
    assert night.ports.plans.latest() is None
    assert backup_windows.plan_tonight(night.ports, night.intent, AFTERNOON + timedelta(hours=1)) is not None


def test_only_planning_reads_load() -> None:
    night = stage()
    night.planned()
    assert night.enforce().count(Outcome.WRITTEN) > 0
    assert night.count("load.series") == 0, "enforcement does not look at load"
    night.tomorrow()
    assert backup_windows.plan_tonight(night.ports, night.intent, night.world.now) is not None
    assert night.count("load.series") == 1
    for _ in range(24):
        backup_windows.plan_tonight(night.ports, night.intent, night.world.now)
        night.enforce()
        night.next_hour()
    assert night.count("load.series") == 2, "one for each fleet day"


def test_a_write_that_was_sent_is_verified_once_the_world_shows_it() -> None:
    night = stage()
    seen = look(night.ports, night.intent, vaults_in_scope(night.ports, night.intent))
    (item, other, *_), policy, ledger = seen.items, seen.policies[0], night.ports.ledger
    ledger.write(PLACEMENTS, item.vm_id, {"policy": item.policy_id, "previous": "", "state": SENT})
    ledger.write(PLACEMENTS, other.vm_id, {"policy": "/elsewhere", "previous": "", "state": SENT})
    ledger.write(POLICIES, policy.id, {"fingerprint": fingerprint(policy), "previous": "", "state": SENT})
    assert remember(ledger).placements == {}
    settle(ledger, seen)
    assert remember(ledger).placements == {item.vm_id: item.policy_id}
    assert remember(ledger).written == {policy.id: fingerprint(policy)}
    assert ledger.rows(PLACEMENTS)[other.vm_id]["state"] == SENT


def test_a_move_that_azure_took_is_verified_by_what_is_seen_next_but_what_was_there() -> None:
    night = stage()
    seen = look(night.ports, night.intent, vaults_in_scope(night.ports, night.intent))
    item, ledger = seen.items[0], night.ports.ledger
    row = {"policy": "/ours", "previous": "", "state": SENT, "from": item.policy_id}
    ledger.write(PLACEMENTS, item.vm_id, row)
    settle(ledger, seen, accepted=[item.vm_id])
    assert ledger.rows(PLACEMENTS)[item.vm_id]["state"] == ACCEPTED
    settle(ledger, seen)
    assert remember(ledger).placements == {}
    elsewhere = replace(seen, items=(replace(item, policy_id="/by-hand"),))
    settle(ledger, elsewhere)
    assert remember(ledger).placements == {item.vm_id: "/ours"}
    ledger.write(PLACEMENTS, item.vm_id, row)
    settle(ledger, elsewhere)
    assert ledger.rows(PLACEMENTS)[item.vm_id] == row


def test_an_overwritten_policy_is_known_as_it_was_until_the_new_write_is_seen() -> None:
    ledger = stage().ports.ledger
    ledger.write(POLICIES, "/fresh", {"fingerprint": "a", "previous": "", "state": SENT})
    ledger.write(POLICIES, "/edited", {"fingerprint": "new", "previous": "old", "state": SENT})
    ledger.write(POLICIES, "/done", {"fingerprint": "b", "previous": "", "state": VERIFIED})
    assert remember(ledger).written == {"/edited": "old", "/done": "b"}


def test_a_vm_under_way_is_known_where_it_was_last_seen_to_be_put() -> None:
    ledger = stage().ports.ledger
    ledger.write(PLACEMENTS, "/first", {"policy": "new", "previous": "", "state": SENT})
    ledger.write(PLACEMENTS, "/second", {"policy": "new", "previous": "old", "state": SENT})
    ledger.write(PLACEMENTS, "/third", {"policy": "there", "previous": "old", "state": VERIFIED})
    assert remember(ledger).placements == {"/second": "old", "/third": "there"}


def test_what_the_ledger_knows_of_drift_and_rollbacks_is_remembered() -> None:
    ledger = stage().ports.ledger
    ledger.write(DRIFT, "/policy", {"since": AFTERNOON.isoformat(), "text": "changed"})
    ledger.write(ROLLED_BACK, "/vm", {"reason": "put back"})
    assert remember(ledger).drift_since == {"/policy": AFTERNOON}
    assert remember(ledger).rolled_back == {"/vm": "put back"}


def test_the_activity_log_is_asked_only_where_something_is_not_as_we_left_it() -> None:
    night = stage()
    night.settled()
    seen = look(night.ports, night.intent, vaults_in_scope(night.ports, night.intent))
    assert changes_behind(night.ports, seen, night.intent, night.world.now) == ()
    assert night.count("fleet.changes") == 0
    night.human("assign", vm=night.vm().id, policy_id=night.policy("DefaultPolicy").id)
    seen = look(night.ports, night.intent, vaults_in_scope(night.ports, night.intent))
    changes = changes_behind(night.ports, seen, night.intent, night.world.now)
    assert "human@example.com" in {change.actor for change in changes}
    assert isinstance(seen, Observed)
