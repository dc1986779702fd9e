"""Do bars, bands, curves and lines lie where the instants and counts say?"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.night import NightReport, Run
from shared.report.day_axis import DayAxis
from shared.report.figures import figures
from shared.report.fleet_rows import groups
from shared.report.gantt import gantt
from shared.report.load_chart import load_chart
from shared.report.panel import Side
from shared.report.shown_hours import shown_hours, slot_starts
from shared.report.vault_strips import vault_strips
from tests.report.sample_night import BEGINS, DAY, sample_night

NIGHT = sample_night()
ONE_DAY = DayAxis(BEGINS, BEGINS, BEGINS + DAY, 100, 340)


def _one(run: Run, night: NightReport = NIGHT) -> NightReport:
    return replace(night, plan=None, runs_before=(), runs_after=(run,), before_begins_at=None)


def _parts(chart: str, kind: str) -> list[ElementTree.Element]:
    return [element for element in ElementTree.fromstring(chart).iter() if element.get("class") == kind]


def _hours(chart: str, kind: str) -> list[tuple[float, float]]:
    """Return start and end of each such rectangle in hours after noon, read off the chart's own grid."""
    ticks = _parts(chart, "tick")
    xs = [float(tick.get("x", "")) for tick in ticks]
    hours = [(int((tick.text or "")[:2]) - BEGINS.hour) % 24 for tick in ticks]
    per_hour = (xs[1] - xs[0]) / (hours[1] - hours[0])
    spans = [(float(part.get("x", "")), float(part.get("width", ""))) for part in _parts(chart, kind)]
    return [((x - xs[0]) / per_hour + hours[0], (x + width - xs[0]) / per_hour + hours[0]) for x, width in spans]


@pytest.mark.parametrize(("hour", "x"), [(0, 100), (6, 160), (24, 340), (-5, 100), (30, 340)])
def test_an_hour_is_a_tenth_and_the_day_clips(hour: int, x: float) -> None:
    assert ONE_DAY.x(BEGINS + timedelta(hours=hour)) == x


@given(st.integers(0, 47), st.integers(0, 23))
def test_a_slot_lies_in_the_day_at_its_utc_time(slot: int, day_starts: int) -> None:
    begins = datetime(2026, 2, 28, day_starts, tzinfo=UTC)
    instant = slot_starts(begins, slot)
    assert begins <= instant < begins + DAY
    assert instant.hour * 2 + instant.minute // 30 == slot


def test_a_bar_spans_its_backup() -> None:
    run = replace(NIGHT.runs_after[0], started_at=BEGINS + timedelta(hours=9), ended_at=BEGINS + timedelta(hours=11))
    assert _hours(gantt(_one(run), Side.AFTER), "bar ok") == [pytest.approx((9, 11), abs=0.01)]


def test_a_bar_is_clipped_at_the_end_of_the_day_and_absent_outside() -> None:
    late = replace(NIGHT.runs_after[0], started_at=BEGINS + timedelta(hours=23), ended_at=BEGINS + timedelta(hours=30))
    assert _hours(gantt(_one(late), Side.AFTER), "bar ok") == [pytest.approx((23, 24), abs=0.01)]
    old = replace(late, started_at=BEGINS - timedelta(hours=3), ended_at=BEGINS)
    assert _parts(gantt(_one(old), Side.AFTER), "bar ok") == []


def test_bands_show_the_planned_slot_after_and_the_current_slot_before() -> None:
    assert NIGHT.plan is not None
    line = replace(NIGHT.plan.moves[0], slot=38, current_slot=44, duration_slots=3)
    night = replace(NIGHT, plan=replace(NIGHT.plan, vms=(line,)), runs_before=(), runs_after=())
    assert _hours(gantt(night, Side.AFTER), "band") == [pytest.approx((7, 7 + 2 + 1.5), abs=0.01)]
    assert _hours(gantt(night, Side.BEFORE), "band") == [pytest.approx((10, 10 + 2 + 1.5), abs=0.01)]


def test_only_busy_hours_of_either_day_are_shown_and_both_days_show_the_same() -> None:
    first, last = shown_hours(NIGHT)
    assert (first, last) == (timedelta(hours=6), timedelta(hours=21))
    early = replace(NIGHT.runs_before[0], started_at=BEGINS - DAY + timedelta(hours=1))
    assert shown_hours(replace(NIGHT, runs_before=(early, *NIGHT.runs_before))) == (timedelta(0), last)
    for side in Side:
        ticks = [tick.text for tick in _parts(gantt(NIGHT, side), "tick")]
        assert ticks == ["18:00", "21:00", "00:00", "03:00", "06:00", "09:00"]


def test_nothing_that_ran_or_is_planned_lies_outside_the_shown_hours() -> None:
    first, last = shown_hours(NIGHT)
    for begins, runs in ((BEGINS - DAY, NIGHT.runs_before), (BEGINS, NIGHT.runs_after)):
        assert all(first <= run.started_at - begins and (run.ended_at or begins) - begins <= last for run in runs)


