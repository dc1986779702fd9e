"""Which measurement is wanted? `python -m bench COMMAND`, one word for each.

The words: plan, problem, check, smoke, results, load, curves, drift, triage, arm, watch.
"""

import argparse
import sys
from pathlib import Path

from bench import arm, curves, drift, load, plan, restores, triage, watch
from bench.problems import Shape


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 not confirmed, 2 bad input, 3 no plan exists."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the rules and the pretend ARM.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("plan", help="plan a problem file and print the plan")
    one.add_argument("problem", type=Path, metavar="PROBLEM.json[.gz]")
    one = commands.add_parser("check", help="confirm a plan file independently")
    one.add_argument("problem", type=Path, metavar="PROBLEM.json[.gz]")
    one.add_argument("plan", type=Path, metavar="PLAN.json[.gz]")
    one = commands.add_parser("problem", help="print a generated problem")
    one.add_argument("--vms", type=int, required=True)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--vaults", type=int, help="default: one for each 1,000 VMs")
    one.add_argument("--policies", type=int, default=50, help="at most so many a vault (default: 50)")
    one.add_argument("--largest-load", type=int, default=1, help="loads are drawn from 1 to this (default: 1)")
    commands.add_parser(
        "smoke", help="measure small fleets; exit 1 where a plan is not good or not true, or an answer slow"
    )
    commands.add_parser("results", help="print the table of bench/results/plan.md")
    one = commands.add_parser("load", help="judge load forecasts on a folder of timestamp,value files")
    one.add_argument("folder", type=Path, metavar="FOLDER")
    one.add_argument("--hours", type=float, required=True, help="length of a backup's window, above 0 and at most 24")
    one = commands.add_parser("curves", help="write load files whose truth is known")
    one.add_argument("folder", type=Path, metavar="FOLDER")
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--each", type=int, default=4, help="curves of each kind (default: 4)")
    one = commands.add_parser("drift", help="change a fleet day by day, and level one with few moves a night")
    one.add_argument("--vms", type=int, default=2000)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--days", type=int, default=drift.DAYS, help=f"so many days pass (default: {drift.DAYS})")
    one.add_argument("--moves", type=int, default=200, help="at most so many VMs a night may move (default: 200)")
    one = commands.add_parser("triage", help="say what is to be done about each job of a file of Azure's answers")
    one.add_argument("jobs", type=Path, metavar="JOBS.json[.gz]")
    one = commands.add_parser("arm", help="read lists of a generated fleet from the pretend ARM")
    one.add_argument("--vms", type=int, default=20_000)
    one.add_argument("--vaults", type=int, default=25)
    commands.add_parser("watch", help="count what an hour of watching for failed jobs asks the backup service for")
    asked = parser.parse_args(arguments)
    match asked.command:
        case "plan":
            return plan.plan(asked.problem)
        case "check":
            return plan.confirm(asked.problem, asked.plan)
        case "problem":
            return plan.problem(Shape(asked.vms, asked.vaults, asked.policies, asked.largest_load), asked.seed)
        case "load":
            return load.load(asked.folder, asked.hours)
        case "curves":
            return curves.curves(asked.seed, asked.each, asked.folder)
        case "drift":
            held = max(drift.drift(asked.vms, asked.seed, asked.days), drift.small(asked.seed, asked.days))
            return max(held, drift.roll_out(asked.vms, asked.moves, asked.seed))
        case "triage":
            return triage.triage(asked.jobs)
        case "arm":
            return arm.arm(asked.vms, asked.vaults)
        case "watch":
            return watch.watched()
        case "smoke":
            return max(plan.smoke(), restores.smoke(), drift.smoke(), arm.smoke(), watch.smoke())
        case _:
            return plan.results()


if __name__ == "__main__":
    sys.exit(main())
