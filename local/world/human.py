"""What may a human hand do meanwhile? Edits behind the app's back, recorded under the human's name."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from local.world import ailments, cancel, machines, on_demand, restores, runs, vault_settings, writes
from local.world.ailments import Storm
from local.world.failures import FAILURES
from local.world.state import Item, Job, Vm
from local.world.world import World

CALLER = "human@example.com"
KINDS = (
    "assign", "edit", "tag", "stop", "create", "delete", "mend", "afflict", "storm", "back up", "jam", "settings",
    "turn", "cancel",
)  # fmt: skip


def act(world: World, kind: str, what: dict[str, Any]) -> None:
    """Carry out one human act; raises ValueError for an unknown one and Refused where the service refuses.

    assign {item or vm, policy_id}: move an item to a policy (default: its extendedProperties as they are).
    edit {policy_id, properties, start}: overwrite a policy; top-level properties that are not given stay, and `start`
        (HH:MM) is when it runs.
    tag {vm, tags}: set tags; a value of None removes one.
    stop {item or vm}: stop protection, keep the points.
    create {like, name}: make a VM like another one (its id), in its group and with its tags.
    delete {vm}: delete a VM; its protection and its points stay.
    mend {vm}: take away what lets a VM's backups fail; without `vm` what lets any VM's.
    afflict {vm, code, hour}: let a VM's backups fail with this error, for as long as errors of its kind last; `hour` is
        for those that come at an hour of the day (default: the present one).
    storm {vault, code, hours}: let all backups of a vault fail that begin in the next hours.
    back up {item or vm}: start a backup by hand.
    settings {vault, soft_delete}: change a vault's soft delete.
    turn {vm, action}: start, deallocate or powerOff a VM.
    cancel {item or vm}: cancel the backup that runs.
    jam {account}: write so much to a storage account (its id) that the restore which copies to it fails.
    """
    if kind == "assign":
        item = _item(world, what)
        properties = {"policyId": what["policy_id"], "extendedProperties": what.get("extended", item.extended)}
        writes.put_item(world, world.vaults[item.vault_id], item.id, properties, CALLER)
    elif kind == "edit":
        policy = world.policies[what["policy_id"].lower()]
        properties = _starting(what.get("start", ""), {**policy.properties, **what.get("properties", {})})
        writes.put_policy(world, world.vaults[policy.vault_id], policy.name, properties, CALLER)
    elif kind == "tag":
        vm = world.vms[what["vm"].lower()]
        merged = {**vm.tags, **what["tags"]}
        vm.tags = {name: str(value) for name, value in merged.items() if value is not None}
        world.record(vm.id, "Microsoft.Compute/virtualMachines/write", CALLER)
    elif kind == "stop":
        item = _item(world, what)
        writes.put_item(world, world.vaults[item.vault_id], item.id, {"policyId": ""}, CALLER)
    elif kind == "create":
        _create(world, world.vms[what["like"].lower()], what["name"])
    elif kind == "delete":
        gone = world.vms.pop(what["vm"].lower())
        world.deleted_vms[gone.id.lower()] = gone
        world.record(gone.id, "Microsoft.Compute/virtualMachines/delete", CALLER)
    elif kind == "back up":
        item = _item(world, what)
        on_demand.trigger_backup(world, world.vaults[item.vault_id], item.id, None, CALLER)
    elif kind == "jam":
        restores.jam(world, what["account"])
    elif kind == "settings":
        properties = {"softDeleteFeatureState": what["soft_delete"]}
        vault_settings.set_soft_delete(world, world.vaults[what["vault"].lower()], properties, CALLER)
    elif kind == "turn":
        machines.turn(world, world.vms[what["vm"].lower()], what["action"], CALLER)
    elif kind == "cancel":
        item = _item(world, what)
        cancel.cancel_job(world, world.vaults[item.vault_id], _running(world, item), CALLER)
    elif kind in {"mend", "afflict", "storm"}:
        _let_fail(world, kind, what)
    else:
        raise ValueError(f"human: unknown kind {kind!r}; expected one of {', '.join(KINDS)}")


def _let_fail(world: World, kind: str, what: dict[str, Any]) -> None:
    """Let backups fail, or no longer."""
    if kind == "mend":
        for vm in [world.vms[what["vm"].lower()]] if "vm" in what else list(world.vms.values()):
            ailments.mend(world, vm)
        return
    if what["code"] not in FAILURES:
        raise ValueError(f"human: unknown error {what['code']!r}")
    if kind == "afflict":
        ailments.afflict(world, world.vms[what["vm"].lower()], what["code"], what.get("hour"))
        return
    vault, hours = world.vaults[what["vault"].lower()], timedelta(hours=float(what["hours"]))
    world.storms.append(Storm(vault.id.lower(), what["code"], world.now, world.now + hours))


def _starting(start: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a daily policy's properties whose schedule and retention name `start`, unless that is ""."""
    text = json.dumps(properties)
    copied: dict[str, Any] = json.loads(re.sub(r"T\d\d:\d\d:00Z", f"T{start}:00Z", text) if start else text)
    return copied


def _create(world: World, like: Vm, name: str) -> None:
    vm_id = f"{like.id.rsplit('/', 1)[0]}/{name}"
    guid = runs.guid(world.seed, "vm", like.resource_group, name)
    world.vms[vm_id.lower()] = replace(like, id=vm_id, name=name, guid=guid, tags=dict(like.tags), created_at=world.now)
    world.record(vm_id, "Microsoft.Compute/virtualMachines/write", CALLER)


def _item(world: World, what: dict[str, Any]) -> Item:
    if "item" in what:
        return world.items[what["item"].lower()]
    found = world.item_of(what["vm"])
    if found is None:
        raise ValueError(f"human: no protected item of {what['vm']!r}")
    return found


def _running(world: World, item: Item) -> Job:
    job_id = world.running.get(item.id.lower())
    if job_id is None:
        raise ValueError(f"human: no backup of {item.vm_id!r} runs")
    return world.jobs[job_id]
