"""Has somebody weakened the backups since we last looked? Told at once, with who did it."""

import json
from datetime import datetime, timedelta

from shared.errors import FleetError
from shared.flows.job_failures.people import tell_alert
from shared.model.aftermath import Tampering
from shared.model.azure import Vault
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.ports import Ports
from shared.rules.tampering import Posture, Weakened, alert_of, posture, weakened

POSTURE = "posture"
TOLD = "tampered"
KEPT = timedelta(days=14)
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
            _tell(ports, intent, Tampering(now, one.subject, one.what, _actor(ports, vault, one, now)))
        if row is None or before != stands:
            ports.ledger.write(POSTURE, vault.id, {"json": _to_json(stands), "at": now.isoformat()})
        found += worse
    return tuple(found)


def told_since(ports: Ports, since: datetime) -> tuple[Tampering, ...]:
    """Return what was told at or after the UTC instant, oldest first."""
    rows = ports.ledger.rows(TOLD).values()
    found = (Tampering(datetime.fromisoformat(row["at"]), row["subject"], row["what"], row["actor"]) for row in rows)
    return tuple(sorted((one for one in found if one.at >= since), key=lambda one: (one.at, one.subject, one.what)))


def forget_old(ports: Ports, now: datetime) -> None:
    """Drop what was told before the time that is kept for reports."""
    for key, row in ports.ledger.rows(TOLD).items():
        if datetime.fromisoformat(row["at"]) < now - KEPT:
            ports.ledger.drop(TOLD, key)


def _tell(ports: Ports, intent: FleetPolicy, one: Tampering) -> None:
    alert = alert_of(Weakened(one.subject, one.what), one.actor, one.at)
    tell_alert(ports, intent, alert, one.at)
    row = {"at": one.at.isoformat(), "subject": one.subject, "what": one.what, "actor": one.actor}
    ports.ledger.write(TOLD, alert.key, row)


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
