"""What does the service do with a write? Policies and memberships, refused or carried out."""

from collections.abc import Callable
from dataclasses import dataclass

from local.world import points, policies, runs, schedule
from local.world.refusals import counting, refuse_conflict, refuse_deleted, refuse_less, spend
from local.world.state import Item, Job, Json, Operation, Policy, Refused, Vault, Vm
from local.world.world import World

POLICY_WRITE = "Microsoft.RecoveryServices/vaults/backupPolicies/write"
ITEM_WRITE = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/write"


@dataclass(frozen=True, slots=True)
class Membership:
    """A membership write as it arrived."""

    vault: Vault
    item_id: str
    properties: Json
    caller: str


@dataclass(frozen=True, slots=True)
class Work:
    """What a write's job does: its operation, the VM, what the job's property bag says, and the action it needs."""

    operation: str
    vm_id: str
    bag: dict[str, str]
    action: str = ITEM_WRITE


def put_policy(world: World, vault: Vault, name: str, properties: Json, caller: str) -> Policy:
    """Create the policy or overwrite it whole; effective at once, for existing points too.

    Raises Refused.
    """
    with counting(world):
        return _write_policy(world, vault, name, properties, caller)


def _write_policy(world: World, vault: Vault, name: str, properties: Json, caller: str) -> Policy:
    spend(world, "policy", vault.id, world.limits.policy_writes_per_vault_day)
    policies.check(properties)
    stored = policies.tidy(properties)
    after = schedule.read(stored)
    policy_id = f"{vault.id}/backupPolicies/{name}"
    before = world.policies.get(policy_id.lower())
    if before is None:
        if len(world.policies_in(vault.id)) >= world.limits.policies_per_vault:
            raise Refused(400, "BMSUserErrorPolicyLimitReached", "The vault has reached its limit of backup policies.")
        before = world.policies[policy_id.lower()] = Policy(policy_id, name, vault.id.lower(), stored, after)
    else:
        _change_policy(world, vault, before, stored, after)
    world.record(before.id, POLICY_WRITE, caller)
    return before


def _change_policy(world: World, vault: Vault, policy: Policy, stored: Json, after: schedule.Rules) -> None:
    members = [item for item in world.items_in(vault.id) if item.policy_id == policy.id]
    if members and after.policy_type != policy.rules.policy_type:
        raise Refused(
            400, "BMSUserErrorPolicyObjectInUse", "The policy type cannot be changed while items use the policy."
        )
    less = policies.shortened(policy.rules, after)
    refuse_less(vault, less)
    world.counters.policies_shortened += bool(less)
    moved = policy.rules.schedule != after.schedule
    policy.properties, policy.rules = stored, after
    for item in members:
        points.promise(item, after)
        world.memory.note_terms(item, after, world.now)
        if moved:
            world.reschedule(item)


def put_item(world: World, vault: Vault, item_id: str, properties: Json, caller: str) -> Operation:
    """Accept a membership write; its effect is visible when its job ends, seconds later.

    Raises Refused. An empty policyId, or protectionState ProtectionStopped, stops protection: the service asks nothing.
    """
    with counting(world):
        return _write_item(world, Membership(vault, item_id, properties, caller))


def _write_item(world: World, write: Membership) -> Operation:
    vault, properties = write.vault, write.properties
    item = world.items.get(write.item_id.lower())
    refuse_conflict(world, write.item_id)
    if item is not None and item.deleted_at is not None:
        if properties.get("isRehydrate") is not True:
            refuse_deleted(item)
        return _undelete(world, write, item)
    spend(world, "move", vault.id, world.limits.moves_per_vault_day)
    policy_id = str(properties.get("policyId") or "")
    if not policy_id or properties.get("protectionState") == "ProtectionStopped":
        if item is None:
            raise Refused(404, "BMSUserErrorItemNotFound", "The protected item was not found.")
        return _stop(world, write, item)
    policy = _policy_for(world, vault, policy_id)
    if item is None:
        return _protect(world, write, policy)
    return _move(world, write, item, policy)


def _policy_for(world: World, vault: Vault, policy_id: str) -> Policy:
    policy = world.policies.get(policy_id.lower())
    if policy is None or policy.vault_id != vault.id.lower() or not policy.rules.starts:
        raise Refused(
            400, "BMSUserErrorInvalidInput", "Input provided for the call is invalid: policyId names no VM policy here."
        )
    if world.members_in(vault.id)[policy.id] >= world.limits.vms_per_policy:
        raise Refused(400, "BMSUserErrorPolicyVmLimitReached", "The policy has reached its limit of virtual machines.")
    return policy


