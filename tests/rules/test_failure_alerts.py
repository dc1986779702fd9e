"""Is a human told what needs a human, once, together where there is much of it, and not at night without need?"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.failures import Alert, History, Incident, Kind, Response, Severity, State
from shared.model.intent import Alerts, QuietHours
from shared.rules.failure_alerts import PORTAL, alerts_due, told_by
from shared.rules.failure_families import REMEDIES
from shared.rules.incidents import fold, incidents
from tests.rules.failures import BEGAN, ENDED, ITEM, MINUTE, at, failure, incident_of, late, success, tried
from tests.rules.fleet import VAULT_ID, intent

AGENT = "UserErrorGuestAgentStatusUnavailable"
WINDOW = timedelta(minutes=30)
SOON, LATER = ENDED + 29 * MINUTE, ENDED + WINDOW
NIGHT = Alerts(quiet_hours=QuietHours(22 * 60, 6 * 60 + 30, "Europe/Amsterdam"))
"""From 21:00 to 05:30 UTC in winter."""
NONE = History()


def due(*facts, now=LATER, how: Alerts | None = None, history: History = NONE) -> tuple[Alert, ...]:
    return alerts_due(
        incidents(fold(history, facts)), intent(alerts=how or Alerts(group_window=timedelta(minutes=30))), now
    )


def many(count: int, name: str = AGENT, apart=timedelta(minutes=1), **fields) -> list:
    return [
        failure(name, vm=f"vm-{number:03d}", started_at=BEGAN + number * apart, **fields) for number in range(count)
    ]


def test_an_alert_says_what_happened_what_was_tried_what_to_do_and_where() -> None:
    first, second = failure("", code=400196, text="It is silent."), failure(AGENT, started_at=at(1.5))
    (alert,) = due(first, tried(first), second, tried(second, Response.USER_FIX, needs_human=True), now=at(3))
    assert alert.title == "app: its agent does not answer"
    assert alert.what_happened == (f"failed 2 times, from 03 Mar 22:10 UTC to 03 Mar 23:30 UTC ({AGENT})")
    assert alert.what_was_tried == "started again at 03 Mar 23:10 UTC"
    assert alert.what_to_do == REMEDIES[incident_of(first).family].runbook.steps
    assert alert.link == PORTAL + ITEM.id
    assert (alert.members, alert.severity) == (("app",), Severity.ERROR)


def test_without_a_retry_the_alert_says_why_there_was_none() -> None:
    one = failure(AGENT, text="It is silent.")
    (alert,) = due(one)
    assert alert.what_was_tried == "nothing was started again: its agent does not answer"
    assert alert.what_happened == f"failed once, at 03 Mar 22:10 UTC ({AGENT}: It is silent.)"
    (alert,) = due(one, tried(one, Response.USER_FIX, reason="no tier", needs_human=True))
    assert alert.what_was_tried == "nothing was started again: no tier"
    (alert,) = due(failure("", Kind.MISSING_VM, item_id="container", vm_name=""))
    assert alert.link == PORTAL + VAULT_ID
    assert alert.members == (failure().vm_id,)


def test_what_a_retry_may_still_repair_or_has_repaired_is_not_told() -> None:
    one = failure()
    assert due(one, tried(one)) == ()
    assert due(one, tried(one), success(at(2)), now=at(9)) == ()
    assert due(failure(AGENT), success(at(2)), now=at(9)) == ()
    assert due(failure("", Kind.CANCELLED), now=at(9)) == ()


def test_an_alert_waits_for_others_like_it_and_is_sent_once() -> None:
    one = failure(AGENT)
    assert due(one, now=SOON) == ()
    (alert,) = due(one)
    assert due(one, now=at(20)) == (alert,)
    history = fold(NONE, [one, *told_by(alert, LATER)])
    assert due(history=history) == ()
    assert due(late(one, 24), history=history, now=at(50)) == ()


def test_the_same_state_has_the_same_key_and_a_worse_one_another() -> None:
    one = failure(AGENT)
    (alert,) = due(one)
    (again,) = due(one, late(one, 24), now=at(26))
    assert alert.key == again.key == incident_of(one).alert_key
    history = fold(NONE, [one, late(one, 24), late(one, 48), *told_by(alert, LATER)])
    (worse,) = due(history=history, now=at(60))
    assert worse.key != alert.key
    assert worse.key.endswith("escalated")


def test_the_end_of_what_was_told_is_told_too() -> None:
    one = failure(AGENT)
    (alert,) = due(one)
    history = fold(NONE, [one, *told_by(alert, LATER), success(at(24))])
    assert due(history=history, now=at(24.2)) == ()
    (over,) = due(history=history, now=at(24.5))
    assert (over.severity, over.what_to_do) == (Severity.INFORMATION, ())
    assert over.title == "over: app: its agent does not answer"
    assert "; the backup of 04 Mar 22:00 UTC repaired it" in over.what_happened
    assert due(history=fold(history, told_by(over, at(25))), now=at(90)) == ()


def test_what_comes_back_after_a_success_is_told_anew() -> None:
    one = failure(AGENT)
    (alert,) = due(one)
    history = fold(NONE, [one, *told_by(alert, LATER), success(at(24)), late(one, 48)])
    keys = {found.key for found in due(history=history, now=at(52))}
    assert len(keys) == 2
    assert alert.key not in keys


def test_a_storm_is_one_critical_alert_with_all_its_members_at_once() -> None:
    (storm,) = due(*many(12), now=ENDED + 12 * MINUTE)
    assert storm.title == "12 VMs in rsv-1: its agent does not answer"
    assert storm.severity is Severity.CRITICAL
    assert storm.members == tuple(f"vm-{number:03d}" for number in range(12))
    assert len(storm.covers) == 12
    assert storm.what_happened.startswith("vm-000, vm-001, ")
    assert storm.what_happened.endswith("vm-009 and 2 more, from 03 Mar 22:40 UTC to 03 Mar 22:51 UTC")
    assert storm.what_was_tried == "0 of them were started again"
    assert storm.link == PORTAL + VAULT_ID
    (five,) = due(*many(5), now=at(2))
    assert " more" not in five.what_happened


def test_four_are_four_alerts_and_so_are_five_of_two_vaults_or_errors_or_too_far_apart() -> None:
    assert len(due(*many(4), now=at(2))) == 4
    elsewhere = [replace(one, vault_id=f"{VAULT_ID}-2", job_id=f"{one.job_id}-2") for one in many(5)[3:]]
    assert len(due(*many(3), *elsewhere, now=at(2))) == 5
    assert len(due(*many(3), *many(5, "ResourceNotFound")[3:], now=at(2))) == 5
    assert len(due(*many(5, apart=8 * MINUTE), now=at(3))) == 5
    assert len(due(*many(5, apart=7.5 * MINUTE), now=at(3))) == 1
    assert len(due(*many(2), now=at(2), how=Alerts(group_from=2))) == 1


def test_a_few_beside_a_storm_are_told_one_by_one() -> None:
    apart = failure(AGENT, vm="far", started_at=at(5))
    storm, single = due(*many(6), apart, now=at(7))
    assert (len(storm.members), single.members) == (6, ("far",))


def test_a_storm_that_grows_is_told_again_once_a_window_with_the_same_key() -> None:
    (storm,) = due(*many(6), now=at(1))
    history = fold(NONE, [*many(6), *told_by(storm, at(1))])
    assert due(history=history, now=at(3)) == ()
    grown = fold(history, many(9))
    assert due(history=grown, now=at(1.4)) == ()
    assert due(history=grown, now=at(1.5) - 1.1 * MINUTE) == ()
    (again,) = due(history=grown, now=at(1.5) - 0.9 * MINUTE)
    assert (again.key, len(again.members)) == (storm.key, 9)
    worse = fold(grown, [tried(one, Response.WAIT, severity=Severity.CRITICAL) for one in many(1)])
    (escalated,) = due(history=worse, now=at(1.2))
    assert escalated.key != storm.key


def test_members_that_were_told_one_by_one_count_towards_the_storm() -> None:
    first = many(3)
    history = fold(NONE, [*first, *(note for alert in due(*first, now=at(1.3)) for note in told_by(alert, at(1.3)))])
    (storm,) = due(*many(6), history=history, now=at(1.4))
    assert (len(storm.members), len(storm.covers)) == (6, 3)


def test_no_incident_is_told_of_under_two_keys_in_one_state() -> None:
    history, told = NONE, dict[str, str]()
    lots = [many(3), many(6), [tried(one, severity=Severity.CRITICAL) for one in many(2)], many(9)]
    for hours, facts in enumerate(lots, start=2):
        history = fold(history, facts)
        for alert in due(history=history, now=at(hours)):
            assert all(told.setdefault(covered, alert.key) == alert.key for covered in alert.covers)
            history = fold(history, told_by(alert, at(hours)))
    assert {key.startswith("storm|") for key in told.values()} == {True, False}


def test_the_end_of_a_storm_is_one_alert() -> None:
    (storm,) = due(*many(6), now=at(1))
    healed = [success(at(24), f"vm-{number:03d}") for number in range(6)]
    (over,) = due(*many(6), *told_by(storm, at(1)), *healed, now=at(25))
    assert (over.severity, len(over.members), over.what_to_do) == (Severity.INFORMATION, 6, ())
    assert over.title.startswith("over: 6 VMs in rsv-1")
    assert over.key != storm.key


def test_a_storm_of_warnings_is_an_error() -> None:
    (storm,) = due(*(failure(AGENT, Kind.WARNINGS, vm=f"vm-{number}") for number in range(5)), now=at(2))
    assert storm.severity is Severity.ERROR


def test_quiet_hours_hold_back_what_is_not_critical_until_they_end() -> None:
    assert due(failure(AGENT), now=at(7.5) - MINUTE, how=NIGHT) == ()
    (alert,) = due(failure(AGENT), now=at(7.5), how=NIGHT)
    assert alert == due(failure(AGENT), now=at(7.5))[0]
    assert due(failure(AGENT), success(at(5)), now=at(7.5), how=NIGHT) == ()
    daytime = Alerts(quiet_hours=QuietHours(6 * 60, 22 * 60, "UTC"))
    assert len(due(failure(AGENT), now=at(7), how=daytime)) == 1
    assert due(failure(AGENT), now=at(12), how=daytime) == ()


def test_quiet_hours_let_a_storm_and_what_is_critical_through_at_once() -> None:
    (storm,) = due(*many(5), now=ENDED + 5 * MINUTE, how=NIGHT)
    assert storm.severity is Severity.CRITICAL
    one = failure(AGENT)
    critical = tried(one, Response.USER_FIX, severity=Severity.CRITICAL, needs_human=True)
    (alert,) = due(one, critical, now=ENDED, how=NIGHT)
    assert alert.severity is Severity.CRITICAL


def test_the_worst_comes_first() -> None:
    web = failure(AGENT, vm="aaa")
    critical = tried(web, Response.USER_FIX, severity=Severity.CRITICAL, needs_human=True)
    found = due(failure("ResourceNotFound", Kind.WARNINGS), failure(AGENT, started_at=at(1)), web, critical, now=at(9))
    assert [alert.severity for alert in found] == [Severity.CRITICAL, Severity.ERROR, Severity.WARNING]


CAUSES = st.sampled_from([AGENT, "ResourceNotFound", "CloudInternalError"])
FACTS = st.lists(
    st.builds(
        lambda number, minutes, name, good: (
            success(at(minutes / 60), f"vm-{number}")
            if good
            else failure(name, vm=f"vm-{number}", started_at=at(minutes / 60))
        ),
        st.integers(0, 7),
        st.integers(0, 600),
        CAUSES,
        st.booleans(),
    ),
    max_size=25,
)


@settings(max_examples=100)
@given(FACTS, st.sampled_from([Alerts(), NIGHT, Alerts(group_from=2)]), st.randoms(use_true_random=False))
def test_told_is_told_keys_are_unique_and_order_does_not_matter(facts, how: Alerts, lot) -> None:
    now = at(13)
    found = due(*facts, now=now, how=how)
    shuffled = [*facts, *facts]
    lot.shuffle(shuffled)
    assert due(*shuffled, now=now, how=how) == found
    assert len({alert.key for alert in found}) == len(found)
    covered = [key for alert in found for key in alert.covers]
    assert len(set(covered)) == len(covered)
    history = fold(NONE, [*facts, *(note for alert in found for note in told_by(alert, now))])
    assert due(history=history, now=now, how=how) == ()
    by_key = {one.alert_key: one for one in incidents(history)}
    assert all(needs_someone(by_key[key]) for key in covered)
    missed = [one for one in by_key.values() if needs_someone(one) and one.state is not State.RESOLVED]
    assert {one.alert_key for one in missed} <= set(covered)


def needs_someone(incident: Incident) -> bool:
    return incident.needs_human and incident.state is not State.RESOLVED


@pytest.mark.parametrize("severity", [one for one in Severity if one is not Severity.VERBOSE])
def test_every_severity_is_told_of(severity: Severity) -> None:
    storm, one = many(5), failure(AGENT)
    over = fold(NONE, [one, *told_by(due(one)[0], LATER), success(at(3))])
    told = {
        Severity.CRITICAL: due(*storm),
        Severity.ERROR: due(one),
        Severity.WARNING: due(failure(AGENT, Kind.WARNINGS)),
        Severity.INFORMATION: due(history=over, now=at(4)),
    }
    assert told[severity][0].severity is severity
