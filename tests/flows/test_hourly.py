"""Does a tier with an hourly schedule get there safely, once, and with the points that it asks for?"""

from dataclasses import replace
from datetime import timedelta

from local.world import documents
from local.world.history import put
from local.world.mishaps import MISSING, Mishap
from local.world.points import tiers
from local.world.schedule import read
from shared.flows.job_failures.watch import watch
from shared.flows.rollback import Selection, rollback
from shared.model.plan import Action, Outcome
from tests.flows.stage import Stage, stage

HOURLY = (
    "    window: night\n",
    '    window: night\n    policy_type: enhanced\n    schedule: {every: 4h, hours: "08:00-20:00"}\n',
)
FOUR_A_DAY = {8: False, 12: False, 16: False, 20: True}
"""Hours of the runs, and whether they reach the vault."""


def enhanced(vms: int = 3) -> Stage:
    """A fleet on one Enhanced daily policy, whose tier asks for four runs a day."""
    night = stage(vms)
    vault = next(iter(night.world.vaults.values()))
    policy = put(night.world, vault, "Enhanced", documents.enhanced("22:30", daily=30))
    for item in night.world.items.values():
        item.policy_id = policy.id
    night.with_text(HOURLY)
    return night


def test_the_policy_is_written_once_each_vm_moves_safely_and_a_second_run_writes_nothing() -> None:
    night = enhanced()
    made = night.planned()
    assert {(line.action, line.policy) for line in made.vms} == {(Action.MOVE, "ns-standard-2000-v2")}
    done = night.enforce()
    assert {step.outcome for step in done.steps} == {Outcome.WRITTEN}
    assert (night.count("vaults.write_policy"), night.count("vaults.assign_policy")) == (1, 3)
    assert read(night.policy("ns-standard-2000-v2").properties).starts == (480, 720, 960, 1200)
    for _ in range(2):
        night.tomorrow()
        again = night.plan()
        assert again.moves == again.edits == ()
        night.next_hour()
        night.enforce()
        assert night.writes == 0
    assert (night.world.skipped_runs(), night.world.counters.points_pruned) == (0, 0)


def test_several_points_a_day_are_made_and_only_the_last_one_is_in_the_vault() -> None:
    night = enhanced(1)
    night.settled()
    since = night.world.now
    night.world.advance(timedelta(days=2))
    jobs = [job for job in night.world.jobs.values() if job.scheduled_for and job.scheduled_for > since]
    assert {job.scheduled_for.hour: job.vaulted for job in jobs if job.scheduled_for} == FOUR_A_DAY
    rules = read(night.policy("ns-standard-2000-v2").properties)
    fresh = [point for point in night.item().points if point.at > since]
    assert len(fresh) >= 7
    for point in fresh:
        assert (("HardenedRP", "Valid") in tiers(point, rules, night.world.now)) == (point.at.hour >= 20)
    assert night.world.skipped_runs() == 0


def test_a_vm_of_a_standard_policy_runs_daily_until_somebody_lets_it_migrate() -> None:
    night = stage(1)
    night.with_text(HOURLY)
    night.settled()
    assert night.item().policy_id.rsplit("/", 1)[-1].startswith("ns-standard-")
    assert not night.item().policy_id.endswith("-v2")
    night.with_text(HOURLY, ("version: 1", "version: 1\nmigrate_to_enhanced: [vm-0]"))
    night.tomorrow()
    night.settled()
    assert night.item().policy_id.endswith("/ns-standard-2000-v2")
    night.world.advance(timedelta(days=3))
    assert (night.world.skipped_runs(), night.world.counters.points_pruned) == (0, 0)


def test_who_leaves_the_tiers_hours_again_is_held_and_not_moved_to_fewer_runs() -> None:
    night = enhanced(1)
    night.settled()
    night.with_text(("    window: night\n", "    window: night\n    policy_type: enhanced\n"))
    night.tomorrow()
    made = night.plan()
    assert [(line.action, line.slot) for line in made.vms] == [(Action.HOLD, 40)]
    steps = rollback(night.ports, night.intent, night.world.now, Selection(everything=True), dry_run=False)
    assert [step.outcome for step in steps] == [Outcome.HELD]
    assert "schedule would change from Hourly to Daily" in steps[0].reason
    approval = "{vm: vm-0, from: ns-standard-2000-v2, to: Enhanced, approver: Ann, expires: 2026-12-31}"
    night.with_text(HOURLY, ("version: 1", f"version: 1\napprove_retention_loss: [{approval}]"))
    night.world.advance_to(night.world.now.replace(hour=5) + timedelta(days=1))
    steps = rollback(night.ports, night.intent, night.world.now, Selection(everything=True), dry_run=False)
    assert [(step.outcome, step.after) for step in steps] == [(Outcome.WRITTEN, "Enhanced")]


def test_an_hourly_night_that_goes_well_alarms_nobody_and_one_without_its_end_is_told() -> None:
    night = enhanced(2)
    night.settled()
    for _ in range(2 * 48):
        night.world.advance(timedelta(minutes=30))
        assert watch(night.ports, night.intent, night.world.now).announced == 0
    night.world.pace = replace(night.world.pace, mishaps=(Mishap(MISSING, rate=1.0),))
    told = 0
    for _ in range(48):
        night.world.advance(timedelta(minutes=30))
        told += watch(night.ports, night.intent, night.world.now).announced
    assert told == 2
