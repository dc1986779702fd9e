"""How far can load forecasts be trusted? Folders of measured load, judged on days that no forecast has seen."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from shared.errors import BadMessage
from shared.load_series import SUFFIXES, holds_series, series_from, unpacked
from shared.model.azure import SLOTS_PER_DAY
from shared.model.load import LoadClass, LoadProfile, LoadSeries
from shared.rules.load import classify
from shared.rules.load.days import Day, days_before, from_slot, in_points
from shared.rules.load.judging import Judgement, judge
from shared.rules.load.windows import slots_of, window_means

NOON = 12
"""Plans are made at this UTC hour: the nights of all regions but the Pacific's lie whole in the day that follows."""
TIER_WINDOW = (*range(40, SLOTS_PER_DAY), *range(12))
"""Starts of the sample policy's window, 20:00-06:00 UTC: what a VM without hours of its own is given."""
DONE, BAD_INPUT = 0, 2
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Eve:
    """What was said of a series before a day, and what the day made of it; `tier_regret` is the tier window's mean."""

    profile: LoadProfile
    judgement: Judgement
    tier_regret: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A series' class today, and its eves."""

    name: str
    kind: LoadClass
    reason: str
    eves: tuple[Eve, ...] = ()

    @property
    def called(self) -> tuple[Eve, ...]:
        """The eves on which the series was called predictable: the next day was not used to call it so."""
        return tuple(eve for eve in self.eves if eve.profile.kind is LoadClass.PREDICTABLE)

    @property
    def told(self) -> tuple[Eve, ...]:
        """The eves whose days are told: where the series was or is called predictable, only those of `called`."""
        return self.called if self.called or self.kind is LoadClass.PREDICTABLE else self.eves


def load(folder: Path, hours: float) -> int:
    """Print what the load files in the folder say about windows of `hours`; reasons and skipped files go to stderr."""
    try:
        length = slots_of(hours)
        paths = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES))
    except ValueError as error:
        return _complain(f"--{error}")
    except OSError as error:
        return _complain(f"{folder}: cannot be read: {error.strerror or error}")
    verdicts = list(_verdicts(paths, length))
    json.dump(document(verdicts), sys.stdout, indent=1)
    print()
    return DONE


def document(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the answer: shares from 0 to 1 and points, None where no day could be judged.

    The totals rest on all days before which a series had been called predictable, also where it no longer is.
    """
    kinds = Counter(verdict.kind for verdict in verdicts)
    called = [eve for verdict in verdicts for eve in verdict.called]
    rows = [
        {
            "name": verdict.name,
            "class": str(verdict.kind),
            **_figures(verdict.told),
            "judged_days": len(verdict.told),
        }
        for verdict in verdicts
    ]
    total = {"series": len(verdicts), **{str(kind): kinds[kind] for kind in LoadClass}}
    return {"series": rows, "total": {**total, "judged_days": len(called), **_figures(called)}}


def verdict(series: LoadSeries, length: int) -> Verdict:
    """Judge a series day by day: classified each noon on what came before, then held against the next 24 hours."""
    hours = length / 2
    last = _noon_before(series.ends_at)
    noons = [last - back * _DAY for back in range((last - series.begins_at) // _DAY, 0, -1)]
    eves = [eve for noon in noons if (eve := _eve(series, length, noon))]
    today = classify(series, hours, series.ends_at)
    return Verdict(series.vm_id, today.kind, today.reason, tuple(eves))


def _eve(series: LoadSeries, length: int, noon: datetime) -> Eve | None:
    profile = classify(series, length / 2, noon)
    if profile.expected is None:
        return None
    (came,) = in_points(days_before(series, noon + _DAY)[-1:], profile.points)
    judgement = judge(from_slot(profile.expected, noon), came, length)
    return Eve(profile, judgement, _tier_regret(came, length, noon)) if judgement else None


def _tier_regret(came: Day, length: int, noon: datetime) -> float | None:
    """Return what a start anywhere in the tier's window costs on average, against the day's quietest window."""
    first = noon.hour * 2
    means = window_means(came, length)
    inside = [(slot - first) % SLOTS_PER_DAY for slot in TIER_WINDOW]
    known = [means[start] for start in inside if start < len(means)]
    losses = [mean - min(m for m in means if m is not None) for mean in known if mean is not None]
    return fmean(losses) if losses else None


def _noon_before(instant: datetime) -> datetime:
    noon = instant.replace(hour=NOON, minute=0, second=0, microsecond=0)
    return noon if noon <= instant else noon - _DAY


def _figures(eves: Sequence[Eve]) -> dict[str, float | None]:
    judgements = [eve.judgement for eve in eves]
    return {
        "windows_correct": _mean([float(one.window_correct) for one in judgements]),
        "load_accurate": _mean([float(one.load_accurate) for one in judgements]),
        "regret": _mean([one.regret for one in judgements]),
        "regret_tier_window": _mean([eve.tier_regret for eve in eves if eve.tier_regret is not None]),
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(fmean(values), 4) if values else None


def _verdicts(paths: Sequence[Path], length: int) -> Iterator[Verdict]:
    for path in paths:
        name = path.name.removesuffix(".gz").removesuffix(".csv")
        try:
            text = unpacked(path.name, path.read_bytes())
            if not holds_series(text):
                _tell(f"{path.name}: skipped: its first line does not name the columns timestamp and value")
                continue
            found = verdict(series_from(name, text), length)
        except BadMessage as bad:
            found = Verdict(name, LoadClass.UNKNOWN, str(bad))
        except OSError as error:
            found = Verdict(name, LoadClass.UNKNOWN, f"{path.name}: cannot be read: {error.strerror or error}")
        _tell(f"{name}: {found.kind}: {found.reason}")
        yield found


def _complain(text: str) -> int:
    _tell(f"error: {text}")
    return BAD_INPUT


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
