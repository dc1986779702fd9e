"""Do the receivers of an action group hear us? Azure's test notification, sent once, then followed to its end."""

from shared.errors import BadMessage
from shared.model.monitoring import AlertPart, Drill
from shared.ports import Ports

LOOKS = 24
"""After the last one the drill is left as it stands: Azure takes seconds for a mail, and some minutes for a call."""
WAIT_SECONDS = 5.0
_UNDER_WAY = frozenset({"", "accepted", "inprogress", "new", "pending", "processing", "queued", "running", "started"})


def receivers(ports: Ports, group_id: str) -> AlertPart:
    """Return the action group, or raise BadMessage where it is not there. Raises Transient or Permanent."""
    found = ports.monitoring.action_group(group_id)
    if found is None:
        raise BadMessage([f"--action-group: {group_id} is not there; expected the resource id of an action group"])
    return found


def drill(ports: Ports, group_id: str) -> Drill:
    """Ring the receivers that are people, once, and return what became of it. Raises Transient or Permanent."""
    seen = begun = ports.monitoring.drill(group_id)
    for _ in range(LOOKS if begun.id else 0):
        if not under_way(seen):
            break
        ports.wait(WAIT_SECONDS)
        seen = ports.monitoring.drilled(group_id, begun.id)
    return seen


def under_way(seen: Drill) -> bool:
    """Return whether the drill has not come to an end, or has not been seen to."""
    return seen.state.lower().replace(" ", "") in _UNDER_WAY
