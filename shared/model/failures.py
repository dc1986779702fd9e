"""What went wrong with a backup, and what follows from it? Failures, verdicts, incidents and alerts as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What became of a backup. The first three left a job; the others left none."""

    FAILED = "failed"
    WARNINGS = "completed-with-warnings"
    CANCELLED = "cancelled"
    OVERDUE = "overdue"
    NEVER_STARTED = "never-started"
    COLLIDED = "collided"
    MISSING_VM = "missing-vm"


class Family(StrEnum):
    """Errors that have one cure; `shared.rules.failure_families` says which."""

    TRANSIENT = "transient"
    WAIT = "wait"
    GUEST_AGENT = "guest_agent"
    VM_STATE = "vm_state"
    SNAPSHOT_LIMIT = "snapshot_limit"
    NETWORK = "network"
    KEY_VAULT = "key_vault"
    POLICY_DENIED = "policy_denied"
    QUOTA = "quota"
    THROTTLED_DAY = "throttled_day"
    TOO_SLOW = "too_slow"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    UNSUPPORTED = "unsupported"
    UNKNOWN = "unknown"


class Response(StrEnum):
    """What is done about a failure. Only RETRY ever starts a backup."""

    RETRY = "retry"
    WAIT = "wait"
    RESCHEDULE = "reschedule"
    USER_FIX = "user_fix"
    STOP = "stop"
    IGNORE = "ignore"


class Severity(IntEnum):
    """Azure Monitor's severities; a smaller number is worse."""

    CRITICAL = 0
    ERROR = 1
    WARNING = 2
    INFORMATION = 3
    VERBOSE = 4


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ESCALATED = "escalated"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A backup that failed, that never came, or that left something to look at.

    Ids are lower-cased, but for `item_id`. `job_id` is "" where no job ran; `started_at` is then the scheduled start.
    `scheduled_for` is the start of the schedule's run, None where the job was none or that is not known. `code` is
    Azure's number (0: none), `name` what the error is called, `text` what it says. `retryable` is what the service
    says of trying again, `user_triggered` whether somebody asked for the job; None where nothing says so.
    """

    kind: Kind
    vm_id: str
    vm_name: str
    item_id: str
    vault_id: str
    started_at: datetime
    ended_at: datetime | None = None
    scheduled_for: datetime | None = None
    job_id: str = ""
    operation: str = "Backup"
    code: int = 0
    name: str = ""
    text: str = ""
    recommendations: tuple[str, ...] = ()
    retryable: bool | None = None
    user_triggered: bool | None = None

    @property
    def id(self) -> str:
        """Name the failure by what it means, so that a second look finds the first."""
        return f"{self.job_id or f'{self.item_id}:{self.started_at:%Y%m%dT%H%MZ}'}:{self.kind}".lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """A backup that completed without a warning; ids are lower-cased."""

    vm_id: str
    job_id: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Runbook:
    """What a family of errors means, and what a person does about it, in this order."""

    meaning: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be done about one failure, and why.

    `retry_at` is when a backup may be started again (RETRY only), `look_again_at` when to judge once more without
    starting anything. `bad_slot` is the UTC slot that the VM should not start at again (RESCHEDULE only).
    """

    family: Family
    response: Response
    reason: str
    severity: Severity
    needs_human: bool
    runbook: Runbook
    retry_at: datetime | None = None
    look_again_at: datetime | None = None
    bad_slot: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What was answered to one failure at the UTC instant `at`; a RETRY counts as one more try."""

    failure_id: str
    at: datetime
    response: Response
    reason: str
    severity: Severity
    needs_human: bool
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What an operator was told: one incident's state (`key`), by the alert `alert_key`, at a UTC instant."""

    key: str
    alert_key: str
    at: datetime

    @property
    def episode(self) -> str:
        """The incident that this was about."""
        return self.key.rpartition("|")[0]

    @property
    def state(self) -> str:
        """The state that this was about."""
        return self.key.rpartition("|")[2]


type Fact = Failure | Success | Attempt | Told


@dataclass(frozen=True, slots=True)
class History:
    """All that is known of some VMs' backups: facts, each once, in a fixed order."""

    failures: tuple[Failure, ...] = ()
    successes: tuple[Success, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What ails one VM for one cause, from its first failure until a success.

    `code` is the error's name (or number) within `family`, `says` what it means. `opened_at` and `last_seen_at` are
    when the first and the last of its `failures` began, `due_since` when it began to need a human, where
    `needs_human`. `resolved_at` is the start of the backup that repaired it.
    """

    vm_id: str
    vm_name: str
    vault_id: str
    family: Family
    code: str
    says: str
    state: State
    severity: Severity
    needs_human: bool
    opened_at: datetime
    last_seen_at: datetime
    due_since: datetime
    failures: tuple[Failure, ...]
    attempts: tuple[Attempt, ...] = ()
    resolved_at: datetime | None = None
    last_alert: Told | None = None

    @property
    def cause(self) -> str:
        """Name the cause: equal causes of VMs in one vault make a storm."""
        return f"{self.family}/{self.code}"

    @property
    def key(self) -> str:
        """Name the VM and the cause; there is one open incident of a key at most."""
        return f"{self.vm_id}|{self.cause}".lower()

    @property
    def episodes(self) -> tuple[str, ...]:
        """Name the incident by its opening, and by each failure that was its opening before older ones were seen.

        One that opens anew after a success is another one.
        """
        return tuple(f"{self.key}|{failure.started_at:%Y%m%dT%H%M%SZ}" for failure in self.failures)

    @property
    def alert_key(self) -> str:
        """Name the incident in its state, as its alert is named: what was told of a state need not be told again."""
        return f"{self.episodes[0]}|{self.state}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message to a human. Equal `key`s mean the same message.

    `members` are the names of the VMs that it speaks for, `covers` the `alert_key`s of the incidents that it tells of:
    some members may have been told of before. `link` leads to Azure's portal. `code` names the kind of alert.
    """

    key: str
    severity: Severity
    title: str
    what_happened: str
    what_was_tried: str
    what_to_do: tuple[str, ...]
    link: str
    members: tuple[str, ...]
    covers: tuple[str, ...]
    code: str = "backup-failed"
