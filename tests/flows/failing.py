"""How do backups fail on the flows' stage? A VM's run of a night is made to fail, and messages are followed."""

from datetime import timedelta

from local.memory.queues import MemoryQueues
from local.memory.told import MemoryEvents, MemoryQuarantine, MemoryWebhook
from local.world.state import Job
from shared.flows.job_failures import facts, outbox, respond
from shared.flows.job_failures.watch import Watch, watch
from shared.flows.on_demand import start
from shared.messages.jobs import triage_from_event, triage_to_json
from shared.model.azure import Vault
from shared.model.failures import Alert, Incident
from shared.rules.incidents import incidents
from tests.flows.stage import SUBSCRIPTION, Stage, stage

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ALERTS = ("tiers:", "alerts: {group_window: 10m, webhook: INBOX}\ntiers:")


def failing(vms: int = 3, vaults: int = 1, switches: tuple[str, ...] = ("backup",)) -> Stage:
    """Return a stage on which retries may be started, and alerts are posted."""
    night = stage(vms=vms, vaults=vaults, switches=switches)
    night.with_text(ALERTS, ("window: night\n", "window: night\n    retry_outside_window: true\n"))
    return night


def fail(night: Stage, name: str = "vm-0", title: str = "CloudInternalError") -> Job:
    """Let the VM's next scheduled run fail, and time pass until it has ended and shows."""
    item = night.item(name)
    item.policy_id = night.policy(item.policy_id.rsplit("/", 1)[-1], night.world.vaults[item.vault_id].name).id
    while (job := running(night, name)) is None:
        night.world.advance(5 * MINUTE)
    job.error = title
    while job.status == "InProgress":
        night.world.advance(5 * MINUTE)
    night.world.advance(6 * MINUTE)
    return job


def running(night: Stage, name: str) -> Job | None:
    """Return the VM's running job."""
    job_id = night.world.running.get(night.item(name).id.lower())
    return night.world.jobs[job_id] if job_id else None


def look(night: Stage) -> Watch:
    """Let the watcher run once."""
    return watch(night.ports, night.intent, night.world.now)


def deliver(night: Stage) -> int:
    """Hand every event that was published to triage, as the topic and its handler would; return how many."""
    events = night.ports.events
    assert isinstance(events, MemoryEvents)
    for event in events.published:
        night.ports.queues.send(outbox.TRIAGE, triage_to_json(triage_from_event(event)))
    count = len(events.published)
    events.published.clear()
    return count


def work(night: Stage, until: timedelta = timedelta()) -> int:
    """Run every message that is due by then; return how many."""
    queues, end, count = night.ports.queues, night.world.now + until, 0
    assert isinstance(queues, MemoryQueues)
    receivers = {outbox.TRIAGE: respond.receive, respond.BACKUPS: start.receive}
    while (due := queues.due()) is not None and due <= end:
        night.world.advance_to(max(due, night.world.now))
        message = queues.take()
        assert message is not None
        receivers[message.queue](night.ports, night.intent, message.body, night.world.now)
        count += 1
    night.world.advance_to(end)
    return count


def all_incidents(night: Stage) -> tuple[Incident, ...]:
    """Return the incidents that are known."""
    return incidents(facts.history(night.ports.ledger))


def inbox(night: Stage) -> list[Alert]:
    """Return what was posted."""
    assert isinstance(night.ports.webhook, MemoryWebhook)
    return [alert for alert, _ in night.ports.webhook.posted]


def set_aside(night: Stage) -> list[tuple[str, str]]:
    """Return source and reasons of what was set aside."""
    assert isinstance(night.ports.quarantine, MemoryQuarantine)
    return [(entry.source, "; ".join(entry.reasons)) for entry in night.ports.quarantine.entries().values()]


def vault(night: Stage) -> Vault:
    """Return the first vault."""
    return night.ports.vaults.vaults(SUBSCRIPTION)[0]
