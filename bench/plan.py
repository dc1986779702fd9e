"""How good, how fast and how true are the plans? The bench's commands over problem and plan documents."""

import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench import document, restores
from bench.document import BadDocument
from bench.problems import Shape, habit_peak, windows
from shared.rules.leveling import level
from shared.rules.plan_check import check

DONE, WRONG, BAD_INPUT, REFUSED = 0, 1, 2, 3
# Generous bounds on peak / bound, so that a smoke run fails on a broken planner and not on an unlucky seed.
SMOKE = ((1_000, 1.06), (10_000, 1.03))
BETTER_THAN_HABIT = 5.0


def plan(path: Path) -> int:
    """Plan the problem in the file and print the plan."""
    began = perf_counter()
    try:
        raw = document.read(path)
        if raw.get("kind") == "restores":
            return _print(restores.plan(raw))
        asked, warnings = document.problem(raw)
    except BadDocument as bad:
        return _complain(bad.errors)
    _tell(warnings)
    leveling = level(asked, raw.get("replan_above", 1.0))
    _print(document.plan(leveling, perf_counter() - began))
    return REFUSED if leveling.refused else DONE


def problem(shape: Shape, seed: int) -> int:
    """Print a generated problem."""
    return _print(windows(shape, seed))


def confirm(problem_path: Path, plan_path: Path) -> int:
    """Check a plan file against its problem file, and say what is wrong or that nothing is."""
    try:
        raw, claimed = document.read(problem_path), document.read(plan_path)
        if raw.get("kind") == "restores":
            return _judge(
                restores.check(raw, claimed), f"makespan {claimed.get('makespan')}, bound {claimed.get('bound')}"
            )
        document.problem(raw)
        if "refused" in claimed:
            print("refused: " + "; ".join(map(str, claimed["refused"])))
            return REFUSED
        errors = document.plan_errors(claimed)
    except BadDocument as bad:
        return _complain(bad.errors)
    if errors:
        return _complain([f"{plan_path}: {error}" for error in errors])
    return _judge(check(raw, claimed), f"peak {claimed['peak']}, proved bound {claimed['bound']:.3f}")


def smoke() -> int:
    """Plan small generated fleets, check every plan, and hold it against recorded bounds and against habit."""
    failures = []
    for vms, worst in SMOKE:
        measured = measure(Shape(vms), seed=1)
        print(row(measured))
        failures += [f"{vms} VMs: {lie}" for lie in measured["wrong"]]
        if measured["ratio"] > worst:
            failures.append(f"{vms} VMs: ratio {measured['ratio']} is above {worst}")
        if measured["habit"] < BETTER_THAN_HABIT <= measured["habit_reachable"]:
            failures.append(f"{vms} VMs: only {measured['habit']}x below habit")
    return _tell(failures, code=WRONG) if failures else DONE


def results() -> int:
    """Print the table of recorded results: medians over five seeds."""
    print("| VMs | policies a vault | peak / bound | worst | policies | x below habit | seconds | confirmed |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    limited = [Shape(1000, policies_per_vault=40), Shape(1000), Shape(10_000), Shape(100_000)]
    free = [Shape(vms, policies_per_vault=1000) for vms in (1000, 10_000, 100_000)]
    for shape in limited + free:
        runs = [measure(shape, seed) for seed in range(1, 6)]
        mid = {name: median(run[name] for run in runs) for name in ("ratio", "policies", "habit", "seconds")}
        worst, confirmed = max(run["ratio"] for run in runs), sum(not run["wrong"] for run in runs)
        print(
            f"| {shape.vms:,} | {shape.policies_per_vault} | {mid['ratio']:.4f} | {worst:.4f} | {mid['policies']:,} "
            f"| {mid['habit']:.1f} | {mid['seconds']:.2f} | {confirmed} of {len(runs)} |"
        )
    return DONE


def measure(shape: Shape, seed: int) -> dict[str, Any]:
    """Plan one generated problem and return what matters of it; `wrong` is what the checker says."""
    raw = windows(shape, seed)
    began = perf_counter()
    asked, _ = document.problem(raw)
    made = document.plan(level(asked), perf_counter() - began)
    if "refused" in made:
        nothing = {"ratio": 0.0, "policies": 0, "habit": 0.0, "habit_reachable": 0.0}
        return {"vms": shape.vms, "seconds": made["seconds"], "wrong": made["refused"], **nothing}
    habit = habit_peak(raw)
    return {
        "vms": shape.vms,
        "ratio": made["ratio"],
        "policies": made["policies"],
        "seconds": made["seconds"],
        "wrong": check(raw, made),
        "habit": habit / made["peak"],
        "habit_reachable": habit / made["bound"],
    }


def row(measured: dict[str, Any]) -> str:
    """Say one measurement in a line."""
    return (
        f"{measured['vms']:>7,} VMs: peak / bound {measured['ratio']:.4f}, {measured['policies']:,} policies, "
        f"{measured['habit']:.1f}x below habit, {measured['seconds']:.2f} s"
    )


def _judge(wrong: list[str], claim: str) -> int:
    print("\n".join(wrong) if wrong else f"confirmed: {claim}")
    return WRONG if wrong else DONE


def _print(found: dict[str, Any]) -> int:
    json.dump(found, sys.stdout)
    print()
    return DONE


def _complain(errors: list[str]) -> int:
    return _tell([f"error: {error}" for error in errors], code=BAD_INPUT)


def _tell(lines: list[str], code: int = DONE) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return code
