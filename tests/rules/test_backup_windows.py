"""Is the night's plan stable, within every limit, confirmed by its checker, and does it say why? (All safety rules.)"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from math import ceil
from random import Random

import pytest

from shared.model.azure import Frequency, PolicyType, ProtectionState, TaggedRetention, Vault
from shared.model.intent import FleetPolicy
from shared.model.observed import Memory, Observed
from shared.model.plan import Action, Plan
from shared.rules import plan_proof
from shared.rules.backup_windows import plan
from shared.rules.mornings import last_finished_night
from shared.rules.region_problem import peak_of
from shared.rules.slot_policies import id_of, of_tier
from shared.rules.slots import slot_of, window_slots
from tests.rules.fleet import (
    KEPT,
    NIGHT,
    NOW,
    VAULT_ID,
    change,
    followed,
    intent,
    item,
    job,
    jobs,
    names,
    policy,
    seen,
    tier,
    vault,
    vm,
    vm_id,
    window,
    written,
)
from tests.rules.loads import series

SEALED = {"immutability": "Locked"}


def held(made: Plan) -> dict[str, str]:
    return {line.name: line.reason for line in made.held}


def codes(made: Plan) -> list[str]:
    return [finding.code for finding in made.findings]


def confirmed(observed: Observed, wanted: FleetPolicy, now: datetime = NOW) -> Plan:
    made = plan(observed, wanted, now)
    assert plan_proof.check(made, wanted, observed.vms) == []
    return made


POLICIES = {
    "Legacy": policy(),
    "Early": policy("Early", 20 * 60, time_zone="W. Europe Standard Time"),
    "ns-gold-2300": policy("ns-gold-2300", 23 * 60),
    "Enhanced": policy("Enhanced", policy_type=PolicyType.ENHANCED),
    "Longer": policy("Longer", kept=replace(KEPT, daily_days=90)),
    "Hourly": policy("Hourly", None, frequency=Frequency.HOURLY),
    "Odd": policy("Odd", time_zone="Customized Time Zone"),
}
HELD_IN = {"Longer", "Hourly", "Odd"}


SEEDS = range(40)
DRAWN = [pytest.param(seed, marks=pytest.mark.no_cover, id=str(seed)) for seed in SEEDS]


def fleet(chance: Random) -> Observed:
    """Up to nine VMs of one vault: measured or not, some held, some of one application, in policies of every kind."""
    vms, items, history, load = [], [], [], {}
    for number in range(chance.randint(1, 9)):
        name, minutes = f"app-{number}", chance.choice([None, 20, 50, 110, 200])
        tags = chance.choice([{}, {}, {}, {"nightshift-hold": "2026-12-31;kim;migration"}])
        vms.append(vm(name, tags=tags | chance.choice([{}, {"application": "one"}, {"application": "two"}])))
        shape = chance.choice([None, None, busy_until_two, idle, seldom_measured])
        load |= {vm_id(name): replace(series(shape, until=NOW), vm_id=vm_id(name))} if shape else {}
        items.append(item(name, POLICIES[chance.choice([*POLICIES, "Legacy", "Legacy", "ns-gold-2300"])]))
        history += jobs(name, minutes) if minutes else ()
    return seen(
        vms=tuple(vms),
        items=tuple(items),
        policies=tuple(POLICIES.values()),
        jobs=tuple(history),
        load=load,
        memory=Memory(written=written(POLICIES["ns-gold-2300"])),
    )


def busy_until_two(at: datetime) -> float:
    return 70.0 if at.hour < 2 or at.hour > 8 else 5.0


def idle(_: datetime) -> float:
    return 3.0


def seldom_measured(at: datetime) -> float | None:
    return 50.0 if at.day % 9 == 0 else None


@cache
def case(seed: int) -> tuple[Observed, FleetPolicy, Plan]:
    """A fleet, what is wanted of it, and its plan."""
    chance = Random(seed)
    observed = fleet(chance)
    wanted = intent(
        limits={
            "vms_per_policy": chance.choice([2, 100]),
            "slots_per_tier": chance.choice([2, 16]),
            "policies_per_vault": chance.choice([4, 200, 200]),
        },
        vault_ceiling=chance.choice([None, 1, 3, 9]),
        region_ceilings=chance.choice([{}, {"westeurope": 4}]),
        separation_tag=chance.choice([None, "application"]),
    )
    return observed, wanted, plan(observed, wanted, NOW)


@pytest.mark.parametrize("seed", DRAWN)
def test_every_plan_is_confirmed_by_its_checker(seed):
    observed, wanted, made = case(seed)
    assert plan_proof.check(made, wanted, observed.vms) == []
    assert [line.vm_id for line in made.vms] == sorted(one.id for one in observed.vms)


@pytest.mark.parametrize("seed", DRAWN)
def test_a_held_vm_stays_where_it_is_and_says_why(seed):
    observed, _, made = case(seed)
    inside = {one.name: one.policy_name for one in observed.items}
    for line in made.held:
        assert (line.policy, line.slot, line.due) == (inside[line.name], line.current_slot, None)
        assert line.reason
    must_stay = {one.name for one in observed.items if one.policy_name in HELD_IN}
    must_stay |= {one.name for one in observed.vms if "nightshift-hold" in one.tags}
    assert must_stay <= {line.name for line in made.held}


@pytest.mark.parametrize("seed", DRAWN)
def test_the_peak_counts_every_vm_that_runs_held_or_not(seed):
    _, _, made = case(seed)
    running = [(line.slot, line.duration_slots) for line in made.vms]
    before = [(line.current_slot, line.duration_slots) for line in made.vms]
    if any(slot is not None for slot, _ in running):
        [proof] = made.proofs
        assert (proof.peak, proof.peak_before) == (peak_of(running), peak_of(before))
        assert 0 <= proof.bound <= proof.peak


@pytest.mark.parametrize("seed", DRAWN)
def test_limits_hold_or_a_finding_says_that_they_do_not(seed):
    observed, wanted, made = case(seed)
    inside = Counter(line.policy for line in made.vms)
    planned = [line for line in made.vms if line.action is not Action.HOLD]
    assert all(inside[line.policy] <= wanted.limits.vms_per_policy for line in planned)
    for is_enhanced in (False, True):
        starts = {line.slot for line in planned if ("-v2" in line.policy) is is_enhanced}
        assert len(starts) <= wanted.limits.slots_per_tier
    assert all(line.slot in window_slots(wanted.windows["night"], "", NIGHT) for line in planned)
    if not {"plan-relaxed", "plan-refused"} & {*codes(made)}:
        ceilings = [wanted.vault_ceiling, wanted.region_ceilings.get("westeurope")]
        assert all(ceiling is None or made.peak <= ceiling for ceiling in ceilings)
    if wanted.separation_tag and "plan-refused" not in codes(made):
        spaced = {frozenset(spacing.vm_ids) for spacing in made.spacings}
        assert all(
            any({vm_id(one), vm_id(other)} <= crew for crew in spaced) for one, other in overlapping(made, observed)
        )


def overlapping(made: Plan, observed: Observed) -> list[tuple[str, str]]:
    """Pairs of VMs of one application that may run at the same time when each starts up to two hours late."""
    apps = {one.id: one.tags.get("application") for one in observed.vms}
    spans = [
        (line.name, apps[line.vm_id], {(line.slot + step) % 48 for step in range(line.duration_slots + 4)})
        for line in made.vms
        if line.slot is not None and apps[line.vm_id]
    ]
    return [
        (one, other)
        for one, app, span in spans
        for other, its_app, its_span in spans
        if one < other and app == its_app and span & its_span
    ]


@pytest.mark.parametrize("seed", DRAWN[:15])
def test_the_order_in_which_the_world_is_listed_does_not_matter(seed):
    observed, wanted, made = case(seed)
    chance = Random(seed)
    shuffled = {
        name: tuple(chance.sample(getattr(observed, name), len(getattr(observed, name))))
        for name in ("vaults", "vms", "items", "policies", "jobs")
    }
    assert plan(replace(observed, **shuffled), wanted, NOW) == made


@pytest.mark.parametrize("seed", DRAWN[:25])
def test_planning_again_after_the_plan_was_followed_changes_nothing(seed):
    observed, wanted, made = case(seed)
    again = plan(followed(observed, made), wanted, NOW + timedelta(days=1))
    assert (again.moves, again.edits, again.policies) == ((), (), made.policies)
    assert places(again) == places(made)


@pytest.mark.parametrize("seed", DRAWN[:15])
def test_planning_again_before_anything_was_written_plans_the_same(seed):
    observed, wanted, made = case(seed)
    again = plan(replace(observed, previous=made), wanted, NOW + timedelta(hours=1))
    assert (again.moves, places(again)) == (made.moves, places(made))


def places(made: Plan) -> dict[str, tuple[int | None, str]]:
    return {line.name: (line.slot, line.policy) for line in made.vms}


@pytest.mark.no_cover
def test_the_fleets_that_are_planned_here_are_of_every_kind():
    made = [case(seed)[2] for seed in SEEDS]
    found = {code for one in made for code in codes(one)}
    assert {"plan-relaxed", "plan-refused", "spaced"} <= found
    assert {line.load_class for one in made for line in one.vms} >= {"", "flat", "predictable", "unknown"}
    assert {line.action for one in made for line in one.vms} == {*Action}
    assert any(one.proofs and not {*codes(one)} for one in made)


def test_an_empty_fleet_has_an_empty_plan():
    made = confirmed(seen(), intent())
    assert (made.vms, made.policies, made.edits, made.proofs, made.peak, made.bound) == ((), (), (), (), 0, 0)


def test_a_fleet_at_one_hour_is_spread_over_its_window():
    observed = seen(names(12), jobs=tuple(one for name in names(12) for one in jobs(name, 50)))
    made = confirmed(observed, intent())
    [proof] = made.proofs
    assert (proof.peak_before, proof.peak) == (12, 2)
    assert made.peak == ceil(made.bound)
    assert len(made.moves) + sum(line.policy == "Legacy" for line in made.vms) == 12


def test_a_plan_gives_its_reasons():
    observed = seen(["app", "db"], jobs=jobs("app", 50))
    reasons = {line.name: line.reason for line in plan(observed, intent(), NOW).vms}
    assert reasons["app"].startswith("from 22:00 UTC to ")
    assert reasons["app"].endswith("the least loaded of 20 starts, about 50 min (p95 of 5 jobs); region's peak 2 -> 1")
    assert reasons["db"].endswith("about 50 min (prior, too few own jobs); region's peak 2 -> 1")


def test_a_vm_that_stays_says_so():
    ours = policy("ns-gold-2300", 23 * 60)
    observed = seen(["app"], ours, memory=Memory(written=written(ours)))
    [line] = confirmed(observed, intent()).vms
    assert (line.action, line.reason) == (Action.KEEP, "stays at 23:00 UTC, about 120 min (prior, too few own jobs)")


def test_each_region_has_a_plan_and_a_proof_of_its_own():
    far = Vault(VAULT_ID.replace("rsv-1", "rsv-2"), "rsv-2", "sub-1", "rg", "eastus2")
    there = policy(vault_id=far.id)
    observed = seen(
        vaults=(vault(), far),
        vms=(vm("a"), vm("b", region="eastus2")),
        items=(item("a", policy()), item("b", there)),
        policies=(policy(), there),
    )
    made = confirmed(observed, intent(windows={"night": window(zone="UTC", eastus2="America/New_York")}))
    assert [proof.region for proof in made.proofs] == ["eastus2", "westeurope"]
    by_name = {line.name: line for line in made.vms}
    assert set(by_name["b"].allowed) == {*range(2, 22)}
    assert set(by_name["a"].allowed) == {*range(40, 48), *range(12)}
    assert made.peak == 2


def test_vms_of_different_types_go_to_policies_of_their_type():
    observed = seen(
        vms=(vm("a"), vm("b")),
        items=(item("a", policy()), item("b", POLICIES["Enhanced"])),
        policies=(policy(), POLICIES["Enhanced"]),
    )
    made = confirmed(observed, intent())
    assert {line.name: line.policy.endswith("-v2") for line in made.moves} == {"a": False, "b": True}
    assert {one.policy_type for one in made.policies if one.name.endswith("-v2")} == {PolicyType.ENHANCED}


def test_more_vms_than_a_policy_holds_are_numbered():
    wanted = intent(windows={"night": window("22:30-23:00")}, limits={"vms_per_policy": 2})
    made = confirmed(seen(names(5)), wanted)
    assert Counter(line.policy for line in made.vms) == {
        "ns-gold-2230": 2,
        "ns-gold-2230-2": 2,
        "ns-gold-2230-3": 1,
    }
    assert {one.name for one in made.policies} == {"ns-gold-2230", "ns-gold-2230-2", "ns-gold-2230-3"}


@pytest.mark.parametrize(
    "resting", [{"state": ProtectionState.PROTECTION_PAUSED}, {"state": ProtectionState.BACKUPS_SUSPENDED}]
)
def test_items_that_do_not_run_fill_their_policy_too(resting):
    full = policy("ns-gold-2230", 22 * 60 + 30)
    observed = seen(
        names(2),
        policies=(policy(), full),
        items=(
            *(item(name, policy()) for name in names(2)),
            *(replace(item(f"old-{n}", full), **resting) for n in range(2)),
        ),
        memory=Memory(written=written(full)),
    )
    made = confirmed(observed, intent(windows={"night": window("22:30-23:00")}, limits={"vms_per_policy": 2}))
    assert {line.policy for line in made.moves} == {"ns-gold-2230-2"}


def test_vms_never_move_into_a_policy_of_our_name_that_we_did_not_write():
    foreign = policy("ns-gold-2230", 22 * 60 + 30)
    observed = seen(["app"], policies=(policy(), foreign))
    made = confirmed(observed, intent(windows={"night": window("22:30-23:00")}))
    assert held(made) == {"app": "policy ns-gold-2230 exists, but Nightshift did not write it"}
    assert (made.policies, made.edits, codes(made)) == ((), (), ["policy-blocked"])


def test_a_vm_in_a_policy_of_our_name_that_we_did_not_write_is_not_taken_for_placed():
    foreign = policy("ns-gold-2230", 22 * 60 + 30)
    made = confirmed(seen(["app"], foreign), intent(windows={"night": window("22:30-23:00")}))
    assert list(held(made)) == ["app"]
    assert made.edits == ()


OURS = policy("ns-gold-2300", 23 * 60)
MORNING = datetime(2026, 3, 5, 9, tzinfo=UTC)
"""The window closes at 06:00 UTC, its last run starts by 08:00, and the report is an hour old at 09:00."""


def test_a_tier_that_keeps_longer_edits_its_policies_in_place():
    observed = seen(["app"], OURS, memory=Memory(written=written(OURS)))
    made = confirmed(observed, intent(tiers=(tier(retention=replace(KEPT, daily_days=45)),)))
    assert [(edit.policy_id, edit.reason, edit.due) for edit in made.edits] == [
        (OURS.id, "the tier changed: daily points: 30 days -> 45 days", MORNING)
    ]
    assert made.moves == ()
    assert [one.retention.daily_days for one in made.policies] == [45]


def test_a_tier_that_keeps_less_holds_its_vms_and_edits_nothing():
    observed = seen(["app"], OURS, memory=Memory(written=written(OURS)))
    made = confirmed(observed, intent(tiers=(tier(retention=replace(KEPT, daily_days=7)),)))
    assert held(made) == {"app": "would keep less: daily points: 30 days -> 7 days"}
    assert made.edits == ()


def test_longer_retention_by_a_human_is_adopted_and_its_vms_are_held():
    longer = replace(OURS, retention=replace(KEPT, daily_days=90))
    observed = seen(
        ["app"], longer, memory=Memory(written=written(OURS)), changes=(change(OURS.id, "kim@contoso.com"),)
    )
    made = confirmed(observed, intent())
    assert list(held(made)) == ["app"]
    assert (made.edits, made.moves) == ((), ())
    drift = [finding.text for finding in made.findings if finding.code == "policy-drift"]
    assert len(drift) == 1
    assert "changed by kim@contoso.com on 2026-03-04 14:00 UTC" in drift[0]


def test_longer_retention_by_a_human_is_reported_though_only_other_vms_were_to_go_there():
    longer = replace(OURS, retention=replace(KEPT, daily_days=90))
    observed = seen(["app"], policies=(policy(), longer), memory=Memory(written=written(OURS)))
    made = confirmed(observed, intent(windows={"night": window("23:00-23:30")}))
    assert list(held(made)) == ["app"]
    assert "policy-drift" in codes(made)
    assert made.edits == ()


def test_a_moved_schedule_is_reported_in_one_night_and_put_back_after_a_day():
    moved = replace(OURS, start=10 * 60)
    observed = seen(["app"], moved, memory=Memory(written=written(OURS)))
    wanted = intent(windows={"night": window("23:00-23:30")})
    first = confirmed(observed, wanted)
    assert (codes(first), first.edits) == (["policy-drift"], ())
    reported = replace(observed, memory=Memory(written=written(OURS), drift_since={OURS.id: NOW}), previous=first)
    second = confirmed(reported, wanted, NOW + timedelta(days=1))
    [edit] = second.edits
    assert edit.reason == "drift, put back: start: 10:00 UTC -> 23:00 UTC"
    assert edit.due >= NOW + timedelta(days=1)


def test_a_sealed_vault_raises_nothing_without_an_approval():
    observed = seen(["app"], OURS, vaults=(vault(**SEALED),), memory=Memory(written=written(OURS)))
    made = confirmed(observed, intent(tiers=(tier(retention=replace(KEPT, daily_days=45)),)))
    assert "needs approve_retention_increase" in held(made)["app"]
    assert made.edits == ()


def test_a_policy_of_a_sealed_vault_is_not_raised_in_place_for_a_vm_that_keeps_longer_already():
    """The newcomer loses and raises nothing; the policy's own VM would be raised for good."""
    longer = policy("Longer", kept=replace(KEPT, daily_days=45))
    observed = seen(
        ["app", "new"],
        vaults=(vault(**SEALED),),
        items=(item("app", OURS), item("new", longer)),
        policies=(OURS, longer),
        memory=Memory(written=written(OURS)),
    )
    wanted = intent(tiers=(tier(retention=replace(KEPT, daily_days=45)),), windows={"night": window("23:00-23:30")})
    made = confirmed(observed, wanted)
    assert sorted(held(made)) == ["app", "new"]
    assert made.edits == ()


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        (POLICIES["Hourly"], "its schedule is hourly; those are managed only in tiers that"),
        (policy("Weekly", frequency=Frequency.WEEKLY, run_days=("Sunday",)), "its schedule is weekly"),
        (POLICIES["Odd"], "the time zone 'Customized Time Zone' of its policy Odd is unknown"),
    ],
)
def test_a_vm_whose_start_is_not_known_is_held_and_claims_no_slot(inside, reason):
    made = confirmed(seen(["app"], inside), intent())
    [line] = made.vms
    assert (line.action, line.slot, line.policy, line.allowed) == (Action.HOLD, None, inside.name, ())
    assert line.reason.startswith(reason)
    assert made.proofs == ()


