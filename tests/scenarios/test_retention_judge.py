"""Can the story of retention fail? Points lost on purpose, and what is said of them: true, false, late, or never."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from local.memory import ports
from local.memory.sending import CALLER
from local.scenarios import retention_fills, retention_judge
from local.scenarios.point_reads import CountedVaults, Reads, from_log
from local.scenarios.retention_fleet import Fleet, fleet
from local.scenarios.retention_judge import CAUSES, Heard, Verdict
from local.scenarios.retention_plants import ERRORS, WEIGHTS, Plants
from local.world import human, lost_points
from local.world.lost_points import COLLISION, SCHEDULE_CHANGED, SHORTENED, STOPPED, VM_GONE, Loss
from local.world.on_demand import trigger_backup
from local.world.state import Item
from shared.model.plan import Finding
from shared.model.retention import Cause, Expected, Gap, RetentionNight, VmRetention

pytestmark = pytest.mark.no_cover

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Lost:
    """A fleet in which one act costs points."""

    def __init__(self, act: str = "", days: float = 12, vms: int = 16, first: int = 4) -> None:
        self.made: Fleet = fleet(1, vms)
        self.world = self.made.world
        self.plants = Plants(self.world, random.Random(3), 0, 30)
        self.begins = self.world.now
        self.pass_days(first)
        self.item: Item | None = self.plants.plant(act) if act else None
        self.pass_days(days)

    def pass_days(self, days: float) -> None:
        ends = self.world.now + days * DAY
        while (due := self.plants.due()) is not None and due <= ends:
            self.world.advance_to(max(due, self.world.now))
            self.plants.happen()
        self.world.advance_to(ends)

    def losses(self) -> list[Loss]:
        return lost_points.losses(self.world, self.begins, self.world.now)

    def verdict(self, *said: VmRetention) -> Verdict:
        heard = Heard()
        for one in said:
            heard.hear(RetentionNight(vms=(one,)))
        return retention_judge.named(self.world, self.losses(), heard, self.plants.gone)


def look(vm_id: str, at: datetime, *gaps: Gap, findings: tuple[Finding, ...] = ()) -> VmRetention:
    return VmRetention(
        vm_id=vm_id, name="", vault_id="", tier="", policy="", checked_at=at, points=0, oldest=None, newest=None,
        gaps=gaps, findings=findings,
    )  # fmt: skip


def gap(loss: Loss, cause: Cause | None = None, **expected: object) -> Gap:
    named = Expected(loss.slot, tuple(sorted(loss.tags)), loss.keep_until, "p", "1")
    return Gap(replace(named, **expected), cause or min(CAUSES[loss.why]), "")  # type: ignore[arg-type]


@pytest.mark.parametrize("act", [*ERRORS, "collides", "cancels"])
def test_each_act_on_one_run_costs_one_point_whose_cause_the_judge_knows(act: str) -> None:
    lost = Lost(act)
    (loss,) = lost.losses()
    assert loss.item_id == (lost.item.id.lower() if lost.item else "")
    assert CAUSES[loss.why]
    assert {"off": Cause.VM_OFF, "collides": Cause.COLLISION, "cancels": Cause.CANCELLED}.get(
        act, min(CAUSES[loss.why])
    ) in CAUSES[loss.why]


@pytest.mark.parametrize(
    ("act", "why"), [("stops", STOPPED), ("deletes", VM_GONE), ("weekly", SCHEDULE_CHANGED), ("shortens", SHORTENED)]
)
def test_acts_that_last_cost_several_points(act: str, why: str) -> None:
    lost = Lost(act, first=20 if act == "shortens" else 4)
    assert why in {loss.why for loss in lost.losses()}
    assert len(lost.losses()) > 1
    assert {loss.vm_id for loss in lost.losses()} == {lost.item.vm_id.lower() if lost.item else ""}
    assert set(WEIGHTS) == {*ERRORS, "collides", "cancels", "stops", "deletes", "weekly", "shortens"}


def test_what_is_named_with_its_cause_is_true() -> None:
    lost = Lost("agent")
    (loss,) = lost.losses()
    verdict = lost.verdict(look(loss.vm_id, lost.world.now - DAY, gap(loss)))
    assert (verdict.judged, verdict.missed, verdict.wrong_causes, verdict.wrong_classes, verdict.false) == (
        1,
        [],
        [],
        [],
        [],
    )


def test_what_is_not_named_in_time_is_missed_and_what_is_too_young_is_not() -> None:
    assert len(Lost("agent").verdict().missed) == 1
    young = Lost("agent", days=5)
    assert young.losses()
    assert young.verdict().missed == []


def test_another_cause_is_wrong_until_the_right_one_is_named() -> None:
    lost = Lost("agent")
    (loss,) = lost.losses()
    wrong = look(loss.vm_id, lost.world.now - 2 * DAY, gap(loss, Cause.COLLISION))
    assert len(lost.verdict(wrong).wrong_causes) == 1
    assert lost.verdict(wrong, look(loss.vm_id, lost.world.now - DAY, gap(loss))).wrong_causes == []


def test_classes_that_the_run_would_not_have_carried_are_wrong() -> None:
    lost = Lost("agent")
    (loss,) = lost.losses()
    said = look(loss.vm_id, lost.world.now - DAY, gap(loss, classes=("daily", "yearly")))
    assert len(lost.verdict(said).wrong_classes) == 1


def test_a_gap_that_is_none_is_false_whatever_its_cause() -> None:
    lost = Lost("agent")
    (loss,) = lost.losses()
    said = look(loss.vm_id, lost.world.now - DAY, gap(loss), gap(loss, due=loss.slot - DAY))
    assert len(lost.verdict(said).false) == 1


def test_findings_about_what_nobody_touched_are_false() -> None:
    heard = Heard()
    heard.hear(RetentionNight(findings=(Finding("vault-weak", "A", "off"), Finding("vault-weak", "b", "off"))))
    heard.hear(RetentionNight(vms=(look("c", fleet(1, 2).world.now, findings=(Finding("odd", "c", "odd"),)),)))
    assert len(retention_judge.findings(heard, {"a"})) == 2


def test_a_daily_point_is_not_missed_where_the_day_has_another() -> None:
    lost = Lost("agent", days=0)
    assert lost.item is not None
    lost.pass_days(0.6)
    while lost.item.id.lower() in lost.world.running or not lost.losses():
        lost.pass_days(0.05)
    long_term = lost.losses()[0].long_term
    trigger_backup(lost.world, lost.world.vaults[lost.item.vault_id], lost.item.id, None, human.CALLER)
    lost.pass_days(12)
    assert len(lost.losses()) == 1
    assert lost.verdict().missed == [] or long_term


class Filled(Lost):
    """A long-term point that is lost, and backups of the app's that make up for it."""

    def __init__(self, *off: timedelta) -> None:
        super().__init__("", days=0, first=5)
        self.item = next(item for item in self.world.items.values() if item.vm_id.endswith("vm-00000"))
        self.plants.plant("agent", self.item)
        self.pass_days(3)
        (self.loss,) = self.losses()
        for each in off:
            vault = self.world.vaults[self.item.vault_id]
            kept = (self.loss.keep_until + each).isoformat()
            trigger_backup(self.world, vault, self.item.id, kept, CALLER)
            self.pass_days(1.2)
        self.pass_days(10)

    def fills(self) -> retention_fills.Fills:
        return retention_fills.fills(self.world, self.losses(), Heard())


