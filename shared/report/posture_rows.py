"""How is each vault guarded? A table: a row a vault, a column a setting, the weakest vaults first."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.retention import Setting, VaultPosture


@dataclass(frozen=True, slots=True)
class PostureRow:
    """One vault's settings in the order of the table's columns; None where it has no such setting."""

    vault: str
    weak: int
    settings: tuple[Setting | None, ...]


@dataclass(frozen=True, slots=True)
class PostureTable:
    """All vaults; `columns` names the settings that any of them has."""

    columns: tuple[str, ...]
    rows: tuple[PostureRow, ...]


def posture_table(postures: Sequence[VaultPosture]) -> PostureTable:
    """Return the table. Columns stand in the order in which vaults name them first."""
    columns = tuple(dict.fromkeys(one.name for posture in postures for one in posture.settings))
    rows = [_row(posture, columns) for posture in postures]
    return PostureTable(columns, tuple(sorted(rows, key=lambda row: (-row.weak, row.vault))))


def _row(posture: VaultPosture, columns: Sequence[str]) -> PostureRow:
    settings = {one.name: one for one in posture.settings}
    weak = sum(not one.good for one in posture.settings)
    return PostureRow(posture.name, weak, tuple(settings.get(name) for name in columns))
