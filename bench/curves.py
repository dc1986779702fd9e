"""What does load look like whose truth we know? Seeded curves of VMs as CSV files, with the class each deserves."""

import csv
import gzip
import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

DAYS = 35
STEP = timedelta(minutes=15)
BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
TRUTH = "truth.json"

type Load = Callable[[datetime], float]
"""Per cent of CPU at an instant, before noise."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One kind of curve: the classes that are true of it, and how it is drawn."""

    kind: str
    classes: tuple[str, ...]
    draw: Callable[[random.Random], Load]
    noise: float = 1.0
    gaps: bool = False
    weight: int = 1


def curves(seed: int, each: int, folder: Path) -> int:
    """Write `each` curves of each kind (of hard kinds more) and `truth.json` into the folder; the same for each seed.

    The truth gives the kind of each curve and the classes that are true of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    truth = {}
    for curve in KINDS:
        for number in range(1, each * curve.weight + 1):
            name = f"{curve.kind}_{number}"
            draw = random.Random(f"{seed}|{name}")
            _write(folder / f"{name}.csv.gz", rows(curve, draw))
            truth[name] = {"kind": curve.kind, "classes": list(curve.classes)}
    (folder / TRUTH).write_text(json.dumps({"seed": seed, "curves": truth}, indent=1) + "\n")
    return 0


def rows(curve: Curve, draw: random.Random) -> Iterator[tuple[str, str]]:
    """Yield timestamps and values of one curve; a gap leaves rows out, or their values empty."""
    load = curve.draw(draw)
    missing = _gaps(draw) if curve.gaps else {}
    for index in range(int(DAYS * timedelta(days=1) / STEP)):
        at = BEGINS + index * STEP
        value = min(max(load(at) + draw.gauss(0, curve.noise), 0.0), 100.0)
        if index not in missing:
            yield at.strftime("%Y-%m-%d %H:%M:%S"), f"{value:.3f}"
        elif missing[index]:
            yield at.strftime("%Y-%m-%d %H:%M:%S"), ""


def _diurnal(draw: random.Random) -> Load:
    """Busy around one hour of each day, week-ends included."""
    low, high, peak, width = draw.uniform(2, 20), draw.uniform(25, 60), draw.uniform(0, 24), draw.uniform(2.5, 5)
    return lambda at: low + high * _bump(at, peak, width)


def _working_week(draw: random.Random) -> Load:
    """Busy in working hours, quiet at week-ends, in a time zone of its own."""
    low, high, width, zone = draw.uniform(2, 15), draw.uniform(25, 60), draw.uniform(3, 4.5), draw.randrange(-8, 11)

    def load(at: datetime) -> float:
        local = at + timedelta(hours=zone)
        return low + high * _bump(local, 13, width) * (0.15 if local.weekday() >= 5 else 1)

    return load


def _batch(draw: random.Random) -> Load:
    """Idle but for one job that starts at the same time each day."""
    low, high, start, hours = draw.uniform(1, 10), draw.uniform(40, 80), draw.randrange(24), draw.randrange(2, 6)
    return lambda at: low + (high if (at.hour - start) % 24 < hours else 0)


def _flat(draw: random.Random) -> Load:
    """The same at all hours, or nearly."""
    level, ripple, peak = draw.uniform(0.1, 60), draw.uniform(0, 2.5), draw.uniform(0, 24)
    return lambda at: level + ripple * _bump(at, peak, 4)


def _saturated(draw: random.Random) -> Load:
    """Busy at all hours, somewhat busier at some."""
    level, more, peak = draw.uniform(86, 92), draw.uniform(0, 10), draw.uniform(0, 24)
    return lambda at: level + more * _bump(at, peak, 4)


def _bursty(draw: random.Random) -> Load:
    """Idle, with bursts of some hours at hours that nothing announces."""
    low, high = draw.uniform(1, 10), draw.uniform(30, 80)
    bursts = [
        (BEGINS + draw.uniform(0, DAYS) * timedelta(days=1), draw.uniform(1, 5)) for _ in range(draw.randrange(50, 110))
    ]

    def load(at: datetime) -> float:
        return low + high * any(begin <= at < begin + timedelta(hours=hours) for begin, hours in bursts)

    return load


def _wandering(draw: random.Random) -> Load:
    """Up and down for hours and days, without any rhythm: a random walk that is held between 5 and 75."""
    levels = [draw.uniform(20, 60)]
    for _ in range(DAYS * 24):
        levels.append(min(max(levels[-1] + draw.gauss(0, 5), 5.0), 75.0))
    return lambda at: levels[int((at - BEGINS) / timedelta(hours=1))]


def _drifting(draw: random.Random) -> Load:
    """Busy by day, and all of it rising or falling by a few points a week."""
    low, high, peak = draw.uniform(20, 30), draw.uniform(25, 45), draw.uniform(0, 24)
    weekly = draw.choice((-1, 1)) * draw.uniform(1, 4)
    return lambda at: low + high * _bump(at, peak, 3.5) + weekly * ((at - BEGINS) / timedelta(weeks=1))


def _moving(draw: random.Random) -> Load:
    """Busy each day, but at other hours than the day before."""
    low, high = draw.uniform(2, 15), draw.uniform(40, 70)
    peaks = [draw.uniform(0, 24) for _ in range(DAYS + 1)]
    return lambda at: low + high * _bump(at, peaks[(at - BEGINS).days], 3)


def _mixed(draw: random.Random) -> Load:
    """Busy by day, with what spoils a rhythm: unsteady height and hour, slow noise, steps, rare bursts."""
    low, high, peak, width = draw.uniform(1, 30), draw.uniform(5, 60), draw.uniform(0, 24), draw.uniform(2, 5)
    unsteady, late, slow, steps, bursts, week_end = (
        draw.choice(choices)
        for choices in ((0, 0.1, 0.3), (0, 0.5, 1.5), (0, 1, 3, 5), (0, 0.02, 0.05), (0, 0.05, 0.3), (1, 1, 0.3))
    )
    heights = [high * max(0.0, draw.gauss(1, unsteady)) for _ in range(DAYS + 1)]
    peaks = [peak + draw.gauss(0, late) for _ in range(DAYS + 1)]
    levels, burst = [low], draw.uniform(15, 70)
    for _ in range(DAYS):
        levels.append(levels[-1] + (draw.uniform(-20, 20) if draw.random() < steps else 0))
    hourly = [0.0]
    for _ in range(DAYS * 24):
        hourly.append(0.9 * hourly[-1] + draw.gauss(0, slow * 0.44))
    struck = {draw.randrange(DAYS * 24) for _ in range(int(DAYS * bursts))}

    def load(at: datetime) -> float:
        day, hour = (at - BEGINS).days, (at - BEGINS) // timedelta(hours=1)
        height = heights[day] * (week_end if at.weekday() >= 5 else 1)
        return levels[day] + height * _bump(at, peaks[day], width) + hourly[hour] + burst * (hour in struck)

    return load


def _bump(at: datetime, peak: float, width: float) -> float:
    """Return 1 at the peak hour of the day, falling to 0 on both sides of it."""
    distance = abs(at.hour + at.minute / 60 - peak) % 24
    return math.exp(-((min(distance, 24 - distance) / width) ** 2))


def _gaps(draw: random.Random) -> dict[int, bool]:
    """Return which steps are missing, and whether as empty values rather than as rows left out."""
    found: dict[int, bool] = {}
    for _ in range(draw.randrange(4, 9)):
        begin, empty = draw.randrange(int(DAYS * timedelta(days=1) / STEP)), draw.random() < 0.5
        found |= dict.fromkeys(range(begin, begin + draw.randrange(2, 40)), empty)
    return found


def _write(path: Path, lines: Iterator[tuple[str, str]]) -> None:
    with gzip.open(path, "wt", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("timestamp", "value"), *lines])


REGULAR = ("predictable",)
UNCLEAR = ("predictable", "unpredictable")
"""There is a rhythm, but noise, gaps or drift may hide it."""

KINDS = (
    Curve("diurnal", REGULAR, _diurnal),
    Curve("diurnal_noisy", UNCLEAR, _diurnal, noise=6.0),
    Curve("working_week", REGULAR, _working_week),
    Curve("batch", REGULAR, _batch),
    Curve("gaps", UNCLEAR, _diurnal, gaps=True),
    Curve("drifting", UNCLEAR, _drifting),
    Curve("flat", ("flat",), _flat),
    Curve("saturated", ("saturated",), _saturated),
    Curve("bursty", ("unpredictable",), _bursty),
    Curve("wandering", ("unpredictable",), _wandering),
    Curve("moving", ("unpredictable",), _moving),
    Curve("mixed", (*UNCLEAR, "flat"), _mixed, weight=6),
)
