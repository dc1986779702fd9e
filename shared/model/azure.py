"""What does Azure Backup hold? The service's own nouns, read once and never changed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

SLOT_MINUTES = 30
"""Azure Backup starts VM backups at :00 and :30 only."""
SLOTS_PER_DAY = 48
"""Half-hour slots in a UTC day; slot 0 starts at 00:00 UTC."""
HOURS_PER_DAY = 24
INTERVALS = frozenset({4, 6, 8, 12, 24})
"""Hours that may lie between the runs of an hourly schedule (Enhanced policy documentation)."""
START_LATENESS = timedelta(hours=2)
"""A scheduled VM backup starts at any moment within two hours after its time (Azure VM backup FAQ)."""


class PolicyType(StrEnum):
    """`policyType` of a VM policy; Standard -> Enhanced cannot be undone."""

    STANDARD = "V1"
    ENHANCED = "V2"


class Frequency(StrEnum):
    """`scheduleRunFrequency`; UNKNOWN stands for any word this version does not know."""

    HOURLY = "Hourly"
    DAILY = "Daily"
    WEEKLY = "Weekly"
    UNKNOWN = "Unknown"


class ProtectionState(StrEnum):
    """`protectionState` of a protected item."""

    INVALID = "Invalid"
    IR_PENDING = "IRPending"
    PROTECTED = "Protected"
    PROTECTION_ERROR = "ProtectionError"
    PROTECTION_STOPPED = "ProtectionStopped"
    PROTECTION_PAUSED = "ProtectionPaused"
    BACKUPS_SUSPENDED = "BackupsSuspended"


@dataclass(frozen=True, slots=True)
class TaggedRetention:
    """How long runs that carry a weekly, monthly or yearly tag are kept.

    `unit` is the wire's `durationType` (Days, Weeks, Months, Years). `when` names the runs that carry the
    tag, one entry a run, in UTC days for slot policies: weekly "Sunday"; monthly "First Sunday" or "Day 1"
    ("Day Last"); yearly "January First Sunday" or "January Day 1".
    """

    count: int
    unit: str
    when: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Retention:
    """The four retention classes of a long-term retention policy; None where a class is absent."""

    daily_days: int | None
    weekly: TaggedRetention | None = None
    monthly: TaggedRetention | None = None
    yearly: TaggedRetention | None = None


@dataclass(frozen=True, slots=True)
class HourlySchedule:
    """The runs of an hourly schedule: one every `every` hours from its policy's start on, for `hours` hours.

    Only the day's last run is transferred to the vault; the others stay snapshots (Enhanced policy documentation).
    """

    every: int
    hours: int

    @property
    def runs(self) -> tuple[int, ...]:
        """The runs of a day, in hours after the first. Where the hours end on a run, it is taken as one."""
        return tuple(range(0, min(self.hours, HOURS_PER_DAY - 1) + 1, self.every))

    @property
    def last_runs(self) -> tuple[int, ...]:
        """When the day's last run may be, in hours after the first, the likelier one first.

        Whether a run that falls on the end of the hours is still one of them is documented nowhere.
        """
        certain = self.certain_runs[-1]
        return (self.runs[-1],) if certain == self.runs[-1] else (self.runs[-1], certain)

    @property
    def certain_runs(self) -> tuple[int, ...]:
        """The runs without one that falls on the end of the hours."""
        return tuple(range(0, self.hours, self.every))


@dataclass(frozen=True, slots=True)
class BackupPolicy:
    """A VM backup policy.

    `start` is the wall-clock start in minutes after midnight in `time_zone` (a Windows zone id), of an hourly
    schedule that of the day's first run; None where there is no one start. `hourly` has the runs of an hourly
    schedule, None for all others. `run_days` are the days of a weekly schedule. `archive` is the tiering policy as
    sorted "tier: mode count unit" lines. `unread` names wire fields that this version does not understand: a policy
    with any of them is never a move's source or target.
    """

    id: str
    name: str
    vault_id: str
    policy_type: PolicyType
    frequency: Frequency
    time_zone: str
    start: int | None
    retention: Retention
    instant_restore_days: int
    run_days: tuple[str, ...] = ()
    archive: tuple[str, ...] = ()
    snapshot_consistency: str = ""
    snapshot_group: tuple[str, str] = ("", "")
    protected_items: int = 0
    unread: tuple[str, ...] = ()
    hourly: HourlySchedule | None = None


@dataclass(frozen=True, slots=True)
class Vault:
    """A Recovery Services vault; ids are lower-cased, the name keeps its case.

    `cross_region` says that restores in the secondary region are on, `job_alerts` that Azure tells of failed jobs.
    """

    id: str
    name: str
    subscription: str
    resource_group: str
    region: str
    redundancy: str = ""
    immutability: str = "Disabled"
    guarded: bool = False
    soft_delete: str = "Enabled"
    soft_delete_days: int = 14
    cross_region: bool = False
    job_alerts: bool = True

    @property
    def sealed(self) -> bool:
        """Whether a retention change cannot be taken back here (immutable or behind a Resource Guard)."""
        return self.guarded or self.immutability.lower() in {"locked", "unlocked"}


@dataclass(frozen=True, slots=True)
class ProtectedItem:
    """One VM's membership in a vault.

    `vm_id`, `vault_id` and `policy_id` are lower-cased ARM ids (policy_id is "" when protection is stopped);
    `id` keeps the wire's case. `container` is the wire's containerName, lower-cased: jobs carry the same.
    `extended_properties` is the item's own JSON text (disk exclusions live there): sent back as it was.
    """

    id: str
    vault_id: str
    vm_id: str
    name: str
    container: str
    policy_id: str
    policy_name: str
    state: ProtectionState
    health: str = ""
    last_backup_status: str = ""
    last_backup_at: datetime | None = None
    last_recovery_point_at: datetime | None = None
    soft_deleted: bool = False
    extended_properties: str = ""


@dataclass(frozen=True, slots=True)
class Vm:
    """A virtual machine as Resource Graph lists it; `id` and `region` are lower-cased, tag names too."""

    id: str
    name: str
    subscription: str
    resource_group: str
    region: str
    tags: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class JobError:
    """One entry of a job's errorDetails; `code` is Azure's number, 0 where there is none.

    `retryable` is what the service says of trying again, None where it says nothing.
    """

    code: int
    title: str
    text: str
    recommendations: tuple[str, ...] = ()
    retryable: bool | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the vault's job list. `container` matches `ProtectedItem.container`; instants are UTC.

    `user_triggered` says whether somebody asked for the job, None where the row does not say.
    """

    id: str
    vault_id: str
    container: str
    vm_name: str
    operation: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    duration: timedelta
    errors: tuple[JobError, ...] = ()
    user_triggered: bool | None = None

    @property
    def name(self) -> str:
        """The job's GUID, lower-cased: alerts and other services name it so."""
        return self.id.rpartition("/")[2].lower()

    @property
    def running(self) -> bool:
        """Whether the job still holds its item."""
        return self.status in {"InProgress", "Cancelling"}


@dataclass(frozen=True, slots=True)
class RecoveryPoint:
    """A recovery point. `tiers` are (type, status) pairs such as ("HardenedRP", "Valid").

    `id` is its ARM id. `vm_size` is the size of the VM that it was taken of, "" where it does not say; `managed` is
    whether that VM had managed disks, `zones` are those that it was in.
    """

    id: str
    at: datetime
    consistency: str
    tiers: tuple[tuple[str, str], ...]
    encrypted: bool = False
    managed: bool = True
    zones: tuple[str, ...] = ()
    vm_size: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Who wrote a resource, from the activity log; `actor` is a caller name, never a claim or a token."""

    resource_id: str
    operation: str
    actor: str
    at: datetime
