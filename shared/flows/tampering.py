"""Has somebody weakened the backups since we last looked? Told at once, with who did it."""

import json
from datetime import datetime, timedelta

from shared.errors import FleetError
from shared.flows.job_failures.people import tell_alert
from shared.model.azure import Vault
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.ports import Ports
from shared.rules.tampering import Posture, Weakened, alert_of, posture, weakened

POSTURE = "posture"
BACK = timedelta(days=1)
"""How far back the activity log is asked who did it."""


def watch(ports: Ports, intent: FleetPolicy, observed: Observed, now: datetime) -> tuple[Weakened, ...]:
    """Tell what is weaker than at the last look, and remember what is there now; return what was told.

    A crash between telling and remembering tells it once more. The first look at a vault only remembers.
    """
    found: list[Weakened] = []
    for vault in observed.vaults:
        stands = posture(vault, observed.items, observed.policies)
        row = ports.ledger.read(POSTURE, vault.id)
        before = _from_json(row["json"]) if row else stands
        worse = weakened(vault, before, stands)
        for one in worse:
            tell_alert(ports, intent, alert_of(one, _actor(ports, vault, one, now), now), now)
        if row is None or before != stands:
            ports.ledger.write(POSTURE, vault.id, {"json": _to_json(stands), "at": now.isoformat()})
        found += worse
    return tuple(found)


def _actor(ports: Ports, vault: Vault, one: Weakened, now: datetime) -> str:
    """Return who last wrote the resource; "" where the log does not say, or cannot be read: the alert must not wait."""
    try:
        changes = ports.fleet.changes(vault.subscription, now - BACK, now)
    except FleetError:
        return ""
    name = one.subject.rpartition("/")[2]
    mine = [change for change in changes if name in change.resource_id.lower()]
    return max(mine, key=lambda change: change.at).actor if mine else ""


def _to_json(stands: Posture) -> str:
    return json.dumps(
        {
            "soft_delete": stands.soft_delete,
            "immutability": stands.immutability,
            "guarded": stands.guarded,
            "kept": stands.kept,
            "stopped": sorted(stands.stopped),
        }
    )


def _from_json(text: str) -> Posture:
    found = json.loads(text)
    kept = {key: tuple(days) for key, days in found["kept"].items()}
    return Posture(found["soft_delete"], found["immutability"], found["guarded"], kept, frozenset(found["stopped"]))
