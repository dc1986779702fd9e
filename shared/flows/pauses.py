"""May anything be written? Flags that are read before every write, set and lifted by operators."""

from datetime import datetime

from shared.errors import Permanent
from shared.flows.look import PLACEMENTS, ROLLED_BACK
from shared.flows.writes import PAUSES
from shared.ports import Ports


def pause(ports: Ports, scope: str, until: datetime, who: str, reason: str) -> None:
    """Pause writes to one vault (its name) or to all ("*") until a UTC instant."""
    ports.ledger.write(PAUSES, scope.lower(), {"until": until.isoformat(), "who": who, "reason": reason})


def resume(ports: Ports, scope: str) -> bool:
    """End a pause; return whether there was one."""
    paused = ports.ledger.read(PAUSES, scope.lower()) is not None
    ports.ledger.drop(PAUSES, scope.lower())
    return paused


def release(ports: Ports, vm: str) -> str:
    """Let a VM be planned again that was moved by hand or rolled back; return its id.

    `vm` is a VM name or id. Raises Permanent where nothing holds such a VM, or a name fits several.
    """
    known = sorted(set(ports.ledger.rows(PLACEMENTS)) | set(ports.ledger.rows(ROLLED_BACK)))
    found = [vm_id for vm_id in known if vm.lower() in {vm_id, vm_id.rsplit("/", 1)[-1]}]
    if len(found) != 1:
        fits = "no VM" if not found else "more than one VM"
        raise Permanent(f"release --vm {vm}: {fits} placed by Nightshift has this name; give its resource id")
    ports.ledger.drop(PLACEMENTS, found[0])
    ports.ledger.drop(ROLLED_BACK, found[0])
    return found[0]
