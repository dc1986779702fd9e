"""How is Azure written to? Once, within the day's quotas, paused at any moment, and true only when re-read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from shared.errors import Permanent, Transient
from shared.flows.look import ENROLLED, ORIGINS, PLACEMENTS, POLICIES, SENT, VERIFIED, settle
from shared.flows.turns import Turn
from shared.model.azure import BackupPolicy, ProtectedItem, Vault, Vm
from shared.model.intent import FleetPolicy
from shared.model.night import ENROLMENT_STEP
from shared.model.observed import Observed
from shared.model.plan import Outcome, Step
from shared.ports import Ports
from shared.rules.drift import rise_in_place
from shared.rules.retention import losses
from shared.rules.scope import pause_on
from shared.rules.slot_policies import change_text, fingerprint

PAUSES = "pauses"
PATIENCE = 600.0
"""Seconds that all refusals together may hold up a tick, well inside the function's timeout of 30 minutes."""
SETTLE_SECONDS = 60.0
"""A configure job takes 2 to 30 s in recorded traffic; memberships are re-read after this."""
NIGHTLY = frozenset({"initial-backups"})
"""Quotas that count the fleet day; the others count Azure's UTC day."""
HALF_AN_HOUR = timedelta(minutes=30)
"""A tick belongs to the full hour next to it: twins that straddle the hour by a second are still twins."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Everything one tick needs to write: the ports, the intent, the tick's instant, and its turn.

    Without a turn it is a preview. `taken` are the subjects it took to write, `closed` says why a vault takes no more
    writes in this tick, `waits` are the seconds it has waited, `seen` the items of vaults as they were last re-read
    after sending, `ended` why its turn is over, `accepted` the subjects of writes that Azure took.
    """

    ports: Ports
    intent: FleetPolicy
    now: datetime
    turn: Turn | None = None
    taken: set[str] = field(default_factory=set)
    closed: dict[str, str] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    seen: dict[str, tuple[ProtectedItem, ...]] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)

    def over(self) -> str:
        """Return why this run may write no more, "" while it may; once it may not, it never may again."""
        if not self.ended and self.turn is not None and (why := self.turn.over()):
            self.ended.append(why)
        return self.ended[0] if self.ended else ""

    def wait(self, seconds: float | None) -> bool:
        """Wait what the service asks for; False, at once, where it did not say or patience does not reach."""
        if seconds is None or sum(self.waits) + seconds > PATIENCE:
            return False
        self.waits.append(seconds)
        self.ports.wait(seconds)
        return True

    def reread(self, vaults: Iterable[Vault]) -> tuple[ProtectedItem, ...]:
        """Let what was sent settle, read the vaults' items again, and mark what they show as verified."""
        self.ports.wait(SETTLE_SECONDS)
        fresh = {vault.id: tuple(self.ports.vaults.items(vault)) for vault in sorted(vaults, key=lambda one: one.id)}
        self.seen.update(fresh)
        items = tuple(item for listed in fresh.values() for item in listed)
        settle(self.ports.ledger, Observed((), (), items, ()), self.accepted)
        return items

    def takes(self, subject: str) -> bool:
        """Return whether this tick may write the VM or policy: in every hour one run may, and may send it again."""
        hour = self.now + HALF_AN_HOUR
        if subject not in self.taken and self.ports.ledger.spend(f"turns-{hour:%H}", subject, hour.date(), 1):
            self.taken.add(subject)
        return subject in self.taken


@dataclass(frozen=True, slots=True)
class Placement:
    """A membership write that was judged safe.

    `origin` is set for a rollback to a policy that is not ours; `migrates` where the policy type changes to
    Enhanced, which cannot be undone and backs the VM up in full.
    """

    vault: Vault
    item: ProtectedItem
    target: BackupPolicy
    reason: str
    origin: str = ""
    migrates: bool = False


