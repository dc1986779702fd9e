"""How busy is a pretend VM? Percentage CPU at any instant, from the seed and the kind of its load alone."""

import math
import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from local.world.state import Vm

KINDS = ("office", "evening", "batch", "flat", "saturated", "bursty", "off")
"""Busy in working hours; in the evening; with one job at night; never, always; now and then; deallocated."""
_DRAWN = ("office", "evening", "batch", "flat", "flat", "flat", "bursty")
"""Kinds of VMs whose fleet says nothing: few real machines have a rhythm."""
_LOCAL_HOURS = {"eastus2": -5, "westus2": -8, "southeastasia": 8, "australiaeast": 10, "japaneast": 9, "uksouth": 0}
_CENTRAL_EUROPE = 1
_NOISE = 1.2
_MOST_DRAWS = 4


class _Draws:
    """The draws that a seed begins with, from the first on for each instant."""

    def __init__(self, values: Iterable[float]) -> None:
        self._values = iter(values)

    def random(self) -> float:
        return next(self._values)

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.random()


type _Shape = Callable[[_Draws, datetime], float]
"""The load before noise, from the VM's own draws, at its local time."""


def cpu(seed: int, vm: Vm, at: datetime) -> float | None:
    """Return the VM's Percentage CPU at `at`; None before it was created and while it does not run.

    Raises ValueError for an unknown kind.
    """
    kind = kind_of(seed, vm)
    if vm.power_since is not None and at >= vm.power_since:
        if vm.power != "running":
            return None
        kind = "flat" if kind == "off" else kind
    if kind == "off" or (vm.created_at is not None and at < vm.created_at):
        return None
    return _busy(kind, vm.region, f"{seed}|cpu|{vm.guid}", at)


# Weeks of the same hours are read again every night; so many hold those of some hundred VMs.
@lru_cache(maxsize=100_000)
def _busy(kind: str, region: str, key: str, at: datetime) -> float:
    local = at + timedelta(hours=_LOCAL_HOURS.get(region, _CENTRAL_EUROPE))
    level = _SHAPES[kind](_Draws(_first_draws(key)), local)
    noise = _noise(f"{key}|{at.date()}")[at.hour * 2 + at.minute // 30]
    return round(min(max(level + noise, 0.1), 100.0), 3)


def kind_of(seed: int, vm: Vm) -> str:
    """Return the kind of the VM's load: its own, or one that follows from the seed."""
    kind = vm.load or _drawn_kind(f"{seed}|load|{vm.guid}")
    if kind not in KINDS:
        raise ValueError(f"load of {vm.name}: expected one of {', '.join(KINDS)}, got {kind!r}")
    return kind


def _office(draw: _Draws, local: datetime) -> float:
    low, high = draw.uniform(2, 9), draw.uniform(30, 60)
    return low + high * _bump(local, draw.uniform(12, 14), 4) * (0.3 if local.weekday() >= 5 else 1)


def _evening(draw: _Draws, local: datetime) -> float:
    low, high = draw.uniform(3, 10), draw.uniform(30, 55)
    return low + high * _bump(local, draw.uniform(20, 22), 3)


def _batch(draw: _Draws, local: datetime) -> float:
    low, high, start, hours = draw.uniform(4, 12), draw.uniform(40, 70), draw.uniform(22, 25), draw.uniform(2, 3)
    since = (local.hour + local.minute / 60 - start) % 24
    return low + (high if since < hours else 0)


def _flat(draw: _Draws, _local: datetime) -> float:
    return draw.uniform(1, 45)


def _saturated(draw: _Draws, local: datetime) -> float:
    return draw.uniform(90, 94) + 4 * _bump(local, 14, 4)


def _bursty(draw: _Draws, local: datetime) -> float:
    low, high, seed = draw.uniform(2, 8), draw.uniform(40, 70), draw.random()
    return low + (high if local.hour in _bursts(f"{seed}|{local.date()}") else 0)


_SHAPES: dict[str, _Shape] = {
    "office": _office,
    "evening": _evening,
    "batch": _batch,
    "flat": _flat,
    "saturated": _saturated,
    "bursty": _bursty,
}


# Seeding a generator for each instant would take most of the time.
@lru_cache(maxsize=4096)
def _first_draws(key: str) -> tuple[float, ...]:
    draw = random.Random(key)
    return tuple(draw.random() for _ in range(_MOST_DRAWS))


@lru_cache(maxsize=4096)
def _drawn_kind(key: str) -> str:
    return random.Random(key).choice(_DRAWN)


@lru_cache(maxsize=512)
def _bursts(key: str) -> tuple[int, ...]:
    """Return the hours of one day in which there is a burst."""
    return tuple(random.Random(key).sample(range(24), 3))


@lru_cache(maxsize=512)
def _noise(key: str) -> tuple[float, ...]:
    """Return one day's noise by half hour."""
    draw = random.Random(key)
    return tuple(draw.gauss(0, _NOISE) for _ in range(48))


def _bump(local: datetime, peak: float, width: float) -> float:
    """Return 1 at the peak hour of the day, falling to 0 on both sides of it."""
    distance = abs(local.hour + local.minute / 60 - peak)
    return math.exp(-((min(distance, 24 - distance) / width) ** 2))
