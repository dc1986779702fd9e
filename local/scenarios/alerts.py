"""Which alerts were raised? The app's own log lines, heard while a story is told."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from shared.telemetry import Event


class Alerts(logging.Handler):
    """Keeps the code and the text of each alert, in order."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.raised: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line where it is an alert."""
        event, _, fields = record.getMessage().partition(" ")
        if event == Event.ALERT.value:
            alert = json.loads(fields)
            self.raised.append((alert["code"], alert["text"]))

    def texts(self, code: str) -> list[str]:
        """Return the texts of the alerts of one kind."""
        return [text for raised, text in self.raised if raised == code]


@contextmanager
def heard() -> Iterator[Alerts]:
    """Hear the app's alerts; they are printed nowhere meanwhile."""
    log, alerts = logging.getLogger("nightshift"), Alerts()
    level, propagated = log.level, log.propagate
    log.addHandler(alerts)
    log.setLevel(logging.ERROR)
    log.propagate = False
    try:
        yield alerts
    finally:
        log.removeHandler(alerts)
        log.setLevel(level)
        log.propagate = propagated
