"""May this call pass? ARM's token buckets and the provider's hourly limit per action, on the world's clock."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.world.limits import Limits

_HOUR = timedelta(hours=1)
_PROVIDER = "Microsoft.RecoveryServices/vaults/"
_UNCOUNTED = {f"{_PROVIDER}{what}/read" for what in ("operationStatus", "operationResults")} | {f"{_PROVIDER}read"}
"""Recorded reads of vaults themselves, and of the work on them, show no provider budget."""
_COUNTED_WRITE = f"{_PROVIDER}write"
"""The only write whose recordings show one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call passes; if not, the seconds to wait and the 429's code and message. `headers` say what is left."""

    headers: dict[str, str]
    wait: float = 0.0
    code: str = ""
    message: str = ""


@dataclass(slots=True)
class _Bucket:
    size: float
    refill: float
    tokens: float
    at: datetime

    def take(self, now: datetime) -> float:
        self.tokens = min(self.size, self.tokens + (now - self.at).total_seconds() * self.refill)
        self.at = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.refill
        self.tokens -= 1
        return 0.0


@dataclass(slots=True)
class Budgets:
    """The budgets of one principal."""

    limits: Limits
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)
    _windows: dict[tuple[str, str], tuple[datetime, int]] = field(default_factory=dict)

    def take(self, subscription: str, method: str, action: str, now: datetime) -> Verdict:
        """Spend one call on the subscription's bucket and, for what the provider counts, on the action's hour."""
        kind = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")
        bucket = self._bucket(subscription, kind, now)
        wait = bucket.take(now)
        headers = {f"x-ms-ratelimit-remaining-subscription-{kind}": str(int(bucket.tokens))}
        if wait:
            seconds = max(1, math.ceil(wait))
            message = (
                f"Number of '{kind[:-1]}' requests for subscription '{subscription}' exceeded. "
                f"Please try again after '{seconds}' seconds after additional tokens are available."
            )
            return Verdict(headers, seconds, "SubscriptionRequestsThrottled", message)
        reads = method == "GET" and action.startswith(_PROVIDER) and action not in _UNCOUNTED
        if reads or action == _COUNTED_WRITE:
            return self._hourly(subscription, action, now, headers)
        return Verdict(headers)

    def _bucket(self, subscription: str, kind: str, now: datetime) -> _Bucket:
        limits = self.limits
        if kind == "reads":
            size, refill = limits.subscription_reads, limits.subscription_reads_refill
        else:
            size, refill = limits.subscription_writes, limits.subscription_writes_refill
        return self._buckets.setdefault((subscription, kind), _Bucket(size, refill, size, now))

    def _hourly(self, subscription: str, action: str, now: datetime, headers: dict[str, str]) -> Verdict:
        limit = self.limits.provider_requests_by_action.get(action.lower(), self.limits.provider_requests_per_hour)
        key = (subscription, action.lower())
        began, taken = self._windows.get(key, (now, 0))
        if now - began >= _HOUR:
            began, taken = now, 0
        if taken >= limit:
            seconds = max(1, math.ceil((began + _HOUR - now).total_seconds()))
            message = (
                f"Number of requests for action '{action}' exceeded the limit of '{limit}' "
                f"for time interval '01:00:00'. Please try again after '{seconds}' seconds."
            )
            return Verdict(headers, seconds, "ResourceRequestsThrottled", message)
        self._windows[key] = (began, taken + 1)
        remaining = str(limit - taken - 1)
        return Verdict({**headers, "x-ms-ratelimit-remaining-subscription-resource-requests": remaining})