def _move(world: World, write: Membership, item: Item, policy: Policy) -> Operation:
    before = world.rules_of(item)
    if before and before.policy_type == "V2" and policy.rules.policy_type == "V1":
        raise Refused(
            400, "BMSUserErrorInvalidInput", "An item of an Enhanced policy cannot move to a Standard policy."
        )
    migrates = before is not None and before.policy_type != policy.rules.policy_type
    if migrates and item.id.lower() in world.running:
        raise Refused(
            400, "UserErrorBackupOperationInProgress", "A backup operation is in progress; try again when it has ended."
        )
    if before:
        refuse_less(write.vault, policies.shortened(before, policy.rules))
    extended = write.properties.get("extendedProperties")

    def change() -> None:
        if _exclusions(item.extended) and not _same_exclusions(item.extended, extended):
            world.counters.exclusions_lost += 1
        same_schedule = before is not None and before.schedule == policy.rules.schedule
        item.policy_id, item.extended = policy.id, extended
        item.full_next = item.full_next or migrates
        if item.state == "ProtectionStopped":
            item.state = "Protected" if item.points else "IRPending"
            item.last_slot, item.days_missed = world.now, 0
        points.promise(item, policy.rules)
        world.memory.note_terms(item, policy.rules, world.now)
        if not same_schedule:
            world.reschedule(item)

    return begin(world, write, _configuring(item.vm_id, policy.name), change)


def _protect(world: World, write: Membership, policy: Policy) -> Operation:
    vault, properties = write.vault, write.properties
    vm = world.vms.get(str(properties.get("sourceResourceId") or "").lower())
    if vm is None:
        raise Refused(
            400, "BMSUserErrorInvalidInput", "Input provided for the call is invalid: sourceResourceId names no VM."
        )
    if vm.region != vault.region:
        raise Refused(
            400, "UserErrorVMNotInSameRegion", "The virtual machine and the vault must be in the same region."
        )
    if world.item_of(vm.id) is not None:
        raise Refused(400, "UserErrorVMAlreadyProtected", "The virtual machine is already protected in another vault.")

    def change() -> None:
        protect(world, vault, vm, policy, extended=properties.get("extendedProperties"))

    return begin(world, write, _configuring(vm.id, policy.name), change)


def protect(world: World, vault: Vault, vm: Vm, policy: Policy, extended: Json | None = None) -> Item:
    """Make the VM an item of the vault, waiting for its first backup."""
    names = f"iaasvmcontainerv2;{vm.resource_group.lower()};{vm.name.lower()}"
    item_id = f"{vault.id}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{names}/protectedItems/VM;{names}"
    item = Item(
        id=item_id,
        name=f"VM;{names}",
        container=names,
        vault_id=vault.id.lower(),
        vm_id=vm.id,
        policy_id=policy.id,
        state="IRPending",
        data_id=runs.number(world.seed, "item", item_id.lower()),
        extended=extended,
    )
    item.last_slot = world.now
    world.items[item_id.lower()] = item
    world.reschedule(item)
    return item


def _stop(world: World, write: Membership, item: Item) -> Operation:
    def change() -> None:
        if item.state != "ProtectionStopped":
            world.counters.protection_stopped += 1
        item.state, item.policy_id = "ProtectionStopped", ""
        world.reschedule(item)

    return begin(world, write, Work("DisableBackup", item.vm_id, {"Policy Name": ""}), change)


def _undelete(world: World, write: Membership, item: Item) -> Operation:
    def change() -> None:
        item.deleted_at = None

    return begin(world, write, Work("Undelete", item.vm_id, {"Undelete flag": "True"}), change)


def _configuring(vm_id: str, policy_name: str) -> Work:
    return Work("ConfigureBackup", vm_id, {"Policy Name": policy_name})


def begin(world: World, write: Membership, work: Work, change: Callable[[], None]) -> Operation:
    """Accept the write; `change` happens when its job ends."""
    count, item_id, vault_id = len(world.operations), write.item_id, write.vault.id.lower()
    took = runs.configure_time(world.seed, f"{item_id.lower()}|{count}")
    vm = world.vms.get(work.vm_id.lower())
    vm_name = vm.name if vm else work.vm_id.rsplit("/", 1)[-1]
    job = Job(
        id=runs.guid(world.seed, "configure", count),
        vault_id=vault_id,
        item_id=item_id.lower(),
        vm_id=work.vm_id.lower(),
        vm_name=vm_name,
        container=item_id.rsplit("/", 1)[-1].split(";", 1)[-1].lower(),
        operation=work.operation,
        started_at=world.now,
        due=world.now + took,
        visible_at=world.now,
        bag={"VM Name": vm_name, **work.bag},
    )
    operation = Operation(
        id=runs.guid(world.seed, "operation", count),
        item_id=item_id.lower(),
        vault_id=vault_id,
        started_at=world.now,
        job_id=job.id,
    )
    world.keep_job(job)
    world.operations[operation.id] = operation
    world.at(job.due, "configured", operation.id, change)
    world.record(item_id, work.action, write.caller)
    return operation


def _exclusions(extended: Json | None) -> Json | None:
    return (extended or {}).get("diskExclusionProperties")


def _same_exclusions(before: Json | None, after: Json | None) -> bool:
    return _exclusions(before) == _exclusions(after)
