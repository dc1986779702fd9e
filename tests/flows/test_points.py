"""Are recovery points looked at as promised? Ticks by the hour over a fleet in memory, with people and faults about."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from local.world import documents
from local.world.history import put
from local.world.state import Json
from shared import fleet_policy
from shared.errors import Permanent, Transient
from shared.flows.on_demand import asking
from shared.flows.on_demand import rows as on_demand_rows
from shared.flows.retention import by_hand, check, evidence, history, nightly
from shared.flows.retention.rows import LOOKS, MEMBERSHIPS, NIGHTLY, keep, standing, wake
from shared.model import on_demand
from shared.model.retention import Cause, Gap, Mark, VmRetention
from tests.flows.stage import LOST, POLICY, THROTTLED, Stage, stage

WEEKLY = ("retention: {daily: {days: 30}}", "retention: {daily: {days: 30}, weekly: {weeks: 12, on: sunday}}")
HAND = "by human@example.com"
BY_HAND = datetime.fromisoformat("2026-03-15T22:10:00Z")
"""A Sunday, twenty minutes before all runs are due."""


def promised(vms: int = 3, vaults: int = 1, switches: tuple[str, ...] = ()) -> Stage:
    """Return a fleet whose points are weekly too, and of whose backups none fails."""
    night = stage(vms, vaults, switches)
    night.with_text(WEEKLY)
    for number, vault in enumerate(list(night.world.vaults.values())):
        put(night.world, vault, "Weekly", documents.daily("22:30", daily=30, weekly=12))
        for item in night.world.items_in(vault.id):
            night.human("assign", item=item.id, policy_id=night.policy("Weekly", f"rsv-{number}").id)
    night.calls.clear()
    return night


def tick(night: Stage) -> int:
    """Let time pass until the next tick, and run it."""
    world = night.world
    at = world.now.replace(minute=35, second=0, microsecond=0)
    world.advance_to(at if at > world.now else at + timedelta(hours=1))
    return check.check_retention(night.ports, night.intent, world.now)


def days(night: Stage, count: float) -> None:
    """Let ticks run by the hour; one that finds no answer is over."""
    ends = night.world.now + timedelta(days=count)
    while night.world.now < ends:
        with suppress(Transient):
            tick(night)


def until(night: Stage, at: datetime) -> None:
    """Let ticks run until the instant."""
    while night.world.now + timedelta(hours=1) < at:
        tick(night)
    night.world.advance_to(at)


def looks(night: Stage) -> dict[str, VmRetention]:
    """Return the last looks by VM name."""
    return {one.name: one for one in standing(night.ports.ledger).values()}


def gaps(night: Stage) -> list[Gap]:
    """Return all gaps that are known."""
    return [gap for one in looks(night).values() for gap in one.gaps]


def edited(night: Stage, change: Callable[[Json], Json]) -> None:
    """Let somebody edit the policy of all VMs."""
    policy = night.policy("Weekly")
    night.human("edit", policy_id=policy.id, properties=change(policy.properties))


def test_a_healthy_fleet_has_no_gap_and_each_vm_is_looked_at_once_a_week() -> None:
    night = promised(vms=5)
    days(night, 15)
    assert gaps(night) == []
    assert night.count("vaults.recovery_points") == 5 * 3
    assert all(
        one.counts[0][:1] == ("daily",) and one.counts[0][1] == one.counts[0][2] for one in looks(night).values()
    )
    assert night.count("vaults.jobs") == 0


def test_lists_are_read_once_a_night_only() -> None:
    night = promised(vaults=2)
    days(night, 10)
    nights = 11
    assert {night.count(call) for call in ("vaults.policies", "vaults.items")} == {2 * nights}
    assert night.count("fleet.backups_by_hand") == nights


def test_a_weekly_run_lost_to_a_backup_by_hand_is_found_the_morning_after_and_asked_for_once() -> None:
    night = promised(switches=("backup",))
    until(night, BY_HAND)
    night.human("back up", vm=night.vm().id)
    days(night, 3)
    (gap,) = gaps(night)
    assert (gap.expected.classes, gap.cause, gap.mark) == (("daily", "weekly"), Cause.COLLISION, Mark.ASKED)
    assert "human@example.com asked for" in gap.said
    (wanted,) = asking.standing(night.ports.ledger).values()
    assert wanted.wanted.keep_until == gap.expected.due + timedelta(weeks=12)
    assert wanted.wanted.not_after == gap.expected.due + timedelta(days=7)


def test_without_the_switch_it_is_told_and_nothing_is_asked_for() -> None:
    night = promised()
    until(night, BY_HAND)
    night.human("back up", vm=night.vm().id)
    days(night, 3)
    assert [gap.mark for gap in gaps(night)] == [Mark.MISSING]
    assert asking.standing(night.ports.ledger) == {}


def test_a_backup_by_hand_while_the_run_is_due_is_not_taken_for_the_weekly_point() -> None:
    night = promised(vms=1)
    until(night, BY_HAND + timedelta(minutes=21))
    night.human("back up", vm=night.vm().id)
    days(night, 8)
    assert [(gap.expected.classes, gap.cause) for gap in gaps(night)] == [(("daily", "weekly"), Cause.COLLISION)]


def test_what_somebody_weakens_has_a_cause_with_a_name() -> None:
    night = promised()
    days(night, 10)
    edited(night, lambda properties: _keeping(properties, 7))
    days(night, 14)
    assert {gap.cause for gap in gaps(night)} == {Cause.RETENTION_SHORTENED}
    assert all(HAND in gap.said and "30 days -> 7 days" in gap.said for gap in gaps(night))
    assert [one.code for one in history.night(night.ports, night.intent, night.world.now).findings] == ["keeps-less"]


def test_a_schedule_that_was_taken_away_is_missed_on_each_of_its_days() -> None:
    night = promised()
    days(night, 2)
    changed = night.world.now
    edited(night, _on_sundays_only)
    days(night, 13)
    assert {gap.cause for gap in gaps(night) if gap.expected.due < changed} == {Cause.RETENTION_SHORTENED}
    found = [gap for gap in gaps(night) if gap.expected.due > changed]
    assert {gap.cause for gap in found} == {Cause.SCHEDULE_CHANGED}
    assert {gap.expected.due.strftime("%A") for gap in found} == {
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"
    }  # fmt: skip


def test_stopped_protection_is_named() -> None:
    night = promised()
    days(night, 2)
    night.human("stop", vm=night.vm().id)
    days(night, 8)
    assert {(gap.cause, HAND in gap.said) for gap in gaps(night)} == {(Cause.PROTECTION_STOPPED, True)}


def test_a_vm_that_is_gone_misses_nothing() -> None:
    night = promised()
    days(night, 2)
    night.human("delete", vm=night.vm().id)
    days(night, 15)
    assert gaps(night) == []


def test_a_failed_run_is_missing_for_the_reason_of_its_job() -> None:
    night = promised(vms=1)
    days(night, 2)
    night.human("afflict", vm=night.vm().id, code="UserErrorRpCollectionLimitReached")
    days(night, 2)
    assert {gap.cause for gap in gaps(night)} == {Cause.QUOTA}


def test_jobs_of_a_day_are_read_once_for_all_vms_of_a_vault() -> None:
    night = promised(vms=4)
    days(night, 2)
    for number in range(4):
        night.human("afflict", vm=night.vm(f"vm-{number}").id, code="UserErrorRpCollectionLimitReached")
    days(night, 1)
    assert len(gaps(night)) == 4
    assert night.count("vaults.jobs") == 1


def test_soft_delete_that_is_off_is_found_and_how_each_vault_is_guarded() -> None:
    night = promised(vaults=2)
    night.world.vaults[sorted(night.world.vaults)[0]].soft_delete = "Disabled"
    days(night, 1)
    found = history.night(night.ports, night.intent, night.world.now)
    assert [one.text for one in found.findings] == ["soft delete of rsv-0 is Disabled; expected Enabled or AlwaysON"]
    assert [(one.name, one.settings[0].good) for one in found.postures] == [("rsv-0", False), ("rsv-1", True)]


def test_an_hour_reads_no_more_than_its_share_and_the_next_goes_on() -> None:
    night = promised(vms=7)
    night.limited(retention_reads_per_hour=3)
    done = [tick(night) for _ in range(24)]
    assert [count for count in done if count] == [3, 3, 1]


@pytest.mark.parametrize("call", ["vaults.recovery_points", "fleet.items", "fleet.vms", "vaults.vaults"])
def test_an_answer_that_does_not_come_costs_an_hour(call: str) -> None:
    night = promised()
    days(night, 1)
    edited(night, lambda properties: _keeping(properties, 31))
    days(night, 5)
    night.will(call, LOST)
    days(night, 2)
    assert all(one.checked_at > night.world.now - timedelta(days=2) for one in looks(night).values())
    assert gaps(night) == []


def test_a_throttled_subscription_is_left_alone_until_the_next_hour() -> None:
    night = promised(vms=4)
    night.will("vaults.recovery_points", None, THROTTLED)
    done = [count for count in (tick(night) for _ in range(24)) if count]
    assert done == [1, 3]
    assert night.count("vaults.recovery_points") == 5


def test_a_vm_whose_points_are_refused_is_told_and_keeps_no_other_waiting() -> None:
    night = promised(vms=3)
    night.will("vaults.recovery_points", Permanent("403: no"))
    days(night, 1)
    found = looks(night)
    assert sorted(one.code for each in found.values() for one in each.findings) == ["points-unreadable"]
    assert len(found) == 3


def test_a_log_that_may_not_be_read_makes_no_false_gap() -> None:
    night = promised()
    until(night, BY_HAND - timedelta(hours=12))
    (vault,) = night.world.vaults.values()
    put(night.world, vault, "Earlier", documents.daily("20:00", daily=30, weekly=12))
    night.human("assign", vm=night.vm().id, policy_id=night.policy("Earlier").id)
    night.will("fleet.changes", Permanent("403: no"))
    night.will("fleet.backups_by_hand", Permanent("403: no"))
    days(night, 15)
    assert gaps(night) == []


def test_a_look_between_a_move_and_the_night_that_notes_it_holds_no_run_to_the_old_terms() -> None:
    night = promised(vms=1)
    days(night, 2)
    (vault,) = night.world.vaults.values()
    put(night.world, vault, "Earlier", documents.daily("20:00", daily=30, weekly=12))
    night.human("assign", vm=night.vm().id, policy_id=night.policy("Earlier").id)
    noted = nightly.latest(night.ports)
    night.world.advance_to(night.world.now.replace(hour=3) + timedelta(days=1))
    (seen,) = looks(night).values()
    keep(night.ports.ledger, replace(seen, checked_at=night.world.now - timedelta(days=7)))
    wake(night.ports.ledger)
    assert tick(night) == 1
    assert nightly.latest(night.ports) == noted
    assert gaps(night) == []


@pytest.mark.parametrize(
    ("to", "expires", "gone"),
    [
        ("ns-standard", "2026-12-31", False),
        ("ns-standard-2000", "2026-12-31", False),
        ("ns-standard", "2026-03-12", False),
        ("ns-standard", "2026-03-11", True),
        ("ns-other", "2026-12-31", True),
    ],
)
def test_a_loss_that_was_approved_ends_the_promise_on_the_day_of_the_move(to: str, expires: str, gone: bool) -> None:
    night = promised(vms=1)
    approval = f"{{vm: vm-0, from: Weekly, to: {to}, approver: ann, expires: {expires}}}"
    night.with_text(WEEKLY, ("version: 1", f"version: 1\napprove_retention_loss: [{approval}]"))
    days(night, 10)
    (vault,) = night.world.vaults.values()
    put(night.world, vault, "ns-standard-2000", documents.daily("20:00", daily=7, weekly=12))
    night.human("assign", vm=night.vm().id, policy_id=night.policy("ns-standard-2000").id)
    assert f"{night.world.now:%Y-%m-%d}" == "2026-03-12"
    days(night, 8)
    assert bool(gaps(night)) is gone


def test_a_fill_that_came_to_nothing_is_asked_for_again_the_next_night() -> None:
    night = promised(switches=("backup",))
    until(night, BY_HAND)
    night.human("back up", vm=night.vm().id)
    days(night, 1)
    (row,) = on_demand_rows.everything(night.ports.ledger).values()
    on_demand_rows.move(
        night.ports.ledger, row, asking.stepped(row.value, on_demand.Stage.FAILED, "no job", night.world.now)
    )
    days(night, 1.2)
    assert sorted(key[-2:] for key in asking.standing(night.ports.ledger)) == ["|1", "|2"]


def test_suspects_that_had_to_wait_are_looked_at_in_the_next_hours() -> None:
    night = promised(vms=3)
    days(night, 2)
    night.limited(retention_reads_per_hour=1)
    for number in range(3):
        night.human("afflict", vm=night.vm(f"vm-{number}").id, code="UserErrorRpCollectionLimitReached")
    days(night, 1)
    assert len(gaps(night)) == 3


def test_a_tick_that_dies_anywhere_loses_at_most_the_reads_that_it_spent() -> None:
    night = promised(vms=3)
    days(night, 0.9)
    before = night.count("vaults.recovery_points")
    assert before == 3
    days(night, 6)
    night.will("vaults.recovery_points", None, _dies)
    with pytest.raises(KeyboardInterrupt):
        days(night, 1)
    days(night, 1)
    assert night.count("vaults.recovery_points") == before + 4
    assert all(one.checked_at > night.world.now - timedelta(days=2.2) for one in looks(night).values())


def test_a_long_tick_ends_by_itself() -> None:
    night = promised(vms=3)
    night.will("vaults.recovery_points", lambda: night.world.advance(timedelta(minutes=8)))
    done = [count for count in (tick(night) for _ in range(24)) if count]
    assert done == [1, 2]


def test_a_vault_that_cannot_be_read_says_nothing_of_its_vms() -> None:
    night = promised(vms=4, vaults=2)
    days(night, 1)
    night.will("vaults.items", Permanent("403: no"))
    days(night, 8)
    assert gaps(night) == []
    assert Counter(one.vault_id for one in looks(night).values()).total() == 4


def test_a_refused_fleet_is_an_error_of_that_hour_only() -> None:
    night = promised()
    night.will("vaults.vaults", *[Transient("503")] * 30)
    days(night, 1)
    assert looks(night) == {}
    night.script.clear()
    days(night, 1)
    assert len(looks(night)) == 3


def _dies() -> None:
    raise KeyboardInterrupt


def _keeping(properties: Json, daily: int) -> Json:
    retention = properties["retentionPolicy"]
    kept = {**retention["dailySchedule"], "retentionDuration": {"count": daily, "durationType": "Days"}}
    return {"retentionPolicy": {**retention, "dailySchedule": kept}}


def _on_sundays_only(properties: Json) -> Json:
    schedule = {**properties["schedulePolicy"], "scheduleRunFrequency": "Weekly", "scheduleRunDays": ["Sunday"]}
    kept = {name: block for name, block in properties["retentionPolicy"].items() if name != "dailySchedule"}
    return {"schedulePolicy": schedule, "retentionPolicy": kept, "instantRpRetentionRangeInDays": 5}


def test_a_cause_that_needs_more_reads_of_jobs_than_are_left_is_told_at_a_later_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    night = promised(vms=1)
    days(night, 2)
    night.human("afflict", vm=night.vm().id, code="UserErrorRpCollectionLimitReached")
    monkeypatch.setattr(evidence, "JOB_READS", 0)
    days(night, 1)
    assert [gap.cause for gap in gaps(night)] == [Cause.UNKNOWN]
    assert night.count("vaults.jobs") == 0
    monkeypatch.undo()
    days(night, 1)
    assert {gap.cause for gap in gaps(night)} == {Cause.QUOTA}


def test_an_approved_loss_ends_the_promise_and_is_no_gap() -> None:
    night = promised()
    days(night, 12)
    (vault,) = night.world.vaults.values()
    put(night.world, vault, "Short", documents.daily("22:30", daily=7))
    approved = "{vm: vm-0, from: weekly, to: Short, approver: ann, expires: 2026-12-31}"
    night.intent = fleet_policy.parse(POLICY.replace(*WEEKLY) + f"approve_retention_loss: [{approved}]\n")
    for name in ("vm-0", "vm-1"):
        night.human("assign", vm=night.vm(name).id, policy_id=night.policy("Short").id)
    days(night, 12)
    assert {name for name, one in looks(night).items() if one.gaps} == {"vm-1"}


def test_what_is_gone_with_its_backups_is_forgotten() -> None:
    night = promised()
    days(night, 1)
    item = night.item()
    night.human("delete", vm=night.vm().id)
    del night.world.items[item.id.lower()]
    days(night, 2)
    assert sorted(looks(night)) == ["vm-1", "vm-2"]
    assert len(night.ports.ledger.rows(MEMBERSHIPS)) == 2


def test_rows_that_cannot_be_read_are_an_alert_and_learned_anew(caplog: pytest.LogCaptureFixture) -> None:
    night = promised()
    days(night, 2)
    ledger = night.ports.ledger
    for kind in (NIGHTLY, LOOKS, MEMBERSHIPS):
        for key, row in ledger.rows(kind).items():
            broken = {name: "{" for name in ("json", "findings") if name in row}
            ledger.write(kind, key, {**row, **broken})
    days(night, 9)
    assert "retention-unreadable" in caplog.text
    assert len(looks(night)) == 3
    assert gaps(night) == []


def test_a_policy_that_cannot_be_read_leaves_the_vm_where_it_was() -> None:
    night = promised(vms=1)
    days(night, 2)
    night.will("vaults.policies", *[Permanent("403: no")] * 3)
    days(night, 9)
    assert gaps(night) == []


def test_who_started_backups_is_forgotten_after_a_year() -> None:
    night = promised(vms=1)
    night.human("back up", vm=night.vm().id)
    days(night, 1)
    ledger, now = night.ports.ledger, night.world.now
    assert by_hand.forget_old(ledger, now + timedelta(days=300)) == 0
    assert by_hand.forget_old(ledger, now + timedelta(days=402)) == 1
    assert by_hand.by_hand_known(ledger) == {}


def test_a_log_that_may_not_be_read_is_a_finding_for_as_long_as_it_may_not() -> None:
    night = promised(vms=1)
    night.will("fleet.backups_by_hand", *[Permanent("403: no")] * 2)
    days(night, 1)
    (found,) = history.night(night.ports, night.intent, night.world.now).findings
    assert (found.code, "403: no" in found.text) == ("log-unreadable", True)
    days(night, 2)
    assert history.night(night.ports, night.intent, night.world.now).findings == ()
