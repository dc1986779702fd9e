"""What does the operator want? `fleet.yaml` as values, valid by construction (see `shared.fleet_policy`)."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY, HourlySchedule, PolicyType, Retention
from shared.model.restore_intent import RestoreIntent


@dataclass(frozen=True, slots=True)
class TagMatch:
    """A VM matches when its tag `name` (lower-cased) has one of `values` (compared without case)."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Local hours in which backups may start.

    `start` and `end` are minutes after local midnight, multiples of 30; end <= start means past midnight.
    `zones` maps a lower-cased Azure region to an IANA zone; other regions use `zone`.
    """

    name: str
    start: int
    end: int
    zone: str
    zones: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class TierHours:
    """A tier's own hourly schedule. `start` is the day's first run, in minutes after midnight in its window's zone."""

    start: int
    schedule: HourlySchedule

    @property
    def last_start(self) -> int:
        """The day's last run, in minutes after local midnight."""
        return (self.start + self.schedule.runs[-1] * 60) % (SLOTS_PER_DAY * SLOT_MINUTES)


@dataclass(frozen=True, slots=True)
class Tier:
    """A class of VMs that share retention, window and objectives.

    `retention` speaks in *local* days (weekly "Sunday", monthly "First Sunday", yearly "January First Sunday").
    `redundancy` is the storage redundancy, in Azure's word, that a vault must have to take new VMs; "" takes any.
    `retry_outside_window` lets a backup be started on demand when the window is closed. `backups_per_day` counts the
    scheduled one and those that are started beside it.
    `hourly` is the schedule of its Enhanced policies where that is hourly: then only its last run lies in the window.
    """

    name: str
    match: TagMatch
    window: str
    policy_type: PolicyType
    retention: Retention
    instant_restore_days: int
    rpo: timedelta
    redundancy: str = ""
    retry_outside_window: bool = False
    backups_per_day: int = 1
    hourly: TierHours | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Which subscriptions, vaults (names or ids, lower-cased; empty: all) and VMs are ours to look at."""

    subscriptions: tuple[str, ...]
    vaults: tuple[str, ...] = ()
    include: tuple[TagMatch, ...] = ()
    exclude: tuple[TagMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class Blackout:
    """Local dates, both inclusive, on which nothing is moved or started by us; scheduled backups go on."""

    first: date
    last: date
    reason: str


@dataclass(frozen=True, slots=True)
class PatchWindow:
    """Local hours in which the matching VMs are patched: no backup of theirs starts, or is expected to run, then.

    `start` and `end` are minutes after local midnight in the IANA `zone`; end <= start means past midnight. Policies
    start at the same hour every day, so the hours are kept free on every day. `fresh_point` is how old the
    newest point may be when patching begins, None where nobody asks for one.
    """

    match: TagMatch
    start: int
    end: int
    zone: str
    fresh_point: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RetentionApproval:
    """A named approval of a move that shortens retention (`approve_retention_loss`); policies by name."""

    vm: str
    from_policy: str
    to_policy: str
    approver: str
    expires: date


@dataclass(frozen=True, slots=True)
class IncreaseApproval:
    """A named approval of raising retention in a sealed vault (`approve_retention_increase`)."""

    vault: str
    tier: str
    approver: str
    expires: date


@dataclass(frozen=True, slots=True)
class Limits:
    """Azure's quotas with the careful value as default; sources conflict, so each can be overridden."""

    vms_per_policy: int = 100
    policies_per_vault: int = 200
    policy_writes_per_vault_day: int = 50
    moves_per_vault_day: int = 250
    vms_per_vault: int = 1000
    slots_per_tier: int = 16
    migrations_per_vault_day: int = 10
    job_history_days: int = 14
    replan_above: float = 1.01
    max_retention_days: int = 3700
    initial_backups_per_night: int = 10
    rebalancing_moves_per_night: int = 50
    backups_per_vm_day: int = 4
    retention_reads_per_hour: int = 150
    on_demand_least_days: int = 7


@dataclass(frozen=True, slots=True)
class Rollout:
    """How carefully a vault's VMs are moved: `first` of them, then at most the `share` (0 to 1] of them a night."""

    first: int = 10
    share: float = 0.25


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local hours in which only what is critical is told; `end` <= `start` means past midnight, both in minutes."""

    start: int
    end: int
    zone: str


@dataclass(frozen=True, slots=True)
class Alerts:
    """How people are told of failures.

    Failures of one vault and error within `group_window` are one alert, from `group_from` VMs on. `webhook` is the name
    of the setting that holds a URL to send alerts to, "" for none: the URL is a secret, and no intent. `rules` and
    `action_groups` are the ids of what Azure Monitor needs to make a log line a call: it is checked daily that they
    stand. With `canary` one alert a day says that the way to people is open.
    """

    group_window: timedelta = timedelta(minutes=10)
    group_from: int = 5
    quiet_hours: QuietHours | None = None
    webhook: str = ""
    rules: tuple[str, ...] = ()
    action_groups: tuple[str, ...] = ()
    canary: bool = False


@dataclass(frozen=True, slots=True)
class FleetPolicy:
    """The whole intent. `version` is the first 12 hex digits of the document's SHA-256.

    `day_starts` is the UTC hour at which a fleet day ("night") begins. `vault_ceiling` and `region_ceilings`
    bound concurrent planned backups (None or absent: no ceiling). `separation_tag`: VMs with equal values
    never overlap. `patch_windows` are kept free of backups. `restore` says where restores may go.
    """

    version: str
    scope: Scope
    day_starts: int
    tiers: tuple[Tier, ...]
    windows: dict[str, Window]
    blackouts: tuple[Blackout, ...] = ()
    patch_windows: tuple[PatchWindow, ...] = ()
    separation_tag: str | None = None
    vault_ceiling: int | None = None
    region_ceilings: dict[str, int] = field(default_factory=dict)
    retention_loss: tuple[RetentionApproval, ...] = ()
    retention_increase: tuple[IncreaseApproval, ...] = ()
    migrate_to_enhanced: tuple[str, ...] = ()
    limits: Limits = Limits()
    rollout: Rollout = Rollout()
    alerts: Alerts = Alerts()
    restore: RestoreIntent = field(default_factory=RestoreIntent)

    def night_of(self, now: datetime) -> date:
        """Return the fleet day that holds the UTC instant `now`: the UTC date on which it began."""
        return (now - timedelta(hours=self.day_starts)).date()
