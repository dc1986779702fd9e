"""What did the app say? Every log record as one line of JSON on stderr, stamped with its invocation."""

import json
import logging
import sys
from datetime import datetime


class InvocationLog(logging.Formatter):
    """Writes records as JSON with the label and simulated start of the invocation that runs, if any."""

    def __init__(self) -> None:
        super().__init__()
        self._invocation: str | None = None
        self._at: datetime | None = None

    def begin(self, invocation: str, at: datetime) -> None:
        """Stamp the records from here on."""
        self._invocation, self._at = invocation, at

    def end(self) -> None:
        """Stamp no more."""
        self._invocation = self._at = None

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line: dict[str, object] = {
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "invocation": self._invocation,
            "at": self._at.isoformat() if self._at else None,
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        elif trace := getattr(record, "trace", None):
            line["trace"] = trace
        return json.dumps(line)


def log_to_stderr() -> InvocationLog:
    """Send all records of level INFO and above to stderr as JSON lines; of the Azure SDKs only warnings."""
    log = InvocationLog()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(log)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for talkative in ("azure", "uvicorn"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    return log
