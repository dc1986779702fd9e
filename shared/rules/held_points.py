"""Which of the expected points are there? Points read as what they are, and held against the runs that made them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from shared.model.azure import Change, RecoveryPoint
from shared.model.on_demand import OnDemandBackup, Stage
from shared.model.retention import CLASSES, Expected, Mark, Terms
from shared.rules.due_runs import CLOCKS_DIFFER
from shared.rules.expected_points import carries
from shared.rules.scheduled_runs import is_known, runs_around
from shared.rules.slots import DAY
from shared.rules.start_delay import LONGEST_DELAY

GOOD_TIERS = frozenset({"valid", "rehydrated"})
AFTER_SENT = timedelta(hours=1)
"""A point of a backup that was asked for carries the start of its job, which follows within minutes."""
ABOUT = timedelta(days=1)
"""An expiry that differs by less is the same: months are of different lengths."""
LEFT_NONE = frozenset({Stage.FAILED, Stage.REFUSED, Stage.EXPIRED})


@dataclass(frozen=True, slots=True)
class Found:
    """One expected point and what became of it; `filled_at` is when the point that makes up for it was made."""

    expected: Expected
    mark: Mark
    filled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Backups on demand of one VM: those that the app asked for, and when anybody did, by the activity log."""

    by_us: Sequence[OnDemandBackup] = ()
    by_hand: Sequence[Change] = ()

    def made(self, points: Sequence[datetime]) -> frozenset[datetime]:
        """Return which of the points, sorted, were asked for: they carry no class. Each backup makes one."""
        ours = {one.sent_at: one.stage not in LEFT_NONE for one in self.by_us if one.sent_at}
        others = [change.at for change in self.by_hand if not any(_same(change.at, sent) for sent in ours)]
        sent = [*others, *(at for at, left_one in ours.items() if left_one)]
        return frozenset(point for at in sent if (point := made_by(at, points)))


def made_by(sent: datetime, starts: Iterable[datetime]) -> datetime | None:
    """Return which of the starts, sorted, is that of the backup that was asked for at `sent`; None: none is."""
    return next((at for at in starts if sent - CLOCKS_DIFFER <= at < sent + AFTER_SENT), None)


def gap_key(vm_id: str, due: datetime) -> str:
    """Return what a backup that makes up for the run is named by, without its number."""
    return f"gap|{vm_id}|{due:%Y-%m-%dT%H%MZ}"


def is_for(each: OnDemandBackup, one: Expected) -> bool:
    """Return whether the backup was asked for to make up for the point."""
    return each.wanted.key.startswith(gap_key(each.wanted.vm_id, one.due) + "|")


def held(
    expected: Sequence[Expected],
    points: Iterable[RecoveryPoint],
    history: Sequence[Terms],
    asked: Asked,
) -> tuple[Found, ...]:
    """Return what became of each expected point, sorted. `asked` are the backups that were asked for of this VM.

    A daily point is there if any good one is, of the day that begins with its run, or until the next run where that is
    sooner. A longer class is there if in this time a run on a day that carries it left a good point, or a backup on
    demand one that is kept as long.
    """
    good = sorted(point.at for point in points if is_good(point))
    on_demand = asked.made(good)
    read = {at: frozenset() if at in on_demand else classes_at(at, history) for at in good}
    made = [one for one in asked.by_us if one.stage is Stage.COMPLETED and one.sent_at and made_by(one.sent_at, good)]
    found = []
    for one, following in zip_longest(expected, expected[1:]):
        until = min(one.due + DAY, following.due) if following else one.due + DAY
        of_its_time = {at: classes for at, classes in read.items() if one.due <= at < until}
        found.append(_find(one, of_its_time, made, asked.by_us))
    return tuple(found)


def is_good(point: RecoveryPoint) -> bool:
    """Return whether it can be restored from: in any tier, or in none that is named."""
    return not point.tiers or any(status.lower() in GOOD_TIERS for _, status in point.tiers)


def classes_at(at: datetime, history: Sequence[Terms]) -> frozenset[str]:
    """Return the classes of a point that was made at the UTC instant, by the schedules that may have made it.

    A point that no schedule explains was asked for, and carries none. Where it is not known when a policy starts its
    runs, the point may be of any.
    """
    found: set[str] = set()
    for terms, following in zip_longest(history, history[1:]):
        begin, end = terms.unsure_from or terms.since, following.since if following else None
        if terms.policy is None:
            continue
        runs = [run for run in runs_around(terms.policy, at) if run.explains(at)]
        starts = [start for run in runs for start in run.starts] if is_known(terms.policy) else [at, at - LONGEST_DELAY]
        held = [start for start in starts if (terms is history[0] or begin <= start) and (not end or start < end)]
        found |= {name for name in CLASSES for start in held if carries(terms.policy, name, start.date())}
    return frozenset(found)


def _find(
    one: Expected,
    read: Mapping[datetime, Collection[str]],
    made: Collection[OnDemandBackup],
    on_demand: Collection[OnDemandBackup],
) -> Found:
    """Return what became of the expected point; `read` are the points of its time."""
    needed = set(one.classes) - {"daily"}
    if any(needed.issubset(classes) for classes in read.values()):
        return Found(one, Mark.PRESENT)
    lasting = [each for each in made if each.wanted.keep_until >= one.keep_until - ABOUT]
    if own := [each for each in lasting if is_for(each, one)]:
        return Found(one, Mark.FILLED, own[0].sent_at)
    if any(each.sent_at and one.due <= each.sent_at < one.due + DAY for each in lasting):
        return Found(one, Mark.PRESENT)
    asked = any(is_for(each, one) and not each.stage.over for each in on_demand)
    return Found(one, Mark.ASKED if asked else Mark.MISSING)


def _same(one: datetime, other: datetime) -> bool:
    return abs(one - other) < CLOCKS_DIFFER
