"""When does a tier's own hourly schedule run? Its hours are the same for all its VMs, in their window's zone."""

from dataclasses import replace
from datetime import date

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY, HourlySchedule, PolicyType
from shared.model.intent import Tier, Window
from shared.rules.slots import DAY, window_slots

DAY_MINUTES = SLOTS_PER_DAY * SLOT_MINUTES


def in_policies_of(tier: Tier, policy_type: PolicyType) -> Tier:
    """Return the tier as policies of a type can carry it: Standard ones run once a day, whatever it asks for."""
    return tier if policy_type is PolicyType.ENHANCED else replace(tier, hourly=None)


def run_slots(tier: Tier, window: Window, region: str, night: date) -> tuple[int, ...]:
    """Return the UTC slots of the day's runs in their order, the last of which reaches the vault; () for daily tiers.

    The last run lies in the tier's `window`; `night` is the local date on which that opens.
    """
    if tier.hourly is None:
        return ()
    last = tier.hourly.last_start
    begin = replace(window, start=last, end=(last + SLOT_MINUTES) % DAY_MINUTES)
    # The window opens on `night`; what lies before its start is of the next local day.
    slot = window_slots(begin, region, night if last >= window.start else night + DAY)[0]
    return tuple((slot + back) % SLOTS_PER_DAY for back in _before_the_last(tier.hourly.schedule))


def first_start(schedule: HourlySchedule, last_slot: int) -> int:
    """Return the start of a policy, in minutes after UTC midnight, whose last run of the day is at the UTC slot."""
    return (last_slot + _before_the_last(schedule)[0]) % SLOTS_PER_DAY * SLOT_MINUTES


def in_words(schedule: HourlySchedule) -> str:
    """Return how often the schedule runs."""
    return f"every {schedule.every} h for {schedule.hours} h"


def _before_the_last(schedule: HourlySchedule) -> tuple[int, ...]:
    """Return where each run lies from the day's last one, in slots."""
    per_hour = 60 // SLOT_MINUTES
    return tuple((hour - schedule.runs[-1]) * per_hour for hour in schedule.runs)
