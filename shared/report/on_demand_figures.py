"""How many backups were asked for beside the schedule, and how do they stand? Counted once, for page, JSON, digest."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from shared.model.on_demand import OnDemandBackup, Stage


@dataclass(frozen=True, slots=True)
class OnDemandFigures:
    """Backups on demand by where they stand; those under way were sent, and may have been seen running."""

    backups: int
    waiting: int
    under_way: int
    completed: int
    failed: int
    refused: int
    expired: int


def on_demand_figures(backups: Iterable[OnDemandBackup]) -> OnDemandFigures:
    """Return the numbers of the backups on demand."""
    stages = Counter(one.stage for one in backups)
    return OnDemandFigures(
        backups=stages.total(),
        waiting=stages[Stage.WAITING],
        under_way=stages[Stage.SENT] + stages[Stage.SEEN],
        completed=stages[Stage.COMPLETED],
        failed=stages[Stage.FAILED],
        refused=stages[Stage.REFUSED],
        expired=stages[Stage.EXPIRED],
    )
