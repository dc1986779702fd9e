"""What would be done? The plan of a request that nothing is done for, with the commands that a person could run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.flows.restores import standing
from shared.flows.restores.looking import LOAD_OF, vault_named
from shared.flows.restores.rows import Under
from shared.model.intent import FleetPolicy
from shared.model.restore_tasks import Refusal, RestoreRequest, RestoreTask
from shared.model.restores import Mode
from shared.ports import Ports
from shared.rules.restore_accounts import AccountVerdict, Seen, judge
from shared.rules.restore_steps import begin
from shared.rules.restores import Running, Turn, spread
from shared.telemetry import Event, tell

NAME = "plan"


@dataclass(frozen=True, slots=True)
class Answer:
    """A request that nothing is done for, what would be done, why some VMs are left out, and `closed`: why nothing."""

    request: RestoreRequest
    tasks: Sequence[RestoreTask]
    refusals: Sequence[Refusal]
    closed: str = ""


def keep(ports: Ports, intent: FleetPolicy, answer: Answer, now: datetime) -> None:
    """Keep the plan among the request's results, and tell of it. Nothing is written to Azure."""
    turns, verdicts = _turns(ports, intent, answer.tasks, now)
    document: dict[str, Any] = {
        "version": 1,
        "request": answer.request.id,
        "at": now.isoformat(),
        "nothing_done_because": answer.closed or "it is a dry run",
        "restores": [_line(task, turns[task.key]) for task in answer.tasks],
        "refused": [str(one) for one in answer.refusals],
        "accounts": [{"account": one.account_id, "usable": one.usable, "why": one.reason} for one in verdicts],
    }
    ports.results.save(answer.request.id, NAME, json.dumps(document, indent=1))
    tell(Event.RESTORE_ASKED, at=now, request=answer.request.id, planned=len(answer.tasks))


def _turns(
    ports: Ports, intent: FleetPolicy, tasks: Sequence[RestoreTask], now: datetime
) -> tuple[dict[str, Turn], list[AccountVerdict]]:
    """Return the turn of each task if it were accepted now, and what was found out about the accounts."""
    now_is = standing.standing(ports)
    found: dict[str, list[AccountVerdict]] = {}
    for region in sorted({task.region for task in tasks}):
        accounts = ports.restore_accounts.accounts(intent.restore.places[region].accounts)
        loads = ports.restore_accounts.load(accounts, now - LOAD_OF, now)
        seen = Seen({one.id: one for one in accounts}, dict(loads), now_is.leases, standing.strangers(now_is, region))
        found[region] = judge(region, seen, intent.restore)
    held = [one for one in now_is.under.values() if one.holds]
    left = {one.holds: max(1.0, one.task.minutes - _since(one, now)) for one in held}
    running = Running(now, left, intent.restore.limits.running - len(held))
    turns = spread([(task, begin(now)) for task in tasks], found, running)
    return {turn.key: turn for turn in turns}, [one for verdicts in found.values() for one in verdicts]


def _since(one: Under, now: datetime) -> float:
    return (now - (one.state.sent_at or now)) / timedelta(minutes=1)


def _line(task: RestoreTask, turn: Turn) -> dict[str, Any]:
    return {
        "vm": task.item.vm_id,
        "item": task.item.id,
        "mode": task.mode,
        "point": task.point.id.rpartition("/")[2],
        "why_point": task.why_point,
        "region": task.region,
        "group": task.group_id,
        "new_vm": task.vm_name,
        "expected_minutes": round(task.minutes, 1),
        "account": turn.account_id,
        "turn": standing.said(turn),
        "command": command(task, turn.account_id),
    }


def command(task: RestoreTask, account_id: str) -> str:
    """Return the command by which a person does the same; for a new VM the disks alone, which it is then made of."""
    vault = vault_named(task.item.vault_id)
    words = [
        "az backup restore restore-disks",
        f"--subscription {vault.subscription}",
        f"--resource-group {vault.resource_group}",
        f"--vault-name {vault.name}",
        f"--container-name '{task.item.container}'",
        f"--item-name '{task.item.name}'",
        f"--rp-name {task.point.id.rpartition('/')[2]}",
        f"--storage-account {account_id or '<storage account>'}",
    ]
    if task.mode is Mode.REPLACE:
        return " ".join([*words, "--restore-mode OriginalLocation"])
    words.append(f"--target-resource-group {task.group_id.rpartition('/')[2]}")
    return " ".join([*words, *(["--use-secondary-region"] if task.secondary else [])])
