"""Which fleet do the tests speak of? One small noun at a time, each with defaults."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from shared.model.azure import (
    BackupPolicy,
    Change,
    Frequency,
    Job,
    PolicyType,
    ProtectedItem,
    ProtectionState,
    Retention,
    TaggedRetention,
    Vault,
    Vm,
)
from shared.model.intent import FleetPolicy, Limits, Scope, TagMatch, Tier, Window
from shared.model.observed import Memory, Observed
from shared.model.plan import Plan
from shared.rules.slot_policies import fingerprint, id_of

NOW = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
"""A Wednesday, two hours before the windows of `intent()` open."""
NIGHT = date(2026, 3, 4)
SUB = "sub-1"
VAULT_ID = "/subscriptions/sub-1/resourcegroups/rg/providers/microsoft.recoveryservices/vaults/rsv-1"
WEEKLY = TaggedRetention(12, "Weeks", ("Sunday",))
MONTHLY = TaggedRetention(12, "Months", ("First Sunday",))
YEARLY = TaggedRetention(7, "Years", ("January First Sunday",))
KEPT = Retention(30, WEEKLY, MONTHLY, YEARLY)
"""What tier "gold" keeps."""


def vault(name: str = "rsv-1", **fields) -> Vault:
    fields = {"subscription": SUB, "resource_group": "rg", "region": "westeurope"} | fields
    return Vault(id=VAULT_ID.replace("rsv-1", name.lower()), name=name, **fields)


def vm_id(name: str) -> str:
    return f"/subscriptions/{SUB}/resourcegroups/rg-app/providers/microsoft.compute/virtualmachines/{name}".lower()


def vm(name: str, tier: str = "gold", **fields) -> Vm:
    tags = {"backup-tier": tier} | fields.pop("tags", {}) if tier else fields.pop("tags", {})
    fields = {"subscription": SUB, "resource_group": "rg-app", "region": "westeurope"} | fields
    return Vm(id=vm_id(name), name=name, tags=tags, **fields)


def policy(name: str = "Legacy", start: int | None = 22 * 60, **fields) -> BackupPolicy:
    """A Standard daily policy that keeps what tier "gold" keeps; `kept` is its retention."""
    where = fields.pop("vault_id", VAULT_ID)
    fields = {"retention": fields.pop("kept", KEPT), "instant_restore_days": 2} | fields
    fields = {"policy_type": PolicyType.STANDARD, "frequency": Frequency.DAILY, "time_zone": "UTC"} | fields
    return BackupPolicy(id=id_of(where, name), name=name, vault_id=where, start=start, **fields)


def item(name: str, inside: BackupPolicy, **fields) -> ProtectedItem:
    """The VM's membership in policy `inside`, with a point of the last hour before NOW's day ended."""
    container = f"iaasvmcontainerv2;rg-app;{name}".lower()
    fields = {"state": ProtectionState.PROTECTED, "last_recovery_point_at": NOW - timedelta(hours=18)} | fields
    return ProtectedItem(
        id=f"{inside.vault_id}/protecteditems/vm;{container}",
        vault_id=inside.vault_id,
        vm_id=vm_id(name),
        name=name,
        container=container,
        policy_id=inside.id,
        policy_name=inside.name,
        **fields,
    )


def job(name: str, minutes: float, number: int = 1, **fields) -> Job:
    """A completed backup of the VM `name`, `number` days before NOW."""
    began = NOW - timedelta(days=number, hours=6)
    took = timedelta(minutes=minutes)
    fields = {"vault_id": VAULT_ID, "operation": "Backup", "status": "Completed", "ended_at": began + took} | fields
    container = f"iaasvmcontainerv2;rg-app;{name}".lower()
    return Job(f"{name}-{number}", container=container, vm_name=name, started_at=began, duration=took, **fields)


def jobs(name: str, minutes: float, count: int = 5) -> tuple[Job, ...]:
    return tuple(job(name, minutes, number) for number in range(1, count + 1))


def change(resource_id: str, actor: str, at: datetime = NOW - timedelta(hours=3)) -> Change:
    return Change(resource_id, "write", actor, at)


def tier(name: str = "gold", **fields) -> Tier:
    fields = {"window": "night", "policy_type": PolicyType.STANDARD, "retention": KEPT, "instant_restore_days": 2} | (
        {"rpo": timedelta(hours=48)} | fields
    )
    return Tier(name=name, match=TagMatch("backup-tier", (name,)), **fields)


def window(hours: str = "20:00-06:00", zone: str = "UTC", **zones: str) -> Window:
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in hours.split("-"))
    return Window("night", start, end, zone, zones)


def intent(**fields) -> FleetPolicy:
    """Tier "gold" at 20:00-06:00 UTC; a fleet day begins at 16:00 UTC."""
    limits = Limits(**fields.pop("limits", {}))
    fields = {"tiers": (tier(),), "windows": {"night": window()}, "day_starts": 16} | fields
    return FleetPolicy(version="0123456789ab", scope=fields.pop("scope", Scope((SUB,))), limits=limits, **fields)


def written(*policies: BackupPolicy) -> dict[str, str]:
    """What the ledger remembers once we wrote these policies as they are."""
    return {one.id: fingerprint(one) for one in policies}


def seen(names: list[str] | tuple[str, ...] = (), inside: BackupPolicy | None = None, **fields) -> Observed:
    """One look at one vault whose VMs `names` are all in the policy `inside`."""
    inside = inside or policy()
    made = {
        "vaults": (vault(),),
        "vms": tuple(vm(name) for name in names),
        "items": tuple(item(name, inside) for name in names),
        "policies": (inside,),
    }
    return Observed(**(made | fields))


def names(count: int) -> list[str]:
    return [f"app-{number:03d}" for number in range(count)]


def followed(observed: Observed, plan: Plan) -> Observed:
    """The same world once the whole plan was written, a moment later."""
    wanted = {one.id: one for one in plan.policies}
    policies = {one.id: one for one in observed.policies} | wanted
    targets = {(line.vault_id, line.vm_id): id_of(line.vault_id, line.policy) for line in plan.moves}
    items = tuple(_placed(one, policies.get(targets.get((one.vault_id, one.vm_id), ""))) for one in observed.items)
    placements = {vm_id: target for (_, vm_id), target in targets.items()}
    memory = Memory(
        placements=dict(observed.memory.placements) | placements,
        written=dict(observed.memory.written) | written(*wanted.values()),
        rolled_back=observed.memory.rolled_back,
    )
    return replace(observed, items=items, policies=tuple(policies.values()), memory=memory, previous=plan)


def _placed(one: ProtectedItem, target: BackupPolicy | None) -> ProtectedItem:
    return one if target is None else replace(one, policy_id=target.id, policy_name=target.name)
