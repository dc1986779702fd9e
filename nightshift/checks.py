"""Is this VM, or this vault, protected as intended now? A request to the app, answered in its log and report."""

from typing import Annotated

import typer

from nightshift.answers import Output, say, say_json
from shared import clock
from shared.errors import BadMessage


def check(
    vm: Annotated[str | None, typer.Option(metavar="NAME", help="One VM, by name or resource id.")] = None,
    vault: Annotated[str | None, typer.Option(metavar="NAME", help="One vault, by name or resource id.")] = None,
    output: Output = Output.TEXT,
) -> None:
    """Ask the app to check one VM or vault within minutes; with the switch `enrol` it enrols what is due."""
    if bool(vm) == bool(vault):
        raise BadMessage(["check: expected exactly one of --vm NAME and --vault NAME"])
    from shared.flows import check_requests, fleet_policy
    from shared.wiring import ports

    found = ports()
    request = check_requests.ask(found, fleet_policy.read(found, clock.now()), vm or "", vault or "")
    subject = request.vm_id or request.vault_id
    if output is Output.JSON:
        say_json({"asked": subject})
    else:
        say(f"asked for a check of {subject}")