def test_one_backup_kept_as_long_as_promised_makes_up_for_a_long_term_point() -> None:
    filled = Filled(timedelta())
    assert filled.loss.long_term
    assert filled.fills() == retention_fills.Fills(good=1)
    assert retention_fills.collisions(filled.losses(), filled.world) == []


def test_none_two_or_one_that_is_kept_for_another_time_do_not() -> None:
    assert len(Filled().fills().not_filled) == 1
    assert len(Filled(timedelta(), HOUR).fills().twice) == 1
    assert len(Filled(9 * DAY).fills().wrong_expiry) == 1
    assert len(Filled(-3 * DAY).fills().wrong_expiry) == 1


def test_a_backup_for_a_point_that_is_there_is_for_nothing() -> None:
    lost = Lost(days=1)
    item = next(iter(lost.world.items.values()))
    trigger_backup(lost.world, lost.world.vaults[item.vault_id], item.id, None, CALLER)
    assert len(retention_fills.fills(lost.world, lost.losses(), Heard()).for_nothing) == 1
    assert retention_fills.fills(lost.world, lost.losses(), Heard(), {item.vm_id.lower()}).for_nothing == []


def test_months_may_be_those_of_the_calendar_and_not_31_days_each() -> None:
    lost = Lost("", days=1)
    slot = lost.world.now
    loss = Loss("i", "v", slot, frozenset({"daily", "monthly"}), slot + 360 * DAY, COLLISION, slot)
    yearly = Loss("i", "v", slot, frozenset({"daily", "yearly"}), slot + 7 * 365 * DAY, COLLISION, slot)
    assert retention_fills._by_calendar(loss) == slot.replace(year=slot.year + 1)
    assert retention_fills._by_calendar(yearly) == slot.replace(year=slot.year + 7)


