"""How well would each forecast have done on the days that are known? A record of days, and the best of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.load import ACCEPTABLE_ABOVE
from shared.rules.load.days import Day, usable
from shared.rules.load.forecasts import FORECASTS, Forecast
from shared.rules.load.windows import accurate, window_means

JUDGED_DAYS = 21
"""Three weeks."""
TOLERANCE = 5.0
"""Windows forecast within so many points of the quietest count as equally quiet: the planner may use any of them."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a forecast was worth on one day.

    `start` is the position in the day of the window that it chose, `regret` that window's true mean load above that of
    the true lowest-load window. `dependable`: not only the chosen window was right, but each that seemed equally quiet.
    """

    start: int
    regret: float
    window_correct: bool
    load_accurate: bool
    dependable: bool
    error: float

    @property
    def right(self) -> bool:
        """Whether the day speaks for the forecast."""
        return self.window_correct and self.load_accurate and self.dependable


@dataclass(frozen=True, slots=True)
class Record:
    """A forecast, and how it did on each of the last three weeks' days that it could forecast."""

    name: str
    forecast: Forecast
    judgements: tuple[Judgement, ...]

    @property
    def rank(self) -> tuple[float, int, float]:
        """Share of days that speak for the forecast, then how many there are, then small errors; higher is better."""
        days = len(self.judgements)
        right = sum(judgement.right for judgement in self.judgements)
        return right / days, days, -sum(judgement.error for judgement in self.judgements) / days


def judge(forecast: Day, true: Day, length: int) -> Judgement | None:
    """Hold a forecast against the day that came; None where too little of either is known."""
    foreseen, came = window_means(forecast, length), window_means(true, length)
    known = [
        (f, t, start)
        for start, (f, t) in enumerate(zip(foreseen, came, strict=True))
        if f is not None and t is not None
    ]
    if not usable(true) or not known:
        return None
    quietest = min(t for _, t, _ in known)
    promised, delivered, start = min(known, key=lambda window: (window[0], window[2]))
    errors = [abs(f - t) for f, t in zip(forecast, true, strict=True) if f is not None and t is not None]
    return Judgement(
        start=start,
        regret=delivered - quietest,
        window_correct=delivered - quietest <= ACCEPTABLE_ABOVE,
        load_accurate=accurate(forecast[start : start + length], true[start : start + length]),
        dependable=all(t - quietest <= ACCEPTABLE_ABOVE for f, t, _ in known if f - promised <= TOLERANCE),
        error=sum(errors) / len(errors),
    )


def best_record(days: Sequence[Day], length: int) -> Record | None:
    """Return the forecast that did best on the days, each of which was forecast from those before it alone.

    A forecast that cannot say anything about the coming day is not considered.
    """
    records = [_record(name, forecast, days, length) for name, forecast in FORECASTS if forecast(days) is not None]
    judged = [record for record in records if record.judgements]
    return max(judged, key=lambda record: record.rank, default=None)


def _record(name: str, forecast: Forecast, days: Sequence[Day], length: int) -> Record:
    found = []
    for index in range(max(1, len(days) - JUDGED_DAYS), len(days)):
        foreseen = forecast(days[:index])
        judgement = judge(foreseen, days[index], length) if foreseen else None
        if judgement:
            found.append(judgement)
    return Record(name, forecast, tuple(found))
