"""Is a promise kept in mind until something as good follows it, or somebody approved its end, and no longer?"""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import Frequency, Retention, TaggedRetention
from shared.model.retention import Joined, Terms
from shared.rules.promises import (
    KEPT_CHANGES,
    STOPPED,
    promised_by,
    promises,
    terms_of,
    version,
    with_membership,
    with_version,
)
from shared.rules.slots import DAY
from tests.rules.fleet import policy
from tests.rules.retaining import HOUR, LONG, SUNDAYS, Stay, day, history_of, keeping, wanted, weekly

JUDGED = settings(max_examples=100, deadline=None, derandomize=True)
GOLD = policy("Gold", 22 * 60, kept=LONG)
LESS = keeping(GOLD, "Less", daily_days=29)
MORE = keeping(GOLD, "More", daily_days=31)
FIRST = day(2026, 1, 1, 12)
LATER = day(2026, 3, 4, 12)


def after(*following, **fields) -> tuple[Terms, ...]:
    """Gold from the first day on, and the policies that followed it, a day each."""
    stays = [Stay(LATER + place * DAY, one, **fields) for place, one in enumerate(following)]
    return history_of([Stay(FIRST, GOLD), *stays])


def test_a_membership_and_the_versions_of_its_policy_make_the_terms() -> None:
    edited, other = replace(GOLD, instant_restore_days=5), policy("Other", 60, kept=LONG)
    versions = {
        GOLD.id: (Terms(FIRST, GOLD, "ann"), Terms(FIRST + 20 * DAY, edited, "bob"), Terms(LATER + DAY, GOLD)),
        other.id: (Terms(FIRST, other), Terms(LATER + 2 * DAY, MORE)),
    }
    joined = [Joined(FIRST + DAY, GOLD.id, "eve"), Joined(LATER, other.id, "dan")]
    assert [(one.since, one.policy, one.actor) for one in terms_of(joined, versions)] == [
        (FIRST + DAY, GOLD, "eve"),
        (FIRST + 20 * DAY, edited, "bob"),
        (LATER, other, "dan"),
        (LATER + 2 * DAY, MORE, ""),
    ]


def test_a_membership_in_a_policy_that_was_never_seen_says_nothing() -> None:
    joined = [Joined(FIRST, "unseen"), Joined(LATER, GOLD.id)]
    assert terms_of(joined, {GOLD.id: (Terms(FIRST, GOLD),)}) == (Terms(LATER, GOLD),)
    assert terms_of([Joined(FIRST, "unseen")], {}) == ()


def test_what_a_policy_said_before_it_was_first_seen_is_not_guessed() -> None:
    joined = [Joined(FIRST, GOLD.id, "ann", approved="eve")]
    [terms] = terms_of(joined, {GOLD.id: (Terms(LATER, GOLD),)})
    assert terms == Terms(LATER, GOLD, "ann", approved="eve", unsure_from=FIRST)
    left = [*joined, Joined(LATER - DAY, "")]
    assert [one.policy for one in terms_of(left, {GOLD.id: (Terms(LATER, GOLD),)})] == [None]


def test_a_policy_without_an_end_is_promised_until_another_one_is() -> None:
    [only] = promises(after())
    assert (only.policy, only.since, only.until) == (GOLD, FIRST, None)
    first, second = promises(after(MORE))
    assert (first.policy, first.until) == (GOLD, LATER)
    assert (second.policy, second.since, second.until, second.loss) == (MORE, LATER, None, False)


@pytest.mark.parametrize(
    "weaker",
    [
        LESS,
        keeping(GOLD, weekly=None),
        keeping(GOLD, yearly=replace(LONG.yearly, count=1)),
        None,
    ],
    ids=["daily", "weekly", "yearly", "stopped"],
)
def test_nobody_ends_a_promise_by_weakening_a_policy(weaker) -> None:
    history = after(weaker)
    assert history[-1].less
    [only] = promises(history)
    assert (only.policy, only.until) == (GOLD, None)


