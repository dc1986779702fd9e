"""Do the rules work together over nights? Jobs are judged, retried, folded and told of, as they come."""

from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import Job, JobError
from shared.model.failures import Alert, Failure, History, Response, State
from shared.rules.failure_alerts import alerts_due, told_by
from shared.rules.incidents import answered, attempts_for, earlier_runs, fold, incidents
from shared.rules.job_failures import triage
from shared.rules.job_outcomes import outcome
from tests.rules.failures import DAY, HOUR, ITEM, MINUTE, POLICY, SLOT, context, job
from tests.rules.fleet import intent

GOOD, BROKEN, AGENT = "", "CloudInternalError", "UserErrorGuestAgentStatusUnavailable"


@dataclass
class Course:
    """One VM's nights: `script` says how each backup ends, in the order in which they start."""

    script: list[str]
    history: History = field(default_factory=History)
    jobs: list[Job] = field(default_factory=list)
    starts: list[datetime] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)

    def night(self, slot: datetime) -> None:
        """Run the scheduled backup, and each retry that the rules ask for; then look for alerts until noon."""
        at: datetime | None = slot + 10 * MINUTE
        while at is not None:
            at = self.backup(at)
        for hours in range(14):
            self.tell(slot + hours * HOUR)

    def backup(self, began: datetime) -> datetime | None:
        """Run a backup, and return when it is to be started again."""
        error = self.script.pop(0) if self.script else GOOD
        errors = (JobError(0, error, ""),) if error else ()
        ran = job(began, "Failed" if error else "Completed", errors=errors, id=f"job-{len(self.jobs)}")
        self.jobs.append(ran)
        came = outcome(ran, ITEM, POLICY)
        assert came is not None
        self.history = fold(self.history, [came])
        if not isinstance(came, Failure):
            return None
        now = began + 30 * MINUTE
        around = context(jobs=tuple(self.jobs), earlier=earlier_runs(self.history, came))
        verdict = triage(came, attempts_for(self.history, came), around, now)
        self.history = fold(self.history, [answered(came, verdict, now)])
        if verdict.retry_at:
            self.starts.append(verdict.retry_at)
        return verdict.retry_at

    def tell(self, now: datetime) -> None:
        """Send what is due at `now`."""
        for alert in alerts_due(incidents(self.history), intent(), now):
            self.alerts.append(alert)
            self.history = fold(self.history, told_by(alert, now))


def course(*endings: str, nights: int = 1) -> Course:
    made = Course(list(endings))
    for number in range(nights):
        made.night(SLOT + number * DAY)
    return made


def test_what_the_first_retry_repairs_is_never_told() -> None:
    made = course(BROKEN, GOOD)
    assert made.starts == [SLOT + 10 * MINUTE + HOUR]
    assert made.alerts == []
    assert [one.state for one in incidents(made.history)] == [State.RESOLVED]


def test_two_retries_that_do_not_help_are_one_alert_and_its_end_another() -> None:
    made = course(BROKEN, BROKEN, BROKEN, nights=2)
    assert len(made.starts) == 2
    worse, over = made.alerts
    assert (worse.title, over.title) == ("app: the service failed inside", "over: app: the service failed inside")
    assert worse.key.endswith("escalated")
    assert worse.what_was_tried == "started again at 03 Mar 23:10 UTC, 04 Mar 01:40 UTC"


def test_what_only_a_person_can_repair_is_told_once_for_three_nights_and_again_when_it_is_the_third() -> None:
    made = course(AGENT, AGENT, AGENT, nights=3)
    assert made.starts == []
    assert [alert.key.rpartition("|")[2] for alert in made.alerts] == ["open", "escalated"]


def test_another_night_with_the_same_trouble_brings_no_more_retries() -> None:
    assert len(course(*[BROKEN] * 9, nights=3).starts) == 2
    assert len(course(BROKEN, BROKEN, AGENT, BROKEN, BROKEN, nights=3).starts) == 2
    assert len(course(BROKEN, GOOD, BROKEN, GOOD, nights=2).starts) == 2


@settings(max_examples=40)
@given(st.lists(st.sampled_from([GOOD, BROKEN, AGENT, "UserErrorNew", "BMSUserErrorObjectLocked"]), max_size=12))
def test_no_more_than_two_starts_between_backups_and_no_alert_twice(endings: list[str]) -> None:
    made = course(*endings, nights=5)
    good = [one.started_at for one in made.jobs if one.status == "Completed"]
    for begin, end in zip([SLOT, *good], [*good, SLOT + 9 * DAY], strict=True):
        assert len([start for start in made.starts if begin < start <= end]) <= 2
    keys = [alert.key for alert in made.alerts]
    assert len(set(keys)) == len(keys)
    healed = fold(made.history, [one for one in (outcome(job(SLOT + 8 * DAY), ITEM),) if one])
    assert {one.state for one in incidents(healed)} <= {State.RESOLVED}
    assert all(one.response is Response.RETRY or one.retry_at is None for one in made.history.attempts)
