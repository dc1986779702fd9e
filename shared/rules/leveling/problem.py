"""What is asked and what is answered? A leveling problem in columns, and its plan with the proof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """Jobs in columns, one entry a job; a column that is None does not apply. Times are half-hour slots on a ring.

    `allowed` are the start slots a job may use. A policy is (vault, group, start) and holds `vms_per_policy` jobs;
    more jobs at one start take more policies. Jobs with the same `separate` (0: none) never overlap, even when each
    starts up to `lateness` slots late. `standing` is where a job starts now. `ceilings` (per vault) and `ceiling`
    (all jobs) are the most concurrent load there may be. `slots_per_group` limits the distinct starts of one
    (vault, group). A limit that is None does not apply.
    """

    durations: Sequence[int]
    loads: Sequence[int]
    allowed: Sequence[tuple[int, ...]]
    vaults: Sequence[int] | None = None
    groups: Sequence[int] | None = None
    separate: Sequence[int] | None = None
    standing: Sequence[int | None] | None = None
    slots: int = 48
    cyclic: bool = True
    vms_per_policy: int | None = None
    policies_per_vault: int | None = None
    slots_per_group: int | None = None
    ceilings: Mapping[int, int] = field(default_factory=dict)
    ceiling: int | None = None
    lateness: int = 4


@dataclass(frozen=True, slots=True)
class Leveling:
    """The starts in the order of the jobs, their peak, and the prices that prove `peak >= bound`.

    Where `refused` is not empty it holds every reason in words, and there are no starts.
    """

    starts: tuple[int, ...]
    peak: int
    bound: float
    prices: tuple[float, ...]
    policies: int
    refused: tuple[str, ...] = ()


def refuse(reasons: Sequence[str]) -> Leveling:
    """Build the answer to a problem that has no plan."""
    return Leveling(starts=(), peak=0, bound=0.0, prices=(), policies=0, refused=tuple(reasons))
