"""What do people do while the demo runs? Move a VM, create and tag one, break backups, publish, let moves go on."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from local import judge
from local.child import ChildError
from local.control import Control
from local.failed_backups import BLOCKED, BY_ITSELF, FOR_A_PERSON, STORM, STRUCK
from local.missed_points import ASKED_FOR, KEPT_UNTIL, NOT_THERE
from local.stack import ROOT, Stack
from shared import wiring
from shared.flows import breaker, check_requests, fleet_policy

CREATED = "app-eus-61"
STRUCK_VAULT = "rsv-weu-01"
WEBHOOK = ("  # webhook: NIGHTSHIFT_WEBHOOK_URL", "  webhook: NIGHTSHIFT_WEBHOOK_URL ")
"""The line of samples/fleet.yaml that names where alerts are posted; the local Azure has an inbox there."""
IN_PATCH_HOURS = ("-2000", "-2030", "-2100", "-2130", "-2200", "-2230")
"""How slot policies end whose backups would run into the patch hours of samples/fleet.yaml, in winter."""
NOTE = "\n# From today on a database server more is patched by night.\n"


def publish(stack: Stack, text: str) -> None:
    """Publish the fleet policy as an operator does: with the command line. Raise ChildError with its words."""
    policy = stack.folder / "fleet.yaml"
    policy.write_text(text, "utf-8")
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


def let_things_go_wrong(arm: Control) -> None:
    """Let the backups of some VMs end with an error each, all of another kind, and events get lost or come twice."""
    items = {_name(item["vm"]): item for item in arm.get("/_local/truth")["items"]}
    for name, code in (FOR_A_PERSON | BY_ITSELF | BLOCKED).items():
        item = items[name]
        arm.post("/_local/human", {"kind": "afflict", "vm": item["vm"], "code": code, "hour": _hour(item)})
    arm.post("/_local/events/mishaps", {"lost": 0.3, "duplicated": 0.3, "reordered": 0.3})


def back_up_before_patching(arm: Control) -> None:
    """Start backups of many VMs of one vault by hand, just when an update has broken the agent in all of them."""
    truth = arm.get("/_local/truth")
    vault = next(vault["id"] for vault in truth["vaults"] if vault["name"] == STRUCK_VAULT)
    running = {job["vm"] for job in truth["jobs"] if job["ended_at"] is None}
    ours = [item["vm"] for item in truth["items"] if item["vault"].lower() == vault.lower()]
    idle = [vm for vm in ours if vm not in running]
    arm.post("/_local/human", {"kind": "storm", "vault": vault, "code": STORM, "hours": 0.25})
    for vm in idle[:STRUCK]:
        arm.post("/_local/human", {"kind": "back up", "vm": vm})


def mend(arm: Control) -> None:
    """Take away whatever lets backups fail."""
    let_backups_fail(arm, ())
    arm.post("/_local/human", {"kind": "mend"})


def tag_for_patching(arm: Control) -> None:
    """Tag a database server whose backup may run while it is patched: a wish that leads to a move."""
    items = arm.get("/_local/truth")["items"]
    found = [item["vm"] for item in items if _is_a_database(item) and item["policy_id"].endswith(IN_PATCH_HOURS)]
    if found:
        arm.post("/_local/human", {"kind": "tag", "vm": found[0], "tags": {"patch-group": "database-servers"}})


def publish_with_a_note(text: str) -> None:
    """Publish the fleet policy again with a note at its end: a new version, under which the app plans anew."""
    fleet_policy.publish(wiring.ports(), text + NOTE)


def ask_for_backups() -> None:
    """Send two messages as an operator does: one backup before an upgrade, and one of a VM that does not exist."""
    for vm in (ASKED_FOR, NOT_THERE):
        message = {
            "version": 1,
            "id": f"upgrade-{vm}",
            "vm": vm,
            "reason": "before the upgrade",
            "requester": "ann",
            "retain_until": KEPT_UNTIL,
        }
        wiring.ports().queues.send("backup-requests", json.dumps(message))


def let_moves_go_on(now: datetime) -> None:
    """Do what `nightshift resume --moves` does."""
    breaker.resume(wiring.ports(), "ops", now)


def _hour(item: Mapping[str, Any]) -> int:
    """Return the hour (UTC) in the middle of the three in which the item's run may start: its slot's and two later."""
    start = str(item["policy_id"]).rsplit("-", 1)[-1]
    return (int(start[:2]) + 1) % 24 if len(start) == 4 and start.isdecimal() else 0


def _name(vm_id: str) -> str:
    return vm_id.rpartition("/")[2]


def _is_a_database(item: Mapping[str, Any]) -> bool:
    name: str = item["vm"].rsplit("/", 1)[-1].lower()
    return item["vault"].endswith("/rsv-weu-01") and name.startswith(("db-", "sql-"))