@pytest.mark.parametrize("weaker", [LESS, None], ids=["less", "stopped"])
def test_an_approved_loss_ends_a_promise(weaker) -> None:
    first, second = promises(after(weaker, approved="eve"))
    assert (first.until, second.policy, second.loss) == (LATER, weaker, True)


def test_an_approved_move_that_loses_nothing_is_no_loss() -> None:
    assert [one.loss for one in promises(after(MORE, approved="eve"))] == [False, False]


def test_what_is_put_back_is_promised_anew_and_keeps_the_promise_meanwhile() -> None:
    first, second = promises(after(LESS, GOLD))
    assert (first.policy, first.until) == (GOLD, LATER + DAY)
    assert (second.policy, second.since) == (GOLD, LATER + DAY)
    stopped = promises(after(None, GOLD))
    assert [(one.policy, one.since) for one in stopped] == [(GOLD, FIRST), (GOLD, LATER + DAY)]


def test_weaker_terms_are_held_against_the_promise_and_not_against_each_other() -> None:
    history = after(keeping(GOLD, "Least", daily_days=8), LESS)
    assert [one.less for one in history[1:]] == [
        ("daily points: 30 days -> 8 days",),
        ("daily points: 30 days -> 29 days",),
    ]
    assert after(LESS, MORE)[-1].less == ()
    assert after(None, LESS)[1].less == (STOPPED,)


def test_after_an_approved_end_the_next_policy_is_a_new_promise() -> None:
    history = after(None, LESS, approved="eve")
    assert [one.less for one in history] == [(), (STOPPED,), ()]
    assert [one.policy for one in promises(history)] == [GOLD, None, LESS]


def test_a_weaker_policy_that_runs_at_another_hour_moves_the_promise_there() -> None:
    weaker = replace(LESS, start=2 * 60, time_zone="Tokyo Standard Time")
    first, second = promises(after(weaker))
    assert (first.policy, first.until) == (GOLD, LATER)
    assert (second.policy.start, second.policy.time_zone) == (2 * 60, "Tokyo Standard Time")
    assert (second.policy.retention, second.policy.name, second.since) == (LONG, "Gold", LATER)


def test_a_weaker_policy_moves_tagged_days_where_it_has_as_many() -> None:
    monday = TaggedRetention(4, "Weeks", ("Monday",))
    weaker = keeping(GOLD, "Monday", weekly=monday, monthly=None)
    kept = promises(after(weaker))[-1].policy.retention
    assert kept == replace(LONG, weekly=replace(LONG.weekly, when=("Monday",)))
    twice = replace(LONG, weekly=replace(LONG.weekly, when=("Sunday", "Monday")))
    [only] = promises(history_of([Stay(FIRST, replace(GOLD, retention=twice)), Stay(LATER, weaker)]))
    assert only.policy.retention.weekly.when == ("Sunday", "Monday")


def test_a_policy_that_runs_less_often_leaves_the_runs_promised() -> None:
    rarer = weekly("Rare", 60, kept=replace(SUNDAYS, weekly=LONG.weekly))
    assert promises(after(rarer))[-1].policy.frequency is Frequency.DAILY
    assert promises(after(rarer))[-1].policy.start == 60
    often = weekly("Often", 60, run_days=("Sunday", "Wednesday"))
    fewer = keeping(replace(often, run_days=("Monday",)), "Fewer")
    assert promises(history_of([Stay(FIRST, often), Stay(LATER, fewer)]))[-1].policy.run_days == ("Sunday", "Wednesday")


def test_a_weaker_policy_of_which_the_start_is_not_known_leaves_the_promise_where_it_was() -> None:
    hourly = replace(LESS, frequency=Frequency.HOURLY, start=None)
    [only] = promises(after(hourly))
    assert only.policy == GOLD


