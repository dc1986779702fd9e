"""Which story is to be told? `python -m local scenario NAME` prints its figures as one JSON object."""

import argparse
import json
import logging
import sys
from collections.abc import Callable
from inspect import signature

from local.scenarios.breakage import crash_anywhere, faults_anywhere, stall_anywhere
from local.scenarios.breaker import breaker
from local.scenarios.change import quotas, rollback, tier_edit
from local.scenarios.enrolment import enrolment_wave
from local.scenarios.every_fault import every_fault
from local.scenarios.hourly import hourly
from local.scenarios.job_failures import job_failures
from local.scenarios.people import human_edits
from local.scenarios.quiet import clock_change, dead_ten_nights, quiet_weeks
from local.scenarios.restores import restores
from local.scenarios.retention import retention
from local.scenarios.told import Told
from local.scenarios.twins import twins
from local.scenarios.year import year

type Scenario = Callable[..., Told]

SCENARIOS: dict[str, Scenario] = {
    "quiet-weeks": quiet_weeks,
    "dead-ten-nights": dead_ten_nights,
    "clock-change": clock_change,
    "human-edits": human_edits,
    "rollback": rollback,
    "tier-edit": tier_edit,
    "quotas": quotas,
    "crash-anywhere": crash_anywhere,
    "stall-anywhere": stall_anywhere,
    "faults-anywhere": faults_anywhere,
    "every-fault": every_fault,
    "twins": twins,
    "breaker": breaker,
    "enrolment-wave": enrolment_wave,
    "hourly": hourly,
    "job-failures": job_failures,
    "restores": restores,
    "retention": retention,
    "year": year,
}
"""Each takes a seed, and how many nights (or moments, or runs) to tell, with a default of its own."""

OF_SOME = ("vms", "planted")
"""What only some stories take."""


def main(arguments: list[str]) -> int:
    """Tell the named story, or list the names; return 0, 1 where an expectation fails, 2 for unknown names."""
    options = _options(arguments)
    if not options.name:
        for name, scenario in SCENARIOS.items():
            print(f"{name:<16} {(scenario.__doc__ or '').partition(chr(10))[0]}")
        return 0
    if options.name not in SCENARIOS:
        print(f"scenario {options.name!r} is unknown; expected one of {', '.join(SCENARIOS)}", file=sys.stderr)
        return 2
    more = {name: value for name in OF_SOME if (value := getattr(options, name)) is not None}
    if unknown := more.keys() - signature(SCENARIOS[options.name]).parameters.keys():
        print(f"scenario {options.name!r} takes no --{', --'.join(sorted(unknown))}", file=sys.stderr)
        return 2
    log = logging.getLogger("nightshift")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        told = tell(options.name, options.seed, options.nights, **more)
    finally:
        log.setLevel(level)
    for failure in told.failed:
        print(f"NOT OK  {failure}", file=sys.stderr)
    print(json.dumps(_document(options.name, options.seed, told), indent=None if options.json else 1))
    return 1 if told.failed else 0


def tell(name: str, seed: int, nights: int | None = None, **more: int) -> Told:
    """Tell the story `name` with one seed, over its usual number of nights or over `nights`; `more` is of its own."""
    scenario = SCENARIOS[name]
    return scenario(seed, **more) if nights is None else scenario(seed, nights, **more)


def _document(name: str, seed: int, told: Told) -> dict[str, object]:
    expectations = [
        {"name": check.name, "expected": check.expected, "measured": check.measured, "ok": check.ok}
        for check in told.checks
    ]
    return {"scenario": name, "seed": seed, **told.figures, "expectations": expectations}


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local scenario", description=__doc__)
    parser.add_argument("name", nargs="?", default="", help="which story; without it the names are listed")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--nights",
        "--runs",
        "--days",
        type=int,
        help="how many nights, days or runs (the stories of anywhere: moments, 0 for all)",
    )
    parser.add_argument("--vms", type=int, help="how many VMs (retention)")
    parser.add_argument("--planted", type=int, help="about how many recovery points are lost on purpose (retention)")
    parser.add_argument("--json", action="store_true", help="print the JSON object on one line")
    return parser.parse_args(arguments)
