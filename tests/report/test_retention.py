"""Does the report say which points are missing, why, what was done, and what is left to a person?"""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest

from shared.model.azure import Vm
from shared.model.night import NightReport
from shared.model.plan import Finding
from shared.model.retention import Cause, Gap, Mark, RetentionNight, Setting, VaultPosture, VmRetention
from shared.report.data import data
from shared.report.digest import WIDTH, digest
from shared.report.figures import figures
from shared.report.page import MOST_CARDS, MOST_LINES, html
from shared.report.posture_rows import posture_table
from shared.report.retention_calendar import DAYS, MOST_CALENDARS, retention_calendar
from shared.report.retention_figures import BEYOND_BACKUPS, GapState, by_day, retention_figures, state_of
from shared.report.retention_rows import CAUSES, LEAST_ROWS, MOST_ROWS, NO_TIER, gap_groups
from shared.report.retention_tasks import MOST_TOLD, tasks
from shared.report.verdict import Tone, tone, verdict
from tests.report.sample_night import machines, vaults
from tests.report.sample_retention import DAY, gap, looked_at, posture, sample_retention
from tests.report.test_figures import CALM

NOW = CALM.made_at
SAMPLE = sample_retention(CALM.vms, CALM.vaults, NOW)
DUE = (NOW - 7 * DAY).replace(hour=22, minute=0)
TODAY = NOW.date()
FULL = ("daily", "weekly", "monthly", "yearly")
ONE = machines(1, vaults())[0]


def with_retention(**changes: Any) -> NightReport:
    return replace(CALM, retention=RetentionNight(fresh_at=NOW, **changes))


NIGHT = replace(CALM, retention=SAMPLE)


def section(night: NightReport) -> str:
    found = re.search(r'<section aria-labelledby="retention">.*?</section>', html(night), re.DOTALL)
    assert found
    return found[0]


def said(night: NightReport) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", section(night))))


def seen(*gaps: Gap, vm: Vm = ONE, **changes: Any) -> VmRetention:
    return looked_at(vm, CALM.vaults[0].id, NOW, *gaps, **changes)


def fleet(count: int, *gaps: Gap) -> tuple[VmRetention, ...]:
    return tuple(seen(*gaps, vm=vm) for vm in machines(count, vaults()))


def forms(vms: Iterable[VmRetention], mark: Mark) -> list[str]:
    chart = ElementTree.fromstring(retention_calendar(tuple(vms), TODAY))
    found = [group for group in chart.iter() if group.get("class") == f"point {mark}"]
    return [path.get("d", "") for group in found for path in group.iter("path")]


def texts(vms: Iterable[VmRetention], kind: str) -> list[str]:
    chart = ElementTree.fromstring(retention_calendar(tuple(vms), TODAY))
    return [element.text or "" for element in chart.iter() if element.get("class") == kind]


def test_what_was_not_looked_at_is_said_and_not_called_well() -> None:
    assert said(CALM) == " Retention Nothing is known of recovery points: check_retention has not looked yet. "
    assert "No point is missing" not in said(CALM)
    assert "gaps" not in digest(CALM)
    found = json.loads(data(CALM))
    assert (found["retention"]["fresh_at"], found["retention"]["vms"]) == (None, [])
    assert found["retention"]["figures"]["seen"] is False


def test_points_that_are_all_there_leave_nothing_to_do() -> None:
    text = said(with_retention(vms=fleet(3), postures=(posture("rsv"),)))
    assert "What a person must do Nothing. Missing points, by tier and cause No point is missing." in text
    assert "VMs looked at within a week 3 of 3" in text
    assert tone(with_retention(vms=fleet(3))) is Tone.GOOD


def test_ages_alone_are_told_before_any_vm_was_looked_at() -> None:
    text = said(with_retention(waiting=5))
    assert "VMs looked at within a week 0 of 5" in text
    assert "none expected yet" in text
    assert "Calendar" not in text


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (gap(DUE, Cause.VM_GONE, "daily", "weekly"), GapState.LEFT),
        (gap(DUE, Cause.COLLISION, "daily", "weekly"), GapState.OPEN),
        (gap(DUE, Cause.VM_GONE, "daily"), GapState.DAILY),
        (gap(DUE, Cause.VM_GONE, "daily", "weekly", mark=Mark.ASKED), GapState.ASKED),
        (gap(DUE, Cause.VM_GONE, "weekly", mark=Mark.FILLED), GapState.FILLED),
    ],
)
def test_a_gap_is_left_to_people_where_a_backup_would_meet_its_cause(found: Gap, state: GapState) -> None:
    assert state_of(found) is state
    numbers = retention_figures(RetentionNight(vms=(seen(found),)), NOW)
    assert numbers.states == {state: 1}


