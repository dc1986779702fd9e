"""Where do plans, policies, reports and results stay without storage? In memory, as the texts they are."""

from datetime import date

from shared.cloud.result_store import folder_of, safe
from shared.errors import Permanent
from shared.messages.plans import plan_from_json, plan_to_json
from shared.model.plan import Plan


class MemoryPlans:
    """Plans go through their document form and back, once, so that one which cannot be stored is found out here too."""

    def __init__(self) -> None:
        self._nights: dict[date, Plan] = {}
        self._latest: Plan | None = None

    def copy(self) -> "MemoryPlans":
        """Return a store of its own that holds the same."""
        other = MemoryPlans()
        other._nights, other._latest = dict(self._nights), self._latest
        return other

    def save(self, plan: Plan) -> None:
        """Store the plan under its night, and as the newest."""
        self._latest = self._nights[plan.night] = plan_from_json(plan_to_json(plan))

    def latest(self) -> Plan | None:
        """Return the newest plan, or None."""
        return self._latest


class MemoryPolicies:
    """The published fleet.yaml and the last good one."""

    def __init__(self) -> None:
        self._current: str | None = None
        self._last_good: str | None = None

    def copy(self) -> "MemoryPolicies":
        """Return a store of its own that holds the same."""
        other = MemoryPolicies()
        other._current, other._last_good = self._current, self._last_good
        return other

    def current(self) -> str | None:
        """Return the published document, or None."""
        return self._current

    def last_good(self) -> str | None:
        """Return the newest document that was marked good, or None."""
        return self._last_good

    def publish(self, text: str) -> None:
        """Publish a document that was validated."""
        self._current = text

    def mark_good(self, text: str) -> None:
        """Remember the document as one that was read without errors."""
        self._last_good = text


class MemoryReports:
    """Reports by night."""

    def __init__(self) -> None:
        self._nights: dict[date, tuple[str, str]] = {}
        self._latest: dict[str, str | None] = {"html": None, "json": None}

    def copy(self) -> "MemoryReports":
        """Return a store of its own that holds the same."""
        other = MemoryReports()
        other._nights, other._latest = dict(self._nights), dict(self._latest)
        return other

    def save(self, night: date, html: str, data: str) -> None:
        """Store the report under its night, and as the newest."""
        self._nights[night] = (html, data)
        self._latest = {"html": html, "json": data}

    def latest(self, kind: str) -> str | None:
        """Return the newest report as "html" or "json", or None."""
        if kind not in self._latest:
            raise Permanent(f"report kind {kind!r}: expected html or json")
        return self._latest[kind]


class MemoryResults:
    """Results by request and name."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def copy(self) -> "MemoryResults":
        """Return a store of its own that holds the same."""
        other = MemoryResults()
        other._texts = dict(self._texts)
        return other

    def save(self, request_id: str, name: str, data: str) -> None:
        """Store the result over whatever is there."""
        self._texts[f"{folder_of(request_id)}{safe(name)}"] = data

    def of(self, request_id: str) -> dict[str, str]:
        """Return the request's results by their names."""
        folder = folder_of(request_id)
        return {path.removeprefix(folder): text for path, text in self._texts.items() if path.startswith(folder)}