@dataclass(frozen=True, slots=True)
class Protection:
    """A first protection that was judged right: the VM, the vault that takes it, and its slot policy."""

    vault: Vault
    vm: Vm
    target: BackupPolicy
    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: its step (UNVERIFIED until re-read), and whether the answer was `lost`."""

    step: Step
    lost: bool = False


def policy_step(writer: Writer, target: BackupPolicy, current: BackupPolicy | None, outcome: Outcome, why: str) -> Step:
    """Return the record of one intended policy write."""
    before = current.name if current else ""
    return Step(writer.now, "policy", target.id, outcome, why, before, change_text(current, target))


def write_policy(writer: Writer, vault: Vault, target: BackupPolicy, current: BackupPolicy | None, why: str) -> Sent:
    """Create or overwrite one slot policy; never with one that keeps less than what is there now."""
    step = policy_step(writer, target, current, Outcome.UNVERIFIED, why)
    if current is not None and (lost := losses(current, target)):
        return Sent(replace(step, outcome=Outcome.HELD, reason=f"would be shortened in place: {'; '.join(lost)}"))
    if current is not None and (why_not := rise_in_place(vault, current, target, writer.intent, writer.now.date())):
        return Sent(replace(step, outcome=Outcome.HELD, reason=why_not))
    limit = writer.intent.limits.policy_writes_per_vault_day
    if objection := _objection(writer, vault, target.id, {"policy-writes": limit}):
        return Sent(replace(step, outcome=Outcome.WAITING, reason=objection))
    previous = _last_seen(writer, POLICIES, target.id, "fingerprint")
    row = {"fingerprint": fingerprint(target), "previous": previous, "state": SENT, "at": writer.now.isoformat()}
    writer.ports.ledger.write(POLICIES, target.id, row)
    return _send(writer, vault, step, lambda: writer.ports.vaults.write_policy(vault, target))


def write_membership(writer: Writer, placement: Placement) -> Sent:
    """Move one VM. Where it came from is remembered before its first move."""
    item, target = placement.item, placement.target
    step = Step(
        writer.now, "membership", item.vm_id, Outcome.UNVERIFIED, placement.reason, item.policy_name, target.name
    )
    quotas = {"moves": writer.intent.limits.moves_per_vault_day}
    if placement.migrates:
        quotas["migrations"] = writer.intent.limits.migrations_per_vault_day
    if objection := _objection(writer, placement.vault, item.vm_id, quotas):
        return Sent(replace(step, outcome=Outcome.WAITING, reason=objection))
    ledger = writer.ports.ledger
    ledger.claim(
        ORIGINS, item.vm_id, {"policy": item.policy_id, "name": item.policy_name, "at": writer.now.isoformat()}
    )
    previous = _last_seen(writer, PLACEMENTS, item.vm_id, "policy")
    row = {"policy": target.id, "previous": previous, "state": SENT, "at": writer.now.isoformat()}
    row["from"] = item.policy_id
    ledger.write(PLACEMENTS, item.vm_id, row)
    call = partial(writer.ports.vaults.assign_policy, item, target, placement.origin)
    return _send(writer, placement.vault, step, call)


def write_protection(writer: Writer, one: Protection) -> Sent:
    """Put one VM under protection. Its policy is remembered, so that a later change by hand is seen."""
    step = Step(writer.now, ENROLMENT_STEP, one.vm.id, Outcome.UNVERIFIED, one.reason, "", one.target.name)
    limits = writer.intent.limits
    quotas = {"initial-backups": limits.initial_backups_per_night, "moves": limits.moves_per_vault_day}
    if objection := _objection(writer, one.vault, one.vm.id, quotas):
        return Sent(replace(step, outcome=Outcome.WAITING, reason=objection))
    row = {"policy": one.target.id, "previous": "", "state": SENT, "at": writer.now.isoformat(), "how": ENROLLED}
    writer.ports.ledger.write(PLACEMENTS, one.vm.id, row)
    call = partial(writer.ports.vaults.protect, one.vault, one.vm, one.target)
    return _send(writer, one.vault, step, call)


def _last_seen(writer: Writer, kind: str, key: str, field: str) -> str:
    """Return what a row last said that the world then showed; "" where nothing was."""
    row = writer.ports.ledger.read(kind, key) or {"state": VERIFIED, field: ""}
    return row[field] if row["state"] == VERIFIED else row["previous"]


def _objection(writer: Writer, vault: Vault, subject: str, quotas: Mapping[str, int]) -> str:
    """Return why the subject may not be written now; the quotas are spent when nothing else objects."""
    if over := writer.over():
        return over
    if paused := pause_on(writer.ports.ledger.rows(PAUSES), vault.name, writer.now):
        return paused
    if vault.id in writer.closed:
        return writer.closed[vault.id]
    if not writer.takes(subject):
        return "another run of this hour writes it"
    for quota, limit in sorted(quotas.items()):
        nightly = quota in NIGHTLY
        day = writer.intent.night_of(writer.now) if nightly else writer.now.date()
        if not writer.ports.ledger.spend(quota, vault.id, day, limit):
            return f"the {'night' if nightly else 'day'}'s {limit} {quota.replace('-', ' ')} of {vault.name} are spent"
    return ""


def _send(writer: Writer, vault: Vault, step: Step, call: Callable[[], None]) -> Sent:
    """Send once, if it is still this run's turn: it may have stood still since the quotas were spent.

    Only what the service refused at the door is sent again, after the wait it asked for.
    """
    if over := writer.over():
        return Sent(replace(step, outcome=Outcome.WAITING, reason=over))
    try:
        try:
            call()
        except Transient as error:
            if not error.refused or not writer.wait(error.retry_after):
                raise
            if paused := writer.over() or pause_on(writer.ports.ledger.rows(PAUSES), vault.name, writer.now):
                return Sent(replace(step, outcome=Outcome.WAITING, reason=paused))
            call()
    except Transient as error:
        if error.refused and error.retry_after is not None:
            writer.closed[vault.id] = f"{vault.name} takes no more writes in this tick: {error}"
        outcome = Outcome.WAITING if error.refused else Outcome.UNVERIFIED
        return Sent(replace(step, outcome=outcome, reason=f"{step.reason}; {error}"), lost=not error.refused)
    except Permanent as error:
        return Sent(replace(step, outcome=Outcome.FAILED, reason=f"refused: {error}"))
    writer.accepted.add(step.subject)
    return Sent(step)
