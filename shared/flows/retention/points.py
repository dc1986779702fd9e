"""Are the points of this VM there? Each VM's looked at once a week, as many in an hour as its share of reads allows."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import Permanent, Transient
from shared.flows.look import vaults_in_scope
from shared.flows.on_demand import asking
from shared.flows.retention.by_hand import by_hand_known
from shared.flows.retention.evidence import Witness, witness
from shared.flows.retention.rows import LOOKS, Promised, Row, keep, look_of, looked_at, promised, rest
from shared.model.azure import ProtectedItem, Vault, Vm
from shared.model.intent import FleetPolicy
from shared.model.on_demand import OnDemandBackup
from shared.model.retention import Gap, Mark
from shared.ports import Ports
from shared.rules.gap_fills import fill
from shared.rules.held_points import Asked
from shared.rules.promises import promised_by
from shared.rules.retention_check import Case, as_asked, compare, judge, unreadable
from shared.rules.retention_turns import Suspicion, next_turn, turns
from shared.rules.scope import tier_of

SWITCH = "backup"
BACK = timedelta(days=60)
"""How far back points are asked for at least."""
LONGEST_TICK = timedelta(minutes=7)
"""A tick ends by itself before the host ends it after ten minutes; the next one goes on where it was."""
READS = "point-reads"


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written down: promises as they were at `noted_at`, and the last looks."""

    known: Promised
    looks: Mapping[str, Row]
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick works with. `items`, `vms` and `vaults` are by lower-cased id."""

    ports: Ports
    intent: FleetPolicy
    stored: Stored
    items: Mapping[str, ProtectedItem]
    vms: Mapping[str, Vm]
    vaults: Mapping[str, Vault]
    asked: Mapping[str, Asked]
    witness: Witness
    now: datetime


def look_at_points(ports: Ports, intent: FleetPolicy, suspicion: Suspicion, now: datetime) -> int:
    """Look at the points of VMs whose turn it is; return how many were looked at.

    A read is spent before it is made, so that a tick which dies, or runs twice, overdraws nothing; what was looked at
    is written down at once, so that the next tick goes on from there. Raises Transient or Permanent where the fleet
    itself cannot be read.
    """
    stored = Stored(promised(ports.ledger), ports.ledger.rows(LOOKS), suspicion.at)
    due = turns(stored.known.memberships.keys(), looked_at(stored.looks), suspicion, now)
    if not due:
        rest(ports.ledger, next_turn(looked_at(stored.looks), now))
        return 0
    tick = _tick(ports, intent, stored, now)
    spent: set[str] = set()
    done = 0
    for item in (tick.items[vm_id] for vm_id in due if vm_id in tick.items):
        vault = tick.vaults.get(item.vault_id)
        if vault is None or vault.subscription in spent:
            continue
        limit = intent.limits.retention_reads_per_hour
        if not ports.ledger.spend(f"{READS}-{now:%H}", vault.subscription, now.date(), limit):
            spent.add(vault.subscription)
            continue
        try:
            _look_at(tick, vault, item)
        except Transient:
            spent.add(vault.subscription)
            continue
        done += 1
        if ports.now() - now > LONGEST_TICK:
            break
    return done


def _tick(ports: Ports, intent: FleetPolicy, stored: Stored, now: datetime) -> Tick:
    subscriptions = intent.scope.subscriptions
    vms = {vm.id: vm for vm in ports.fleet.vms(subscriptions)}
    items = {item.vm_id: item for item in ports.fleet.items(subscriptions) if not item.soft_deleted}
    return Tick(
        ports=ports,
        intent=intent,
        stored=stored,
        items=items,
        vms=vms,
        vaults={vault.id: vault for vault in vaults_in_scope(ports, intent)},
        asked=_asked(ports, items),
        witness=witness(ports, frozenset(vms), now),
        now=now,
    )


def _asked(ports: Ports, items: Mapping[str, ProtectedItem]) -> Mapping[str, Asked]:
    """Return the backups on demand that are known, by the ids of their VMs."""
    by_us: defaultdict[str, list[OnDemandBackup]] = defaultdict(list)
    for one in asking.standing(ports.ledger).values():
        by_us[one.wanted.vm_id].append(one)
    by_hand = by_hand_known(ports.ledger)
    return {vm_id: Asked(by_us.get(vm_id, ()), by_hand.get(item.id.lower(), ())) for vm_id, item in items.items()}


def _look_at(tick: Tick, vault: Vault, item: ProtectedItem) -> None:
    """Read one VM's points, judge them, ask for what can be made up for, and write it down."""
    vm = tick.vms.get(item.vm_id)
    tier = tier_of(vm, tick.intent.tiers) if vm else None
    name, history = tier.name if tier else "", tick.stored.known.history(item.vm_id)
    kept = max(timedelta(days=tick.intent.limits.max_retention_days), BACK)
    try:
        points = tick.ports.vaults.recovery_points(vault, item, tick.now - kept, tick.now)
        case = Case(
            item=item,
            tier=name,
            points=points,
            history=history,
            asked=tick.asked.get(item.vm_id, Asked()),
            before=look_of(item.vm_id, tick.stored.looks.get(item.vm_id)),
            noted_at=tick.stored.noted_at,
        )
        found = compare(case, tick.now)
        seen = judge(case, found, tick.witness.of(vault, case, found), tick.now)
    except Permanent as problem:
        keep(tick.ports.ledger, unreadable(item, name, str(problem), tick.now))
        return
    for gap in seen.gaps:
        if gap.mark is Mark.MISSING and vm is not None and _ask(tick, case, gap):
            seen = as_asked(seen, gap)
    keep(tick.ports.ledger, seen)


def _ask(tick: Tick, case: Case, gap: Gap) -> bool:
    """Ask for the backup that makes up for the gap, where one does and the app may; return whether it was asked for."""
    policy = promised_by(case.history, gap.expected)
    if policy is None or SWITCH not in tick.ports.switches or not case.item.policy_id:
        return False
    wanted = fill(gap, case.item, policy, case.asked.by_us, tick.now)
    return wanted is not None and asking.ask(tick.ports, wanted, case.item.name, tick.now)
