"""What does a program read of the restores? Their numbers, and each with its stretches, as JSON values."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from shared.model.restore_history import RestoreHistory
from shared.report.restore_figures import restore_figures


def restore_data(restores: Sequence[RestoreHistory]) -> dict[str, Any]:
    """Return the report's "restores".

    The keys are the numbers of `RestoreFigures` under "figures", and the list "restores": the fields of
    `RestoreHistory` with "accounts" and "from_start".
    """
    return {
        "figures": asdict(restore_figures(restores)),
        "restores": [{**asdict(one), "accounts": list(one.accounts), "from_start": one.from_start} for one in restores],
    }
