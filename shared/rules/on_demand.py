"""How long is a backup kept that stands in for a missed run? As long as that run would have been."""

from datetime import datetime, timedelta

from shared.model.azure import BackupPolicy, TaggedRetention
from shared.model.on_demand import LONGEST_KEPT
from shared.rules.tagged_days import first_tagged_day

LEAST_DAYS = 7
"""Where the policy says nothing that is understood: the shortest daily retention that Azure allows."""
_DAYS = {"Days": 1, "Weeks": 7, "Months": 31, "Years": 366}
"""Long months and years: a point that is kept a day too long harms nobody."""


def keep_until(policy: BackupPolicy | None, missed: datetime, now: datetime) -> datetime:
    """Return the UTC instant until which a backup made `now` is kept, for a run that was due at `missed`.

    A point on demand carries no weekly, monthly or yearly tag, so the longest class that the run would have carried
    becomes its expiry.
    """
    if policy is None:
        return now + timedelta(days=LEAST_DAYS)
    retention = policy.retention
    tagged = (retention.weekly, retention.monthly, retention.yearly)
    days = [retention.daily_days or LEAST_DAYS, *(_days(one, missed) for one in tagged if one is not None)]
    return now + min(timedelta(days=max(days)), LONGEST_KEPT)


def _days(kept: TaggedRetention, missed: datetime) -> int:
    carries = first_tagged_day(kept.when, missed.date()) == missed.date()
    return kept.count * _DAYS.get(kept.unit, 0) if carries else 0