def test_a_vm_moved_by_hand_is_held_and_not_moved_back():
    observed = seen(["app"], memory=Memory(placements={vm_id("app"): OURS.id}, written=written(OURS)))
    made = confirmed(observed, intent())
    assert held(made)["app"].startswith("moved by hand from ns-gold-2300 to Legacy")


def twins(count: int) -> Observed:
    """VMs of one application, each of which takes an hour and may be two hours late."""
    return seen(
        names(count),
        vms=tuple(vm(name, tags={"application": "shop"}) for name in names(count)),
        jobs=tuple(one for name in names(count) for one in jobs(name, 50)),
    )


def test_vms_of_one_application_are_kept_apart():
    observed = twins(3)
    made = confirmed(observed, intent(separation_tag="application"))
    assert overlapping(made, observed) == []
    assert codes(made) == []


def test_vms_that_cannot_be_kept_apart_are_spaced_with_the_probability_that_they_meet():
    wanted = intent(separation_tag="application", windows={"night": window("22:00-23:00")})
    made = confirmed(twins(2), wanted)
    [spacing] = made.spacings
    assert (spacing.application, spacing.vm_ids, spacing.gap_minutes) == (
        "shop",
        (vm_id("app-000"), vm_id("app-001")),
        -30,
    )
    # Two runs of 60 min, 30 min apart, each up to 120 min late: apart by 60 or more on one side or the other.
    apart = (90**2 / 2 + 30**2 / 2) / 120**2
    assert spacing.overlap_probability == pytest.approx(1 - apart, abs=1e-6)
    [finding] = made.findings
    assert (finding.code, finding.subject) == ("spaced", "shop")
    assert finding.text == (
        "app-000, app-001 of shop cannot be kept apart in their windows: planned with the least overlap there is, "
        "30 min; two of them are expected to run at once in 69% of nights. Give them a longer window"
    )
    assert len(made.moves) + len([line for line in made.vms if line.action is Action.KEEP]) == 2


