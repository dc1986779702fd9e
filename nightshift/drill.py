"""Does an alert reach people? Azure's test notification to an action group, shown unless told to send."""

from dataclasses import asdict
from typing import Annotated

import typer

from nightshift.answers import FAILED, Output, say, say_json, say_table, warn

SAMPLE = "the text is Azure's own sample of an alert, not Nightshift's: it names resources that do not exist"


def fire_drill(
    action_group: Annotated[str, typer.Option(metavar="ID", help="The action group's resource id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Ring them; without it they are only shown.")] = False,
    output: Output = Output.TEXT,
) -> None:
    """Ring the people in an action group by Azure's test notification; needs the role Nightshift Fire Drill."""
    from shared.flows import fire_drill as flow
    from shared.wiring import ports

    found = ports()
    group = flow.receivers(found, action_group)
    if not yes:
        if output is Output.JSON:
            say_json({"sent": False, "enabled": group.enabled, "receivers": group.leads_to, "note": SAMPLE})
        else:
            say(f"{action_group}: {'enabled' if group.enabled else 'NOT ENABLED'}")
            say(f"receivers: {', '.join(group.leads_to) or 'none'}", "nobody was rung; --yes rings people", SAMPLE)
        return
    drill = flow.drill(found, action_group)
    if output is Output.JSON:
        say_json({"sent": True, "under_way": flow.under_way(drill), "note": SAMPLE, **asdict(drill)})
    else:
        say_table(
            ("receiver", "way", "status", "detail"),
            [(one.receiver, one.way, one.status, one.detail) for one in drill.receipts],
        )
        say(f"sent; Azure says: {drill.state or 'nothing yet'}", SAMPLE, "ask each of them whether it arrived")
    if flow.under_way(drill):
        warn("it was sent and is not seen to have ended; look at the action group in the portal")
        raise typer.Exit(FAILED)
