"""Do the numbers say what the night's values say?"""

from dataclasses import replace
from datetime import timedelta

from shared.model.night import Check, Run
from shared.model.plan import Finding, Outcome, Step
from shared.model.retention import RetentionNight
from shared.report.figures import figures, findings, standing, written
from shared.report.verdict import Tone, tone, verdict
from tests.report.sample_aftermath import STEADY
from tests.report.sample_night import BEGINS, sample_night

NIGHT = sample_night()
CALM = replace(
    NIGHT,
    runs_after=tuple(replace(run, status="Completed") for run in NIGHT.runs_after[:57]),
    needs_human=(),
    judge=(),
    aftermath=STEADY,
    retention=RetentionNight(),
    on_demand=(),
)


def _step(minute: int, subject: str, outcome: Outcome, kind: str = "membership", reason: str = "why") -> Step:
    return Step(BEGINS + timedelta(minutes=minute), kind, subject, outcome, reason)


def test_the_sample_fleet_is_counted() -> None:
    numbers = figures(NIGHT)
    assert (numbers.vms, numbers.protected, numbers.vaults, numbers.needs_human) == (60, 57, 3, 8)
    assert (numbers.jobs.total, numbers.jobs.completed, numbers.jobs.with_warnings) == (58, 56, 5)
    assert (numbers.jobs.failed, numbers.jobs.made_up) == (2, 1)
    assert numbers.observed_before == 57
    assert numbers.observed_after < 57 / 3


def test_plan_figures_are_those_of_the_plan() -> None:
    plan, numbers = NIGHT.plan, figures(NIGHT).plan
    assert plan is not None
    assert numbers is not None
    assert (numbers.peak, numbers.moves, numbers.held) == (plan.peak, len(plan.moves), len(plan.held))
    assert numbers.kept + numbers.moves + numbers.held == len(plan.vms)
    assert numbers.ratio == round(plan.peak / plan.bound, 3)


def test_a_placed_vm_outside_its_allowed_slots_is_counted_and_a_held_one_is_not() -> None:
    assert NIGHT.plan is not None
    strayed = replace(NIGHT.plan.moves[0], allowed=())
    held = replace(NIGHT.plan.held[0], allowed=())
    others = tuple(vm for vm in NIGHT.plan.vms if vm.vm_id not in {strayed.vm_id, held.vm_id})
    numbers = figures(replace(NIGHT, plan=replace(NIGHT.plan, vms=(strayed, held, *others)))).plan
    assert numbers is not None
    assert numbers.outside_window == 1


def test_a_zero_bound_has_no_ratio() -> None:
    assert NIGHT.plan is not None
    proofs = tuple(replace(proof, bound=0.0) for proof in NIGHT.plan.proofs)
    numbers = figures(replace(NIGHT, plan=replace(NIGHT.plan, proofs=proofs)))
    assert numbers.plan is not None
    assert numbers.plan.ratio is None
    assert {region.ratio for region in numbers.regions} == {None}


def test_a_region_that_only_ran_before_is_listed() -> None:
    elsewhere = Run("vm", "vm", "vault", "brazilsouth", BEGINS - timedelta(hours=20), None, "InProgress")
    numbers = figures(replace(NIGHT, runs_before=(*NIGHT.runs_before, elsewhere)))
    assert [region.region for region in numbers.regions] == ["brazilsouth", "northeurope", "westeurope"]
    assert (numbers.regions[0].planned, numbers.regions[0].observed_before, numbers.regions[0].observed_after) == (
        None,
        1,
        0,
    )


def test_a_subject_stands_where_its_last_step_left_it() -> None:
    steps = (
        _step(9, "/vm/a", Outcome.WRITTEN),
        _step(1, "/vm/a", Outcome.WAITING),
        _step(1, "/vm/b", Outcome.WAITING),
        _step(9, "/VM/B", Outcome.FAILED),
        _step(2, "/vm/c", Outcome.WRITTEN),
        _step(9, "/vm/c", Outcome.HELD),
    )
    night = replace(NIGHT, plan=None, steps=steps)
    assert [(step.subject, step.outcome) for step in standing(night)] == [("/VM/B", "failed"), ("/vm/c", "held")]
    assert [step.subject for step in written(night)] == ["/vm/c", "/vm/a"]


def test_policies_and_memberships_are_counted_apart() -> None:
    steps = (
        _step(1, "/p", Outcome.WRITTEN, "policy"),
        _step(2, "/a", Outcome.WRITTEN),
        _step(3, "/b", Outcome.WRITTEN),
    )
    writes = figures(replace(NIGHT, plan=None, steps=steps)).writes
    assert (writes.policies, writes.moves) == (1, 2)


def test_a_vm_that_the_plan_holds_appears_once() -> None:
    assert NIGHT.plan is not None
    first, second = NIGHT.plan.held
    night = replace(NIGHT, steps=(_step(1, first.vm_id, Outcome.HELD, reason="retention is not at least as long"),))
    assert [(step.subject, step.reason) for step in standing(night)] == [
        (first.vm_id, "retention is not at least as long"),
        (second.vm_id, second.reason),
    ]


def test_a_finding_of_both_the_check_and_the_plan_is_told_once() -> None:
    assert NIGHT.plan is not None
    same, other = Finding("unprotected", "/vm/a", "text"), Finding("near-limit", "/v", "text")
    night = replace(NIGHT, protection=(same,), plan=replace(NIGHT.plan, findings=(same, other)))
    assert findings(night) == (same, other)


def test_a_calm_night_says_so() -> None:
    assert tone(CALM) is Tone.GOOD
    after = figures(CALM).observed_after
    assert verdict(CALM) == (
        f"All 57 backups finished, at most {after} at once where 57 ran before; nothing needs a human."
    )


def test_one_thing_that_needs_a_human_is_singular() -> None:
    night = replace(CALM, needs_human=NIGHT.needs_human[:1])
    assert tone(night) is Tone.ATTENTION
    assert verdict(night).endswith("; 1 thing needs a human.")


def test_failures_come_first_in_the_verdict() -> None:
    assert tone(NIGHT) is Tone.BAD
    assert verdict(NIGHT).startswith("2 of 58 backups failed, 1 made up for by another, at most ")
    assert "; 6 open failures left to people; somebody weakened the backups once; " in verdict(NIGHT)
    assert "; 4 missing recovery points left to people; 8 things need" in verdict(NIGHT)


def test_a_failed_write_or_a_missed_measurement_is_no_calm_night() -> None:
    failed = replace(CALM, steps=(_step(1, "/vm/a", Outcome.FAILED),))
    missed = replace(CALM, judge=(Check("points pruned", "0", "2", False),))
    assert (tone(failed), tone(missed)) == (Tone.BAD, Tone.BAD)


def test_running_backups_are_not_called_finished() -> None:
    running = replace(CALM.runs_after[0], status="InProgress", ended_at=None)
    night = replace(CALM, runs_after=(running, *CALM.runs_after[1:]))
    assert verdict(night).startswith("56 of 57 backups finished, 1 still running, at most ")


def test_a_night_without_plan_and_runs_says_both() -> None:
    night = replace(CALM, plan=None, runs_after=(), runs_before=(), before_begins_at=None)
    assert verdict(night) == "No plan was made; no backup ran; nothing needs a human."


def test_stopped_moves_come_first_and_are_no_calm_night() -> None:
    stopped = replace(CALM, breaker="all moves are stopped")
    assert tone(stopped) is Tone.BAD
    assert verdict(stopped).startswith("Moves are stopped; ")
    assert verdict(stopped).endswith("; 1 thing needs a human.")
