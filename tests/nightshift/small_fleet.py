"""A fleet small enough to check by hand: one vault, three VMs, kept in memory and writing into lists."""

# ruff: noqa: ARG002, ARG005 - a port is told more than so small a fleet needs to know

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from local.memory.monitoring import MemoryMonitoring
from local.memory.restores import MemoryRestoreAccounts, MemoryRestores
from local.memory.stores import MemoryResults
from local.memory.told import MemoryEvents, MemoryQuarantine, MemoryWebhook
from local.world import World
from shared import clock
from shared.errors import Transient
from shared.model.azure import (
    BackupPolicy,
    Change,
    Frequency,
    Job,
    PolicyType,
    ProtectedItem,
    ProtectionState,
    RecoveryPoint,
    Retention,
    Vault,
    Vm,
)
from shared.model.load import LoadSeries
from shared.model.plan import Plan
from shared.ports import Ports

NOW = datetime(2026, 11, 3, 14, 0, tzinfo=UTC)
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/backup"
VAULT = Vault(
    f"{GROUP}/providers/microsoft.recoveryservices/vaults/vault-weu", "vault-weu", SUBSCRIPTION, "backup", "westeurope"
)
DEFAULT_POLICY = BackupPolicy(
    id=f"{VAULT.id}/backuppolicies/defaultpolicy",
    name="DefaultPolicy",
    vault_id=VAULT.id,
    policy_type=PolicyType.STANDARD,
    frequency=Frequency.DAILY,
    time_zone="UTC",
    start=30,
    retention=Retention(30),
    instant_restore_days=2,
    protected_items=3,
)
POLICY_TEXT = f"""\
version: 1
scope: {{subscriptions: ["{SUBSCRIPTION}"]}}
windows: {{night: {{hours: "20:00-06:00", zone: UTC}}}}
tiers:
  standard:
    match: {{tag: tier, values: [standard]}}
    window: night
    retention: {{daily: {{days: 30}}}}
    rpo: 36h
"""


def vm(name: str, **tags: str) -> Vm:
    return Vm(
        f"{GROUP}/providers/microsoft.compute/virtualmachines/{name}", name, SUBSCRIPTION, "backup", "westeurope", tags
    )


VMS = (
    vm("app-01", tier="standard"),
    vm("app-02", tier="standard"),
    vm("held-03", tier="standard", **{"nightshift-hold": "2026-12-01;ann;release week"}),
)


def item(machine: Vm, policy: BackupPolicy = DEFAULT_POLICY) -> ProtectedItem:
    return ProtectedItem(
        id=f"{VAULT.id}/items/{machine.name}",
        vault_id=VAULT.id,
        vm_id=machine.id,
        name=machine.name,
        container=f"iaasvmcontainerv2;backup;{machine.name}",
        policy_id=policy.id,
        policy_name=policy.name,
        state=ProtectionState.PROTECTED,
        last_backup_status="Completed",
        last_backup_at=NOW - timedelta(hours=13),
        last_recovery_point_at=NOW - timedelta(hours=13),
    )


@dataclass
class SmallVaults:
    memberships: dict[str, ProtectedItem] = field(default_factory=lambda: {vm.id: item(vm) for vm in VMS})
    known: dict[str, BackupPolicy] = field(default_factory=lambda: {DEFAULT_POLICY.id: DEFAULT_POLICY})
    writes: list[str] = field(default_factory=list)

    def vaults(self, subscription: str) -> list[Vault]:
        return [VAULT] if subscription == SUBSCRIPTION else []

    def items(self, vault: Vault) -> list[ProtectedItem]:
        return list(self.memberships.values())

    def policies(self, vault: Vault) -> list[BackupPolicy]:
        return list(self.known.values())

    def jobs(self, vault: Vault, since: datetime, until: datetime, status: str | None = None) -> list[Job]:
        return []

    def recovery_points(
        self, vault: Vault, item: ProtectedItem, since: datetime, until: datetime
    ) -> list[RecoveryPoint]:
        return []

    def write_policy(self, vault: Vault, policy: BackupPolicy) -> None:
        self.writes.append(policy.name)
        self.known[policy.id] = policy

    def assign_policy(self, item: ProtectedItem, policy: BackupPolicy, origin: str = "") -> None:
        self.writes.append(f"{item.name} -> {policy.name}")
        self.memberships[item.vm_id] = replace(item, policy_id=policy.id, policy_name=policy.name)

    def protect(self, vault: Vault, vm: Vm, policy: BackupPolicy) -> None:
        self.writes.append(f"{vm.name} under {policy.name}")

    def back_up(self, item: ProtectedItem, keep_until: datetime) -> None:
        self.writes.append(f"backup of {item.name}")

    def job_reads_left(self, subscription: str) -> int | None:
        return None


class Throttled(SmallVaults):
    def vaults(self, subscription: str) -> list[Vault]:
        raise Transient("Azure asks to wait 30 s (429)", 30)


