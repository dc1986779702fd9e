"""Which vault, container and item does an ARM id name? Ids are matched without case."""

import re
from dataclasses import dataclass

from shared.errors import Permanent

_VAULT = re.compile(
    r"^(?:https://[^/]+)?(?P<vault>/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.RecoveryServices/vaults/(?P<name>[^/]+))(?P<rest>/.*)?$",
    re.IGNORECASE | re.ASCII,
)
_ITEM = re.compile(
    r"^/backupFabrics/(?P<fabric>[^/]+)/protectionContainers/(?P<container>[^/]+)/protectedItems/(?P<item>[^/]+)$",
    re.IGNORECASE | re.ASCII,
)

_GROUP_ID = re.compile(r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/[^/?#%]+", re.IGNORECASE | re.ASCII)
_GROUP = r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/?#%]+)/providers"
_MACHINE = re.compile(_GROUP + r"/Microsoft\.Compute/virtualMachines/[^/?#%]+", re.IGNORECASE | re.ASCII)
_ACCOUNT = re.compile(_GROUP + r"/Microsoft\.Storage/storageAccounts/[a-z0-9]{3,24}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class VaultPath:
    """The parts of a vault's id as the wire spells them; `id` is lower-cased."""

    id: str
    subscription: str
    resource_group: str
    name: str


@dataclass(frozen=True, slots=True)
class ItemPath:
    """The parts of a protected item's id as the wire spells them."""

    vault: VaultPath
    fabric: str
    container: str
    item: str


def vault_path(resource_id: str) -> VaultPath:
    """Return the vault that a vault's own id, or the id of anything inside it, names; Permanent for any other id."""
    found = _VAULT.match(resource_id)
    if found is None:
        raise Permanent(f"id {resource_id!r}: expected an id in /subscriptions/../resourceGroups/../vaults/..")
    return VaultPath(found["vault"].lower(), found["subscription"].lower(), found["group"], found["name"])


def item_path(item_id: str) -> ItemPath:
    """Return the parts of a protected item's id; Permanent for any other id.

    The names are lifted out of the id and never constructed: the service mixes their spelling.
    """
    found = _VAULT.match(item_id)
    inside = _ITEM.match((found and found["rest"]) or "")
    if inside is None:
        raise Permanent(f"id {item_id!r}: expected the id of a protected item in a vault")
    return ItemPath(vault_path(item_id), inside["fabric"], inside["container"], inside["item"])


def machine_subscription(vm_id: str) -> str:
    """Return the subscription of a virtual machine's id, lower-cased; Permanent for any other id."""
    found = _MACHINE.fullmatch(vm_id)
    if found is None:
        raise Permanent(f"id {vm_id!r}: expected the id of a virtual machine")
    return found["subscription"].lower()


def group_subscription(group_id: str) -> str:
    """Return the subscription of a resource group's id, lower-cased; Permanent for any other id."""
    found = _GROUP_ID.fullmatch(group_id)
    if found is None:
        raise Permanent(f"id {group_id!r}: expected the id of a resource group")
    return found["subscription"].lower()


def account_place(account_id: str) -> tuple[str, str]:
    """Return the subscription and the resource group of a storage account's id, lower-cased; Permanent otherwise."""
    found = _ACCOUNT.fullmatch(account_id)
    if found is None:
        raise Permanent(f"id {account_id!r}: expected the id of a storage account")
    return found["subscription"].lower(), found["group"].lower()


def machine_names(resource_group: str, vm: str) -> tuple[str, str]:
    """Return the names of the container and of the item that a VM gets when it is first protected."""
    names = f"iaasvmcontainerv2;{resource_group};{vm}".lower()
    return f"IaasVMContainer;{names}", f"VM;{names}"


def policy_id(vault_id: str, name: str) -> str:
    """Return the lower-cased id of the vault's policy `name`."""
    return f"{vault_id}/backupPolicies/{name}".lower()
