"""What befalls scheduled runs, whoever calls? Late, missing and unlisted ones, drawn from seed, VM and slot alone."""

import random
from dataclasses import dataclass
from datetime import datetime

from local.world.state import Vm

LATE, MISSING, UNLISTED = "late_jobs", "missing_jobs", "unlisted_jobs"
PROMISED_HOURS = 2.0
"""A run that is not late starts within these hours after its slot."""
PROMISED_MINUTES = 5.0
"""A job that is not unlisted is in lists within these minutes after it began."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """One kind of mishap: it befalls a share `rate` of the runs of VMs whose id has `vm` in it.

    `most` is the worst of it: hours late, or minutes until the job is listed.
    """

    kind: str
    rate: float = 1.0
    most: float = 0.0
    vm: str = ""

    def befalls(self, seed: int, vm: Vm, slot: datetime) -> float | None:
        """Return how bad it gets in this run, from 0 to just below 1; None where it does not befall it."""
        if self.vm.lower() not in vm.id.lower():
            return None
        draw = random.Random(f"{seed}|{self.kind}|{self.rate}|{self.most}|{self.vm}|{vm.guid}|{slot.isoformat()}")
        return draw.random() if draw.random() < self.rate else None

    def between(self, promised: float, how_bad: float) -> float:
        """Return the hours or minutes between what is promised and the worst."""
        return promised + how_bad * (self.most - promised)
