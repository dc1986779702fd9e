"""Is a plan made whatever Azure Monitor measured, and never by what it did not?"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.flows import backup_windows
from shared.model.azure import Vm
from shared.model.load import LoadSeries
from shared.model.plan import Plan
from shared.ports import Load
from tests.flows.stage import AFTERNOON, Stage, stage

DAY = [80.0] * 10 + [5.0] * 4 + [80.0] * 10
"""From 16:00 UTC on: quiet from 02:00 to 06:00 only."""
QUIET_SLOTS = range(4, 12)
FOUR_WEEKS = 28 * DAY


class Measured:
    """The same values for each VM, from a while after the span's begin on."""

    def __init__(self, values: Sequence[float | None], later: timedelta = timedelta()) -> None:
        self._values, self._later = tuple(values), later

    def series(self, vms: Sequence[Vm], since: datetime, until: datetime) -> dict[str, LoadSeries]:  # noqa: ARG002
        return {vm.id: LoadSeries(vm.id, since + self._later, 60, self._values) for vm in vms}


class Unknown:
    """No VM is known at all."""

    def series(self, vms: Sequence[Vm], since: datetime, until: datetime) -> dict[str, LoadSeries]:  # noqa: ARG002
        return {}


def planned_with(night: Stage, load: Load) -> Plan:
    return backup_windows.plan(replace(night.ports, load=load), night.intent, AFTERNOON, store=False)


@pytest.mark.parametrize(
    "load",
    [
        Measured([]),
        Measured([None] * len(FOUR_WEEKS)),
        Measured([-value for value in FOUR_WEEKS]),
        Measured([math.nan] * len(FOUR_WEEKS)),
        Measured([math.inf, 1e300] * 14 * 24),
        Measured([value if hour % 2 else None for hour, value in enumerate(FOUR_WEEKS)]),
        Measured(FOUR_WEEKS[: 3 * 24]),
        Measured(FOUR_WEEKS[: 20 * 24]),
        Measured(FOUR_WEEKS, timedelta(days=28)),
        Measured(FOUR_WEEKS, timedelta(days=365)),
        Measured(FOUR_WEEKS, timedelta(days=-365)),
    ],
    ids=[
        *("nothing", "gaps only", "negative", "no numbers", "absurd", "every other hour", "three days", "week-old"),
        *("from now on", "next year", "last year"),
    ],
)
def test_load_that_says_nothing_changes_nothing(load: Measured) -> None:
    night = stage()
    made, without = planned_with(night, load), planned_with(night, Unknown())
    assert starts(made) == starts(without)
    assert (made.peak, made.bound, len(made.moves)) == (without.peak, without.bound, 3)


def test_load_with_a_rhythm_moves_starts_to_the_quiet_hours() -> None:
    night = stage()
    made = planned_with(night, Measured(FOUR_WEEKS))
    assert {line.slot in QUIET_SLOTS for line in made.moves} == {True}
    assert {line.slot in QUIET_SLOTS for line in planned_with(night, Unknown()).moves} == {True, False}


def starts(made: Plan) -> dict[str, int | None]:
    return {line.name: line.slot for line in made.moves}
