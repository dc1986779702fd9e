"""What is known of failed backups? Facts as rows of the ledger, folded into one history."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.errors import BadMessage
from shared.messages.facts import fact_from_json, fact_key, fact_to_json
from shared.model.failures import Fact, History
from shared.ports import Ledger
from shared.rules.incidents import fold, forget
from shared.telemetry import Event, tell

FACTS = "facts"
KEPT = timedelta(days=14)
"""How long what is over is remembered: for the report, and for a look that comes late."""


def history(ledger: Ledger) -> History:
    """Return all that is known. A row that cannot be read is an alert, and left where it is."""
    facts: list[Fact] = []
    for key, row in ledger.rows(FACTS).items():
        try:
            facts.append(fact_from_json(row["json"]))
        except BadMessage as problem:
            tell(Event.ALERT, code="fact-unreadable", subject=key, text=str(problem))
    return fold(History(), facts)


def add(ledger: Ledger, known: History, happened: Iterable[Fact]) -> History:
    """Return the history with what happened added, and write what is new in it."""
    before, after = set(_facts(known)), fold(known, happened)
    for fact in _facts(after):
        if fact not in before:
            ledger.write(FACTS, fact_key(fact), {"json": fact_to_json(fact)})
    return after


def forget_old(ledger: Ledger, now: datetime) -> int:
    """Drop what was over two weeks ago; return how many facts."""
    known = history(ledger)
    kept = {fact_key(fact) for fact in _facts(forget(known, now - KEPT))}
    old = [fact for fact in _facts(known) if fact_key(fact) not in kept]
    for fact in old:
        ledger.drop(FACTS, fact_key(fact))
    return len(old)


def _facts(known: History) -> tuple[Fact, ...]:
    return (*known.failures, *known.successes, *known.attempts, *known.told)
