"""What do people do while the demo runs? Move a VM, create and tag one, break backups, publish, let moves go on."""

from collections.abc import Iterable
from datetime import datetime

from local import judge
from local.control import Control
from shared import wiring
from shared.flows import breaker, check_requests, fleet_policy

CREATED = "app-eus-61"
RAISED = "web-weu-21"
"""The standard VM that its owner tags critical."""
NOTE = f"\n# {RAISED} is critical from today on\n"


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
    like = _vm_id(before, "/app-eus-")
    arm.post("/_local/human", {"kind": "create", "like": like, "name": CREATED})
    ports = wiring.ports()
    check_requests.ask(ports, fleet_policy.read(ports, now), vm=CREATED)


def let_backups_fail(arm: Control, names: Iterable[str]) -> None:
    """Let the backups of these VMs fail from now on, and of no others."""
    arm.post("/_local/failing", {"vms": list(names)})


def raise_a_tier(arm: Control, before: judge.Truth) -> None:
    """Tag a standard VM critical: a small wish that leads to one move."""
    tags = {"backup-tier": "critical"}
    arm.post("/_local/human", {"kind": "tag", "vm": _vm_id(before, f"/{RAISED}"), "tags": tags})


def publish_with_a_note(text: str) -> None:
    """Publish the fleet policy again with a note at its end: a new version, under which the app plans anew."""
    fleet_policy.publish(wiring.ports(), text + NOTE)


def let_moves_go_on(now: datetime) -> None:
    """Do what `nightshift resume --moves` does."""
    breaker.resume(wiring.ports(), "ops", now)


def _vm_id(truth: judge.Truth, part: str) -> str:
    found: str = next(item["vm"] for item in truth["items"] if part in item["vm"].lower())
    return found