def test_the_sample_is_counted() -> None:
    numbers = retention_figures(SAMPLE, NOW)
    assert (numbers.looked_at, numbers.waiting, numbers.fleet) == (12, 2, 14)
    assert (numbers.gaps, numbers.gap_vms) == (11, 7)
    assert (numbers.left_to_people, numbers.open, numbers.daily_only, numbers.asked, numbers.filled) == (4, 1, 3, 1, 2)
    assert [(one.name, one.expected, one.present) for one in numbers.classes][-1] == ("yearly", 12, 10)
    assert [(one.cause, one.gaps) for one in numbers.causes[:2]] == [
        (Cause.COLLISION, 3),
        (Cause.PROTECTION_STOPPED, 2),
    ]
    assert (numbers.findings, numbers.vaults, numbers.weak, numbers.weak_vaults) == (4, 3, 2, 1)


def test_a_look_of_more_than_a_week_ago_does_not_count_as_one() -> None:
    old = seen(checked_at=NOW - timedelta(days=7))
    assert retention_figures(RetentionNight(vms=(old,), waiting=1), NOW).looked_at == 0
    assert retention_figures(RetentionNight(vms=(old,), waiting=1), NOW).fleet == 1


def test_counts_are_told_first_then_tasks_gaps_calendar_and_vaults() -> None:
    text = said(NIGHT)
    assert "VMs looked at within a week 12 of 14" in text
    assert "351 of 360 daily, 138 of 144 weekly, 132 of 132 monthly, 10 of 12 yearly" in text
    assert "11 : 4 left to people, 1 not asked for yet, 3 daily only, 1 asked for, 2 filled" in text
    assert "37 of the 120 of its share" in text
    headings = re.findall(r"<h3>(.*?)</h3>", section(NIGHT))
    assert headings == [
        "What a person must do",
        "Missing points, by tier and cause",
        "Calendar",
        "How the vaults are guarded",
    ]


def test_a_gap_is_told_with_cause_what_was_done_and_who_promised_it() -> None:
    text = said(NIGHT)
    assert (
        "vm-web-00 was due 15 Nov 2026 22:00 daily, weekly Its backup did not start: a restore of disks held the VM "
        "until 23:40 filled Filled by the backup of 17 Nov 2026 03:00, kept until 7 February 2027 "
        "Promised until 7 February 2027, by policy ns-critical-2200, version 3f9a1c07be42"
    ) in text
    assert "A backup on demand was asked for, to be kept until 7 February 2027" in text
    assert "yearly The VM was deleted before its run was due left to people Nothing: a backup on demand would" in text


def test_what_is_left_to_people_leads_and_says_what_to_do() -> None:
    found = tasks(SAMPLE)
    assert [one.code for one in found] == [
        "vm-gone",
        "agent",
        "protection-stopped",
        "keeps-less-than-intended",
        "oldest-too-young",
        "point-too-old",
    ]
    assert found[0].text == ("2 points of 1 VM are missing, and a backup on demand cannot fill the gap: the VM is gone")
    assert found[0].names == ("vm-app-01",)
    assert all(one.to_do for one in found[:3])
    assert found[5].lines[0] == "vm-db-03: its newest point is 53 h old, its tier allows 26 h"


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_words_and_those_of_people_a_step(cause: Cause) -> None:
    night = RetentionNight(vms=(seen(gap(DUE, cause, *FULL)),))
    (group,) = gap_groups(night)
    assert group.says == CAUSES[cause]
    assert [one.code for one in tasks(night)] == ([cause.value] if cause in BEYOND_BACKUPS else [])


def test_many_findings_of_one_kind_are_one_card() -> None:
    many = tuple(Finding("point-too-old", f"/vm/{i}", f"vm-{i} is late") for i in range(MOST_TOLD + 30))
    (card,) = tasks(RetentionNight(findings=many))
    assert (card.text, len(card.lines), card.more_lines) == (f"{len(many)} findings of one kind:", MOST_TOLD, 30)
    assert "30 more are in the JSON report." in said(with_retention(findings=many))
    (once,) = tasks(RetentionNight(findings=many[:1], vms=(seen(findings=many[:1]),)))
    assert (once.text, once.lines) == ("vm-0 is late", ())


def test_many_kinds_of_tasks_fold_away() -> None:
    many = tuple(Finding(f"code-{i}", "/vm", f"text {i}") for i in range(MOST_CARDS + 4))
    assert "<summary>4 more</summary>" in section(with_retention(findings=many))