@dataclass
class SmallFleet:
    machines: tuple[Vm, ...] = VMS

    def vms(self, subscriptions: Sequence[str]) -> list[Vm]:
        return list(self.machines)

    def changes(self, subscription: str, since: datetime, until: datetime) -> list[Change]:
        return []

    def jobs(self, subscriptions: Sequence[str], since: datetime) -> list[Job]:
        return []

    def items(self, subscriptions: Sequence[str]) -> list[ProtectedItem]:
        return []

    def power(self, vm_id: str) -> str | None:
        return "running"

    def policies(self, subscriptions: Sequence[str]) -> list[BackupPolicy]:
        return []


@dataclass
class SmallLoad:
    """Every VM's load by the UTC hour, the same each day; nothing was measured where `by_hour` is empty."""

    asked: list[str] = field(default_factory=list)
    by_hour: tuple[float, ...] = ()

    def series(self, vms: Sequence[Vm], since: datetime, until: datetime) -> dict[str, LoadSeries]:
        self.asked += [vm.name for vm in vms]
        hours = (until - since) // timedelta(hours=1) if self.by_hour else 0
        values = tuple(self.by_hour[(since.hour + hour) % 24] for hour in range(hours))
        return {vm.id: LoadSeries(vm.id, since, 60, values) for vm in vms}


@dataclass
class SmallLedger:
    kept: dict[str, dict[str, Mapping[str, str]]] = field(default_factory=dict)

    def read(self, kind: str, key: str) -> Mapping[str, str] | None:
        return self.kept.get(kind, {}).get(key)

    def rows(self, kind: str) -> dict[str, Mapping[str, str]]:
        return dict(self.kept.get(kind, {}))

    def claim(self, kind: str, key: str, values: Mapping[str, str]) -> bool:
        if self.read(kind, key) is not None:
            return False
        self.write(kind, key, values)
        return True

    def write(self, kind: str, key: str, values: Mapping[str, str]) -> None:
        self.kept.setdefault(kind, {})[key] = dict(values)

    def swap(self, kind: str, key: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
        if self.read(kind, key) != before:
            return False
        self.write(kind, key, after)
        return True

    def drop(self, kind: str, key: str) -> None:
        self.kept.get(kind, {}).pop(key, None)

    def spend(self, quota: str, subject: str, day: date, limit: int) -> bool:
        key = f"{subject} {day}"
        spent = int((self.read(quota, key) or {"count": "0"})["count"])
        if spent >= limit:
            return False
        self.write(quota, key, {"count": str(spent + 1)})
        return True


@dataclass
class SmallPolicies:
    text: str | None = POLICY_TEXT
    good: str | None = POLICY_TEXT

    def current(self) -> str | None:
        return self.text

    def last_good(self) -> str | None:
        return self.good

    def publish(self, text: str) -> None:
        self.text = text

    def mark_good(self, text: str) -> None:
        self.good = text


@dataclass
class SmallPlans:
    plan: Plan | None = None

    def save(self, plan: Plan) -> None:
        self.plan = plan

    def latest(self) -> Plan | None:
        return self.plan


@dataclass
class SmallReports:
    texts: dict[str, str] = field(default_factory=dict)

    def save(self, night: date, html: str, data: str) -> None:
        self.texts = {"html": html, "json": data}

    def latest(self, kind: str) -> str | None:
        return self.texts.get(kind)


@dataclass
class SmallQueues:
    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, queue: str, body: str, delay_seconds: float = 0.0) -> None:
        self.sent.append((queue, body))

    def empty(self, queue: str, keep: Callable[[str], None], most: int) -> int:
        return 0


@dataclass
class Small:
    """The parts, to look at after a command."""

    vaults: SmallVaults = field(default_factory=SmallVaults)
    fleet: SmallFleet = field(default_factory=SmallFleet)
    load: SmallLoad = field(default_factory=SmallLoad)
    world: World = field(default_factory=lambda: World(start=NOW))
    ledger: SmallLedger = field(default_factory=SmallLedger)
    plans: SmallPlans = field(default_factory=SmallPlans)
    policies: SmallPolicies = field(default_factory=SmallPolicies)
    reports: SmallReports = field(default_factory=SmallReports)
    queues: SmallQueues = field(default_factory=SmallQueues)
    quarantine: MemoryQuarantine = field(default_factory=MemoryQuarantine)
    switches: frozenset[str] = frozenset({"plan"})

    def ports(self) -> Ports:
        return Ports(
            vaults=self.vaults,
            fleet=self.fleet,
            load=self.load,
            monitoring=MemoryMonitoring(self.world, lambda _: None),
            restores=MemoryRestores(self.world, lambda _: None),
            restore_accounts=MemoryRestoreAccounts(self.world, lambda _: None),
            ledger=self.ledger,
            plans=self.plans,
            policies=self.policies,
            reports=self.reports,
            results=MemoryResults(),
            queues=self.queues,
            events=MemoryEvents(),
            webhook=MemoryWebhook(),
            quarantine=self.quarantine,
            switches=self.switches,
            wait=lambda seconds: None,
            now=clock.now,
        )
