"""How is what is known of retention kept? Terms, memberships and looks as JSON, read back with every reason."""

from functools import cache
from typing import TYPE_CHECKING, Any

from shared.errors import BadMessage
from shared.model.plan import Finding
from shared.model.retention import Joined, Terms, VaultPosture, VmRetention

if TYPE_CHECKING:
    from pydantic import TypeAdapter

type Findings = tuple[Finding, ...]
type Postures = tuple[VaultPosture, ...]
_KINDS: dict[str, Any] = {
    "versions": tuple[Terms, ...],
    "memberships": tuple[Joined, ...],
    "points": VmRetention,
    "findings": tuple[Finding, ...],
    "postures": tuple[VaultPosture, ...],
}


def versions_to_json(versions: tuple[Terms, ...]) -> str:
    """Return what a policy said over time as a JSON list."""
    return _text("versions", versions)


def versions_from_json(text: str) -> tuple[Terms, ...]:
    """Return what a policy said over time, or raise BadMessage. Unknown fields are passed over, as everywhere here."""
    found: tuple[Terms, ...] = _value("versions", text)
    return found


def memberships_to_json(joined: tuple[Joined, ...]) -> str:
    """Return where a VM was over time as a JSON list."""
    return _text("memberships", joined)


def memberships_from_json(text: str) -> tuple[Joined, ...]:
    """Return where a VM was over time, or raise BadMessage."""
    found: tuple[Joined, ...] = _value("memberships", text)
    return found


def look_to_json(seen: VmRetention) -> str:
    """Return a look at a VM's points as a JSON object."""
    return _text("points", seen)


def look_from_json(text: str) -> VmRetention:
    """Return a look at a VM's points, or raise BadMessage."""
    found: VmRetention = _value("points", text)
    return found


def findings_to_json(findings: Findings) -> str:
    """Return findings as a JSON list."""
    return _text("findings", findings)


def findings_from_json(text: str) -> Findings:
    """Return findings, or raise BadMessage."""
    found: Findings = _value("findings", text)
    return found


def postures_to_json(postures: Postures) -> str:
    """Return how vaults are guarded as a JSON list."""
    return _text("postures", postures)


def postures_from_json(text: str) -> Postures:
    """Return how vaults are guarded, or raise BadMessage."""
    found: Postures = _value("postures", text)
    return found


def _text(kind: str, value: object) -> str:
    text: str = _adapter(kind).dump_json(value).decode()
    return text


def _value(kind: str, text: str) -> Any:
    try:
        return _adapter(kind).validate_json(text)
    except ValueError as failure:
        raise BadMessage([f"{kind}: not readable: {failure}"]) from failure


@cache
def _adapter(kind: str) -> "TypeAdapter[Any]":
    """Pydantic is imported on first use: it is slow to load."""
    from pydantic import TypeAdapter

    return TypeAdapter(_KINDS[kind])
