"""What if it breaks just here? A crash, a stall or one bad call, at every moment of the invocations that write."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from local import fleets
from local.figures import ENFORCE
from local.scenarios.endings import DRIFT_HEALS, HEALS, LIMITS, Tally, end_of, settled
from local.scenarios.faults import AFTER, KINDS, OneFault
from local.scenarios.hand import Hand
from local.scenarios.intent import document
from local.scenarios.nights import SENT, Nights, eve_of_first_moves
from local.scenarios.told import Told, at_least
from local.world.world import EPOCH

PLAN = "plan_backup_windows"
PLANNED_AT = EPOCH + timedelta(minutes=29)
"""A minute before the first plan."""
STALLS = (timedelta(minutes=20), timedelta(hours=1), timedelta(hours=25))
"""Long enough for another host; for the next tick; for the next plan."""
SLOW = timedelta(minutes=40)
"""Longer than any run may take."""
HABITS = {"move": 2, "reschedule": 2, "keep_longer": 1, "hold": 1}
"""What a person does in the middle of a call."""
IN_FLIGHT = frozenset({"vaults.write_policy", "vaults.assign_policy", "vaults.protect"})
"""Moments at which a write is on its way to Azure: no question can be asked any more, and Azure asks none."""


def crash_anywhere(seed: int, nights: int = 40) -> Told:
    """The process dies at `nights` moments of planning and of enforcing, spread evenly; 0 means at every moment.

    The fleet ends where it would have ended anyway, or the VMs that differ are held with a reason.
    """
    stories = eves(seed)
    tally, broken, healed = tally_of(stories), Counter[str](), healed_at(stories)
    for function, story in stories.items():
        moments = _moments(story.twin(), function)
        for moment in some(range(1, len(moments) + 1), nights):
            told = story.twin()
            told.crash_at(moment)
            tally.note(end_of(told, healed), f"crash at moment {moment}, {moments[moment - 1]}, of {function}")
            broken[function] += any(done.error == "Crash" for done in told.log)
    return _told(tally, {"broken_at": dict(broken)})


def stall_anywhere(seed: int, nights: int = 24) -> Told:
    """The process stands still at `nights` moments, while another host takes over, and then goes on where it was.

    Nothing is written twice, but for a write that was on its way to Azure already; 0 means at every moment, each for
    a while that is long enough for another host, for the next tick, and for the next plan.
    """
    stories = eves(seed)
    tally, broken, healed = tally_of(stories), Counter[str](), healed_at(stories)
    for function, story in stories.items():
        moments = _moments(story.twin(), function)
        cases = [(moment, span) for moment in range(1, len(moments) + 1) for span in STALLS]
        for moment, span in some(cases, nights):
            told, name = story.twin(), moments[moment - 1]
            told.stall_at(moment, span)
            where = f"{span} at moment {moment}, {name}, of {function}"
            tally.note(end_of(told, healed + span), where, may_repeat=name in IN_FLIGHT)
            broken[function] += told.stood_still
    return _told(tally, {"broken_at": dict(broken)})


def faults_anywhere(seed: int, nights: int = 60) -> Told:
    """One call fails, is slow, or meets a person's hand, at `nights` calls of planning and of enforcing; 0: at all."""
    stories = eves(seed)
    tally, broken, healed = tally_of(stories), Counter[str](), healed_at(stories)
    struck: Counter[str] = Counter()
    for function, story in stories.items():
        for kind, call, name in some(_cases(_moments(story.twin(), function)), nights):
            told, by_hand = story.twin(), kind.startswith("drift")
            told.fault = one = OneFault(call, kind, _doing(told, kind, f"{seed}|{call}"))
            ending = end_of(told, healed + (DRIFT_HEALS if by_hand else timedelta()))
            tally.note(ending, f"{kind} at call {call}, {name}, of {function}", by_hand=by_hand)
            broken[function] += bool(one.struck)
            struck[kind] += bool(one.struck)
    return _told(tally, {"broken_at": dict(broken), "struck": dict(struck)})


def eves(seed: int) -> dict[str, Nights]:
    """Return a small fleet's story up to a minute before each invocation that is to be broken."""
    planning, enforcing = (
        Nights(fleets.generated(10, vaults=1, regions=1, seed=seed), document(limits=LIMITS)) for _ in range(2)
    )
    planning.until(PLANNED_AT)
    enforcing.until(eve_of_first_moves(enforcing))
    return {PLAN: planning, ENFORCE: enforcing}


def healed_at(stories: dict[str, Nights]) -> datetime:
    """Return when the stories are over: the same instant for all, whatever was broken in them."""
    return stories[ENFORCE].world.now + HEALS


def tally_of(stories: dict[str, Nights]) -> Tally:
    """Return the count of no stories, with the calm ending to compare them with."""
    return Tally(end_of(stories[ENFORCE].twin(), healed_at(stories)))


def some[Case](cases: Sequence[Case], wanted: int) -> list[Case]:
    """Return `wanted` of the cases, evenly spread; all of them where `wanted` is 0."""
    if not wanted or wanted >= len(cases):
        return list(cases)
    return [cases[index * len(cases) // wanted] for index in range(wanted)]


def _moments(told: Nights, function: str) -> list[str]:
    """Return the names of the moments of the function's next invocation, in order."""
    seen: list[str] = []
    told.fault = seen.append
    told.until(told.world.now + timedelta(minutes=1))
    if [done.function for done in told.log[-1:]] != [function] or told.log[-1].error:
        raise ValueError(f"{function} does not run here, or fails by itself: {told.log[-1:]}")
    return seen


def _cases(moments: list[str]) -> list[tuple[str, int, str]]:
    """Return each kind with each call, its number and its name; what comes after an effect where there is one."""
    effects = [after == name + SENT for name, after in zip(moments, [*moments[1:], ""], strict=True)]
    pairs = [pair for pair in zip(moments, effects, strict=True) if not pair[0].endswith(SENT) and pair[0] != "wait"]
    return [
        (kind, number, name)
        for number, (name, effect) in enumerate(pairs, start=1)
        for kind in KINDS
        if effect or not kind.endswith(AFTER)
    ]


def _doing(told: Nights, kind: str, seed: str) -> Callable[[], object] | None:
    """Return what happens in the call's middle; None where it just fails."""
    if kind.startswith("slow"):
        return lambda: told.world.advance(SLOW)
    if kind.startswith("drift"):
        return Hand(told.world, random.Random(seed), HABITS).act
    return None


def _told(tally: Tally, figures: dict[str, Any]) -> Told:
    broken = figures["broken_at"]
    checks = (
        at_least("VMs moved in the calm story", 8, settled(tally.calm)),
        *(at_least(f"breaks of {function}", 5, broken[function]) for function in (PLAN, ENFORCE)),
        *tally.checks(),
    )
    return Told({**tally.figures(), **figures}, checks)
