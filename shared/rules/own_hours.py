"""At which starts may this VM's backup begin? Its tier's window, less its patching, then its own quiet hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.model.azure import Vm
from shared.model.intent import FleetPolicy, Tier
from shared.model.load import LoadProfile, LoadSeries
from shared.rules.bad_starts import without_bad
from shared.rules.hourly import run_slots
from shared.rules.load import classify, quiet_starts, scored_hours
from shared.rules.patch_windows import clear_of_patching
from shared.rules.slots import window_slots

SNAPSHOT_SLOTS = 1
"""Half hours that a run takes which ends with its snapshot."""


@dataclass(frozen=True, slots=True)
class OwnHours:
    """The starts (UTC slots) that patching and failures leave of the tier's window, and of those the quiet ones.

    `profile` is what the VM's load says, None where it was not measured.
    """

    usual: tuple[int, ...]
    quiet: tuple[int, ...]
    profile: LoadProfile | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Whose hours are asked for: the intent's, on the local date `night`, by the load known at `now` (UTC).

    `bad_starts` are those at which a VM's backups failed because of the hour.
    """

    intent: FleetPolicy
    night: date
    now: datetime
    load: Mapping[str, LoadSeries]
    bad_starts: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def of(self, vm: Vm, tier: Tier, region: str, slots: int, standing: int | None = None) -> OwnHours:
        """Return the hours for a backup of `slots` half-hours in a vault of `region`.

        `standing` is where it starts by now. A tier with an hourly schedule has the start of its day's last run alone.
        """
        if tier.hourly is not None:
            return self._hourly(vm, tier, region, slots)
        starts = window_slots(self.intent.windows[tier.window], region, self.night)
        clear = clear_of_patching(starts, vm, self.intent.patch_windows, slots, self.night)
        usual = without_bad(clear, vm.id, self.bad_starts)
        series = self.load.get(vm.id)
        if series is None or not usual:
            return OwnHours(usual, usual)
        profile = classify(series, scored_hours(slots), self.now)
        return OwnHours(usual, quiet_starts(profile, usual, slots, standing), profile)

    def _hourly(self, vm: Vm, tier: Tier, region: str, slots: int) -> OwnHours:
        """Return the one start of a tier with hours of its own; none where a run of its day meets the VM's patching."""
        *earlier, last = run_slots(tier, self.intent.windows[tier.window], region, self.night)
        patching = self.intent.patch_windows
        snapshots = clear_of_patching(tuple(earlier), vm, patching, SNAPSHOT_SLOTS, self.night)
        clear = clear_of_patching((last,), vm, patching, slots, self.night) if len(snapshots) == len(earlier) else ()
        return OwnHours(clear, clear)
