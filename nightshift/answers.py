"""How do answers reach the operator? One JSON object or readable text on stdout, messages on stderr."""

import json
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from shared.errors import BadMessage, FleetError, MissingSettings

WIDE = 200
"""Columns of a table that is not read on a terminal: nothing is cut in a pipe or a file."""

REFUSED = 2
"""Exit code where the input, the settings or the command line must be repaired first."""
FAILED = 1
"""Exit code where the work itself failed."""


class Output(StrEnum):
    """For whom the answer is written."""

    TEXT = "text"
    JSON = "json"


class Calm(TyperGroup):
    """Says what Nightshift's own errors say, without a traceback, and exits with 1 or 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BadMessage as error:
            warn(*error.reasons)
            raise typer.Exit(REFUSED) from error
        except MissingSettings as error:
            warn(*error.problems)
            raise typer.Exit(REFUSED) from error
        except FleetError as error:
            warn(str(error))
            raise typer.Exit(FAILED) from error


def say(*lines: str) -> None:
    """Print the answer's lines."""
    for line in lines:
        typer.echo(line)


def warn(*lines: str) -> None:
    """Print messages beside the answer."""
    for line in lines:
        typer.echo(line, err=True)


def say_json(value: dict[str, Any]) -> None:
    """Print the answer as one JSON object; instants and dates in ISO 8601."""
    typer.echo(json.dumps(value, indent=2, default=_plain))


def say_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under bold column names; long words are folded, never cut."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else WIDE
    Console(file=sys.stdout, width=width, markup=False, highlight=False).print(table)


def _plain(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)
