"""What do people do while the demo runs? Move a VM, create and tag one, break backups, publish, let moves go on."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from local import judge
from local.child import ChildError
from local.control import Control
from local.stack import ROOT, Stack
from shared import wiring
from shared.flows import breaker, check_requests, fleet_policy

CREATED = "app-eus-61"
IN_PATCH_HOURS = ("-2000", "-2030", "-2100", "-2130", "-2200", "-2230")
"""How slot policies end whose backups would run into the patch hours of samples/fleet.yaml, in winter."""
NOTE = "\n# From today on a database server more is patched by night.\n"


def publish(stack: Stack, policy: Path) -> None:
    """Publish the fleet policy as an operator does: with the command line. Raise ChildError with its words."""
    command = [sys.executable, "-m", "nightshift", "policy", "publish", str(policy)]
    done = subprocess.run(command, env=stack.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ChildError(f"nightshift policy publish said: {done.stderr.strip()}")


def move_back(arm: Control, before: judge.Truth, enforced: judge.Truth) -> None:
    """Put one VM that was moved back on its vault's DefaultPolicy, by hand."""
    moved = sorted(judge.moved(before, enforced))
    if moved:
        vault = next(item["vault"] for item in enforced["items"] if item["vm"].lower() == moved[-1])
        policy_id = next(
            name
            for name in before["policies"]
            if name.lower().startswith(vault.lower()) and name.lower().endswith("/defaultpolicy")
        )
        arm.post("/_local/human", {"kind": "assign", "vm": moved[-1], "policy_id": policy_id})


def create_a_vm(arm: Control, before: judge.Truth, now: datetime) -> None:
    """Create a VM like its neighbours where one vault fits, and ask the app to check it."""
    like = next(item["vm"] for item in before["items"] if "/app-eus-" in item["vm"].lower())
    arm.post("/_local/human", {"kind": "create", "like": like, "name": CREATED})
    ports = wiring.ports()
    check_requests.ask(ports, fleet_policy.read(ports, now), vm=CREATED)


def let_backups_fail(arm: Control, names: Iterable[str]) -> None:
    """Let the backups of these VMs fail from now on, and of no others."""
    arm.post("/_local/failing", {"vms": list(names)})


def tag_for_patching(arm: Control) -> None:
    """Tag a database server whose backup may run while it is patched: a wish that leads to a move."""
    items = arm.get("/_local/truth")["items"]
    found = [item["vm"] for item in items if _is_a_database(item) and item["policy_id"].endswith(IN_PATCH_HOURS)]
    if found:
        arm.post("/_local/human", {"kind": "tag", "vm": found[0], "tags": {"patch-group": "database-servers"}})


def publish_with_a_note(text: str) -> None:
    """Publish the fleet policy again with a note at its end: a new version, under which the app plans anew."""
    fleet_policy.publish(wiring.ports(), text + NOTE)


def let_moves_go_on(now: datetime) -> None:
    """Do what `nightshift resume --moves` does."""
    breaker.resume(wiring.ports(), "ops", now)


def _is_a_database(item: Mapping[str, Any]) -> bool:
    name: str = item["vm"].rsplit("/", 1)[-1].lower()
    return item["vault"].endswith("/rsv-weu-01") and name.startswith(("db-", "sql-"))
