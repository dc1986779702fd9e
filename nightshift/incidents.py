"""Which backups have failed and are not repaired? Each with what was tried, and what to do about it."""

from typing import Annotated

import typer

from nightshift.answers import Output, say, say_json
from shared import clock
from shared.report.failure_rows import FailureRow


def incidents(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too: two weeks are remembered.")] = False,
    output: Output = Output.TEXT,
) -> None:
    """Show open incidents, the worst first: what happened, what was tried, and what to do; storms as one."""
    from shared.flows import fleet_policy
    from shared.flows.job_failures import aftermath
    from shared.report.failure_data import matter_data
    from shared.report.failure_rows import failure_rows
    from shared.rules.night_failures import is_open
    from shared.wiring import ports

    found, now = ports(), clock.now()
    chosen = (lambda _: True) if every else is_open
    matters = aftermath.matters(found.ledger, fleet_policy.read(found, now), chosen)
    if output is Output.JSON:
        say_json({"matters": [matter_data(matter) for matter in matters]})
        return
    for row in failure_rows(matters, {}, now):
        _say_row(row)
    if not matters:
        say("no incident is remembered" if every else "no incident is open")


def _say_row(row: FailureRow) -> None:
    say(f"{row.subject} in {row.vault}: {row.says} ({row.cause})")
    if row.members:
        say(f"  VMs    {', '.join(row.members)}")
    say(f"  what   {row.happened}")
    for one in row.tried:
        say(f"  tried  {one.at:%Y-%m-%d %H:%M} {one.text}")
    say(f"  now    {row.outcome}; {row.told}")
    for number, step in enumerate(row.to_do, 1):
        say(f"  do {number}   {step}")
    say("")
