"""What does a VM's load allow to say about its quiet hours? Its class, with the reason and a forecast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from shared.model.load import ACCEPTABLE_ABOVE, LoadClass, LoadProfile, LoadSeries
from shared.rules.load.days import Day, by_slot, days_before, in_points, is_percent, points_per_unit, usable
from shared.rules.load.forecasts import usual_day, yesterday
from shared.rules.load.judging import JUDGED_DAYS, Record, best_record
from shared.rules.load.windows import ACCURATE, slots_of, spread

LEAST_DAYS = 7
"""Fewer measured or judged days say nothing."""
LATELY = 3
"""What was measured before so many days says nothing about tomorrow: the VM may have been off since."""
FLAT = 5.0
"""Points between the quietest and the busiest window below which hours do not differ."""
BUSY = 80.0
"""Per cent from which on a window is busy: where Azure Monitor's recommended alert rule for VMs speaks up."""


@dataclass(frozen=True, slots=True)
class _Look:
    """The last three weeks in points: quietest and busiest window of the typical day, and their distance each day."""

    quietest: float
    busiest: float
    spreads: tuple[float, ...]
    percent: bool


def classify(series: LoadSeries, hours: float, now: datetime) -> LoadProfile:
    """Say what the load before `now` (UTC) allows to say about windows of `hours` in the 24 hours after it.

    Values from `now` on are not looked at. ValueError for hours outside (0, 24].
    """
    length = slots_of(hours)
    raw = days_before(series, now)
    measured = [day for day in raw[-JUDGED_DAYS:] if usable(day)]
    missing = _missing(raw, len(measured))
    if missing:
        return LoadProfile(series.vm_id, LoadClass.UNKNOWN, missing, len(measured))
    factor = points_per_unit(raw)
    days = in_points(raw, factor)
    looked = _look(in_points(measured, factor), length, percent=is_percent(raw))
    kind, reason = _without_rhythm(looked)
    if kind:
        coming = usual_day(days) or yesterday(days)
        return LoadProfile(series.vm_id, kind, reason, len(measured), _expected(coming, now), points=factor)
    record = best_record(days, length)
    if record is None:
        reason = "the days right before were not measured: nothing to forecast from"
        return LoadProfile(series.vm_id, LoadClass.UNPREDICTABLE, reason, len(measured), points=factor)
    kind, reason = _by_record(record)
    return LoadProfile(
        vm_id=series.vm_id,
        kind=kind,
        reason=reason,
        days=len(measured),
        expected=_expected(record.forecast(days), now),
        judged_days=len(record.judgements),
        windows_correct=sum(judgement.window_correct for judgement in record.judgements),
        load_accurate=sum(judgement.load_accurate for judgement in record.judgements),
        points=factor,
    )


def _without_rhythm(looked: _Look) -> tuple[LoadClass | None, str]:
    """Return the class of a VM whose hours are alike, or None where they differ enough to be forecast."""
    difference = looked.busiest - looked.quietest
    level = sum(points <= ACCEPTABLE_ABOVE for points in looked.spreads)
    if looked.percent and looked.quietest >= BUSY:
        return LoadClass.SATURATED, f"even the quietest window runs at {looked.quietest:.0f} % of the CPU"
    # On a flat VM any window would have been correctly chosen, on nearly every day.
    if difference < FLAT and level >= ACCURATE * len(looked.spreads):
        return LoadClass.FLAT, f"the busiest window is {difference:.1f} points above the quietest: any hour will do"
    if median(looked.spreads) < FLAT:
        return LoadClass.UNPREDICTABLE, "level on most days, with jumps on others: no hour is quieter than the rest"
    return None, ""


def _by_record(record: Record) -> tuple[LoadClass, str]:
    judged = record.judgements
    if len(judged) < LEAST_DAYS:
        return LoadClass.UNPREDICTABLE, f"{len(judged)} days could be judged, {LEAST_DAYS} are needed"
    if all(judgement.right for judgement in judged):
        return LoadClass.PREDICTABLE, f"quiet hours were foreseen on all {len(judged)} judged days, from {record.name}"
    failures = {
        "the window was wrong": sum(not judgement.window_correct for judgement in judged),
        "its load misjudged": sum(not judgement.load_accurate for judgement in judged),
        "a window that seemed as quiet was not": sum(not judgement.dependable for judgement in judged),
    }
    told = ", ".join(f"{what} on {days}" for what, days in failures.items() if days)
    return LoadClass.UNPREDICTABLE, f"of {len(judged)} days judged from {record.name}, {told}"


def _expected(coming: Day | None, now: datetime) -> tuple[float, ...] | None:
    """Return the forecast by UTC slot; a half hour that nothing is known of counts as busy as the busiest."""
    if coming is None:
        return None
    busiest = max((value for value in coming if value is not None), default=0.0)
    return tuple(busiest if value is None else value for value in by_slot(coming, now))


def _look(days: Sequence[Day], length: int, *, percent: bool) -> _Look:
    quietest, busiest = spread(tuple(_mean(values) for values in zip(*days, strict=True)), length)
    daily = [spread(day, length) for day in days]
    return _Look(quietest, busiest, tuple(high - low for low, high in daily), percent)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _missing(days: Sequence[Day], measured: int) -> str:
    """Say why the days are too few to say anything about their VM; "" where they suffice."""
    if not any(value is not None for day in days for value in day):
        return "no whole day of load was measured"
    if measured < LEAST_DAYS:
        return f"{measured} of the last {JUDGED_DAYS} days were measured, {LEAST_DAYS} are needed"
    if not any(usable(day) for day in days[-LATELY:]):
        return f"none of the last {LATELY} days was measured"
    return ""
