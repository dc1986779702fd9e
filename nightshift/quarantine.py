"""What could not be followed, and shall it be tried again? Shown unless told to send."""

from typing import Annotated

import typer

from nightshift.answers import Output, say, say_json, say_table
from shared import clock
from shared.model.events import SetAside

SHOWN = 100
"""Characters of the words in the table; --output json has them whole."""


def replay(
    which: Annotated[str, typer.Argument(help="A key or a source; all entries, if not given.")] = "",
    send: Annotated[bool, typer.Option("--send", help="Send them again; without it they are only shown.")] = False,
    output: Output = Output.TEXT,
) -> None:
    """Show events, alerts and messages that were set aside, with their reasons; send them again with --send."""
    from shared.flows import replay as flow
    from shared.wiring import ports

    found = ports()
    entries = flow.replay(found, which, clock.now()) if send else flow.chosen(found, which)
    if output is Output.JSON:
        say_json({"sent": send, "entries": {key: _plain(entry) for key, entry in entries.items()}})
        return
    if not entries:
        say("nothing is set aside" if not which else f"nothing is set aside under {which}")
        return
    say_table(
        ("key", "at", "reasons", "words"),
        [(key, f"{one.at:%Y-%m-%d %H:%M}", "; ".join(one.reasons), one.text[:SHOWN]) for key, one in entries.items()],
    )
    say("sent again" if send else f"{len(entries)} shown and none sent; --send sends them again")


def _plain(entry: SetAside) -> dict[str, object]:
    return {"source": entry.source, "at": entry.at, "reasons": entry.reasons, "text": entry.text}
