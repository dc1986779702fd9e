"""Which VM or vault did somebody change? A subscription's resource events, without who did it: claims are personal."""

from shared.errors import BadMessage
from shared.messages.checks import CheckRequest
from shared.messages.ids import is_id, vault_part
from shared.model.events import Envelope

TYPES = frozenset(f"Microsoft.Resources.Resource{what}Success" for what in ("Write", "Delete", "Action"))
VM_CHANGES = frozenset({"microsoft.compute/virtualmachines/write", "microsoft.compute/virtualmachines/delete"})
_VAULTS = "microsoft.recoveryservices/vaults/"
VAULT_CHANGES = frozenset(
    _VAULTS + what
    for what in (
        "write",
        "backuppolicies/write",
        "backuppolicies/delete",
        "backupconfig/write",
        "backupstorageconfig/write",
        "backupresourceguardproxies/delete",
        "backupfabrics/protectioncontainers/protecteditems/write",
        "backupfabrics/protectioncontainers/protecteditems/delete",
    )
)
"""Operations after which protection may not be as intended any more."""


def check_from_event(event: Envelope) -> CheckRequest | None:
    """Return what is to be checked after a resource event; None where it changes nothing that is checked.

    Raises BadMessage with every reason.
    """
    reasons = []
    if event.type not in TYPES:
        reasons.append(f"type: found {event.type[:80]!r}; expected one of {', '.join(sorted(TYPES))}")
    operation, resource = event.data.get("operationName"), event.data.get("resourceUri") or event.subject
    if not isinstance(operation, str):
        reasons.append(f"data.operationName: found {str(operation)[:80]!r}; expected text")
    if not isinstance(resource, str) or not resource:
        reasons.append("data.resourceUri and subject: neither names a resource")
    if reasons:
        raise BadMessage(reasons)
    operation, resource = str(operation).lower(), str(resource).lower().rstrip("/")
    if operation in VM_CHANGES and is_id("vm_id", resource):
        return CheckRequest(vm_id=resource)
    if operation in VAULT_CHANGES and (vault_id := vault_part(resource)):
        return CheckRequest(vault_id=vault_id)
    return None