def test_an_idle_night_shows_the_whole_day_and_a_running_backup_its_rest() -> None:
    run = replace(NIGHT.runs_after[0], started_at=BEGINS + timedelta(hours=10), ended_at=None)
    assert shown_hours(replace(_one(run), runs_after=())) == (timedelta(0), DAY)
    assert shown_hours(_one(run)) == (timedelta(hours=9), DAY)


def test_a_vm_whose_slot_is_unknown_has_a_row_and_no_band() -> None:
    assert NIGHT.plan is not None
    line = replace(NIGHT.plan.held[0], slot=None, current_slot=None)
    night = replace(NIGHT, plan=replace(NIGHT.plan, vms=(line,)), runs_before=(), runs_after=())
    chart = gantt(night, Side.AFTER)
    assert _parts(chart, "band") == []
    assert len(_parts(chart, "name")) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Completed", "ok"),
        ("CompletedWithWarnings", "warn"),
        ("Failed", "bad"),
        ("Cancelled", "bad"),
        ("Unheard", "warn"),
    ],
)
def test_each_ending_has_its_own_look(status: str, kind: str) -> None:
    chart = gantt(_one(replace(NIGHT.runs_after[0], status=status)), Side.AFTER)
    assert len(_parts(chart, f"bar {kind}")) == 1
    assert len(_parts(chart, "cross")) == (kind == "bad")


def test_rows_are_grouped_by_region_and_vault_and_sorted_by_start() -> None:
    found = groups(NIGHT)
    assert [(group.region, group.vault) for group in found] == [
        ("northeurope", "rsv-prod-neu"),
        ("westeurope", "rsv-data-weu"),
        ("westeurope", "rsv-prod-weu"),
    ]
    for group in found:
        starts = [row.after[0].started_at for row in group.rows]
        assert starts == sorted(starts)
    assert sum(len(group.rows) for group in found) == 57


def test_both_days_have_the_same_rows_in_the_same_order() -> None:
    before, after = ([name.text for name in _parts(gantt(NIGHT, side), "name")] for side in Side)
    assert before == after
    assert len(before) == 57


def test_a_planned_vm_without_a_run_sorts_by_its_slot() -> None:
    assert NIGHT.plan is not None
    late, early = NIGHT.plan.moves[0], NIGHT.plan.moves[3]
    lines = (replace(late, slot=8, vault_id="v"), replace(early, slot=40, vault_id="v", region=late.region))
    (group,) = groups(replace(NIGHT, plan=replace(NIGHT.plan, vms=lines), runs_before=(), runs_after=()))
    assert [row.name for row in group.rows] == [early.name, late.name]


def test_the_curve_of_a_region_steps_with_its_own_runs_only() -> None:
    region = figures(NIGHT).regions[0]
    run = next(run for run in NIGHT.runs_after if run.region == region.region)
    here = replace(run, started_at=BEGINS + timedelta(hours=7.5), ended_at=BEGINS + timedelta(hours=10.5))
    night = replace(_one(here), runs_after=(here, replace(here, region="elsewhere")))
    (numbers,) = [found for found in figures(night).regions if found.region == region.region]
    (area,) = _parts(load_chart(night, numbers), "area after")
    assert area.get("d") == "M40 222H168V22H424V222H552V222"


def test_planned_peak_and_bound_are_lines_at_their_counts() -> None:
    region = figures(NIGHT).regions[1]
    chart = load_chart(NIGHT, region)
    assert region.planned is not None
    assert region.bound is not None
    for kind, count in (("line planned", region.planned), ("line bound", region.bound)):
        (line,) = _parts(chart, kind)
        y = float(re.findall(r"[\d.]+", line.get("d", ""))[1])
        assert (222 - y) / 200 * 38 == pytest.approx(count, abs=0.02)
    assert [text.text for text in _parts(chart, "peak before")] == ["38"]


@given(st.integers(0, 30_000))
def test_count_labels_stay_few_and_even(peak: int) -> None:
    region = replace(figures(NIGHT).regions[0], observed_before=peak, observed_after=0, planned=0)
    levels = [int((text.text or "").replace(",", "")) for text in _parts(load_chart(NIGHT, region), "level")]
    assert levels[0] == 0
    assert 2 <= len(levels) <= 5
    assert len({second - first for first, second in pairwise(levels)}) == 1


def test_strips_share_one_scale_so_that_the_calm_night_is_paler() -> None:
    night = sample_night(300, 4)
    shades = {side: set(re.findall(r'class="q(\d)"', vault_strips(night, side))) for side in Side}
    assert "6" in shades[Side.BEFORE]
    assert max(shades[Side.AFTER]) < "4"


def test_a_hundred_vaults_are_drawn_by_region() -> None:
    names = [text.text for text in _parts(vault_strips(sample_night(400, 100), Side.AFTER), "name")]
    assert names == ["northeurope", "westeurope"]


def test_a_moved_vm_is_shown_where_it_started_before_its_first_move() -> None:
    line = replace(NIGHT.plan.moves[0], slot=38, current_slot=38, duration_slots=3)
    night = replace(NIGHT, plan=replace(NIGHT.plan, vms=(line,)), slots_before=((line.vm_id, 44),))
    assert "planned at 22:00" in gantt(night, Side.BEFORE)
    assert "planned at 19:00" in gantt(night, Side.AFTER)
