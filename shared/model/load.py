"""How busy is a VM, and when? Measured load, and what it says about the coming day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

STEPS = (1, 5, 10, 15, 30, 60)
"""Minutes between values: whole parts of a half-hour slot, or two slots at once."""

ACCEPTABLE_ABOVE = 10.0
"""Points that a load may be above what was said of it and still count as right (Seagull, PVLDB 14(2), 2021)."""


@dataclass(frozen=True, slots=True)
class LoadSeries:
    """A VM's load on a regular grid.

    `values[i]` is the mean over the `step_minutes` (one of STEPS) from `begins_at` + i steps on, in per cent or in any
    unit of its own; None where nothing was measured. `begins_at` is UTC, on a whole step of the hour.
    """

    vm_id: str
    begins_at: datetime
    step_minutes: int
    values: tuple[float | None, ...]

    def __post_init__(self) -> None:
        what = f"load of {self.vm_id or 'a VM without an id'}"
        if self.step_minutes not in STEPS:
            raise ValueError(f"{what}: step_minutes must be one of {STEPS}, not {self.step_minutes}")
        if self.begins_at.utcoffset() != timedelta(0):
            raise ValueError(f"{what}: begins_at must be in UTC, not {self.begins_at.isoformat()}")
        begins = self.begins_at
        if begins.minute % self.step_minutes or begins.second or begins.microsecond:
            raise ValueError(f"{what}: begins_at must be on a whole step of the hour, not {begins.isoformat()}")

    @property
    def step(self) -> timedelta:
        """The time between two values."""
        return timedelta(minutes=self.step_minutes)

    @property
    def ends_at(self) -> datetime:
        """The UTC instant at which the last step ends."""
        return self.begins_at + self.step * len(self.values)


class LoadClass(StrEnum):
    """What a VM's load allows to say about its quiet hours; only PREDICTABLE gives it hours of its own."""

    FLAT = "flat"
    SATURATED = "saturated"
    PREDICTABLE = "predictable"
    UNPREDICTABLE = "unpredictable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """A VM's class with its reason, and the load forecast for the 24 hours after the look.

    `expected` holds points by half-hour UTC slot 0..47, None where nothing can be said; a point is 1 / `points` of the
    series' unit: per cent, or per cent of its own p99. `days` were measured; on `judged_days` of them a forecast from
    the days before was held against what came: its window was right on `windows_correct`, its load on `load_accurate`.
    """

    vm_id: str
    kind: LoadClass
    reason: str
    days: int
    expected: tuple[float, ...] | None = None
    judged_days: int = 0
    windows_correct: int = 0
    load_accurate: int = 0
    points: float = 1.0
