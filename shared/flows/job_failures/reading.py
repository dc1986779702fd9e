"""Which jobs are there, and what did they come to? One look at the jobs of some vaults, and at what explains them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.flows.job_failures.facts import Known
from shared.flows.job_failures.schedules import Schedule, seen
from shared.flows.look import vaults_in_scope
from shared.flows.on_demand.asking import standing
from shared.model.azure import BackupPolicy, Job, ProtectedItem, Vault, Vm
from shared.model.failures import Failure, Success
from shared.model.intent import FleetPolicy
from shared.ports import Ports
from shared.rules.job_outcomes import outcome
from shared.rules.overdue import Watched, judged_next, overdue
from shared.rules.watching import by_the_vaults, policies_by_the_vaults

HISTORY = timedelta(days=2)
"""How far back jobs are looked at: a first backup may take a day, and a run is given up after another."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The jobs of some vaults that started or ended since, and what explains them.

    Without `policies`, `vms` and since when policies start as they do, it cannot be told which runs are missing.
    """

    vaults: tuple[Vault, ...]
    jobs: tuple[Job, ...]
    items: tuple[ProtectedItem, ...]
    since: datetime
    policies: tuple[BackupPolicy, ...] = ()
    vms: tuple[Vm, ...] = ()
    schedules: Mapping[str, Schedule] = field(default_factory=dict)


def read_lately(ports: Ports, intent: FleetPolicy, known: Known, since: datetime) -> Reading:
    """Read what ended since, as far as it is news: one question to Resource Graph where nothing is.

    Raises Transient or Permanent.
    """
    subscriptions = intent.scope.subscriptions
    news = [job for job in ports.fleet.jobs(subscriptions, since) if known.is_news(job)]
    vaults = vaults_in_scope(ports, intent) if news else ()
    ours = {vault.id for vault in vaults}
    items = ports.fleet.items(subscriptions) if news else []
    return Reading(
        vaults=vaults,
        jobs=known_asked(ports, [job for job in news if job.vault_id in ours]) if news else (),
        items=tuple(item for item in items if item.vault_id in ours),
        since=since,
    )


def read_fleet(ports: Ports, intent: FleetPolicy, now: datetime) -> Reading:
    """Read all jobs of all vaults, and what tells which runs are missing. Raises Transient or Permanent.

    The vaults themselves are asked where the service has reads enough for that, else Resource Graph.
    """
    vaults, since = vaults_in_scope(ports, intent), now - HISTORY
    subscriptions = sorted({vault.subscription for vault in vaults})
    ours = {vault.id for vault in vaults}
    items = tuple(item for item in ports.fleet.items(subscriptions) if item.vault_id in ours)
    vms = Counter(item.vault_id for item in items)
    said = [left for one in subscriptions if (left := ports.vaults.job_reads_left(one)) is not None]
    if by_the_vaults([vms[one] for one in ours], HISTORY / timedelta(days=1), min(said, default=None)):
        listed = [job for vault in vaults for job in ports.vaults.jobs(vault, since, now)]
    else:
        listed = [job for job in ports.fleet.jobs(subscriptions, since) if job.vault_id in ours]
    return _explained(ports, Reading(vaults, known_asked(ports, listed), items, since), now)


def read_vault(ports: Ports, vault: Vault, now: datetime) -> Reading:
    """Read one vault itself: the truth, before anything is answered. Raises Transient or Permanent."""
    since = now - HISTORY
    jobs, items = ports.vaults.jobs(vault, since, now), ports.vaults.items(vault)
    return _explained(ports, Reading((vault,), known_asked(ports, jobs), tuple(items), since), now)


def known_asked(ports: Ports, jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Return the jobs, those that we started said to be asked for: lists do not tell them from scheduled ones."""
    ours = {one.job_id.lower() for one in standing(ports.ledger).values() if one.job_id}
    return tuple(replace(job, user_triggered=True) if job.id.lower() in ours else job for job in jobs)


def outcomes(reading: Reading) -> tuple[Failure | Success, ...]:
    """Return what each ended job came to."""
    items = {(item.vault_id, item.container): item for item in reading.items}
    policies = {policy.id: policy for policy in reading.policies}
    found = []
    for job in reading.jobs:
        item = items.get((job.vault_id, job.container))
        found.append(outcome(job, item, policies.get(item.policy_id) if item else None))
    return tuple(one for one in found if one is not None)


def missing_runs(reading: Reading, now: datetime) -> tuple[Failure, ...]:
    """Return the scheduled runs that did not come."""
    policies, there = {policy.id: policy for policy in reading.policies}, {vm.id for vm in reading.vms}
    jobs = jobs_of_items(reading)
    watched = []
    for item in reading.items:
        schedule = reading.schedules.get(item.policy_id)
        watched.append(
            Watched(
                item=item,
                policy=policies.get(item.policy_id),
                jobs=jobs.get(item.vm_id, ()),
                jobs_since=reading.since,
                vm_exists=item.vm_id in there,
                changed_at=schedule.since if schedule and schedule.changed else None,
                same_since=schedule.since if schedule else None,
            )
        )
    return overdue(watched, now)


def jobs_of_items(reading: Reading) -> Mapping[str, tuple[Job, ...]]:
    """Return each item's jobs, by the id of its VM."""
    items = {(item.vault_id, item.container): item for item in reading.items}
    found: defaultdict[str, list[Job]] = defaultdict(list)
    for job in reading.jobs:
        if item := items.get((job.vault_id, job.container)):
            found[item.vm_id].append(job)
    return {vm_id: tuple(jobs) for vm_id, jobs in found.items()}


def runs_judged_next(reading: Reading, now: datetime) -> datetime:
    """Return when it is next to be told which runs are missing."""
    used = {item.policy_id for item in reading.items}
    return judged_next((policy for policy in reading.policies if policy.id in used), now)


def _explained(ports: Ports, reading: Reading, now: datetime) -> Reading:
    """Return the reading with all by which it can be told which runs are missing."""
    vaults, ours = reading.vaults, {vault.id for vault in reading.vaults}
    subscriptions = sorted({vault.subscription for vault in vaults})
    if policies_by_the_vaults(len(vaults)):
        policies = [policy for vault in vaults for policy in ports.vaults.policies(vault)]
    else:
        policies = [policy for policy in ports.fleet.policies(subscriptions) if policy.vault_id in ours]
    vms = ports.fleet.vms(subscriptions)
    schedules = seen(ports.ledger, policies, now)
    return replace(reading, policies=tuple(policies), vms=tuple(vms), schedules=schedules)
