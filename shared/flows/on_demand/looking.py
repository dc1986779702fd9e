"""What is true around a backup that is wanted? Its vault read anew, the jobs of others, and what became of its own."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.flows.job_failures.reading import HISTORY, jobs_of_items
from shared.flows.job_failures.respond import Scene
from shared.flows.look import vaults_in_scope
from shared.flows.on_demand.asking import standing
from shared.model.azure import Job
from shared.model.intent import FleetPolicy
from shared.model.on_demand import OnDemandBackup, Wanted
from shared.ports import Ports
from shared.rules.busy_times import Others, busy
from shared.rules.due_runs import CLOCKS_DIFFER
from shared.rules.job_outcomes import BACKUP
from shared.rules.retries import Context
from shared.rules.start_guards import Around


def around(ports: Ports, scene: Scene, wanted: Wanted, context: Context, now: datetime) -> Around:
    """Return what is true around the start: other vaults are asked about only where they can stand against it."""
    asked = tuple(standing(ports.ledger).values())
    mates = _mates(scene, wanted.vm_id, context.intent)
    jobs = dict(jobs_of_items(scene.reading))
    if mates or scene.vault.region in context.intent.region_ceilings:
        jobs |= _jobs_elsewhere(ports, scene, context.intent, now)
    until = now + timedelta(minutes=max(context.minutes, 1))
    return Around(
        wanted=wanted,
        vault=scene.vault,
        context=context,
        asked=asked,
        busy=busy(Others(jobs, scene.lines, asked), scene.regions, now, until),
        mates=mates,
    )


def began(ports: Ports, intent: FleetPolicy, one: OnDemandBackup, now: datetime) -> Job | None:
    """Return the job of what was sent, by the vault itself; None where none shows, or the vault is not there."""
    assert one.sent_at is not None
    vault = next((found for found in vaults_in_scope(ports, intent) if found.id == one.wanted.vault_id), None)
    if vault is None:
        return None
    since = one.sent_at - CLOCKS_DIFFER
    containers = {item.container for item in ports.vaults.items(vault) if item.vm_id == one.wanted.vm_id}
    others = {known.job_id for known in standing(ports.ledger).values() if known.wanted.key != one.wanted.key}
    found = [
        job
        for job in ports.vaults.jobs(vault, since, now)
        if job.container in containers
        and job.operation == BACKUP
        and job.user_triggered is not False
        and job.id not in others
    ]
    return min(found, key=lambda job: job.started_at, default=None)


def job_now(ports: Ports, one: OnDemandBackup) -> Job | None:
    """Return the job that was seen as it is now, by one question to Resource Graph; None where it does not show."""
    assert one.sent_at is not None
    subscription = one.wanted.vault_id.split("/")[2]
    listed = ports.fleet.jobs([subscription], one.sent_at - CLOCKS_DIFFER)
    return next((job for job in listed if job.id.lower() == one.job_id.lower()), None)


def _mates(scene: Scene, vm_id: str, intent: FleetPolicy) -> frozenset[str]:
    tag = intent.separation_tag or ""
    names = {vm.id: vm.tags.get(tag, "") for vm in scene.reading.vms}
    mine = names.get(vm_id, "")
    return frozenset(other for other, name in names.items() if mine and name == mine and other != vm_id)


def _jobs_elsewhere(ports: Ports, scene: Scene, intent: FleetPolicy, now: datetime) -> Mapping[str, tuple[Job, ...]]:
    """Return the jobs of other vaults' VMs, by Resource Graph."""
    subscriptions = intent.scope.subscriptions
    items = {(item.vault_id, item.container): item for item in ports.fleet.items(subscriptions)}
    found: defaultdict[str, list[Job]] = defaultdict(list)
    for job in ports.fleet.jobs(subscriptions, now - HISTORY):
        item = items.get((job.vault_id, job.container))
        if item is not None and job.vault_id != scene.vault.id:
            found[item.vm_id].append(job)
    return {vm_id: tuple(jobs) for vm_id, jobs in found.items()}