def test_a_run_that_the_apps_own_backup_keeps_from_starting_is_found() -> None:
    lost = Lost(days=0)
    item = next(item for item in lost.world.items.values() if item.vm_id.endswith("vm-00000"))
    rules = lost.world.rules_of(item)
    assert rules is not None
    lost.world.advance_to(rules.next_run(lost.world.now) - 5 * MINUTE)
    trigger_backup(lost.world, lost.world.vaults[item.vault_id], item.id, None, CALLER)
    lost.pass_days(1)
    assert len(retention_fills.collisions(lost.losses(), lost.world)) == 1


def test_days_with_too_few_points_are_found() -> None:
    lost = Lost("agent", days=6)
    assert lost.item is not None
    vm_id = lost.item.vm_id.lower()
    assert len(retention_fills.days_short(lost.world, {vm_id}, (lost.begins, lost.world.now), 1)) == 1
    assert len(retention_fills.days_short(lost.world, {vm_id}, (lost.begins, lost.world.now), 2)) > 5


def test_reads_of_points_are_counted_in_any_hour_by_subscription_and_item() -> None:
    reads, at = Reads(), fleet(1, 2).world.now
    for number in range(301):
        reads.note(f"/subscriptions/S/{number % 3}", at + number * 11.9 * timedelta(seconds=1))
    assert (reads.total, reads.most_in_an_hour(), reads.hours_over()) == (301, 301, 1)
    assert {key: len(ats) for key, ats in reads.by_item.items()} == {
        f"/subscriptions/s/{n}": 101 - (n > 0) for n in range(3)
    }
    assert reads.hours_over(100) == 1
    later = Reads()
    for number in range(301):
        later.note("/subscriptions/S/x", at + number * 12.1 * timedelta(seconds=1))
    assert (later.most_in_an_hour(), later.hours_over()) == (298, 0)


def test_reads_are_counted_in_memory_and_from_the_arms_log() -> None:
    made = fleet(1, 2)
    counted = CountedVaults(ports(made.world).vaults, made.world)
    (vault, *_) = counted.vaults(next(iter(made.world.vaults.values())).subscription)
    (item,) = counted.items(vault)
    assert counted.recovery_points(vault, item, made.world.now - 3 * DAY, made.world.now)
    assert len(counted.reads.by_item[item.id.lower()]) == counted.reads.total == 1
    entry = {"at": made.world.now.isoformat(), "method": "GET", "path": f"{item.id}/recoveryPoints"}
    log = [entry, {**entry, "path": item.id}, {**entry, "method": "POST"}]
    assert from_log(log).by_item == counted.reads.by_item
