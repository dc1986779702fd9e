"""Which fleets do we measure on? Seeded problems that look like real ones: tiers, zones, low-load hours, long tails."""

from dataclasses import dataclass
from random import Random
from typing import Any

SLOTS = 48
# (first local half-hour, length in half-hours, share of the fleet): windows of 8 to 10 hours.
TIERS = ((44, 16, 0.2), (40, 20, 0.5), (38, 18, 0.3))
# UTC offsets in half-hours: New York in winter, London, Berlin, Helsinki.
ZONES = ((-10, 0.2), (0, 0.25), (2, 0.35), (4, 0.2))
# Share of VMs whose load is predictable enough to have hours of their own inside the tier's window.
PREDICTABLE = 0.4
# Where fleets stand that nobody planned: 22:00, 23:00 and midnight UTC.
USUAL_STARTS = (44, 46, 0)


@dataclass(frozen=True, slots=True)
class Shape:
    """How big a fleet, in how many vaults (None: one for each 1,000 VMs), and how many policies a vault may have."""

    vms: int
    vaults: int | None = None
    policies_per_vault: int = 50
    largest_load: int = 1


def windows(shape: Shape, seed: int) -> dict[str, Any]:
    """Return a problem document of kind "windows"; the same shape and seed always give the same one."""
    random = Random(seed)
    vaults = shape.vaults or max(1, -(-shape.vms // 1000))
    return {
        "kind": "windows",
        "slots": SLOTS,
        "cyclic": True,
        "columns": ["duration", "load", "allowed_starts", "vault", "group"],
        "jobs": [draw_job(random, shape, vault=index % vaults + 1) for index in range(shape.vms)],
        "vms_per_policy": 100,
        "policies_per_vault": shape.policies_per_vault,
    }


def draw_job(random: Random, shape: Shape, vault: int) -> list[Any]:
    """Draw one VM's row: duration, load, allowed starts, vault, tier."""
    tier = random.choices(range(len(TIERS)), [share for _, _, share in TIERS])[0]
    offset = random.choices([zone for zone, _ in ZONES], [share for _, share in ZONES])[0]
    first, length, _ = TIERS[tier]
    # Median 2.5 half-hours and a tail to 16, as full copies of big disks make.
    duration = max(1, min(16, round(random.lognormvariate(0.9, 0.7))))
    load = random.randint(1, shape.largest_load)
    if random.random() < PREDICTABLE:
        own = max(duration + 2, random.randint(6, 10))
        if own < length:
            first, length = first + random.randint(0, length - own), own
    starts = range(first, first + max(1, length - duration + 1))
    return [duration, load, sorted((start - offset) % SLOTS for start in starts), vault, tier + 1]


def habit_peak(problem: dict[str, Any]) -> int:
    """Return the peak load if everyone started at one of the usual three times."""
    load = [0] * SLOTS
    for index, (duration, weight, *_) in enumerate(problem["jobs"]):
        start = USUAL_STARTS[index % len(USUAL_STARTS)]
        for slot in range(start, start + duration):
            load[slot % SLOTS] += weight
    return max(load)
