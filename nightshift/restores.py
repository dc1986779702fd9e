"""How are VMs brought back, and how far are they? Commands that send a request, watch it and stop it."""

from pathlib import Path
from typing import Annotated

import typer

from nightshift.answers import Output, say, say_json, say_table
from shared import clock
from shared.errors import BadMessage
from shared.rules.restore_progress import Progress

app = typer.Typer(no_args_is_help=True, help="Ask for restores, watch them, stop them.")
WIDTH = 20
"""Characters of a bar."""
EVERY = 60
"""Seconds between two looks: what is shown changes no oftener."""


@app.command()
def send(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The request, as JSON; see samples/restore-disks.json.")],
    production: Annotated[bool, typer.Option("--production", help="For replace and production targets.")] = False,
    output: Output = Output.TEXT,
) -> None:
    """Send a request, once it is seen to be one that the app would follow; every reason where it is not."""
    from shared.flows import fleet_policy
    from shared.flows.restores import asking
    from shared.wiring import ports

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadMessage([f"{file}: not readable: {problem}"]) from problem
    found = ports()
    asked = asking.send(found, fleet_policy.read(found, clock.now()), text, production=production)
    many = len(asked.vms) + len(asked.items)
    if output is Output.JSON:
        say_json({"request": asked.id, "restores": many, "dry_run": asked.dry_run})
    else:
        say(f"sent {asked.id}: {many} restores{', to be planned only' if asked.dry_run else ''}")


@app.command()
def watch(
    request: Annotated[str, typer.Option(metavar="ID", help="Only those of this request.")] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Look again every minute until none is under way.")] = False,
    output: Output = Output.TEXT,
) -> None:
    """Show each restore under way: how far it is, on which account, in which phase, how fast, and its expected end."""
    from shared.flows import fleet_policy
    from shared.flows.restores import asking
    from shared.wiring import ports

    found = ports()
    intent = fleet_policy.read(found, clock.now())
    while True:
        seen = asking.watch(found, intent, request, clock.now())
        _show(seen, output)
        if not follow or not seen:
            return
        found.wait(EVERY)


@app.command()
def cancel(
    request: Annotated[str, typer.Argument(metavar="ID", help="The request's id.")],
    vm: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this VM; may be given again.")] = None,
    requester: Annotated[str, typer.Option(help="Who asks: a label for the log.")] = "nightshift",
    output: Output = Output.TEXT,
) -> None:
    """Stop a request's restores; a job that Azure cannot cancel any more goes on to its end."""
    from shared.flows.restores import asking
    from shared.wiring import ports

    many = asking.cancel(ports(), request, requester, tuple(vm or ()))
    if output is Output.JSON:
        say_json({"request": request, "cancelled": many})
    else:
        say(f"asked for {many} restores of {request} to stop")


def _show(seen: list[Progress], output: Output) -> None:
    if output is Output.JSON:
        fields = ("request_id", "vm", "account", "phase", "share", "rate", "ends_at", "reason")
        say_json({"restores": [{name: getattr(one, name) for name in fields} for one in seen]})
    elif not seen:
        say("no restore is under way")
    else:
        columns = ("VM", "done", "account", "phase", "rate", "expected end", "request", "why")
        say_table(columns, (_row(one) for one in seen))


def _row(one: Progress) -> tuple[str, ...]:
    filled = round(one.share * WIDTH)
    bar = f"{'█' * filled}{'░' * (WIDTH - filled)} {one.share:4.0%}"
    rate = "" if one.rate is None else f"{one.rate / 1_000_000:.0f} MB/s"
    ends = f"{one.ends_at:%m-%d %H:%MZ}" if one.ends_at else ""
    return one.vm, bar, one.account, one.phase, rate, ends, one.request_id, one.reason
