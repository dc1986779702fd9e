"""What is asked and what is answered? A leveling problem in columns, and its plan with the proof."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """Jobs in columns, one entry a job; a column that is None does not apply. Times are half-hour slots on a ring.

    `allowed` are the start slots a job may use. A policy is (vault, group, start) and holds `vms_per_policy` jobs;
    more jobs at one start take more policies. Jobs with the same `separate` (0: none) never overlap, even when each
    starts up to `lateness` slots late. `standing` is where a job starts now. `ceilings` (per vault) and `ceiling`
    (all jobs) are the most concurrent load there may be. `slots_per_group` limits the distinct starts of one
    (vault, group). A limit that is None does not apply.

    `may_space` names the separation groups that may start as far apart as their windows let them where those are too
    short to keep them from overlapping; any other such group has no plan. `delays` are start delays seen, in minutes
    (None: uniform over the lateness). `max_moves` is how many jobs may leave their standing start for a lower peak;
    those that a limit or an overlap drives away are not counted.
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
    may_space: Collection[int] = ()
    delays: Sequence[float] | None = None
    max_moves: int | None = None


@dataclass(frozen=True, slots=True)
class Spacing:
    """A separation group that cannot be kept apart, by the jobs' indices and their starts, in the order of starts.

    `gap_slots` is the smallest gap between the expected end of a job and the start of another, the widest that the
    windows allow; below 0 they overlap by so much. `overlap_probability` is that of any two overlapping in a night.
    """

    group: int
    jobs: tuple[int, ...]
    starts: tuple[int, ...]
    gap_slots: int
    overlap_probability: float


@dataclass(frozen=True, slots=True)
class Leveling:
    """The starts in the order of the jobs, their peak, and the prices that prove `peak >= bound`.

    `fresh_peak` is the peak that planning without regard to standing starts reaches: what is left to gain on later
    nights. `spaced` holds the groups that could only be spaced. Where `refused` is not empty it holds every reason in
    words, and there are no starts.
    """

    starts: tuple[int, ...]
    peak: int
    bound: float
    prices: tuple[float, ...]
    policies: int
    fresh_peak: int = 0
    spaced: tuple[Spacing, ...] = ()
    refused: tuple[str, ...] = ()


def refuse(reasons: Sequence[str]) -> Leveling:
    """Build the answer to a problem that has no plan."""
    return Leveling(starts=(), peak=0, bound=0.0, prices=(), policies=0, refused=tuple(reasons))