def test_where_it_is_not_known_when_a_policy_changed_runs_in_between_are_nobodys() -> None:
    first, second = promises(after(MORE, unseen=True))
    assert (first.until, second.since) == (day(2026, 3, 3, 16), day(2026, 3, 4, 16))


def test_a_point_is_traced_to_the_policy_that_promised_it() -> None:
    moved = replace(LESS, start=60)
    history = after(moved)
    promised = promises(history)[-1].policy
    assert promised_by(history, wanted(LATER, by=GOLD)) == GOLD
    assert promised_by(history, wanted(LATER, by=promised)) == promised
    assert promised_by(history, wanted(LATER, by=MORE)) is None
    assert promised_by(after(None, approved="eve"), wanted(LATER, by=MORE)) is None


CHANGES = st.lists(
    st.tuples(st.sampled_from([GOLD, LESS, MORE, None, keeping(GOLD, "None", weekly=None)]), st.booleans()), max_size=8
)


@JUDGED
@given(CHANGES)
def test_without_approval_nothing_that_was_promised_is_ever_promised_less(changes) -> None:
    stays = [Stay(LATER + place * DAY, one) for place, (one, _) in enumerate(changes)]
    found = [one.policy.retention for one in promises(history_of([Stay(FIRST, GOLD), *stays])) if one.policy]
    days = [one.daily_days for one in found]
    assert days == sorted(days)
    assert all(one.weekly == LONG.weekly for one in found)


@JUDGED
@given(CHANGES)
def test_promises_follow_each_other_and_the_last_one_stands(changes) -> None:
    stays = [Stay(LATER + n * DAY, one, approved="eve" * yes, unseen=not n) for n, (one, yes) in enumerate(changes)]
    found = promises(history_of([Stay(FIRST, GOLD), *stays]))
    assert found[-1].until is None
    assert all(one.until <= other.since for one, other in pairwise(found))


def test_a_policy_that_says_what_it_said_is_no_news() -> None:
    known = with_version((), GOLD, FIRST, "ann", FIRST - DAY)
    assert known == (Terms(FIRST, GOLD, "ann"),)
    assert with_version(known, replace(GOLD, protected_items=7), LATER, "bob", None) == known
    assert with_version(known, MORE, LATER, "bob", FIRST) == (*known, Terms(LATER, MORE, "bob", unsure_from=FIRST))
    assert version(GOLD) == version(replace(GOLD, name="Silver"))
    assert version(GOLD) != version(replace(GOLD, retention=Retention(30)))


def test_a_vm_that_is_where_it_was_is_no_news() -> None:
    here, there = Joined(FIRST, GOLD.id, "ann", unsure_from=FIRST - DAY), Joined(LATER, LESS.id, unsure_from=FIRST)
    known = with_membership((), here)
    assert known == (replace(here, unsure_from=None),)
    assert with_membership(known, replace(here, since=LATER)) == known
    assert with_membership(known, there) == (*known, there)


def test_of_many_changes_the_newest_are_remembered() -> None:
    versions, places = (), ()
    for number in range(KEPT_CHANGES + 5):
        at = FIRST + number * HOUR
        versions = with_version(versions, replace(GOLD, start=number), at, "", None)
        places = with_membership(places, Joined(at, f"policy-{number}"))
    assert len(versions) == len(places) == KEPT_CHANGES
    assert versions[-1].policy.start == KEPT_CHANGES + 4
    assert places[0].policy_id == "policy-5"


def test_of_times_that_are_forgotten_nothing_is_promised() -> None:
    """Of a policy that was edited too often, what it said at first is forgotten, and not taken for what it says."""
    versions = tuple(Terms(FIRST + number * DAY, replace(GOLD, start=number)) for number in range(5, 45))
    history = terms_of([Joined(FIRST, GOLD.id)], {GOLD.id: versions})
    assert history[0].since == FIRST + 5 * DAY
    assert promises(history)[0].since == FIRST + 5 * DAY
