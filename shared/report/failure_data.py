"""What does a program read of what went wrong? Matters, tampering, what was set aside and the looks, as JSON values."""

from dataclasses import asdict
from typing import Any

from shared.model.aftermath import Aftermath, Ailment, Matter, Watching
from shared.model.failures import Attempt, Failure
from shared.report.failure_figures import failure_figures, set_aside_figures


def failure_data(aftermath: Aftermath) -> dict[str, Any]:
    """Return the report's "failures".

    The keys are the numbers of `FailureFigures` under "figures", "since", and lists: "matters" (as `matter_data`),
    "tampered" (`at`, `subject`, `what`, `actor`), "set_aside" by source, without the words themselves
    (`source`, `count`, `newest_at`, `reasons`), "watching" (`last_at`, `every_minutes`, `gaps` of two instants) and
    "alert_path" (`checked_at`, `canary_at`, `findings`).
    """
    return {
        "since": aftermath.since,
        "figures": asdict(failure_figures(aftermath)),
        "matters": [matter_data(matter) for matter in aftermath.matters],
        "tampered": [asdict(one) for one in aftermath.tampered],
        "set_aside": [asdict(one) for one in set_aside_figures(aftermath.set_aside)],
        "watching": _watching(aftermath.watching),
        "alert_path": asdict(aftermath.alert_path),
    }


def matter_data(matter: Matter) -> dict[str, Any]:
    """Return one matter: its cause, ending and remedy once, and each VM's incident under "incidents"."""
    first = matter.ailments[0].incident
    return {
        "vault_id": first.vault_id,
        "family": first.family,
        "code": first.code,
        "says": first.says,
        "ending": matter.ending,
        "storm": matter.is_storm,
        "to_do": matter.to_do,
        "incidents": [_ailment(one) for one in matter.ailments],
    }


def _ailment(ailment: Ailment) -> dict[str, Any]:
    incident = ailment.incident
    return {
        "vm_id": incident.vm_id,
        "vm": incident.vm_name,
        "state": incident.state,
        "ending": ailment.ending,
        "severity": incident.severity.name.lower(),
        "opened_at": incident.opened_at,
        "last_seen_at": incident.last_seen_at,
        "resolved_at": incident.resolved_at,
        "failures": [_failure(failure) for failure in incident.failures],
        "attempts": [_attempt(attempt) for attempt in incident.attempts],
        "told": [{"at": one.at, "state": one.state, "alert_key": one.alert_key} for one in ailment.told],
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "id": failure.id,
        "kind": failure.kind,
        "job_id": failure.job_id,
        "scheduled_for": failure.scheduled_for,
        "started_at": failure.started_at,
        "ended_at": failure.ended_at,
        "number": failure.code,
        "error": failure.name,
        "text": failure.text,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": attempt.at,
        "response": attempt.response,
        "reason": attempt.reason,
        "retry_at": attempt.retry_at,
        "needs_human": attempt.needs_human,
    }


def _watching(watching: Watching) -> dict[str, Any]:
    return {
        "last_at": watching.last_at,
        "every_minutes": watching.every.total_seconds() / 60,
        "gaps": [list(gap) for gap in watching.gaps],
    }
