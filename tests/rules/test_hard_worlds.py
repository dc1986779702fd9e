"""Does every bad world end in a reason? Histories that cannot be, full vaults, empty tiers, and clocks that jump."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.model.azure import BackupPolicy, Job
from shared.model.observed import Memory, Observed
from shared.model.plan import Action, Plan
from shared.rules import plan_proof
from shared.rules.backup_windows import plan
from shared.rules.enforcement import fleet_objection
from shared.rules.protection import judge
from shared.rules.slot_policies import id_of
from tests.rules.fleet import (
    KEPT,
    NOW,
    VAULT_ID,
    followed,
    intent,
    item,
    job,
    jobs,
    names,
    policy,
    seen,
    tier,
    vm,
    window,
    written,
)

DAY = timedelta(days=1)


def confirmed(observed: Observed, **wanted) -> Plan:
    """The plan, after its checker found nothing wrong with it."""
    made = plan(observed, intent(**wanted), NOW)
    assert plan_proof.check(made, intent(**wanted), observed.vms) == []
    return made


def reason(made: Plan, name: str = "app") -> str:
    return next(line.reason for line in made.vms if line.name == name)


def texts(made: Plan, code: str) -> list[str]:
    return [finding.text for finding in made.findings if finding.code == code]


@pytest.mark.parametrize("history", [(), jobs("app", 50, 1)], ids=["no job", "one job"])
def test_a_vm_with_hardly_a_history_is_planned_by_the_prior_and_says_so(history: tuple[Job, ...]):
    made = confirmed(seen(["app"], jobs=history))
    assert "about 120 min (prior, too few own jobs)" in reason(made)


@pytest.mark.parametrize(
    "fields",
    [{"minutes": 0}, {"minutes": -90}, {"minutes": 60 * 24 * 400}, {"minutes": 50, "ended_at": NOW - 90 * DAY}],
    ids=["zero", "negative", "a year", "ended before it began"],
)
def test_jobs_whose_times_cannot_be_are_left_out_and_counted_in_the_reason(fields: dict):
    broken = [job("app", number=number, **fields) for number in range(1, 6)]
    made = confirmed(seen(["app"], jobs=tuple(broken)))
    assert "about 120 min (prior, too few own jobs; 5 with impossible times left out)" in reason(made)
    made = confirmed(seen(["app"], jobs=(*broken, *jobs("app", 50, 3))))
    assert "about 50 min (p95 of 3 jobs; 5 with impossible times left out)" in reason(made)


def test_a_backup_that_takes_longer_than_a_day_is_never_moved_unseen():
    made = confirmed(seen(["app"], jobs=jobs("app", 60 * 30)))
    assert "about 1800 min (p95 of 5 jobs)" in reason(made)
    assert [line.due for line in made.moves] == [None]
    assert len(texts(made, "no-safe-hour")) == 1


def filled(count: int, ours: Iterable[BackupPolicy] = ()) -> tuple[BackupPolicy, ...]:
    """`count` policies in the vault: Legacy, `ours`, and others that nobody is in."""
    known = (policy(), *ours)
    return (*known, *(policy(f"Other-{number}") for number in range(count - len(known))))


def test_a_vault_without_room_for_slot_policies_keeps_its_vms_and_names_the_limit():
    made = confirmed(seen(names(4), policies=filled(200)))
    assert (made.moves, made.edits, made.policies) == ((), (), ())
    blocked = texts(made, "policy-blocked")
    assert blocked
    assert all("rsv-1 has 200 policies, limits.policies_per_vault is 200" in text for text in blocked)
    assert all("limits.policies_per_vault" in line.reason for line in made.vms)
    assert {line.action for line in made.vms} == {Action.HOLD}


def test_the_last_room_for_policies_is_used_and_no_more():
    wanted = {"windows": {"night": window("20:00-06:00")}}
    made = confirmed(seen(names(6), policies=filled(198), jobs=()), **wanted)
    present = {one.id for one in filled(198)}
    assert len({one.id for one in made.policies} - present) == 2
    assert {line.action for line in made.vms} == {Action.HOLD, Action.MOVE}
    assert {id_of(VAULT_ID, line.policy) for line in made.moves} == {one.id for one in made.policies}


def test_a_full_vault_goes_on_with_the_slot_policies_it_has():
    empty = seen(names(4))
    there = followed(empty, plan(empty, intent(), NOW))
    slots = tuple(one for one in there.policies if one.name.startswith("ns-"))
    made = confirmed(replace(there, policies=filled(200, slots)))
    assert {line.action for line in made.vms} == {Action.KEEP}
    assert texts(made, "policy-blocked") == []


def test_a_vault_at_a_thousand_vms_moves_its_own_and_takes_no_other():
    inside = policy("Elsewhere")
    others = tuple(replace(item(f"old-{number}", inside), id=f"{VAULT_ID}/old-{number}") for number in range(999))
    gone = tuple(replace(one, policy_id=policy("Weekly").id) for one in others)
    observed = seen(["app"], items=(item("app", policy()), *gone), vms=(vm("app"), vm("newcomer")))
    made = confirmed(observed)
    assert [line.name for line in made.moves] == ["app"]
    assert made.enrolments == ()
    findings = judge(observed, intent())
    (newcomer,) = [found.text for found in findings if found.code == "unprotected"]
    assert "no room: rsv-1 at limits.vms_per_vault (1000)" in newcomer
    assert ("near-limit", "rsv-1 has 1000 of 1000 VMs") in {(found.code, found.text) for found in findings}


def test_a_tier_that_no_vm_has_is_reported_and_disturbs_nobody():
    tiers = (tier(), tier("silver"))
    observed = seen(["app"], jobs=jobs("app", 50))
    with_it, without = confirmed(observed, tiers=tiers), confirmed(observed)
    assert with_it.vms == without.vms
    (text,) = [found.text for found in judge(observed, intent(tiers=tiers)) if found.code == "tier-empty"]
    assert text == "tier silver matches no VM in scope: none has the tag backup-tier with one of its values (silver)"


def test_vms_of_one_name_in_two_groups_are_planned_apart_each_by_its_own_history():
    one, other = item("app", policy()), item("app", policy())
    there = replace(
        other,
        id=other.id.replace("rg-app", "rg-other"),
        vm_id=other.vm_id.replace("rg-app", "rg-other"),
        container=other.container.replace("rg-app", "rg-other"),
    )
    history = (*jobs("app", 50), *(replace(done, container=there.container) for done in jobs("app", 100)))
    machines = (vm("app"), replace(vm("app"), id=there.vm_id, resource_group="rg-other"))
    made = confirmed(seen(vms=machines, items=(one, there), jobs=history))
    assert {(line.vm_id, line.minutes) for line in made.moves} == {(one.vm_id, 50.0), (there.vm_id, 100.0)}


def test_a_policy_in_an_unknown_time_zone_keeps_its_vms_and_names_the_zone():
    odd = policy("Odd", time_zone="Middle-earth Standard Time")
    made = confirmed(seen(["app"], odd))
    (line,) = made.vms
    assert (line.action, line.slot, line.policy) == (Action.HOLD, None, "Odd")
    assert line.reason == "the time zone 'Middle-earth Standard Time' of its policy Odd is unknown"


def test_a_plan_of_a_clock_that_was_ahead_is_not_followed():
    ahead = plan(seen(["app"]), intent(), NOW + 400 * DAY)
    objection = fleet_objection(ahead, intent(), frozenset({"plan"}), NOW)
    assert (
        objection
        == "the newest plan is for 2027-04-08, which is still to come: a clock was ahead; waiting for a new one"
    )


def test_moves_and_edits_planned_by_a_clock_that_was_ahead_are_planned_for_now():
    slot = policy("ns-gold-2030", 20 * 60 + 30, kept=replace(KEPT, daily_days=20))
    observed = seen(["app"], memory=Memory(written=written(slot)), policies=(policy(), slot))
    inside = replace(observed, items=(item("app", policy()), item("web", slot)), vms=(vm("app"), vm("web")))
    ahead = plan(inside, intent(), NOW + 400 * DAY)
    made = plan(replace(inside, previous=ahead), intent(), NOW)
    assert ahead.moves
    assert all(line.due and line.due < NOW + 3 * DAY for line in made.moves)
    assert ahead.edits
    assert all(edit.due < NOW + 3 * DAY for edit in made.edits)


def test_an_enrolment_planned_by_a_clock_that_was_ahead_is_planned_for_now():
    observed = seen(["app"], vms=(vm("app"), vm("newcomer")))
    ahead = plan(observed, intent(), NOW + 400 * DAY)
    (one,) = plan(replace(observed, previous=ahead), intent(), NOW).enrolments
    assert one.due < NOW + 3 * DAY


def test_drift_reported_by_a_clock_that_was_ahead_is_put_back_a_day_after_the_next_report():
    meant, narrow = policy("ns-gold-2200"), {"night": window("22:00-22:30")}
    changed = replace(meant, start=10 * 60)
    memory = Memory(
        written=written(meant), drift_since={meant.id: NOW + 400 * DAY}, placements={vm("app").id: meant.id}
    )
    made = plan(seen(["app"], changed, memory=memory, jobs=jobs("app", 50)), intent(windows=narrow), NOW)
    (edit,) = made.edits
    assert NOW + DAY < edit.due < NOW + 4 * DAY
