"""What happened last night? The newest stored morning report."""

from enum import StrEnum

import typer

from nightshift.answers import FAILED, say, warn


class Rendering(StrEnum):
    """How the report is rendered."""

    HTML = "html"
    JSON = "json"


def report(output: Rendering = Rendering.HTML) -> None:
    """Print the newest morning report; redirect it to a file to read it."""
    from shared.wiring import ports

    text = ports().reports.latest(output.value)
    if text is None:
        warn("there is no report yet; expected one after the first morning: does review_night run?")
        raise typer.Exit(FAILED)
    say(text)
