"""What went wrong in a night, and what became of it? The values that the report's section of failures is made of."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.model.events import SetAside
from shared.model.failures import Incident, Told
from shared.model.plan import Finding


class Ending(StrEnum):
    """Where an incident stands when it is looked at, the worst first.

    A retry repairs; what a scheduled backup, or one that somebody asked for, made up for is resolved.
    """

    NEEDS_HUMAN = "needs a human"
    OPEN = "open"
    REPAIRED = "repaired"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ailment:
    """One incident, where it stands, and what people were told of it, in time order."""

    incident: Incident
    ending: Ending
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """Incidents that are told as one: a single one, or a storm of many VMs in one vault with one cause in one night.

    `to_do` is what a person does about it, in this order; () where no person is needed.
    """

    ailments: tuple[Ailment, ...]
    to_do: tuple[str, ...] = ()

    @property
    def ending(self) -> Ending:
        """The worst ending among its incidents."""
        return min((one.ending for one in self.ailments), key=list(Ending).index)

    @property
    def is_storm(self) -> bool:
        """Whether it stands for several VMs."""
        return len(self.ailments) > 1


@dataclass(frozen=True, slots=True)
class Tampering:
    """What somebody weakened, and was told at once: the resource's id, and who it was ("": nobody is named)."""

    at: datetime
    subject: str
    what: str
    actor: str


@dataclass(frozen=True, slots=True)
class Watching:
    """How steadily jobs were watched: when last, how often it should be, and the times between looks that were longer.

    `last_at` is None where nobody has looked yet; then nothing is known of failures. The last gap may be open: it
    ends when the report is made.
    """

    last_at: datetime | None = None
    every: timedelta = timedelta(minutes=5)
    gaps: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def longest(self) -> tuple[datetime, datetime] | None:
        """The longest gap, None where there is none."""
        return max(self.gaps, key=lambda gap: gap[1] - gap[0], default=None)

    @property
    def missed(self) -> int:
        """How many looks fell out."""
        return sum(round((until - since) / self.every) - 1 for since, until in self.gaps)


@dataclass(frozen=True, slots=True)
class AlertPath:
    """Whether the way to people was found open: when it was checked (None: not yet), what was wrong, and the canary.

    `canary_at` is when the night's canary was sent, None where none was.
    """

    checked_at: datetime | None = None
    findings: tuple[Finding, ...] = ()
    canary_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What went wrong since the instant `since`, or before it and is still open, the worst first.

    `set_aside` holds whatever is set aside at all, oldest first.
    """

    since: datetime | None = None
    matters: tuple[Matter, ...] = ()
    tampered: tuple[Tampering, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    watching: Watching = field(default_factory=Watching)
    alert_path: AlertPath = field(default_factory=AlertPath)
