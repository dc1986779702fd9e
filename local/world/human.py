"""What may a human hand do meanwhile? Edits behind the app's back, recorded under the human's name."""

import json
import re
from dataclasses import replace
from typing import Any

from local.world import runs, writes
from local.world.state import Item, Vm
from local.world.world import World

CALLER = "human@example.com"


def act(world: World, kind: str, what: dict[str, Any]) -> None:
    """Carry out one human act; raises ValueError for an unknown one and Refused where the service refuses.

    assign {item or vm, policy_id}: move an item to a policy (default: its extendedProperties as they are).
    edit {policy_id, properties, start}: overwrite a policy; top-level properties that are not given stay, and `start`
        (HH:MM) is when it runs.
    tag {vm, tags}: set tags; a value of None removes one.
    stop {item or vm}: stop protection, keep the points.
    create {like, name}: make a VM like another one (its id), in its group and with its tags.
    delete {vm}: delete a VM; its protection and its points stay.
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
    else:
        raise ValueError(f"human: unknown kind {kind!r}; expected assign, edit, tag, stop, create or delete")


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
