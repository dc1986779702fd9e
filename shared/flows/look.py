"""What is true right now? One look at the vaults in scope, and what the ledger remembers of our writes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.errors import BadMessage, Permanent
from shared.flows.job_failures import facts
from shared.model.azure import BackupPolicy, Change, ProtectedItem, Vault, Vm
from shared.model.intent import FleetPolicy
from shared.model.load import LoadSeries
from shared.model.observed import Memory, Observed
from shared.model.plan import Finding, Plan
from shared.ports import Ledger, Ports
from shared.rules.bad_starts import bad_starts
from shared.rules.enrolment import unprotected
from shared.rules.load.days import HISTORY_DAYS
from shared.rules.memberships import judge
from shared.rules.scope import vault_in_scope
from shared.rules.slot_policies import fingerprint
from shared.telemetry import Event, tell

PLACEMENTS = "placements"
POLICIES = "policies"
ORIGINS = "origins"
DRIFT = "drift"
ROLLED_BACK = "rolledback"
BASELINE = "baseline"
SENT = "sent"
ACCEPTED = "accepted"
"""A write that Azure took, and whose effect has not been seen yet: what is seen next but what was there is later."""
VERIFIED = "verified"
ENROLLED = "enrolled"
"""How a VM came to its placement, where that was no move."""
CHANGES_BACK = timedelta(days=2)
"""How far back the activity log is asked who made a change; drift is found within a day."""


def newest_plan(ports: Ports) -> Plan | None:
    """Return the newest plan; one that cannot be read is as good as none, and an alert."""
    try:
        return ports.plans.latest()
    except BadMessage as problem:
        tell(Event.ALERT, code="plan-unreadable", subject="plans/latest", text=str(problem))
        return None


def vaults_in_scope(ports: Ports, intent: FleetPolicy) -> tuple[Vault, ...]:
    """List the vaults that the scope names, sorted by id."""
    found = [vault for sub in intent.scope.subscriptions for vault in ports.vaults.vaults(sub)]
    return tuple(sorted((v for v in found if vault_in_scope(v, intent.scope)), key=lambda vault: vault.id))


def look(ports: Ports, intent: FleetPolicy, vaults: Iterable[Vault]) -> Observed:
    """Read VMs, items and policies of `vaults`, and settle what earlier writes became.

    A vault that cannot be read for good is a finding: it does not keep the others from their night.
    """
    vms = tuple(ports.fleet.vms(intent.scope.subscriptions))
    contents: dict[Vault, tuple[list[ProtectedItem], list[BackupPolicy]]] = {}
    unreadable = []
    for vault in vaults:
        try:
            contents[vault] = ports.vaults.items(vault), ports.vaults.policies(vault)
        except Permanent as problem:
            unreadable.append(Finding("vault-unreadable", vault.id, f"{vault.name} could not be read: {problem}"))
    observed = Observed(
        vaults=tuple(contents),
        vms=vms,
        items=tuple(item for items, _ in contents.values() for item in items),
        policies=tuple(policy for _, policies in contents.values() for policy in policies),
        unreadable=tuple(unreadable),
    )
    settle(ports.ledger, observed)
    _forget_other_drift(ports.ledger, observed)
    return replace(observed, memory=remember(ports.ledger))


def look_with_history(ports: Ports, intent: FleetPolicy, now: datetime) -> Observed:
    """Look at everything that planning needs: jobs, load, the last plan, and who changed what drifted.

    Load that Azure Monitor refuses is a finding: its VMs are planned as before, by their tiers' windows. Where it does
    not answer, Transient is raised as for any other read: a plan without the load that was there yesterday would move
    VMs out of their quiet hours for nothing, and an hour later is early enough.
    """
    observed = look(ports, intent, vaults_in_scope(ports, intent))
    since = now - timedelta(days=intent.limits.job_history_days)
    jobs = tuple(job for vault in observed.vaults for job in ports.vaults.jobs(vault, since, now))
    changes = changes_behind(ports, observed, intent, now)
    load, refused = _load(ports, _planned_vms(observed, intent, now), now)
    failed = facts.history(ports.ledger)
    return replace(
        observed,
        jobs=jobs,
        changes=changes,
        load=load,
        previous=newest_plan(ports),
        unreadable=(*observed.unreadable, *refused),
        bad_starts=bad_starts(failed.failures, failed.attempts),
    )


def remember(ledger: Ledger) -> Memory:
    """Return what the ledger knows of our own writes that were verified."""
    return Memory(
        placements={key: seen for key, row in ledger.rows(PLACEMENTS).items() if (seen := _seen(row, "policy"))},
        written={key: seen for key, row in ledger.rows(POLICIES).items() if (seen := _seen(row, "fingerprint"))},
        drift_since={key: datetime.fromisoformat(row["since"]) for key, row in ledger.rows(DRIFT).items()},
        rolled_back={key: row["reason"] for key, row in ledger.rows(ROLLED_BACK).items()},
    )


def settle(ledger: Ledger, observed: Observed, accepted: Collection[str] = ()) -> None:
    """Mark writes that were sent, and that the world now shows, as verified.

    So are moves that Azure `accepted` (VM ids) where the world shows neither them nor what was there before: somebody
    has moved the VM since.
    """
    memberships = {item.vm_id: item.policy_id for item in observed.items}
    policies = {policy.id: fingerprint(policy) for policy in observed.policies}
    for kind, field, truth in ((PLACEMENTS, "policy", memberships), (POLICIES, "fingerprint", policies)):
        for key, row in ledger.rows(kind).items():
            taken = row["state"] == ACCEPTED or (row["state"] == SENT and key in accepted)
            if state := _became(row, truth.get(key), row[field], taken=taken):
                ledger.write(kind, key, {**row, "state": state})


def _became(row: Mapping[str, str], shown: str | None, meant: str, *, taken: bool) -> str:
    """Return the state that the row is in by what the world shows; "" where it stays as it is."""
    if row["state"] == VERIFIED or shown is None:
        return ""
    if shown == meant or (taken and shown != row.get("from", shown)):
        return VERIFIED
    return ACCEPTED if taken and row["state"] == SENT and "from" in row else ""


def _forget_other_drift(ledger: Ledger, observed: Observed) -> None:
    """Drop the reports of what is there no more: what a person changes once more is reported once more."""
    present = {policy.id: fingerprint(policy) for policy in observed.policies}
    for key, row in ledger.rows(DRIFT).items():
        if key in present and row.get("seen", present[key]) != present[key]:
            ledger.drop(DRIFT, key)


def changes_behind(ports: Ports, observed: Observed, intent: FleetPolicy, now: datetime) -> tuple[Change, ...]:
    """Ask the activity log who wrote what, only where something is not as we left it."""
    memory = observed.memory
    moved = any(memory.placements.get(item.vm_id, item.policy_id) != item.policy_id for item in observed.items)
    edited = any(
        memory.written.get(policy.id, line) != line
        for policy, line in ((policy, fingerprint(policy)) for policy in observed.policies)
    )
    if not moved and not edited:
        return ()
    return tuple(
        change for sub in intent.scope.subscriptions for change in ports.fleet.changes(sub, now - CHANGES_BACK, now)
    )


def _planned_vms(observed: Observed, intent: FleetPolicy, now: datetime) -> tuple[Vm, ...]:
    """Return the VMs that may be given a start: what the load of all others says changes nothing."""
    found = {one.vm.id: one.vm for one in judge(observed, intent, now.date()) if one.vm and not one.held}
    found |= {vm.id: vm for vm, _ in unprotected(observed, intent)}
    return tuple(found.values())


def _load(ports: Ports, vms: Sequence[Vm], now: datetime) -> tuple[Mapping[str, LoadSeries], tuple[Finding, ...]]:
    """Read the VMs' load at once; where that is refused each subscription by itself, so that it costs only its own."""
    until = now.replace(minute=0, second=0, microsecond=0)
    try:
        return ports.load.series(vms, until - timedelta(days=HISTORY_DAYS), until), ()
    except Permanent as problem:
        subscriptions = sorted({vm.subscription for vm in vms})
        if len(subscriptions) == 1:
            return {}, (_load_unreadable(subscriptions[0], len(vms), problem),)
    answers = [_load(ports, [vm for vm in vms if vm.subscription == one], now) for one in subscriptions]
    load = {vm_id: series for found, _ in answers for vm_id, series in found.items()}
    return load, tuple(finding for _, findings in answers for finding in findings)


def _load_unreadable(subscription: str, vms: int, problem: Permanent) -> Finding:
    text = (
        f"the load of {vms} VMs could not be read, so they are planned by their tiers' windows: {problem}; "
        "see that the app's role holds Microsoft.Insights/metrics/read on the whole subscription"
    )
    return Finding("load-unreadable", f"/subscriptions/{subscription}", text)


def _seen(row: Mapping[str, str], field: str) -> str:
    """Return what the row says that the world has shown: of a write that is under way, what it replaces ("" before)."""
    return row[field] if row["state"] == VERIFIED else row["previous"]
