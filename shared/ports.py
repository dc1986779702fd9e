"""What do flows need from outside? Protocols in the domain's nouns, and one frozen bundle of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from shared.model.azure import BackupPolicy, Change, Job, ProtectedItem, RecoveryPoint, Vault, Vm
from shared.model.events import Envelope, SetAside
from shared.model.failures import Alert
from shared.model.load import LoadSeries
from shared.model.monitoring import AlertPart, Drill, HealthEvents
from shared.model.plan import Plan
from shared.restore_ports import RestoreAccounts, Restores


class Vaults(Protocol):
    """The backup service. Reads follow every page; writes are sent once and are true only when re-read.

    Every method raises Transient or Permanent, nothing else.
    """

    def vaults(self, subscription: str) -> list[Vault]:
        """List the subscription's vaults."""

    def items(self, vault: Vault) -> list[ProtectedItem]:
        """List the vault's protected VMs, soft-deleted ones included."""

    def policies(self, vault: Vault) -> list[BackupPolicy]:
        """List the vault's VM policies."""

    def jobs(self, vault: Vault, since: datetime, until: datetime, status: str | None = None) -> list[Job]:
        """List VM jobs that started in [since, until], of one `status` if given."""

    def recovery_points(
        self, vault: Vault, item: ProtectedItem, since: datetime, until: datetime
    ) -> list[RecoveryPoint]:
        """List the item's recovery points of [since, until]. One call per VM: never in a nightly loop."""

    def write_policy(self, vault: Vault, policy: BackupPolicy) -> None:
        """Create the slot policy or overwrite it in place."""

    def assign_policy(self, item: ProtectedItem, policy: BackupPolicy, origin: str = "") -> None:
        """Move `item` to `policy`: a slot policy of its own vault, or (rollback) the policy with id `origin`."""

    def protect(self, vault: Vault, vm: Vm, policy: BackupPolicy) -> None:
        """Put an unprotected VM under a slot policy of a vault in its region and subscription."""

    def back_up(self, item: ProtectedItem, keep_until: datetime) -> None:
        """Start an on-demand backup whose point is kept until the UTC instant."""

    def job_reads_left(self, subscription: str) -> int | None:
        """Return how many more reads of jobs the service allows in this hour, as it last said; None: not said yet."""


class Fleet(Protocol):
    """The machines around the backups."""

    def vms(self, subscriptions: Sequence[str]) -> list[Vm]:
        """List all virtual machines with their tags, by Resource Graph."""

    def changes(self, subscription: str, since: datetime, until: datetime) -> list[Change]:
        """List who wrote backup policies and memberships in [since, until], by the activity log."""

    def backups_by_hand(self, subscription: str, since: datetime, until: datetime) -> list[Change]:
        """List who asked for backups on demand in [since, until], us included, by the activity log."""

    def jobs(self, subscriptions: Sequence[str], since: datetime) -> list[Job]:
        """List the VM jobs of all vaults that started or ended since, by Resource Graph, which is a minute behind."""

    def items(self, subscriptions: Sequence[str]) -> list[ProtectedItem]:
        """List the protected VMs of all vaults, by Resource Graph, which is a minute behind."""

    def power(self, vm_id: str) -> str | None:
        """Return the VM's power now in Azure's word (running, stopped, deallocated), "" if unsaid; None: no such VM."""

    def policies(self, subscriptions: Sequence[str]) -> list[BackupPolicy]:
        """List the VM policies of all vaults, by Resource Graph, which is a minute behind: never to write by."""


class Load(Protocol):
    """How busy the machines were. Bulk: one call for all VMs of a plan, never one for each."""

    def series(self, vms: Sequence[Vm], since: datetime, until: datetime) -> dict[str, LoadSeries]:
        """Return a series for each VM by its id, of steps inside [since, until), UTC; None where nothing is known.

        Nothing is made up: a VM that is not known at all has a series of None or an empty one. Raises Transient or
        Permanent, nothing else.
        """


class Monitoring(Protocol):
    """Azure Monitor: what it counts of backups, and the way on which people hear of alerts.

    Every method raises Transient or Permanent, nothing else.
    """

    def health(self, vault: Vault, since: datetime, until: datetime) -> list[HealthEvents]:
        """Count the vault's ended backups of all workloads in [since, until), whole hours, by health and source."""

    def rule(self, rule_id: str) -> AlertPart | None:
        """Return the alert rule on a log query with its action groups, or None where it is not there."""

    def action_group(self, group_id: str) -> AlertPart | None:
        """Return the action group with the receivers that have not unsubscribed, or None where it is not there."""

    def drill(self, group_id: str) -> Drill:
        """Send Azure's sample notification, once, to the receivers of the group that reach people."""

    def drilled(self, group_id: str, drill_id: str) -> Drill:
        """Return how far a test notification has come."""


