"""What does the pretend Azure Monitor hold? Alert rules, action groups, and test notifications on their way."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

TAKES = timedelta(seconds=20)
"""How long a test notification is on its way."""


@dataclass(slots=True)
class AlertRule:
    """A scheduled query rule; `groups` are the ids of the action groups that it calls."""

    id: str
    groups: list[str] = field(default_factory=list)
    enabled: bool = True


@dataclass(slots=True)
class ActionGroup:
    """An action group; `emails` are its receivers by name, `silent` those who have unsubscribed."""

    id: str
    emails: dict[str, str] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    enabled: bool = True


@dataclass(slots=True)
class Notification:
    """A test notification: of which action group, since when, and to whom as (name, way) pairs."""

    id: str
    group_id: str
    started_at: datetime
    receivers: list[tuple[str, str]]

    def complete(self, now: datetime) -> bool:
        """Return whether it has arrived by now."""
        return now >= self.started_at + TAKES


@dataclass(slots=True)
class Monitor:
    """Rules and groups by lower-cased id, notifications by their ids. Add and change them as a person would."""

    rules: dict[str, AlertRule] = field(default_factory=dict)
    groups: dict[str, ActionGroup] = field(default_factory=dict)
    notifications: dict[str, Notification] = field(default_factory=dict)

    def add_rule(self, rule: AlertRule) -> AlertRule:
        """Keep the rule."""
        self.rules[rule.id.lower()] = rule
        return rule

    def add_group(self, group: ActionGroup) -> ActionGroup:
        """Keep the group."""
        self.groups[group.id.lower()] = group
        return group

    def notify(self, notification: Notification) -> Notification:
        """Send a test notification."""
        self.notifications[notification.id.lower()] = notification
        return notification
