"""Does the morning hear of every incident that matters, with its true ending, storms as one, and of nothing else?"""

from datetime import timedelta

from shared.model.aftermath import Aftermath, Ending, Matter, Tampering
from shared.model.events import SetAside
from shared.model.failures import Fact, History, Kind, Response
from shared.model.intent import Alerts
from shared.rules.failure_alerts import alerts_due, told_by
from shared.rules.failure_families import REMEDIES
from shared.rules.incidents import fold, incidents
from shared.rules.night_failures import is_open, left_to_people, matters, touched_since
from tests.rules.failures import BEGAN, MINUTE, SLOT, at, failure, incident_of, success, tried
from tests.rules.fleet import VAULT_ID, intent, vm_id

AGENT = "UserErrorGuestAgentStatusUnavailable"
HOW = intent(alerts=Alerts(group_window=timedelta(minutes=30), group_from=3))


def seen(*facts: Fact, retried: tuple[str, ...] = (), since=SLOT) -> tuple[Matter, ...]:
    return matters(fold(History(), facts), HOW, retried, touched_since(since))


def test_a_backup_that_a_retry_started_has_repaired_and_another_one_has_not() -> None:
    one, good = failure(), success(at(2))
    for retried, ending in (((good.job_id,), Ending.REPAIRED), ((), Ending.RESOLVED), (("other",), Ending.RESOLVED)):
        (matter,) = seen(one, tried(one), good, retried=retried)
        assert (matter.ending, matter.to_do) == (ending, ())


def test_a_retry_that_left_a_point_with_warnings_has_repaired_too() -> None:
    one, warned = failure(), failure("other", Kind.WARNINGS, started_at=at(2))
    first = next(
        one for one in seen(one, tried(one), warned, retried=(warned.job_id,)) if one.ailments[0].incident.resolved_at
    )
    assert first.ending is Ending.REPAIRED


def test_what_is_open_needs_a_human_or_not_and_then_says_what_to_do() -> None:
    (waits,) = seen(failure(), tried(failure()))
    assert (waits.ending, waits.to_do) == (Ending.OPEN, ())
    (wants,) = seen(failure(AGENT))
    assert wants.ending is Ending.NEEDS_HUMAN
    assert wants.to_do == REMEDIES[incident_of(failure(AGENT)).family].runbook.steps


def test_a_late_and_a_missing_backup_are_told_like_a_failed_one() -> None:
    for kind in (Kind.OVERDUE, Kind.NEVER_STARTED, Kind.COLLIDED, Kind.MISSING_VM):
        (matter,) = seen(failure("", kind))
        assert matter.ailments[0].incident.failures[0].kind is kind


def test_an_incident_over_before_the_night_is_not_told_and_an_open_one_is() -> None:
    old, good = failure(started_at=BEGAN), success(at(2))
    assert seen(old, good, since=at(3)) == ()
    assert len(seen(old, good, since=at(2))) == 1
    assert len(seen(old, since=at(99))) == 1


def test_an_answer_or_an_alert_of_the_night_touches_an_incident_that_is_over() -> None:
    old, good = failure(AGENT), success(at(2))
    history = fold(History(), [old])
    (alert,) = alerts_due(incidents(history), HOW, at(9))
    touched = touched_since(at(8))
    (after,) = incidents(fold(history, [good, *told_by(alert, at(9))]))
    assert touched(after)
    (answered,) = incidents(fold(history, [good, tried(old, Response.WAIT, at(8.5))]))
    assert touched(answered)
    (neither,) = incidents(fold(history, [good]))
    assert not touched(neither)
    assert not is_open(neither)


def test_many_at_once_are_one_storm_with_its_members_and_others_stay_alone() -> None:
    many = [failure(AGENT, vm=f"vm-{number}") for number in range(4)]
    later, other = failure(AGENT, vm="late", started_at=BEGAN + 45 * MINUTE), failure("AzureVmOffline", vm="off")
    found = seen(*many, later, other)
    (storm,) = [matter for matter in found if matter.is_storm]
    assert [one.incident.vm_name for one in storm.ailments] == ["vm-0", "vm-1", "vm-2", "vm-3"]
    assert sorted(one.ailments[0].incident.vm_name for one in found if not one.is_storm) == ["late", "off"]


def test_a_storm_stays_one_when_some_of_it_is_over_and_ends_as_its_worst() -> None:
    many = [failure(AGENT, vm=f"vm-{number}") for number in range(3)]
    (storm,) = seen(*many, success(at(2), vm="vm-0"))
    assert [one.ending for one in storm.ailments] == [Ending.RESOLVED, Ending.NEEDS_HUMAN, Ending.NEEDS_HUMAN]
    assert storm.ending is Ending.NEEDS_HUMAN
    (over,) = seen(*many, *(success(at(2), vm=f"vm-{number}") for number in range(3)))
    assert over.ending is Ending.RESOLVED


def test_the_worst_is_first() -> None:
    good = success(at(2), vm="mended")
    found = seen(failure(vm="mended"), good, failure(vm="open"), failure(AGENT, vm="wants"), retried=(good.job_id,))
    assert [one.ending for one in found] == [Ending.NEEDS_HUMAN, Ending.OPEN, Ending.REPAIRED]


def test_what_people_were_told_of_it_is_kept_with_it() -> None:
    history = fold(History(), [failure(AGENT)])
    (alert,) = alerts_due(incidents(history), HOW, at(9))
    (matter,) = matters(fold(history, told_by(alert, at(9))), HOW, (), is_open)
    assert [(one.at, one.alert_key) for one in matter.ailments[0].told] == [(at(9), alert.key)]


def test_people_are_left_open_matters_weakened_backups_and_what_was_set_aside_lately() -> None:
    one, second = failure(AGENT), failure(vm="retried")
    last = tried(second, Response.USER_FIX, second.ended_at + MINUTE, needs_human=True)
    aftermath = Aftermath(
        since=SLOT,
        matters=seen(one, second, tried(second), last, failure(vm="waits")),
        tampered=(Tampering(at(1), "/p", "policy p keeps less", "ann"), Tampering(at(1), "/q", "q is off", "")),
        set_aside=(SetAside("alerts", ("why",), "", at(-1)), SetAside("job-triage", ("why",), "", at(1))),
    )
    found = [(finding.code, finding.subject, finding.text) for finding in left_to_people(aftermath)]
    assert found[:2] == [
        ("tampered", "/p", "policy p keeps less, seen at 03 Mar 23:00 UTC; by ann"),
        ("tampered", "/q", "q is off, seen at 03 Mar 23:00 UTC; the activity log named nobody"),
    ]
    assert sorted(found[2:4]) == [
        ("backup-failed", vm_id("app"), "app: its agent does not answer, since 03 Mar 22:10 UTC; not started again"),
        (
            "backup-failed",
            vm_id("retried"),
            "retried: the service failed inside, since 03 Mar 22:10 UTC; started again once, without success",
        ),
    ]
    assert found[4:] == [
        ("set-aside", "job-triage", "1 from job-triage could not be followed; `nightshift replay` shows why")
    ]


def test_a_storm_is_one_thing_for_people() -> None:
    many = [failure(AGENT, vm=f"vm-{number}") for number in range(5)]
    (finding,) = left_to_people(Aftermath(since=SLOT, matters=seen(*many, success(at(2), vm="vm-0"))))
    assert finding.subject == VAULT_ID
    assert finding.text.startswith(f"4 VMs in {VAULT_ID.rpartition('/')[2]}: its agent does not answer, since ")