def test_one_application_that_cannot_be_kept_apart_leaves_the_others_apart():
    observed = seen(
        names(6),
        vms=tuple(vm(name, tags={"application": "abc"[number // 2]}) for number, name in enumerate(names(6))),
        jobs=tuple(one for number, name in enumerate(names(6)) for one in jobs(name, 50 if number < 4 else 480)),
    )
    made = confirmed(observed, intent(separation_tag="application"))
    assert [spacing.application for spacing in made.spacings] == ["c"]
    assert {one for pair in overlapping(made, observed) for one in pair} == {"app-004", "app-005"}


def test_a_ceiling_that_cannot_be_kept_is_given_up_alone():
    """Three VMs in one hour exceed two; the two of one application can still be kept apart."""
    observed = twins(2)
    third = names(4)[2:]
    observed = replace(
        observed,
        vms=(*observed.vms, *(vm(name) for name in third)),
        items=(*observed.items, *(item(name, policy()) for name in third)),
        jobs=(*observed.jobs, *(one for name in third for one in jobs(name, 1300))),
    )
    made = confirmed(observed, intent(separation_tag="application", vault_ceiling=1))
    assert [code for code in codes(made) if code.startswith("plan-")] == ["plan-relaxed"]
    assert made.findings[0].text.startswith("concurrency ceilings given up: vault rsv-1: its ceiling of 1")
    assert overlapping(made, observed) == []


def test_an_application_is_spaced_and_ceilings_given_up_where_neither_can_be_kept():
    wanted = intent(separation_tag="application", vault_ceiling=1, windows={"night": window("22:00-22:30")})
    made = confirmed(twins(2), wanted)
    assert set(codes(made)) == {"plan-relaxed", "spaced"}
    assert made.findings[0].text.startswith("concurrency ceilings given up: ")
    assert made.spacings[0].overlap_probability == pytest.approx(0.75)


def test_a_region_that_cannot_be_planned_keeps_its_vms_where_they_are_and_says_why():
    wanted = intent(
        windows={"night": window("22:30-23:00")},
        limits={"vms_per_policy": 1, "policies_per_vault": 2},
        separation_tag="application",
        vault_ceiling=9,
    )
    made = confirmed(seen(names(4)), wanted)
    assert codes(made) == ["plan-refused"]
    assert made.findings[0].text == "vault rsv-1: its jobs need at least 4 policies of 1 jobs; 2 are allowed"
    assert set(held(made).values()) == {"its region could not be planned; see the findings"}
    assert (made.moves, made.policies, made.edits) == ((), (), ())
    [proof] = made.proofs
    assert (proof.peak, proof.bound) == (proof.peak_before, 0)


def test_one_region_that_cannot_be_planned_leaves_the_others():
    far = Vault(VAULT_ID.replace("rsv-1", "rsv-2"), "rsv-2", "sub-1", "rg", "eastus2")
    there = policy(vault_id=far.id)
    observed = seen(
        vaults=(vault(), far),
        vms=tuple(vm(name) for name in "abcd"),
        items=(*(item(name, policy()) for name in "abd"), item("c", there)),
        policies=(policy(), there),
    )
    wanted = intent(windows={"night": window("22:30-23:00")}, limits={"vms_per_policy": 1, "policies_per_vault": 2})
    made = confirmed(observed, wanted)
    assert {line.name: line.action for line in made.vms} == {
        "a": Action.HOLD,
        "b": Action.HOLD,
        "c": Action.MOVE,
        "d": Action.HOLD,
    }


def test_a_job_that_takes_all_day_is_planned_for_a_whole_day_and_never_moved():
    observed = seen(["app"], jobs=(job("app", 1440, 1), job("app", 1440, 2), job("app", 1440, 3)))
    wanted = intent(windows={"night": window("23:00-23:30")})
    made = confirmed(observed, wanted)
    [line] = made.vms
    assert (line.duration_slots, line.action, line.due) == (48, Action.MOVE, None)
    assert codes(made) == ["no-safe-hour"]
    assert "app has no hour" in made.findings[0].text


def test_no_move_is_due_before_the_report_that_shows_it():
    made = plan(seen(names(6)), intent(), NOW)
    assert made.moves
    assert all(line.due >= MORNING and line.planned_at == NOW for line in made.moves)


def test_a_plan_made_late_is_not_due_in_the_past():
    late = MORNING + timedelta(hours=4, minutes=20)
    made = plan(seen(names(6)), intent(), late)
    assert made.moves
    assert all(line.due > late for line in made.moves)


def test_a_move_that_waited_for_days_is_not_due_in_the_past():
    observed = seen(names(6))
    first = plan(observed, intent(), NOW)
    later = NOW + timedelta(days=3, hours=4)
    made = plan(replace(observed, previous=first), intent(), later)
    assert made.moves
    assert {line.planned_at for line in made.moves} == {NOW}
    assert all(line.due is None or line.due >= later for line in made.moves)


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_through_a_year_of_clock_changes_every_vm_is_planned_inside_its_local_window(zone):
    """Every planned slot lies in the window as the zone's clock shows it, and carries the UTC date of its Sunday."""
    wanted = intent(windows={"night": window("22:00-04:00", zone)})
    observed = seen(names(4))
    for month, day in ((1, 10), (3, 7), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31)):
        now = datetime(2026, month, day, 17, tzinfo=UTC)
        made = confirmed(observed, wanted, now)
        assert made.night == now.date()
        served = now.date() + timedelta(days=1)
        assert not made.held
        for line in made.vms:
            assert line.slot in window_slots(wanted.windows["night"], "westeurope", served)
        observed = followed(observed, made)


def test_the_tagged_days_of_a_plan_are_the_utc_dates_of_the_local_ones():
    sunday = tier(retention=replace(KEPT, weekly=TaggedRetention(12, "Weeks", ("Sunday",))))
    wanted = intent(tiers=(sunday,), windows={"night": window("23:00-02:00", "America/New_York")})
    made = confirmed(seen(names(6)), wanted, datetime(2026, 1, 10, 17, tzinfo=UTC))
    days = {one.name: one.retention.weekly.when for one in made.policies}
    assert {name.removeprefix("ns-gold-")[:2] for name in days} <= {"04", "05", "06"}
    # 23:00 and 23:30 in New York are 04:00 and 04:30 UTC of the next date; after midnight the dates agree.
    for name, when in days.items():
        assert when == (("Monday",) if name.startswith("ns-gold-04") else ("Sunday",))


def test_every_planned_policy_is_of_its_tier_and_starts_at_its_name():
    for one in plan(seen(names(9)), intent(), NOW).policies:
        assert of_tier(one.name, "gold")
        assert one.id == id_of(VAULT_ID, one.name)
        assert slot_of(datetime(2026, 1, 1, one.start // 60, one.start % 60, tzinfo=UTC)) * 30 == one.start


@pytest.mark.parametrize(
    ("hour", "night"), [(7, date(2026, 3, 3)), (8, date(2026, 3, 4)), (15, date(2026, 3, 4)), (17, date(2026, 3, 4))]
)
def test_a_night_is_finished_once_the_last_run_of_its_windows_has_started(hour, night):
    """The window of the 4th closes on the 5th at 06:00 UTC; its last run starts by 08:00."""
    assert last_finished_night(intent(), datetime(2026, 3, 5, hour, tzinfo=UTC), ["westeurope"]) == night


def test_without_windows_a_night_ends_with_its_date():
    assert last_finished_night(intent(windows={}), datetime(2026, 3, 5, 17, tzinfo=UTC), []) == date(2026, 3, 5)


def test_the_night_is_the_fleet_day():
    assert plan(seen(), intent(day_starts=16), datetime(2026, 3, 5, 15, tzinfo=UTC)).night == date(2026, 3, 4)
    assert plan(seen(), intent(day_starts=16), datetime(2026, 3, 5, 16, tzinfo=UTC)).night == date(2026, 3, 5)
