"""Is all calm where nothing changes? Weeks without a change, nights without the app, and a clock change."""

import json
from datetime import UTC, datetime, timedelta

from local import fleets, judge
from local.expectations import CALLS_ABOVE_FLOOR
from local.figures import ENFORCE
from local.scenarios.intent import document
from local.scenarios.nights import Nights
from local.scenarios.told import Told, active, at_least, at_most, moves, unharmed, writes, zero
from shared.model.night import Check

SUMMER = datetime(2026, 4, 6, 12, tzinfo=UTC)
"""No clock of Europe or America changes in the half year that follows."""
CLOCK_CHANGES = (datetime(2026, 3, 26, 12, tzinfo=UTC), datetime(2026, 3, 5, 12, tzinfo=UTC))
"""Three days before Europe's clocks change, and before America's."""
DAY = timedelta(days=1)
SETTLING = 2
"""Nights until the first plan was reported and enforced."""
CATCHING_UP = 1.5
"""Each timer catches up once, however much it missed; ten missed nights made up for would be ten usual days more."""
TIMERS = 4
"""Each of the app's timers missed an occurrence in ten nights."""


def quiet_weeks(seed: int, nights: int = 30) -> Told:
    """Nothing changes for weeks: after the first enforcement nothing is written, pruned or skipped."""
    told = Nights(fleets.demo(seed, start=SUMMER), document())
    told.nights(SETTLING)
    settled = told.world.now
    told.nights(nights - SETTLING)
    counters = told.truth()["counters"]
    figures = {
        "nights": nights,
        "moves": len(moves(told.world)),
        "writes_after": len(writes(told.world, settled)),
        "errors": len(told.errors()),
        "calls_of_enforcement_after": told.calls(ENFORCE, settled),
        **counters,
    }
    checks = (
        at_least("VMs moved at first", 30, figures["moves"]),
        zero("writes after the first enforcement", figures["writes_after"]),
        zero("calls of enforcement after the first one", figures["calls_of_enforcement_after"]),
        zero("days on which a VM had no run", counters["runs_skipped"]),
        zero("weeks without a weekly point", counters["tags_missed"]),
        zero("invocations that failed", figures["errors"]),
        *unharmed(counters),
    )
    return Told(figures, checks)


def dead_ten_nights(seed: int, nights: int = 10) -> Told:
    """The app is dead for ten nights: backups go on, and on its return it does not storm.

    A storm would show in the enforcement's calls against the floor of what changed, and in all calls of the first
    day against those of the last day before.
    """
    told = Nights(fleets.demo(seed, start=SUMMER), document())
    told.nights(SETTLING)
    usual = told.world.now
    told.nights(1)
    left, died, moved = told.truth(), told.world.now, len(moves(told.world))
    told.dead_until(died + nights * DAY)
    back, returned = told.truth(), told.world.now
    told.nights(1)
    first_day, usual_day = told.all_calls(returned, returned + DAY), told.all_calls(usual, died)
    told.nights(SETTLING - 1)
    after = told.truth()
    late = [done.function for done in told.log if done.past_due]
    backups = sum(judge.jobs_by_status(back, died, returned).values())
    calls, floor = told.calls(ENFORCE, returned), judge.calls_floor(back, after)
    figures = {
        "nights_dead": nights,
        "moves_before": moved,
        "backups_while_dead": backups,
        "backups_expected": nights * len(active(told.world)),
        "changed_while_dead": len(judge.moved(left, back)) + len(judge.policies_changed(left, back)),
        "past_due": late,
        "moves_on_return": len(judge.moved(back, after)),
        "calls": calls,
        "calls_floor": floor,
        "all_calls_first_day": first_day,
        "all_calls_usual_day": usual_day,
        "errors": len(told.errors()),
        **after["counters"],
    }
    checks = (
        at_least("VMs moved before", 30, moved),
        at_least("backups while the app was dead", figures["backups_expected"], backups),
        zero("changes while the app was dead", figures["changed_while_dead"]),
        Check("timers past due on return", "each once", str(len(late)), len(late) == len(set(late)) == TIMERS),
        at_most("calls of enforcement on return", CALLS_ABOVE_FLOOR * floor, calls),
        at_most("calls of all functions in the first day", CATCHING_UP * usual_day, first_day),
        zero("days on which a VM had no run", after["counters"]["runs_skipped"]),
        zero("weeks without a weekly point", after["counters"]["tags_missed"]),
        zero("invocations that failed", figures["errors"]),
        *unharmed(after["counters"]),
    )
    return Told(figures, checks)


def clock_change(seed: int, nights: int = 8) -> Told:
    """Clocks change, Europe's for even seeds and America's for odd ones: windows are kept, and no run is lost."""
    told = Nights(fleets.demo(seed, start=CLOCK_CHANGES[seed % 2]), document())
    told.nights(SETTLING)
    settled = told.world.now
    told.nights(nights - SETTLING)
    truth = told.truth()
    counters = truth["counters"]
    later = moves(told.world, settled)
    outside = judge.outside_window(truth, json.loads(document()), told.world.now.date())
    figures = {
        "nights": nights,
        "moves": len(moves(told.world)) - len(later),
        "moves_after_the_change": len(later),
        "outside_window": len(outside),
        "errors": len(told.errors()),
        **counters,
    }
    checks = (
        at_least("VMs moved at first", 30, figures["moves"]),
        at_least("VMs moved for the new clock", 1, figures["moves_after_the_change"]),
        zero("VMs that start outside their window", figures["outside_window"]),
        zero("days on which a VM had no run", counters["runs_skipped"]),
        zero("weeks without a weekly point", counters["tags_missed"]),
        zero("invocations that failed", figures["errors"]),
        *unharmed(counters),
    )
    return Told(figures, checks)
