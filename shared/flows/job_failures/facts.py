"""What is known of failed backups? Facts as rows of the ledger, folded into one history."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

from shared.errors import BadMessage
from shared.messages.facts import fact_from_json, fact_key, fact_to_json
from shared.model.azure import Job
from shared.model.failures import Fact, History, Incident, State
from shared.ports import Ledger
from shared.rules.incidents import fold, forget, incidents
from shared.rules.job_outcomes import COMPLETED
from shared.telemetry import Event, tell

FACTS = "facts"
KEPT = timedelta(days=14)
"""How long what is over is remembered: for the report, and for a look that comes late."""


@dataclass(frozen=True)
class Known:
    """All facts, and the incidents that they make, which are read off them when they are first asked for."""

    history: History

    @cached_property
    def incidents(self) -> tuple[Incident, ...]:
        """Every incident of the history."""
        return incidents(self.history)

    @cached_property
    def ailing(self) -> frozenset[str]:
        """The VMs that something is open for."""
        return frozenset(one.vm_id for one in self.incidents if one.state is not State.RESOLVED)

    @cached_property
    def ids(self) -> frozenset[str]:
        """What names the failures, and the jobs of the successes, that are known."""
        names = [failure.id for failure in self.history.failures]
        return frozenset([*names, *(success.job_id for success in self.history.successes)])

    @cached_property
    def jobs(self) -> frozenset[str]:
        """The names of the jobs whose failures and successes are known."""
        failed, good = self.history.failures, self.history.successes
        return frozenset([*(one.job_id for one in failed), *(one.job_id for one in good)])

    def is_news(self, job: Job) -> bool:
        """Return whether a job may say something new: it went wrong, or a VM that something is open for is well."""
        if job.running or job.name in self.jobs:
            return False
        return job.status.lower() != COMPLETED or job.vm_name.lower() in self._ailing_names

    @cached_property
    def _ailing_names(self) -> frozenset[str]:
        return frozenset(vm_id.rpartition("/")[2] for vm_id in self.ailing)


def known(ledger: Ledger) -> Known:
    """Return all that is known. A row that cannot be read is an alert, and left where it is."""
    rows = ledger.rows(FACTS)
    found, unreadable = _read(tuple([row["json"] for row in rows.values()]))
    keys = list(rows) if unreadable else []
    for place, text in unreadable:
        tell(Event.ALERT, code="fact-unreadable", subject=keys[place], text=text)
    return found


def history(ledger: Ledger) -> History:
    """Return all facts that are known."""
    return known(ledger).history


def add(ledger: Ledger, before: History, happened: Iterable[Fact]) -> History:
    """Return the history with what happened added, and write what is new in it."""
    after = fold(before, happened)
    if after is not before:
        held = set(_facts(before))
        for fact in _facts(after):
            if fact not in held:
                ledger.write(FACTS, fact_key(fact), {"json": fact_to_json(fact)})
    return after


def forget_old(ledger: Ledger, now: datetime) -> int:
    """Drop what was over two weeks ago; return how many facts."""
    everything = history(ledger)
    kept = set(_facts(forget(everything, now - KEPT)))
    old = [fact for fact in _facts(everything) if fact not in kept]
    for fact in old:
        ledger.drop(FACTS, fact_key(fact))
    return len(old)


@lru_cache(maxsize=2)
def _read(texts: tuple[str, ...]) -> tuple[Known, tuple[tuple[int, str], ...]]:
    """Read the facts of rows; also return the places of those that are unreadable, and why.

    They are asked for every five minutes, and change a few times a night.
    """
    found: list[Fact] = []
    unreadable = []
    for place, text in enumerate(texts):
        try:
            found.append(_fact(text))
        except BadMessage as problem:
            unreadable.append((place, str(problem)))
    return Known(fold(History(), found)), tuple(unreadable)


_fact = lru_cache(maxsize=4096)(fact_from_json)


def _facts(known: History) -> tuple[Fact, ...]:
    return (*known.failures, *known.successes, *known.attempts, *known.told)
