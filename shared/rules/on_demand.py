"""How long is a backup kept that stands in for a missed run? As long as that run would have been."""

import calendar
from datetime import datetime, timedelta

from shared.model.azure import BackupPolicy, TaggedRetention
from shared.model.on_demand import LONGEST_KEPT
from shared.rules.tagged_days import first_tagged_day

MOST_MONTHS = 12 * 100
"""Azure keeps nothing for a hundred years."""
LEAST_DAYS = 7
"""Where the policy says nothing that is understood: the shortest daily retention that Azure allows."""
_DAYS = {"Days": 1, "Weeks": 7}
_MONTHS = {"Months": 1, "Years": 12}


def keep_until(policy: BackupPolicy | None, missed: datetime, now: datetime) -> datetime:
    """Return the UTC instant until which a backup made `now` is kept, for a run that was due at `missed`.

    A point on demand carries no weekly, monthly or yearly tag, so the longest class that the run would have carried
    becomes its expiry.
    """
    if policy is None:
        return now + timedelta(days=LEAST_DAYS)
    retention = policy.retention
    tagged = (retention.weekly, retention.monthly, retention.yearly)
    carried = [one for one in tagged if one and first_tagged_day(one.when, missed.date()) == missed.date()]
    latest = max([now + timedelta(days=retention.daily_days or LEAST_DAYS), *(_end(one, now) for one in carried)])
    return min(latest, now + LONGEST_KEPT)


def _end(kept: TaggedRetention, now: datetime) -> datetime:
    """Return until when a point of now is kept, by months of the calendar; a day that a month lacks is its last."""
    months = now.month - 1 + min(kept.count * _MONTHS.get(kept.unit, 0), MOST_MONTHS)
    first = now.replace(year=now.year + months // 12, month=months % 12 + 1, day=1)
    day = min(now.day, calendar.monthrange(first.year, first.month)[1])
    return first.replace(day=day) + timedelta(days=kept.count * _DAYS.get(kept.unit, 0))
