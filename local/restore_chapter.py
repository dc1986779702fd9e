"""Do eleven VMs come back by one message, each to a storage account of its own? A morning on a stack of its own.

The same zip is deployed a second time with nothing but the functions of restores enabled: duties kept apart.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from local import people
from local.child import ChildError
from local.clock import iso, parse
from local.fleets import SUBSCRIPTION
from local.pools import IN_USE
from local.stack import ROOT, Stack, Wanted

type Json = Mapping[str, Any]

BEGINS = datetime(2026, 3, 4, 5, 55, tzinfo=UTC)
VMS = (
    "web-weu-01", "web-weu-05", "web-weu-09", "web-weu-13", "web-weu-17", "web-weu-21", "app-weu-03", "app-weu-07",
    "app-weu-11", "app-weu-15", "app-weu-19",
)  # fmt: skip
"""One more than there are accounts free for them."""
_STAGING = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-staging-weu/providers/Microsoft.Storage/storageAccounts"
ACCOUNTS = tuple(f"{_STAGING}/strestoreweu{number:02}" for number in range(1, 12))
"""The accounts that the request names: an application uses one of them."""
JAMMED_AFTER = timedelta(minutes=3)
TOLD_WITHIN = timedelta(minutes=3)
"""So long after its end the app has seen that a job is over."""
STEP = timedelta(minutes=1)
LONGEST = timedelta(hours=2)
QUEUES = ("restore-requests", "restore-requests-production", "restore-tasks", "restore-rejected")
RESTORES = frozenset({"fan_out_restores", "fan_out_production_restores", "advance_restore", "watch_restores"})


def wanted(seed: int, functions: Sequence[str], store: str) -> Wanted:
    """Return the stack: `functions` are all of the app, of which those of restores alone run."""
    others = {f"AzureWebJobs.{name}.Disabled": "true" for name in functions if name not in RESTORES}
    return Wanted(
        seed=seed,
        start=iso(BEGINS),
        faults="calm",
        containers=(store,),
        tables=(store,),
        queues=QUEUES,
        settings={"NIGHTSHIFT_SWITCHES": "restore", **others},
    )


def tell(stack: Stack, text: str) -> dict[str, Any]:
    """Ask for the VMs, jam one account meanwhile, wait until all have ended, and return the figures."""
    people.publish(stack, text)
    _send(stack)
    now, jammed = BEGINS, ""
    while now < BEGINS + LONGEST:
        now += STEP
        stack.run(iso(now))
        truth = stack.arm.get("/_local/truth")
        if not jammed and now >= BEGINS + JAMMED_AFTER:
            jammed = _jam(stack, truth["restores"])
        if jammed and _over(truth["restores"]):
            stack.run(iso(now + TOLD_WITHIN))
            break
    return figures(truth, jammed)


def figures(truth: Json, jammed: str) -> dict[str, Any]:
    """Return what became of the restores, from Azure's own jobs: by name of VM and account.

    `waited` are those whose first job began when another's had ended, `moved` those that began once more on another
    account, `shared` jobs that began on an account on which another ran.
    """
    jobs = sorted(truth["restores"], key=lambda one: one["started_at"])
    accounts: dict[str, list[str]] = {}
    for job in jobs:
        accounts.setdefault(_name(job["vm"]), []).append(_name(job["account"]))
    ended = min((job["ended_at"] for job in jobs if job["ended_at"]), key=parse, default="")
    first = {_name(job["vm"]): job for job in reversed(jobs)}
    waited = [name for name, job in first.items() if ended and parse(job["started_at"]) >= parse(ended)]
    at_once = [accounts[name][0] for name in accounts if name not in waited]
    return {
        "asked": len(VMS),
        "jobs": len(jobs),
        "done": len({_name(job["vm"]) for job in jobs if job["status"] == "Completed"}),
        "accounts_at_once": len(set(at_once)),
        "at_once": len(at_once),
        "waited": sorted(waited),
        "moved": sorted(name for name, used in accounts.items() if len(set(used)) > 1),
        "jammed": jammed,
        "loaded": IN_USE,
        "on_the_loaded_one": sum(_name(job["account"]) == IN_USE for job in jobs),
        "shared": sum(bool(job["shared"]) for job in jobs),
        "most_jobs_of_a_vm": max(Counter(_name(job["vm"]) for job in jobs).values(), default=0),
        "ended_at": max((job["ended_at"] or "" for job in jobs), default=""),
    }


def _send(stack: Stack) -> None:
    """Send the request as an operator does: with the command line. Raise ChildError with its words."""
    ids = {_name(item["vm"]): item["vm"] for item in stack.arm.get("/_local/truth")["items"]}
    asked = {
        "version": 1,
        "id": f"web-tier-{BEGINS:%Y-%m-%d}",
        "requester": "ops on call",
        "purpose": "the web tier was encrypted by ransomware",
        "vms": [ids[vm] for vm in VMS],
        "point": "latest",
        "mode": "disks",
        "targets": {"accounts": list(ACCOUNTS)},
    }
    file = stack.folder / "restore.json"
    file.write_text(json.dumps(asked), "utf-8")
    command = [sys.executable, "-m", "nightshift", "restore", "send", str(file)]
    done = subprocess.run(command, env=stack.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ChildError(f"nightshift restore send said: {done.stderr.strip() or done.stdout.strip()}")


def _jam(stack: Stack, restores: Sequence[Json]) -> str:
    """Let the account of the restore that began last take no more data; return its name, "" where none runs."""
    running = [one for one in restores if one["ended_at"] is None]
    if not running:
        return ""
    account = max(running, key=lambda one: parse(one["started_at"]))["account"]
    stack.arm.post("/_local/human", {"kind": "jam", "account": account})
    return _name(account)


def _over(restores: Sequence[Json]) -> bool:
    done = {_name(one["vm"]) for one in restores if one["status"] == "Completed"}
    return len(done) == len(VMS)


def _name(arm_id: str) -> str:
    return arm_id.rpartition("/")[2]
