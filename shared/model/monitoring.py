"""What does Azure Monitor know? Counts of backups, and the parts of the way on which people hear of alerts."""

from dataclasses import dataclass
from datetime import datetime

HEALTHY = "Healthy"


@dataclass(frozen=True, slots=True)
class HealthEvents:
    """How many backups of one source ended with one health within one hour, as the vault's metric counts them.

    `health` is Azure's own word: Healthy, Transient or Persistent Unhealthy (the service's errors) or Degraded (the
    user's). `workload` is the kind of source, `source` its id; "" where the metric does not say.
    """

    at: datetime
    health: str
    workload: str
    source: str
    count: int


@dataclass(frozen=True, slots=True)
class AlertPart:
    """An alert rule or an action group, and to whom it leads: action groups of a rule, receivers of a group."""

    id: str
    enabled: bool
    leads_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a test notification to one receiver, in Azure's words."""

    receiver: str
    way: str
    status: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Drill:
    """A test notification: its id ("" where Azure gave none), its state in Azure's words, and its receipts."""

    id: str
    state: str
    receipts: tuple[Receipt, ...] = ()
