"""Is this the ARM id of what it should be? The shapes of ids that messages may carry."""

import re

_NAME = r"[\w.()-]+"
"""Letters of any script, as groups may have; nothing that storage could not keep in a key."""
_GROUP = rf"/subscriptions/{_NAME}/resourcegroups/{_NAME}/providers/"
SHAPES = {
    "vm_id": re.compile(rf"{_GROUP}microsoft\.compute/virtualmachines/{_NAME}"),
    "vault_id": re.compile(rf"{_GROUP}microsoft\.recoveryservices/vaults/{_NAME}"),
}
_IN_A_VAULT = re.compile(rf"({SHAPES['vault_id'].pattern})(?:/|\Z)")
LONGEST = 1024
"""Characters of an id, as in Azure's tables of limits."""


def is_id(name: str, value: str) -> bool:
    """Return whether lower-cased text is an id of the shape `name`, and not too long."""
    return len(value) <= LONGEST and SHAPES[name].fullmatch(value) is not None


def arm_id(name: str, value: object, reasons: list[str]) -> str:
    """Return the lower-cased id of the field `name` (a key of SHAPES), or "" and one more reason."""
    if isinstance(value, str) and is_id(name, value.lower()):
        return value.lower()
    reasons.append(f"{name}: found {str(value)[:200]!r}; expected the ARM id of a {name.removesuffix('_id')}")
    return ""


def vault_part(resource_id: str) -> str:
    """Return the vault's id in the id of something in it, lower-cased; "" where there is none."""
    found = _IN_A_VAULT.match(resource_id.lower())
    return found[1] if found and is_id("vault_id", found[1]) else ""
