"""What does a program read of the restores? Their numbers, and each with its stretches, as JSON values."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from shared.model.restore_history import RestoreHistory
from shared.report.restore_figures import restore_figures


def restore_data(restores: Sequence[RestoreHistory]) -> dict[str, Any]:
    """Return the report's "restores".

    The keys are the numbers of `RestoreFigures` under "figures", and the list "restores": the fields of
    `RestoreHistory` with "accounts", "from_start" and "point_age_hours" (None: not known).
    """
    return {
        "figures": asdict(restore_figures(restores)),
        "restores": [_restore(one) for one in restores],
    }


def _restore(one: RestoreHistory) -> dict[str, Any]:
    hours = None if one.point_age is None else round(one.point_age / timedelta(hours=1), 1)
    more = {"accounts": list(one.accounts), "from_start": one.from_start, "point_age_hours": hours}
    return {**asdict(one), **more}
