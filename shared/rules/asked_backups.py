"""Which VM does an operator mean, and may it be backed up on demand at all? Found among those in scope, or why not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.model.azure import ProtectedItem, Vm
from shared.model.intent import FleetPolicy, Scope
from shared.rules.scope import in_scope, tier_of


@dataclass(frozen=True, slots=True)
class Found:
    """The VM that is meant, with its vault; or `objection`: the field, what was found, what to do. "" where unknown."""

    vm_id: str
    vault_id: str = ""
    name: str = ""
    objection: str = ""


def find(named: str, vms: Sequence[Vm], items: Iterable[ProtectedItem], intent: FleetPolicy) -> Found:
    """Return the VM of this id, or of this name if it is unique in scope, and the vault that protects it."""
    by_id = named.startswith("/")
    alike = [vm for vm in vms if named.lower() in ({vm.id} if by_id else {vm.name.lower()})]
    mine = [vm for vm in alike if in_scope(vm, intent.scope) and tier_of(vm, intent.tiers)]
    vm_id = named.lower() if by_id else ""
    if not alike:
        return Found(vm_id, objection=_wrong(named, "a VM that exists", "see the subscriptions of the scope"))
    if not mine:
        advice = "see the scope and the tags of tiers in fleet.yaml"
        return Found(alike[0].id, name=alike[0].name, objection=_wrong(named, "a VM in scope and in a tier", advice))
    if len(mine) > 1:
        return Found("", objection=_wrong(named, "a name of one VM in scope", f"{len(mine)} have it; give the id"))
    vm = mine[0]
    vault_id = home_of(vm.id, items, intent.scope)
    if not vault_id:
        advice = "protect it first, for instance by the switch enrol"
        return Found(vm.id, name=vm.name, objection=_wrong(named, "a VM that a vault in scope protects", advice))
    return Found(vm.id, vault_id, vm.name)


def home_of(vm_id: str, items: Iterable[ProtectedItem], scope: Scope) -> str:
    """Return the id of the vault in scope that protects the VM, "" where none does."""
    return next((one.vault_id for one in items if one.vm_id == vm_id and protected_in(one, scope)), "")


def protected_in(item: ProtectedItem, scope: Scope) -> bool:
    """Return whether the item is protected, in a vault of the scope: those are named by name or by id."""
    named = not scope.vaults or not {item.vault_id, item.vault_id.rpartition("/")[2]}.isdisjoint(scope.vaults)
    return named and bool(item.policy_id) and not item.soft_deleted


def _wrong(named: str, expected: str, advice: str) -> str:
    return f"vm: found {named!r:.300}; expected {expected}; {advice}"
