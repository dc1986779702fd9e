"""Which of the expected points are there? Points read as what they are, and held against the runs that made them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.azure import Change, RecoveryPoint
from shared.model.on_demand import OnDemandBackup, Stage
from shared.model.retention import Expected, Mark, Terms
from shared.rules.expected_points import carries
from shared.rules.scheduled_runs import runs_around
from shared.rules.slots import DAY

GOOD_TIERS = frozenset({"valid", "rehydrated"})
AFTER_SENT = timedelta(hours=1)
"""A point of a backup that was asked for carries the start of its job, which follows within minutes."""
CLOCKS_DIFFER = timedelta(minutes=2)
ABOUT = timedelta(days=1)
"""An expiry that differs by less is the same: months are of different lengths."""


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

    def made(self, at: datetime) -> bool:
        """Return whether a point of the UTC instant was asked for: it carries no class."""
        sent = [one.sent_at for one in self.by_us if one.sent_at] + [change.at for change in self.by_hand]
        return any(begun - CLOCKS_DIFFER <= at < begun + AFTER_SENT for begun in sent)


def gap_key(vm_id: str, due: datetime) -> str:
    """Return what a backup that makes up for the run is named by, without its number."""
    return f"gap|{vm_id}|{due:%Y-%m-%dT%H%MZ}"


def held(
    expected: Iterable[Expected],
    points: Iterable[RecoveryPoint],
    history: Sequence[Terms],
    asked: Asked,
) -> tuple[Found, ...]:
    """Return what became of each expected point. `asked` are the backups that were asked for of this VM.

    A daily point is there if any good one is, of the day that begins with its run. A longer class is there if a run on
    a day that carries it left a good point, or a backup on demand whose point is kept as long.
    """
    good = sorted(point.at for point in points if is_good(point))
    read = {at: frozenset() if asked.made(at) else classes_at(at, history) for at in good}
    made = [one for one in asked.by_us if one.stage is Stage.COMPLETED and _point_of(one, good)]
    return tuple(_find(one, read, made, asked.by_us) for one in expected)


def is_good(point: RecoveryPoint) -> bool:
    """Return whether it can be restored from: in any tier, or in none that is named."""
    return not point.tiers or any(status.lower() in GOOD_TIERS for _, status in point.tiers)


def classes_at(at: datetime, history: Sequence[Terms]) -> frozenset[str]:
    """Return the classes of a point that was made at the UTC instant, by the schedules that may have made it.

    A point that no schedule explains was asked for, and carries none.
    """
    found: set[str] = set()
    for policy in (terms.policy for terms in _near(at, history) if terms.policy is not None):
        for run in runs_around(policy, at):
            if run.explains(at):
                names = ("daily", "weekly", "monthly", "yearly")
                found |= {name for name in names if any(carries(policy, name, start.date()) for start in run.starts)}
    return frozenset(found)


def _near(at: datetime, history: Sequence[Terms]) -> list[Terms]:
    """Return the terms that may have held when a run that left a point then was due."""
    found = []
    for place, terms in enumerate(history):
        until = history[place + 1].since if place + 1 < len(history) else None
        since = terms.unsure_from or terms.since
        if (place == 0 or since <= at) and (until is None or at < until + DAY / 4):
            found.append(terms)
    return found


def _find(
    one: Expected,
    read: dict[datetime, frozenset[str]],
    made: Collection[OnDemandBackup],
    on_demand: Collection[OnDemandBackup],
) -> Found:
    of_the_day = [at for at in read if one.due <= at < one.due + DAY]
    needed = {name for name in one.classes if name != "daily"}
    if of_the_day and (not needed or any(needed <= read[at] for at in of_the_day)):
        return Found(one, Mark.PRESENT)
    lasting = [each for each in made if each.wanted.keep_until >= one.keep_until - ABOUT and each.sent_at]
    own = [each for each in lasting if _fills(each, one)]
    if any(each.sent_at and one.due <= each.sent_at < one.due + DAY for each in lasting):
        return Found(one, Mark.PRESENT)
    if own:
        return Found(one, Mark.FILLED, own[0].sent_at)
    asked = any(_fills(each, one) and not each.stage.over for each in on_demand)
    return Found(one, Mark.ASKED if asked else Mark.MISSING)


def _fills(each: OnDemandBackup, one: Expected) -> bool:
    return each.wanted.key.startswith(gap_key(each.wanted.vm_id, one.due) + "|")


def _point_of(each: OnDemandBackup, good: Sequence[datetime]) -> bool:
    """Return whether the point of a backup that was asked for is still there."""
    sent = each.sent_at
    return sent is not None and any(sent - CLOCKS_DIFFER <= at < sent + AFTER_SENT for at in good)
