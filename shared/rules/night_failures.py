"""What of the failures belongs into a morning report? Incidents with their endings, storms as one, and what is left."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime

from shared.model.aftermath import Aftermath, Ailment, Ending, Matter, Tampering
from shared.model.failures import Failure, History, Incident, Response, State, Success
from shared.model.intent import FleetPolicy
from shared.model.plan import Finding
from shared.rules.failure_alerts import storm
from shared.rules.failure_families import REMEDIES
from shared.rules.incidents import incidents
from shared.rules.slots import instant_text

type Chosen = Callable[[Incident], bool]


def is_open(incident: Incident) -> bool:
    """Return whether no backup has repaired it yet."""
    return incident.state is not State.RESOLVED


def touched_since(since: datetime) -> Chosen:
    """Return what chooses the incidents that are open, or to which anything happened at or after the UTC instant."""

    def chosen(incident: Incident) -> bool:
        moments = [incident.last_seen_at, incident.resolved_at, *(one.at for one in incident.attempts)]
        moments += [one.ended_at for one in incident.failures]
        moments += [incident.last_alert.at] if incident.last_alert else []
        return is_open(incident) or any(moment >= since for moment in moments if moment)

    return chosen


def matters(history: History, intent: FleetPolicy, retried: Collection[str], chosen: Chosen) -> tuple[Matter, ...]:
    """Return the chosen incidents of the history, storms as one, the worst first.

    `retried` are the ids of the jobs that retries started, as `Success.job_id`.
    """
    kin: defaultdict[tuple[str, str, date], list[Incident]] = defaultdict(list)
    for incident in filter(chosen, incidents(history)):
        kin[incident.vault_id, incident.cause, intent.night_of(_since(incident))].append(incident)
    found = []
    for group in kin.values():
        together = storm(group, intent.alerts, _since)
        grouped = {one.episodes for one in together}
        found += [_matter([one], history, retried) for one in group if one.episodes not in grouped]
        found += [_matter(together, history, retried)] if together else []
    return tuple(sorted(found, key=_worst_first))


def left_to_people(aftermath: Aftermath) -> tuple[Finding, ...]:
    """Return what only a person can settle.

    That is what keeps alerts from people, what was weakened, open matters, and what was set aside lately.
    """
    return (
        *aftermath.alert_path.findings,
        *(_tampered(one) for one in aftermath.tampered),
        *(_open(one) for one in aftermath.matters if one.ending is Ending.NEEDS_HUMAN),
        *_unheard(aftermath),
    )


def _since(incident: Incident) -> datetime:
    return incident.due_since


def _matter(kin: Iterable[Incident], history: History, retried: Collection[str]) -> Matter:
    ailments = tuple(_ailment(one, history, retried) for one in kin)
    wanted = any(one.ending is Ending.NEEDS_HUMAN for one in ailments)
    return Matter(ailments=ailments, to_do=REMEDIES[ailments[0].incident.family].runbook.steps if wanted else ())


def _ailment(incident: Incident, history: History, retried: Collection[str]) -> Ailment:
    told = tuple(one for one in history.told if one.episode in incident.episodes)
    return Ailment(incident=incident, ending=_ending(incident, history, retried), told=told)


def _ending(incident: Incident, history: History, retried: Collection[str]) -> Ending:
    if is_open(incident):
        return Ending.NEEDS_HUMAN if incident.needs_human else Ending.OPEN
    backups: tuple[Success | Failure, ...] = (*history.successes, *history.failures)
    repairs = {one.job_id for one in backups if (one.vm_id, one.started_at) == (incident.vm_id, incident.resolved_at)}
    return Ending.RESOLVED if repairs.isdisjoint(retried) else Ending.REPAIRED


def _worst_first(matter: Matter) -> tuple[int, int, int, str]:
    severity = min(one.incident.severity for one in matter.ailments)
    return list(Ending).index(matter.ending), severity, -len(matter.ailments), matter.ailments[0].incident.key


def _open(matter: Matter) -> Finding:
    wanted = [one.incident for one in matter.ailments if one.ending is Ending.NEEDS_HUMAN]
    first = wanted[0]
    vault = first.vault_id.rpartition("/")[2]
    name = f"{len(wanted)} VMs in {vault}" if matter.is_storm else first.vm_name or first.vm_id
    tries = sum(attempt.response is Response.RETRY for one in wanted for attempt in one.attempts)
    tried = (
        f"started again {'once' if tries == 1 else f'{tries} times'}, without success" if tries else "not started again"
    )
    since = instant_text(min(one.opened_at for one in wanted))
    return Finding(
        "backup-failed",
        first.vault_id if matter.is_storm else first.vm_id,
        f"{name}: {first.says}, since {since}; {tried}",
    )


def _tampered(one: Tampering) -> Finding:
    by = f"by {one.actor}" if one.actor else "the activity log named nobody"
    return Finding("tampered", one.subject, f"{one.what}, seen at {instant_text(one.at)}; {by}")


def _unheard(aftermath: Aftermath) -> list[Finding]:
    counts: defaultdict[str, int] = defaultdict(int)
    for entry in aftermath.set_aside:
        counts[entry.source] += aftermath.since is None or entry.at >= aftermath.since
    return [
        Finding("set-aside", source, f"{count} from {source} could not be followed; `nightshift replay` shows why")
        for source, count in sorted(counts.items())
        if count
    ]
