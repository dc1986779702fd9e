"""May this be restored, from there, to there? Allow-lists and confirmations, before anything is looked up in Azure.

A request that breaks one of them is rejected as a whole, with every reason and the field that it stands in.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from shared.model.intent import FleetPolicy
from shared.model.restore_intent import RestoreIntent
from shared.model.restore_tasks import PointRule, Refusal, RestoreRequest
from shared.model.restores import Mode, Side


def guard(request: RestoreRequest, policy: FleetPolicy) -> list[Refusal]:
    """Return every reason why the request may not be carried out, none where it may."""
    return [
        *_subjects(request, policy),
        *_targets(request, policy.restore),
        *_shapes(request),
        *(_replacing(request) if request.mode is Mode.REPLACE else _not_replacing(request)),
    ]


def vault_allowed(vault_id: str, policy: FleetPolicy) -> bool:
    """Return whether restores may come from the vault: in scope, and among the intent's vaults, by name or id."""
    name = vault_id.rpartition("/")[2]
    lists = (policy.scope.vaults, policy.restore.vaults)
    ours = _subscription(vault_id) in policy.scope.subscriptions
    return ours and all(not allowed or name in allowed or vault_id in allowed for allowed in lists)


def _subjects(request: RestoreRequest, policy: FleetPolicy) -> Iterator[Refusal]:
    limits, many = policy.restore.limits, len(request.vms) + len(request.items)
    if not policy.restore.places:
        yield Refusal("restore", "fleet.yaml names no regions to restore in; add the section restore first")
    if request.side is Side.SECONDARY and request.mode is Mode.REPLACE:
        text = "replace writes to the VM in its own region, which the secondary region cannot"
        yield Refusal("mode", f"{text}; expected disks or new-vm; change the mode or the region")
    if many > limits.vms_per_request:
        yield Refusal("vms", f"found {many}; expected at most {limits.vms_per_request}; send several requests")
    for index, vm_id in enumerate(request.vms):
        if _subscription(vm_id) not in policy.scope.subscriptions:
            yield Refusal(f"vms[{index}]", _foreign(vm_id))
    for index, item_id in enumerate(request.items):
        vault_id = item_id.partition("/backupfabrics/")[0]
        if _subscription(item_id) not in policy.scope.subscriptions:
            yield Refusal(f"items[{index}]", _foreign(item_id))
        elif not vault_allowed(vault_id, policy):
            text = f"the vault {vault_id.rpartition('/')[2]} is not among those that may be restored from"
            yield Refusal(f"items[{index}]", f"{text}; expected one of scope.vaults and restore.vaults")


def _targets(request: RestoreRequest, intent: RestoreIntent) -> Iterator[Refusal]:
    targets, places = request.targets, intent.places.values()
    open_groups = {group for place in places for group in place.groups}
    closed_groups = {group for place in places for group in place.production_groups}
    yield from _allowed("targets.group", targets.group_id, open_groups, closed_groups, request)
    subnet_id = f"{targets.network_id}/subnets/{targets.subnet}" if targets.network_id else ""
    open_subnets = {subnet for place in places for subnet in place.subnets}
    closed_subnets = {subnet for place in places for subnet in place.production_subnets}
    yield from _allowed("targets.network", subnet_id, open_subnets, closed_subnets, request)
    pools = {account for place in places for account in place.accounts}
    for index, account_id in enumerate(targets.accounts):
        if account_id not in pools:
            text = f"{account_id.rpartition('/')[2]} is in no pool of fleet.yaml"
            yield Refusal(f"targets.accounts[{index}]", f"{text}; expected accounts of a pool; leave it out to use any")


def _allowed(field: str, value: str, opened: set[str], closed: set[str], request: RestoreRequest) -> Iterator[Refusal]:
    if not value or value in opened or (request.production and value in closed):
        return
    if value in closed:
        yield Refusal(field, f"{value} is production; expected the request in the production queue; send it there")
    else:
        yield Refusal(field, f"{value} is not in fleet.yaml; expected one that restore.regions allows; leave it out")


def _shapes(request: RestoreRequest) -> Iterator[Refusal]:
    targets, many = request.targets, len(request.vms) + len(request.items)
    if request.point.rule is PointRule.ID and many > 1:
        text = f"found one point for {many} VMs; expected a request for each: a point belongs to one VM"
        yield Refusal("point.id", text)
    if targets.name and many > 1:
        yield Refusal("targets.name", f"found one name for {many} VMs; expected a request for each; leave it out")
    if request.mode is not Mode.NEW_VM:
        for field, value in (("targets.name", targets.name), ("targets.network", targets.network_id)):
            if value:
                yield Refusal(field, f"found {value} with mode {request.mode}; expected it with new-vm only; remove it")


def _replacing(request: RestoreRequest) -> Iterator[Refusal]:
    if not request.production:
        text = "replace overwrites a VM's disks; expected the request in the production queue; send it there"
        yield Refusal("mode", text)
    if request.targets.group_id or request.targets.network_id:
        yield Refusal("targets", "replace makes nothing elsewhere; expected no group and network; remove them")
    if request.items:
        yield Refusal("items", "replace needs VMs that are there; expected vms; name them by their own ids")
    names = [vm_id.rpartition("/")[2] for vm_id in request.vms]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        text = f"two VMs are called {twice[0]}, so a name does not confirm one; expected a request for each"
        yield Refusal("confirm_replace", text)
    elif set(names) != set(request.confirm_replace):
        odd = sorted(set(names) ^ set(request.confirm_replace))
        text = f"the disks of {_listed(names)} would be overwritten"
        yield Refusal("confirm_replace", f"{text}; expected exactly these names; {_listed(odd)} missing or too many")


def _not_replacing(request: RestoreRequest) -> Iterator[Refusal]:
    if request.confirm_replace:
        text = f"found names with mode {request.mode}; expected them with replace only; remove them or change the mode"
        yield Refusal("confirm_replace", text)


def _foreign(resource_id: str) -> str:
    text = f"the subscription {_subscription(resource_id)} is not ours; expected one of scope.subscriptions"
    return f"{text}; check the id"


def _subscription(resource_id: str) -> str:
    return resource_id.removeprefix("/subscriptions/").partition("/")[0]


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
