"""What does the pretend Azure Monitor know? The Monitoring port over the world's jobs, rules and action groups."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from local.world import World, runs
from local.world.health import WORKLOAD, health_events
from local.world.monitor import Notification
from shared.errors import Permanent
from shared.model.azure import Vault
from shared.model.monitoring import AlertPart, Drill, HealthEvents, Receipt

_HOUR = timedelta(hours=1)


class MemoryMonitoring:
    """Reads the world as it is now; `fault` is told each call before it happens."""

    def __init__(self, world: World, fault: Callable[[str], None]) -> None:
        self._world = world
        self._fault = fault

    def health(self, vault: Vault, since: datetime, until: datetime) -> list[HealthEvents]:
        """Count the vault's ended backups by hour, health and source in [since, until)."""
        self._fault("monitoring.health")
        counts = Counter(
            (since + (event.at - since) // _HOUR * _HOUR, event.health, event.vm_id)
            for event in health_events(self._world, vault.id, since, until)
        )
        return [HealthEvents(at, health, WORKLOAD, source, count) for (at, health, source), count in counts.items()]

    def rule(self, rule_id: str) -> AlertPart | None:
        """Return the alert rule; None where it is not there."""
        self._fault("monitoring.rule")
        found = self._world.monitor.rules.get(rule_id.lower())
        return AlertPart(rule_id, found.enabled, tuple(found.groups)) if found else None

    def action_group(self, group_id: str) -> AlertPart | None:
        """Return the action group without who has unsubscribed; None where it is not there."""
        self._fault("monitoring.action_group")
        found = self._world.monitor.groups.get(group_id.lower())
        return AlertPart(group_id, found.enabled, self._heard(group_id)) if found else None

    def drill(self, group_id: str) -> Drill:
        """Send a test notification to the group's receivers."""
        self._fault("monitoring.drill")
        name, heard = group_id.rpartition("/")[2], self._heard(group_id)
        if group_id.lower() not in self._world.monitor.groups:
            raise Permanent(f"action group {name} is not there", "ResourceNotFound")
        if not heard:
            raise Permanent(f"action group {name} has no receiver that reaches people", "NobodyToTell")
        monitor = self._world.monitor
        number = runs.guid(self._world.seed, "notification", len(monitor.notifications))
        receivers = [(one, "Email") for one in heard]
        monitor.notify(Notification(number, group_id.lower(), self._world.now, receivers))
        self._fault("monitoring.drill.sent")
        return Drill(number, "")

    def drilled(self, group_id: str, drill_id: str) -> Drill:  # noqa: ARG002 ids are unique here
        """Return how far a test notification has come."""
        self._fault("monitoring.drilled")
        found = self._world.monitor.notifications[drill_id.lower()]
        arrived = found.complete(self._world.now)
        status = "Completed" if arrived else "InProgress"
        receipts = tuple(Receipt(name, way, status) for name, way in found.receivers)
        return Drill(drill_id, "Complete" if arrived else "InProgress", receipts)

    def _heard(self, group_id: str) -> tuple[str, ...]:
        found = self._world.monitor.groups.get(group_id.lower())
        return tuple(name for name in found.emails if name not in found.silent) if found else ()
