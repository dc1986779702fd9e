"""How is a backup asked for beside the schedule, and where does each stand? A command that sends, one that lists."""

import re
from datetime import UTC, datetime
from typing import Annotated

import typer

from nightshift.answers import Output, say, say_json, say_table
from shared import clock
from shared.errors import BadMessage
from shared.model.on_demand import AskedBackup, OnDemandBackup

LONGEST_ID = 64


def backup(
    vm: Annotated[str, typer.Argument(metavar="VM", help="The VM, by name or resource id.")],
    reason: Annotated[str, typer.Option(help="What for; it stands in lists and reports.")],
    until: Annotated[str, typer.Option(metavar="DATE", help="Until when the point is kept: 2026-12-31.")],
    requester: Annotated[str, typer.Option(help="Who asks: a label for the record.")] = "nightshift",
    output: Output = Output.TEXT,
) -> None:
    """Ask for one backup of a VM, once it is seen to be a request that the app would follow."""
    from shared.flows import fleet_policy
    from shared.flows.on_demand import requests
    from shared.wiring import ports

    found, now = ports(), clock.now()
    asked = AskedBackup(
        id=_named(vm, now),
        vm=vm,
        reason=reason,
        requester=requester,
        retain_until=_instant(until),
    )
    known = requests.send(found, fleet_policy.read(found, now), asked, now)
    if output is Output.JSON:
        say_json({"request": asked.id, "sent": known is None, "stage": known.stage if known else "waiting"})
    elif known is None:
        say(f"sent {asked.id}: a backup of {vm}")
    else:
        say(f"{asked.id} was sent before: {known.stage}{f', {known.said}' if known.said else ''}")


def backups(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    output: Output = Output.TEXT,
) -> None:
    """Show the backups that were asked for beside the schedule: for what, where each stands, and why."""
    from shared.flows.on_demand.asking import standing
    from shared.wiring import ports

    found = [one for one in standing(ports().ledger).values() if every or not one.stage.over]
    found.sort(key=lambda one: (one.wanted.asked_at, one.wanted.key))
    if output is Output.JSON:
        say_json({"backups": [_data(one) for one in found]})
    elif not found:
        say("no backup on demand is remembered" if every else "no backup on demand is under way")
    else:
        columns = ("VM", "for", "stage", "since", "not after", "kept until", "asked by", "reason", "why so")
        say_table(columns, (_row(one) for one in found))


def _named(vm: str, now: datetime) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]", "-", vm.rpartition("/")[2]).lstrip("._-") or "vm"
    moment = f"{now:%Y%m%dT%H%M%SZ}"
    return f"{name[: LONGEST_ID - len(moment) - 1]}-{moment}"


def _instant(text: str) -> datetime:
    """Return a date's end, or an instant, in UTC."""
    from shared.messages.asked_backups import until_from

    found = until_from(text)
    if found is None:
        raise BadMessage(
            [f"--until {text[:80]}: no such time; expected a date such as 2026-12-31, kept to its end, UTC"]
        )
    return found


def _data(one: OnDemandBackup) -> dict[str, object]:
    wanted = one.wanted
    names = ("key", "purpose", "vm_id", "vault_id", "reason", "requester", "asked_at", "keep_until", "not_after")
    return {
        "vm": one.vm,
        **{name: getattr(wanted, name) for name in names},
        "stage": one.stage,
        "said": one.said,
        "at": one.at,
        "sent_at": one.sent_at,
        "job_id": one.job_id,
    }


def _row(one: OnDemandBackup) -> tuple[str, ...]:
    wanted = one.wanted
    moments = (_short(one.at), _short(wanted.not_after), f"{wanted.keep_until:%Y-%m-%d}")
    return one.vm, wanted.purpose, one.stage, *moments, wanted.requester, wanted.reason, one.said


def _short(at: datetime) -> str:
    return f"{at.astimezone(UTC):%m-%d %H:%MZ}"
