"""Does the checker confirm the night's plan, and catch every lie planted in it?"""

from dataclasses import replace

import pytest

from shared.model.observed import Memory, Observed
from shared.model.plan import Action, Enrolment, Finding, Plan, RegionProof, VmPlan
from shared.rules.backup_windows import plan
from shared.rules.plan_proof import check
from tests.rules.fleet import NOW, intent, item, jobs, names, policy, seen, vm, window, written

OURS = policy("ns-gold-2300", 23 * 60)
ON_HOLD = {"nightshift-hold": "2026-12-31;kim;migration"}
NIGHT = {"night": window("21:00-02:00")}
INTENT = intent(separation_tag="application", vault_ceiling=3, windows=NIGHT)


def world() -> Observed:
    """Six VMs at one hour, two of one application; one in a slot policy of ours; one held where it is."""
    crowd = names(6)
    return seen(
        vms=(
            *(vm(name, tags={"application": "shop"} if number < 2 else {}) for number, name in enumerate(crowd)),
            vm("settled"),
            vm("held", tags=ON_HOLD),
        ),
        items=(*(item(name, policy()) for name in crowd), item("settled", OURS), item("held", policy())),
        policies=(policy(), OURS),
        jobs=tuple(one for name in [*crowd, "settled", "held"] for one in jobs(name, 50)),
        memory=Memory(written=written(OURS)),
    )


OBSERVED = world()
PLAN = plan(OBSERVED, INTENT, NOW)
MOVED, HELD = PLAN.moves[0], PLAN.held[0]
PARTNER = next(line for line in PLAN.moves if line.name == "app-001")
[PROOF] = PLAN.proofs


def lies(made: Plan = PLAN, wanted=INTENT, observed: Observed = OBSERVED) -> str:
    return "; ".join(check(made, wanted, observed.vms))


def with_line(line: VmPlan, **fields) -> Plan:
    return replace(PLAN, vms=tuple(replace(one, **fields) if one == line else one for one in PLAN.vms))


def with_proof(**fields) -> Plan:
    return replace(PLAN, proofs=(replace(PROOF, **fields),))


def at(line: VmPlan, slot: int) -> Plan:
    """The plan with the line's slot changed everywhere it shows, in a policy that says so."""
    name = f"ns-gold-{slot // 2:02d}{slot % 2 * 30:02d}"
    made = with_line(line, slot=slot, policy=name)
    return replace(made, policies=(*PLAN.policies, policy(name, slot * 30)))


def test_the_true_plan_is_confirmed():
    assert lies() == ""
    assert {line.action for line in PLAN.vms} == {Action.MOVE, Action.KEEP, Action.HOLD}


LIES = {
    "an understated peak": (with_proof(peak=PROOF.peak - 1), f"the peak is {PROOF.peak}, not {PROOF.peak - 1}"),
    "an overstated bound": (with_proof(bound=PROOF.bound + 1), "the prices prove a bound of"),
    "prices that prove nothing": (with_proof(prices=(-1.0, *PROOF.prices[1:])), "prices must be 48 numbers"),
    "no proof for a region": (replace(PLAN, proofs=()), "its region carries no proof"),
    "empty prices for a region": (with_proof(prices=(0.0,) * 48), "its region carries no proof"),
    "a start outside the window": (at(MOVED, 30), "which is not one of its allowed starts"),
    "a start that its policy does not have": (
        with_line(MOVED, slot=next(slot for slot in MOVED.allowed if slot != MOVED.slot)),
        "is not described as starting at its slot",
    ),
    "a policy that is not described": (with_line(MOVED, policy="ns-gold-2359"), "is not described"),
    "a move without a start": (with_line(MOVED, slot=None), "is not described as starting at its slot"),
    "a held VM elsewhere": (with_line(HELD, slot=2, allowed=(2,)), "held is held, but not where it is"),
    "a held VM in another policy": (with_line(HELD, policy="ns-gold-2300"), "held is held, but not where it is"),
    "two VMs of one application at once": (at(PARTNER, PLAN.moves[0].slot), "of separation group 1 may overlap"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_planted_lie_is_caught(lie):
    made, words = LIES[lie]
    assert words in lies(made)


def test_an_enrolment_into_a_policy_that_is_not_described_is_caught():
    new = Enrolment(vm("new").id, "new", MOVED.vault_id, MOVED.region, "gold", MOVED.policy, MOVED.slot, "", NOW)
    assert lies(replace(PLAN, enrolments=(new,))) == ""
    elsewhere = replace(PLAN, enrolments=(replace(new, slot=MOVED.slot + 1),))
    assert "new is enrolled in" in lies(elsewhere)


def test_a_region_above_its_ceiling_is_caught():
    assert f"the peak of {PROOF.peak} is above the ceiling of 1" in lies(
        wanted=intent(region_ceilings={"westeurope": 1})
    )


def test_a_vault_above_its_ceiling_is_caught():
    assert "vault 1 reaches" in lies(wanted=intent(vault_ceiling=1))


def test_a_policy_above_its_limit_is_caught_and_held_vms_count_in_it():
    crowded = replace(PLAN, vms=tuple(one for one in PLAN.vms if one.action is not Action.HOLD))
    slots = {line.slot for line in crowded.vms}
    assert lies(crowded, intent(limits={"vms_per_policy": len(crowded.vms)})).count("would hold") == 0
    full = at(MOVED, next(line.slot for line in PLAN.vms if line.action is Action.KEEP))
    members = 1 + sum(line.policy == OURS.name for line in PLAN.vms if line != MOVED)
    assert f"{OURS.name} would hold {members} VMs; 1 are allowed" in lies(full, intent(limits={"vms_per_policy": 1}))
    assert len(slots) > 1


def test_a_tier_with_too_many_starts_is_caught():
    assert "starts; 1 are allowed" in lies(wanted=intent(limits={"slots_per_tier": 1}))


def test_what_the_plan_says_it_gave_up_is_not_asked_for():
    relaxed = replace(PLAN, findings=(Finding("plan-relaxed", "westeurope", "concurrency ceilings given up"),))
    assert lies(relaxed, intent(vault_ceiling=1, region_ceilings={"westeurope": 1})) == ""
    elsewhere = replace(PLAN, findings=(Finding("plan-relaxed", "eastus2", "concurrency ceilings given up"),))
    assert lies(elsewhere, intent(vault_ceiling=1)) != ""


def test_a_region_that_could_not_be_planned_claims_nothing():
    stuck = tuple(
        replace(line, action=Action.HOLD, slot=line.current_slot, policy=line.current_policy) for line in PLAN.vms
    )
    nothing = RegionProof("westeurope", 9, 9, 0.0, (0.0,) * 48)
    assert lies(replace(PLAN, vms=stuck, proofs=(nothing,), policies=())) == ""


def test_an_empty_plan_is_confirmed():
    assert lies(plan(seen(), INTENT, NOW), observed=seen()) == ""
