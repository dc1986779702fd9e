"""How does a person stop or spare something? Pause, resume, hold and release."""

import getpass
import re
import shlex
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from nightshift.answers import Output, say, say_json
from shared import clock
from shared.errors import BadMessage
from shared.rules.scope import HOLD_TAG

TAG_VALUE_CHARACTERS = 256
"""Longest value of an Azure tag (Azure Resource Manager limits)."""
ALL_VAULTS = "*"
MAX_PAUSE = timedelta(days=31)
"""Our own limit: a pause that outlives a month is a policy, and belongs in fleet.yaml."""

Vault = Annotated[str | None, typer.Option(metavar="NAME", help="One vault; without it all vaults.")]


def pause(
    length: Annotated[str, typer.Option("--for", metavar="8h", help="How long: 30m, 8h or 2d.")],
    reason: Annotated[str, typer.Option(help="Shown in the report.")],
    vault: Vault = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it; your login name if not given.")] = None,
    output: Output = Output.TEXT,
) -> None:
    """Stop every write of Nightshift to backups for a while; scheduled backups go on."""
    until = clock.now() + _length(length)
    scope, who, why = _scope(vault), _plain("--owner", owner or getpass.getuser()), _plain("--reason", reason)
    from shared.flows import pauses
    from shared.wiring import ports

    pauses.pause(ports(), scope, until, who, why)
    if output is Output.JSON:
        say_json({"paused": scope, "until": until, "who": who, "reason": why})
    else:
        say(f"{_named(scope)} paused until {until:%Y-%m-%d %H:%M} UTC by {who}: {why}")


def resume(
    vault: Vault = None,
    moves: Annotated[bool, typer.Option("--moves", help="Let moves go on that the breaker stopped.")] = False,
    output: Output = Output.TEXT,
) -> None:
    """End a pause, or with --moves the breaker's stop; a pause of all vaults and one of a single vault end apart."""
    if moves:
        _resume_moves(vault, output)
        return
    scope = _scope(vault)
    from shared.flows import pauses
    from shared.wiring import ports

    was_paused = pauses.resume(ports(), scope)
    if output is Output.JSON:
        say_json({"resumed": scope, "was_paused": was_paused})
    else:
        say(f"{_named(scope)} {'resumed' if was_paused else 'not paused; nothing to resume'}")


def _resume_moves(vault: str | None, output: Output) -> None:
    if vault is not None:
        raise BadMessage(["resume: expected --vault or --moves, not both; the breaker stops the moves of all vaults"])
    from shared.flows import breaker
    from shared.wiring import ports

    were_stopped = breaker.resume(ports(), getpass.getuser(), clock.now())
    if output is Output.JSON:
        say_json({"resumed": "moves", "were_stopped": were_stopped})
    else:
        say("moves go on from the next hour" if were_stopped else "moves are not stopped; nothing to resume")


def release(
    vm: Annotated[str, typer.Option(metavar="NAME", help="The VM, by name or ARM id.")],
    output: Output = Output.TEXT,
) -> None:
    """Let a VM be planned again that was rolled back, or moved by hand."""
    from shared.flows import pauses
    from shared.wiring import ports

    vm_id = pauses.release(ports(), vm)
    if output is Output.JSON:
        say_json({"released": vm_id})
    else:
        say(f"{vm_id} is planned again from the next plan on")


def hold(
    vm: Annotated[str, typer.Argument(metavar="VM", help="The VM, by name or ARM id.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Last date of the hold.")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    reason: Annotated[str, typer.Option(help="Shown in the report.")],
    output: Output = Output.TEXT,
) -> None:
    """Print the command that keeps a VM where it is; Nightshift itself may not write the tags of VMs."""
    value = _hold_value(until.replace(tzinfo=UTC).date(), _plain("--owner", owner), _plain("--reason", reason))
    vm_id = vm if vm.startswith("/") else _vm_id(vm)
    command = f"az tag update --resource-id {shlex.quote(vm_id)} --operation merge --tags {shlex.quote(value)}"
    if output is Output.JSON:
        say_json({"vm": vm_id, "tag": value, "command": command})
    else:
        say(command)


def _hold_value(until: date, owner: str, reason: str) -> str:
    if until < clock.now().date():
        raise BadMessage([f"--until: {until} is over; expected today or later"])
    value = f"{until};{owner};{reason}"
    if len(value) > TAG_VALUE_CHARACTERS:
        text = f"--reason: the tag would have {len(value)} characters; expected at most {TAG_VALUE_CHARACTERS}"
        raise BadMessage([f"{text}; say it shorter"])
    return f"{HOLD_TAG}={value}"


def _vm_id(name: str) -> str:
    from shared.flows import fleet_policy
    from shared.wiring import ports

    found = ports()
    policy = fleet_policy.read(found, clock.now())
    ids = sorted(vm.id for vm in found.fleet.vms(policy.scope.subscriptions) if vm.name.lower() == name.lower())
    if not ids:
        text = f"VM: no VM of the subscriptions in scope is named {name!r}; expected one of them"
        raise BadMessage([f"{text}; give the VM's ARM id instead"])
    if len(ids) > 1:
        raise BadMessage([f"VM: {len(ids)} VMs are named {name!r}; expected one; give its ARM id: {', '.join(ids)}"])
    return ids[0]


def _length(text: str) -> timedelta:
    if not re.fullmatch(r"[1-9][0-9]{0,3}[mhd]", text):
        raise BadMessage([f"--for: {text!r} is no duration; expected minutes, hours or days, such as 30m, 8h or 2d"])
    count, unit = int(text[:-1]), text[-1]
    length = {"m": timedelta(minutes=count), "h": timedelta(hours=count), "d": timedelta(days=count)}[unit]
    if length > MAX_PAUSE:
        text = f"--for: {text} is longer than {MAX_PAUSE.days} days; expected less"
        raise BadMessage([f"{text}; pause again later, or narrow the scope in fleet.yaml"])
    return length


def _plain(option: str, text: str) -> str:
    """Return the text; the hold tag's separator and line breaks would make it unreadable."""
    plain = text.strip()
    if not plain or re.search(r"[;\r\n]", plain):
        raise BadMessage([f"{option}: {text!r} cannot be used; expected one line of text without a semicolon"])
    return plain


def _scope(vault: str | None) -> str:
    return ALL_VAULTS if vault is None else vault.strip().lower()


def _named(scope: str) -> str:
    return "all vaults are" if scope == ALL_VAULTS else f"vault {scope} is"