class Ledger(Protocol):
    """Small shared state. `kind` groups rows; `key` may be any text (an ARM id, say); values are text."""

    def read(self, kind: str, key: str) -> Mapping[str, str] | None:
        """Return the row, or None."""

    def rows(self, kind: str) -> dict[str, Mapping[str, str]]:
        """Return all rows of a kind by key."""

    def claim(self, kind: str, key: str, values: Mapping[str, str]) -> bool:
        """Insert the row; False, and nothing changes, where it is there already."""

    def write(self, kind: str, key: str, values: Mapping[str, str]) -> None:
        """Insert or replace the row."""

    def swap(self, kind: str, key: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
        """Replace the row only while it says `before`; False, and nothing changes, where it does not.

        Rows that count up (a fencing number, an attempt) never say the same twice.
        """

    def drop(self, kind: str, key: str) -> None:
        """Remove the row if it is there."""

    def spend(self, quota: str, subject: str, day: date, limit: int) -> bool:
        """Take one from the day's quota by a conditional write; False when `limit` are taken. Never refunded."""


class PlanStore(Protocol):
    """Plans as versioned documents."""

    def save(self, plan: Plan) -> None:
        """Store the plan under its night, and as the newest."""

    def latest(self) -> Plan | None:
        """Return the newest plan, or None."""


class PolicyStore(Protocol):
    """The published fleet.yaml."""

    def current(self) -> str | None:
        """Return the published document, or None."""

    def last_good(self) -> str | None:
        """Return the newest document that was marked good, or None."""

    def publish(self, text: str) -> None:
        """Publish a document that was validated."""

    def mark_good(self, text: str) -> None:
        """Remember the document as one that was read without errors."""


class ReportStore(Protocol):
    """Morning reports and the night records they are made of."""

    def save(self, night: date, html: str, data: str) -> None:
        """Store the report (HTML, JSON text) under its night, and as the newest."""

    def latest(self, kind: str) -> str | None:
        """Return the newest report as "html" or "json", or None."""


class ResultStore(Protocol):
    """What became of each restore: JSON documents that stay, by request."""

    def save(self, request_id: str, name: str, data: str) -> None:
        """Store the result `name` of a request over whatever is there; Permanent for what cannot be a name."""

    def of(self, request_id: str) -> dict[str, str]:
        """Return the request's results by their names."""


class Events(Protocol):
    """The topic on which job outcomes are announced."""

    def publish(self, events: Sequence[Envelope]) -> None:
        """Announce the events, at least once each. A lost answer may have announced them: ids tell copies apart."""


class Webhook(Protocol):
    """Where people are told at once, beside the log: a chat channel, or a paging service."""

    def post(self, setting: str, alert: Alert, at: datetime) -> None:
        """Send one alert to the address that the setting of this name holds; equal keys mean the same alert."""


class Quarantine(Protocol):
    """What was set aside, for an operator to see and to send again."""

    def put(self, entry: SetAside) -> None:
        """Keep the entry. The same words from the same source are one entry."""

    def entries(self) -> dict[str, SetAside]:
        """Return all entries by their key, oldest first."""

    def drop(self, key: str) -> None:
        """Remove an entry that was dealt with, if it is there."""

    def given_up(self, keep: Callable[[str], None], most: int) -> int:
        """Hand up to `most` dead letters of Event Grid to `keep`, and remove each once it is kept; return how many."""


class Queues(Protocol):
    """Messages for later."""

    def send(self, queue: str, body: str, delay_seconds: float = 0.0) -> None:
        """Add a message that is seen after the delay. A lost answer may have been taken: receivers bear copies."""

    def empty(self, queue: str, keep: Callable[[str], None], most: int) -> int:
        """Hand up to `most` messages of a queue that nobody reads to `keep`, and remove each once it is kept.

        Return how many; 0 where the queue is not there.
        """


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside, in one value. `switches` are the capabilities that may write; `wait` takes seconds.

    `now` is for who must know how long it has been at work; decisions are made with the instant that a run was given.
    """

    vaults: Vaults
    fleet: Fleet
    load: Load
    monitoring: Monitoring
    restores: Restores
    restore_accounts: RestoreAccounts
    ledger: Ledger
    plans: PlanStore
    policies: PolicyStore
    reports: ReportStore
    results: ResultStore
    queues: Queues
    events: Events
    webhook: Webhook
    quarantine: Quarantine
    switches: frozenset[str]
    wait: Callable[[float], None]
    now: Callable[[], datetime]