def test_four_hundred_vms_with_one_cause_are_one_line_of_each_tier() -> None:
    night = with_retention(vms=fleet(400, gap(DUE, Cause.THROTTLED, "daily", "weekly")))
    critical, standard = gap_groups(night.retention)
    assert (critical.tier, critical.gaps, critical.vms, len(critical.rows)) == ("critical", 80, 80, MOST_ROWS // 2)
    assert (standard.tier, standard.gaps, standard.more_rows) == ("standard", 320, 320 - MOST_ROWS // 2)
    text = said(night)
    assert "standard 320 points of 320 VMs Azure throttled the backup throttled" in text
    assert " and 312 more 320 not asked for yet" in text
    assert f"{320 - MOST_ROWS // 2} more are in the JSON report." in text
    assert len(json.loads(data(night))["retention"]["vms"]) == 400
    assert len(section(night).encode()) < 160_000


def test_a_fleet_with_every_cause_stays_light() -> None:
    every = tuple(gap(DUE - DAY * i, cause, "daily", "weekly") for i, cause in enumerate(Cause))
    tiers = ("critical", "standard", "test", "")
    vms = tuple(replace(vm, tier=tiers[i % 4]) for i, vm in enumerate(fleet(1000, *every)))
    groups = gap_groups(RetentionNight(vms=vms))
    assert {len(one.rows) for one in groups} == {LEAST_ROWS}
    assert groups[-1].tier != NO_TIER == groups[2 * len(Cause) - 1].tier
    assert len(section(with_retention(vms=vms)).encode()) < 250_000


def test_within_a_tier_what_is_left_to_people_leads() -> None:
    usual = fleet(4, gap(DUE, Cause.QUOTA, "weekly"))
    odd = replace(seen(gap(DUE, Cause.AGENT, "weekly"), gap(DUE, Cause.AGENT, "daily")), tier="standard")
    groups = [one for one in gap_groups(RetentionNight(vms=(*usual, odd))) if one.tier == "standard"]
    assert [(one.cause, one.chip) for one in groups] == [(Cause.AGENT, "failed"), (Cause.QUOTA, "held")]
    assert groups[0].states == ((GapState.LEFT, 1), (GapState.DAILY, 1))


def test_marks_differ_by_form_and_each_day_has_one() -> None:
    (there,) = forms([seen()], Mark.PRESENT)
    assert there.count("M") == DAYS - 1
    shapes = set()
    for mark in Mark:
        vm = seen(calendar=((TODAY, mark, ("daily",)),))
        (form,) = forms([vm], mark)
        shapes.add(re.sub(r"^M[\d.]+ [\d.]+", "", form))
    assert len(shapes) == len(Mark)


def test_longer_classes_carry_a_letter() -> None:
    vm = seen(calendar=tuple((TODAY - DAY * i, Mark.PRESENT, FULL[: i + 1]) for i in range(4)))
    assert sorted(texts([vm], "letter")) == ["M", "W", "Y"]


def test_days_lie_in_their_columns_and_those_outside_are_not_drawn() -> None:
    def column(days_ago: int) -> float:
        (form,) = forms([seen(calendar=((TODAY - DAY * days_ago, Mark.MISSING, ("daily",)),))], Mark.MISSING)
        return float(form[1:].split()[0])

    assert 116 < column(DAYS - 1) < column(1) < column(0) < 624 - 9
    assert column(0) - column(7) == pytest.approx((624 - 116) / 5, abs=0.2)
    assert forms([seen(calendar=((TODAY - DAY * DAYS, Mark.MISSING, ("daily",)),))], Mark.MISSING) == []
    assert texts([seen()], "tick") == ["19 Oct", "26 Oct", "2 Nov", "9 Nov", "16 Nov"]


def test_the_worst_of_a_day_is_shown() -> None:
    vm = seen(
        calendar=((TODAY, Mark.PRESENT, ("daily",)), (TODAY, Mark.MISSING, ("weekly",)), (TODAY, Mark.FILLED, ()))
    )
    assert by_day(vm) == {TODAY: (Mark.MISSING, ("weekly",))}


def test_vms_with_gaps_lead_the_calendar_and_the_others_are_counted() -> None:
    vms = fleet(MOST_CALENDARS + 9)
    broken = seen(gap(DUE, Cause.LOST, "weekly"), name="vm-zz")
    names = texts([*vms, broken], "name")
    assert (len(names), names[0]) == (MOST_CALENDARS, "vm-zz")
    assert "10 more VMs are not drawn; the JSON report holds all." in said(with_retention(vms=(*vms, broken)))


def test_what_is_missing_stands_above_what_was_filled() -> None:
    filled = [gap(DUE - DAY * i, Cause.LOST, "weekly", mark=Mark.FILLED) for i in range(3)]
    missing = seen(gap(DUE, Cause.LOST, "weekly"), name="vm-zz")
    assert texts([seen(*filled), missing], "name")[0] == "vm-zz"


def test_posture_is_a_row_a_vault_and_says_what_is_weak_in_words() -> None:
    table = posture_table(SAMPLE.postures)
    assert [row.vault for row in table.rows] == ["rsv-data-weu", "rsv-prod-neu", "rsv-prod-weu"]
    assert table.columns[:2] == ("soft delete", "immutability")
    text = said(NIGHT)
    assert "rsv-data-weu Enabled ✗ weak wanted: AlwaysON Disabled ✗ weak wanted: Locked on ✓ good" in text
    odd = VaultPosture("/v", "rsv-odd", (Setting("alerts", "", "Azure Monitor", False),))
    assert posture_table((odd, *SAMPLE.postures)).rows[-3].settings.count(None) == 5
    assert "rsv-odd not known ✗ weak" in said(with_retention(postures=(odd,)))


def test_the_weakest_vault_leads() -> None:
    found = posture_table((posture("rsv-a"), posture("rsv-z", weak=True)))
    assert [(row.vault, row.weak) for row in found.rows] == [("rsv-z", 2), ("rsv-a", 0)]


def test_many_vaults_are_cut_and_counted() -> None:
    many = tuple(posture(f"rsv-{i}") for i in range(MOST_LINES + 5))
    assert "5 more lines are in the JSON report." in said(with_retention(postures=many))


def test_the_json_holds_every_gap_and_a_letter_for_each_day() -> None:
    found = json.loads(data(NIGHT))["retention"]
    assert set(found) == {"fresh_at", "figures", "groups", "vms", "findings", "postures"}
    assert found["figures"]["classes"][0] == {"name": "daily", "expected": 360, "present": 351}
    assert sum(one["gaps"] for one in found["groups"]) == found["figures"]["gaps"] == 11
    assert found["groups"][0] == {
        "tier": "critical",
        "cause": "protection-stopped",
        "gaps": 2,
        "vms": 1,
        "states": {"left to people": 1, "daily only": 1},
    }
    vm = found["vms"][1]
    assert vm["counts"][3] == {"class": "yearly", "expected": 1, "present": 0}
    assert [one["state"] for one in vm["gaps"]] == ["left to people"] * 2
    assert vm["gaps"][0]["expected"]["due"] == "2026-11-01T22:00:00+00:00"
    assert vm["gaps"][0]["expected"]["version"] == "3f9a1c07be42"
    begins = date.fromisoformat(vm["calendar"]["begins"])
    days = {begins + DAY * i: letter for i, letter in enumerate(vm["calendar"]["marks"])}
    assert [one.isoformat() for one, letter in days.items() if letter == "m"] == ["2026-11-01", "2026-11-08"]
    assert vm["calendar"]["classes"].count("w") == 3
    assert found["postures"][1]["settings"][0]["good"] is False


def test_days_without_a_run_are_dots_in_the_json() -> None:
    vm = seen(calendar=((TODAY - 2 * DAY, Mark.PRESENT, ("weekly",)), (TODAY, Mark.ASKED, ("daily",))))
    calendars = [
        one["calendar"] for one in json.loads(data(with_retention(vms=(vm, seen(calendar=())))))["retention"]["vms"]
    ]
    assert calendars == [{"begins": "2026-11-20", "marks": "p.a", "classes": "w.d"}, None]


def test_verdict_tone_and_digest_tell_of_gaps_that_need_a_person() -> None:
    assert "; 4 missing recovery points left to people; nothing needs a human." in verdict(NIGHT)
    assert tone(NIGHT) is Tone.ATTENTION
    assert (
        "  gaps         4 left to people, 1 not asked for yet, 3 daily only, 1 asked for,\n               2 filled\n"
        in digest(NIGHT)
    )
    assert all(len(line) <= WIDTH for line in digest(NIGHT).splitlines()[3:])
    calm = with_retention(vms=(seen(gap(DUE, Cause.COLLISION, "weekly", mark=Mark.FILLED)),))
    assert tone(calm) is Tone.GOOD
    assert "point" not in verdict(calm)
    assert figures(calm).retention.filled == 1


def test_text_of_strangers_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    bad = gap(DUE, Cause.VM_GONE, "weekly")
    bad = replace(bad, said=evil, expected=replace(bad.expected, policy=evil, version=evil, classes=(evil,)))
    night = with_retention(
        vms=(
            seen(
                bad,
                name=evil,
                tier=evil,
                consistency=((evil, 1),),
                calendar=((TODAY, Mark.MISSING, (evil,)), (TODAY - DAY, Mark.PRESENT, (evil,))),
                findings=(Finding(evil, evil, evil),),
            ),
        ),
        findings=(Finding("one", evil, evil), Finding("one", evil, evil + evil)),
        postures=(VaultPosture(evil, evil, (Setting(evil, evil, evil, False),)),),
    )
    page = html(night)
    assert "<script" not in page.lower()
    assert page.count("&lt;script&gt;") >= 15
    ElementTree.fromstring(retention_calendar(night.retention.vms, TODAY))
