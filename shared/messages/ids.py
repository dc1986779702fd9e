"""Is this the ARM id of what it should be? The shapes of ids that messages may carry."""

import re

_GROUP = r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/"
SHAPES = {
    "vm_id": re.compile(_GROUP + r"microsoft\.compute/virtualmachines/[^/]+"),
    "vault_id": re.compile(_GROUP + r"microsoft\.recoveryservices/vaults/[^/]+"),
}
LONGEST = 1024
"""Characters of an id, as in Azure's tables of limits."""


def arm_id(name: str, value: object, reasons: list[str]) -> str:
    """Return the lower-cased id of the field `name` (a key of SHAPES), or "" and one more reason."""
    if isinstance(value, str) and len(value) <= LONGEST and SHAPES[name].fullmatch(value.lower()):
        return value.lower()
    reasons.append(f"{name}: found {str(value)[:200]!r}; expected the ARM id of a {name.removesuffix('_id')}")
    return ""


def vault_part(resource_id: str) -> str:
    """Return the vault's id in the id of something in it, lower-cased; "" where there is none."""
    found = SHAPES["vault_id"].match(resource_id.lower())
    return found[0] if found else ""
