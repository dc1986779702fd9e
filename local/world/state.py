"""What does the pretend Azure consist of? Its resources, as mutable records keyed by lower-cased ARM ids."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.world.schedule import Rules

type Json = dict[str, Any]


class Refused(Exception):
    """The service's answer to a request that it will not carry out: HTTP status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


@dataclass(slots=True)
class Vault:
    """A Recovery Services vault; `id` keeps its case.

    `guarded` says that a Resource Guard must approve what takes backups away, `restore_guarded` that it must approve
    restores too; `guard_id` is which one, "" for the vault's usual one. `monitoring` holds what differs from usual.
    """

    id: str
    name: str
    subscription: str
    resource_group: str
    region: str
    redundancy: str = "GeoRedundant"
    immutability: str = "Disabled"
    guarded: bool = False
    restore_guarded: bool = False
    guard_id: str = ""
    soft_delete: str = "Enabled"
    soft_delete_days: int = 14
    cross_region: bool = False
    cross_subscription: str = "Enabled"
    public_access: str = "Enabled"
    provisioning: str = "Succeeded"
    identity: Json | None = None
    monitoring: Json = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    changed_at: datetime | None = None


@dataclass(slots=True)
class Vm:
    """A virtual machine.

    `transfer_minutes` is what moving one day's change to the vault takes; `load` is the kind of its CPU curve (see
    `local.world.load`), "" where the seed chooses. `created_at` is None for a VM that has always been there. `power` is
    what was last done to it, at `power_since`; "" where nothing was.
    """

    id: str
    name: str
    subscription: str
    resource_group: str
    region: str
    guid: str
    tags: dict[str, str]
    data_gb: float
    churn_gb: float
    transfer_minutes: float
    os_type: str = "Linux"
    size: str = "Standard_D4s_v5"
    load: str = ""
    created_at: datetime | None = None
    power: str = ""
    power_since: datetime | None = None
    provisioning: str = "Succeeded"


@dataclass(slots=True)
class Policy:
    """A backup policy: the wire's `properties` as stored, and what the service reads in them."""

    id: str
    name: str
    vault_id: str
    properties: Json
    rules: Rules


@dataclass(slots=True)
class Point:
    """A recovery point.

    `kept_until` is set for on-demand points (an explicit expiry, whatever the policy); `promised` is the latest
    expiry that any policy ever gave it; `condemned` is when it was first seen past its retention. `slot` is when its
    run was due, None for one by hand.
    """

    id: str
    at: datetime
    tags: frozenset[str]
    policy_type: str
    consistency: str
    promised: datetime
    kept_until: datetime | None = None
    vaulted: bool = False
    condemned: datetime | None = None
    slot: datetime | None = None


@dataclass(slots=True)
class Item:
    """A protected VM.

    `policy_id` is the policy's own `id`, or "" while protection is stopped; `extended` is its extendedProperties.
    `generation` counts schedules: events of an older one are void. `check_at` is when a point may next expire;
    `last_slot` and `tagged_at` are the slots of the last runs.
    """

    id: str
    name: str
    container: str
    vault_id: str
    vm_id: str
    policy_id: str
    state: str
    data_id: str
    extended: Json | None = None
    health: str = "Passed"
    last_status: str = ""
    last_backup_at: datetime | None = None
    last_point_at: datetime | None = None
    deleted_at: datetime | None = None
    points: list[Point] = field(default_factory=list)
    generation: int = 0
    check_at: datetime | None = None
    last_slot: datetime | None = None
    days_missed: int = 0
    tagged_at: dict[str, datetime] = field(default_factory=dict)
    full_next: bool = True

    @property
    def active(self) -> bool:
        """Whether scheduled backups run."""
        return bool(self.policy_id) and self.deleted_at is None and self.state != "ProtectionStopped"


@dataclass(slots=True)
class Job:
    """A vault job. `due` is when it will end, `ended_at` when it did; hidden from lists before `visible_at`.

    `error` is the title of what went wrong; with a `warning` the job's snapshot is good nevertheless.
    """

    id: str
    vault_id: str
    item_id: str
    vm_id: str
    vm_name: str
    container: str
    operation: str
    started_at: datetime
    due: datetime
    visible_at: datetime
    status: str = "InProgress"
    ended_at: datetime | None = None
    snapshot_ends: datetime | None = None
    scheduled_for: datetime | None = None
    expires: datetime | None = None
    user_triggered: bool = False
    vaulted: bool = True
    size_mb: int = 0
    error: str = ""
    warning: str = ""
    tags: frozenset[str] = frozenset()
    bag: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Operation:
    """An accepted write whose effect comes later; `error` is (code, message) once it failed."""

    id: str
    item_id: str
    vault_id: str
    started_at: datetime
    status: str = "InProgress"
    ended_at: datetime | None = None
    job_id: str = ""
    error: tuple[str, str] | None = None


@dataclass(slots=True)
class Activity:
    """One entry of the activity log."""

    id: str
    at: datetime
    resource_id: str
    operation: str
    caller: str
    subscription: str
    status: str = "Succeeded"


@dataclass(slots=True)
class Counters:
    """What went wrong, as the judge counts it.

    `points_pruned` counts premature losses only; `runs_skipped` days of a VM without a run; `tags_missed` weeks and
    months in which no run carried the tag; `refused` writes that the service would not take; `shared_accounts`
    restores that began on an account on which another ran; `jobs_missing` scheduled runs that a mishap let never start.
    """

    points_pruned: int = 0
    protection_stopped: int = 0
    runs_skipped: int = 0
    exclusions_lost: int = 0
    policies_shortened: int = 0
    refused: int = 0
    collisions: int = 0
    tags_missed: int = 0
    shared_accounts: int = 0
    jobs_missing: int = 0
