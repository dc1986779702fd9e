"""What did we say, and under which name? Event names and the one way to log them."""

import json
import logging
from enum import StrEnum

_log = logging.getLogger("nightshift")


class Event(StrEnum):
    """Stable names that alert rules and queries match."""

    PLANNED = "nightshift.planned"
    ENFORCED = "nightshift.enforced"
    PROTECTION_CHECKED = "nightshift.protection.checked"
    CHECK_REJECTED = "nightshift.check.rejected"
    RETENTION_CHECKED = "nightshift.retention.checked"
    POINTS_CHECKED = "nightshift.points.checked"
    NIGHT_REVIEWED = "nightshift.night.reviewed"
    WATCHED = "nightshift.jobs.watched"
    ANSWERED = "nightshift.failures.answered"
    BACKUP_ASKED = "nightshift.backup.asked"
    BACKUPS_DUE = "nightshift.backups.due"
    RESTORE_ASKED = "nightshift.restore.asked"
    RESTORE_REJECTED = "nightshift.restore.rejected"
    RESTORE_MOVED = "nightshift.restore.moved"
    RESTORES_WATCHED = "nightshift.restores.watched"
    ALERT_PATH_CHECKED = "nightshift.alert_path.checked"
    SWEPT = "nightshift.swept"
    SET_ASIDE = "nightshift.set_aside"
    ALERT = "nightshift.alert"


def tell(event: Event, **fields: object) -> None:
    """Log one event as its name and one line of JSON, readable on every worker pipe."""
    level = logging.ERROR if event is Event.ALERT else logging.INFO
    _log.log(level, "%s %s", event.value, json.dumps(fields, default=str, sort_keys=True))
