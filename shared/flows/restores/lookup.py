"""What does Azure hold for a request? Its vaults, items, points and power states, and how long restores take."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from shared.errors import FleetError, Permanent
from shared.flows.look import vaults_in_scope
from shared.flows.restores import rows, standing
from shared.model.azure import Job, ProtectedItem, Vault
from shared.model.intent import FleetPolicy
from shared.model.restore_tasks import RestoreRequest
from shared.model.restores import Mode, RestoreJob, Side
from shared.ports import Ledger, Ports
from shared.rules.due_runs import FINISHED
from shared.rules.job_outcomes import BACKUP
from shared.rules.region_pairs import second_region
from shared.rules.restore_guards import vault_allowed
from shared.rules.restore_lengths import ItemKey, Past, copied_minutes, expected_minutes
from shared.rules.restore_tasks import Found, subjects

PAST = timedelta(days=30)
"""How far back restores tell how long others take."""
BACKUPS = timedelta(days=7)


def look_up(ports: Ports, intent: FleetPolicy, request: RestoreRequest, now: datetime) -> Found:
    """Look up all that the request's tasks are made of. Raises Transient or Permanent where it cannot be read."""
    vaults = [vault for vault in vaults_in_scope(ports, intent) if vault_allowed(vault.id, intent)]
    items = [item for vault in vaults for item in ports.vaults.items(vault)]
    by_id = {vault.id: vault for vault in vaults}
    wanted = [item for _, item, _ in subjects(request, items, intent) if item is not None]
    wanted = [item for item in wanted if item.vault_id in by_id]
    asked = [by_id[vault_id] for vault_id in sorted({item.vault_id for item in wanted})]
    away = {one.id: second_region(one, intent.restore.pairs)[0] for one in asked} if _secondary(request) else {}
    _note_vaults(ports.ledger, intent, vaults, {away.get(one.id, one.region) for one in asked})
    there, unread = _restores_there(ports, [one for one in asked if away.get(one.id)], away, now)
    minutes, measured = _minutes(ports, intent, wanted, _Asked(asked, there), now)
    since = now - timedelta(days=intent.limits.max_retention_days)
    read = ports.restores.secondary_points if _secondary(request) else ports.vaults.recovery_points
    return Found(
        items=items,
        vaults=by_id,
        points={
            item.id.lower(): read(by_id[item.vault_id], item, since, now)
            for item in wanted
            if (not _secondary(request) or away[item.vault_id]) and item.vault_id not in unread
        },
        minutes=minutes,
        measured=measured,
        power={item.vm_id: ports.fleet.power(item.vm_id) for item in wanted} if request.mode is Mode.REPLACE else {},
        today=_today(ports.ledger, now),
        unread=unread,
    )


def _secondary(request: RestoreRequest) -> bool:
    return request.side is Side.SECONDARY


def _note_vaults(ledger: Ledger, intent: FleetPolicy, vaults: Iterable[Vault], regions: Container[str]) -> None:
    """Have the watcher ask every vault that restores to a region with a pool: each may take an account of it.

    Of secondary regions only those are asked that this request restores to.
    """
    for vault in vaults:
        if vault.region in intent.restore.places:
            ledger.claim(standing.VAULTS, vault.id, {"at": "", "region": vault.region})
        second, _ = second_region(vault, intent.restore.pairs)
        if second in regions and second in intent.restore.places:
            ledger.claim(standing.VAULTS, standing.side(vault.id, second), {"at": "", "region": second})


def _restores_there(
    ports: Ports, vaults: Iterable[Vault], away: Mapping[str, str], now: datetime
) -> tuple[list[RestoreJob], dict[str, str]]:
    """Return what vaults restored in their secondary regions, and by vault id why that may not be read.

    What cannot be watched is not begun: its account would never be known to be free again.
    """
    found, unread = list[RestoreJob](), dict[str, str]()
    for vault in vaults:
        try:
            found += ports.restores.jobs(vault, now - PAST, now, away[vault.id])
        except Permanent as problem:
            unread[vault.id] = str(problem)
    return found, unread


@dataclass(frozen=True, slots=True)
class _Asked:
    """The vaults that a request is about, and what they restored elsewhere."""

    vaults: Sequence[Vault]
    there: Sequence[RestoreJob]


def _minutes(
    ports: Ports, intent: FleetPolicy, items: Sequence[ProtectedItem], asked: _Asked, now: datetime
) -> tuple[dict[str, float], frozenset[str]]:
    """Return how long a restore of each item is expected to take, and the items that were restored before.

    History that cannot be read is done without.
    """
    restores = list(asked.there)
    backups: dict[ItemKey, float] = {}
    try:
        for vault in asked.vaults:
            restores += ports.restores.jobs(vault, now - PAST, now)
        backups = _usual(ports.fleet.jobs(intent.scope.subscriptions, now - BACKUPS))
    except FleetError:
        pass
    keys = {(item.vault_id, item.container): item.id.lower() for item in items}
    found = expected_minutes(keys, Past(restores, backups))
    known = copied_minutes(restores).keys() & keys.keys()
    return {keys[key]: minutes for key, minutes in found.items()}, frozenset(keys[key] for key in known)


def _usual(jobs: Iterable[Job]) -> dict[ItemKey, float]:
    taken: dict[ItemKey, list[float]] = defaultdict(list)
    for job in jobs:
        if job.operation == BACKUP and job.status in FINISHED:
            taken[job.vault_id, job.container].append(job.duration / timedelta(minutes=1))
    return {key: median(minutes) for key, minutes in taken.items()}


def _today(ledger: Ledger, now: datetime) -> dict[str, int]:
    """Count the restores of each VM that were begun today and are under way; those that are over count at the order."""
    found: dict[str, int] = defaultdict(int)
    for one in rows.under_way(ledger).values():
        if one.state.sent_at and one.state.sent_at.date() == now.date():
            found[one.task.item.vm_id] += max(1, one.state.attempts)
    return found
