"""What does a night with Nightshift look like? Two simulated nights on the local Azure, judged from outside."""

import argparse
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from local import fleets, leftovers, missed_points, people, restore_chapter, retention_chapter, two_hosts
from local.app_log import events
from local.child import ChildError
from local.clock import iso
from local.expectations import checks, failed
from local.figures import NIGHT, Looks, Story, Times, figures, summary
from local.setup_node import NodeMissingError
from local.stack import ROOT, Stack, Wanted, running_stack
from shared import clock, wiring
from shared.cloud.ledger import SPENT
from shared.flows import check_requests, fleet_policy, review
from shared.flows.restores.history import histories
from shared.model.night import NightReport
from shared.model.plan import Plan
from shared.model.restore_history import RestoreHistory
from shared.report import data

BEGINS = datetime(2026, 3, 2, 16, tzinfo=UTC)
"""The first night begins: the fleet day of samples/fleet.yaml starts at 16:00 UTC."""
HUMAN_AT = BEGINS + timedelta(hours=23)
"""The afternoon after the moves, somebody puts a VM back by hand."""
CREATED_AT = BEGINS + NIGHT + timedelta(hours=3, minutes=10)
"""In the second evening somebody creates a VM, and a message asks for a check of it."""
FAILING_AT = CREATED_AT + timedelta(minutes=20)
"""From then on the backups of some VMs that were moved fail, and those of others with an error each."""
BY_HAND_AT = BEGINS + NIGHT + timedelta(hours=17, minutes=40)
"""In the second morning somebody backs up many VMs by hand, and all of these backups fail at once."""
AT_WORK = BEGINS + NIGHT + timedelta(hours=19, minutes=10)
"""In the second morning an operator publishes the policy anew: the plan that follows sees the failures."""
REPORTED_AT = BEGINS + 2 * NIGHT - timedelta(hours=2, minutes=10)
"""After the second night's windows: the app has made its morning report at 13:45."""
RESUMED_AT = REPORTED_AT + timedelta(minutes=30)
"""The failures are mended, and an operator lets moves go on; the tick in between must not have moved any."""
AGAIN = BEGINS + 2 * NIGHT
ENDS = AGAIN + timedelta(hours=3)
"""One evening more, in which nothing has changed and nothing may be written; it plans, and enforces by the hour."""
SHORTLY = timedelta(minutes=1)
"""A move takes half a minute."""
STEP = timedelta(hours=4)
SETTINGS = {"NIGHTSHIFT_SWITCHES": "plan,enrol,backup", "AzureWebJobs.watch_restores.Disabled": "true"}
"""Nobody restores anything in the demo, so the timer that looks after restores each minute stays off."""
STORE = "nightshift"
"""The app's one container and one table."""
CHAPTERS = {"retention": retention_chapter.main}

_console = Console(stderr=True)


def main(arguments: list[str]) -> int:
    """Run the demo; return 0 where every expectation holds, 1 where one does not, 2 where it could not run."""
    options = _options(arguments)
    if options.chapter:
        return CHAPTERS[options.chapter](options.seed, options.folder / options.chapter, as_json=options.json)
    try:
        with tempfile.TemporaryDirectory(prefix="nightshift-") as folder:
            wanted = Wanted(
                seed=options.seed,
                start=iso(BEGINS),
                faults=options.faults,
                containers=(STORE,),
                tables=(STORE,),
                queues=(check_requests.REQUESTS,),
                settings=SETTINGS,
                hosts=options.hosts,
            )
            with ProcessPoolExecutor(1, get_context("spawn")) as beside, running_stack(wanted, Path(folder)) as stack:
                functions = [*stack.host.get("/_local/status")["functions"], *restore_chapter.RESTORES]
                coming = beside.submit(_bring_back, options.policy, options.seed, functions)
                story, report = _tell(stack, options.policy)
                back, restores = coming.result()
    except (NodeMissingError, ChildError) as problem:
        _console.print(f"[red]the local Azure did not run:[/] {problem}")
        return 2
    retention = missed_points.figures(story.looks.after, json.loads(data.data(report)), story.times.failing)
    found = {**figures(story), "restores": back, "retention": retention}
    report = replace(report, judge=checks(found), restores=restores)
    leftovers.write(options.folder, report, found)
    _say(found, report, options)
    return 1 if failed(report.judge) else 0


def _tell(stack: Stack, policy: Path) -> tuple[Story, NightReport]:
    """Live through the nights and return what was seen, with the app's own report of the second one."""
    intent = policy.read_text("utf-8").replace(*people.WEBHOOK)
    people.publish(stack, intent)
    fleet = yaml.safe_load(intent)
    before = stack.arm.get("/_local/truth")
    invocations: Counter[str] = Counter()
    with _progress() as progress, _own_ports(stack):
        _run(stack, BEGINS + timedelta(hours=1), invocations, progress)
        plan = _plan()
        stall = _stand_still(stack, plan, invocations, progress) if stack.wanted.hosts > 1 else None
        _run(stack, HUMAN_AT, invocations, progress)
        enforced = stack.arm.get("/_local/truth")
        hosts = _two_hosts(stack, stall) if stall else {}
        people.move_back(stack.arm, before, enforced)
        _run(stack, HUMAN_AT + SHORTLY, invocations, progress)
        touched = stack.arm.get("/_local/truth")
        _run(stack, CREATED_AT, invocations, progress)
        people.create_a_vm(stack.arm, before, CREATED_AT)
        _run(stack, FAILING_AT, invocations, progress)
        people.let_backups_fail(stack.arm, fleets.FAILING)
        people.let_things_go_wrong(stack.arm)
        _run(stack, BY_HAND_AT, invocations, progress)
        people.back_up_before_patching(stack.arm)
        _run(stack, AT_WORK, invocations, progress)
        people.tag_for_patching(stack.arm)
        people.publish_with_a_note(intent)
        people.ask_for_backups()
        _run(stack, REPORTED_AT, invocations, progress)
        after = stack.arm.get("/_local/truth")
        report = _report(REPORTED_AT)
        _run(stack, RESUMED_AT, invocations, progress)
        people.mend(stack.arm)
        people.let_moves_go_on(RESUMED_AT)
        _run(stack, ENDS, invocations, progress)
    story = Story(
        looks=Looks(before, enforced, touched, after, end=stack.arm.get("/_local/truth")),
        log=stack.arm.get("/_local/log"),
        inbox=stack.arm.get("/_local/inbox"),
        events=stack.arm.get("/_local/events/figures"),
        told=sorted((one for log in stack.host_logs for one in events(log)), key=lambda one: one.at),
        plan=plan,
        spacings=report.plan.spacings if report.plan else (),
        invocations=invocations,
        times=Times(BEGINS, CREATED_AT, FAILING_AT, REPORTED_AT, RESUMED_AT, AGAIN),
        fleet=fleet,
        two_hosts=hosts,
    )
    return story, report


def _bring_back(policy: Path, seed: int, functions: Sequence[str]) -> tuple[dict[str, Any], tuple[RestoreHistory, ...]]:
    """Restore VMs on a stack of its own, in which nothing else of the app runs; return figures, and the app's word.

    It has nothing to do with the nights, and runs beside them in a process of its own.
    """
    wanted = restore_chapter.wanted(seed, functions, STORE)
    with (
        tempfile.TemporaryDirectory(prefix="nightshift-") as folder,
        running_stack(wanted, Path(folder)) as stack,
        _own_ports(stack),
    ):
        found = restore_chapter.tell(stack, policy.read_text("utf-8"))
        ports, now = wiring.ports(), restore_chapter.BEGINS + restore_chapter.LONGEST
        return found, histories(ports, fleet_policy.read(ports, now), restore_chapter.BEGINS, now)


def _run(stack: Stack, until: datetime, invocations: Counter[str], progress: "Clockwork") -> None:
    now = datetime.fromisoformat(stack.arm.get("/_local/clock")["now"])
    while now < until:
        now = min(until, now + STEP)
        for record in stack.run(iso(now)):
            invocations[record["function"]] += 1
            if not record["ok"]:
                _console.print(f"[yellow]{record['at']} {record['function']}: {record['error']}[/]")
        progress.to(now)


def _stand_still(stack: Stack, plan: Plan, invocations: Counter[str], progress: "Clockwork") -> two_hosts.Stall:
    """Run to the first tick with moves, and let its host stand still in the middle of it."""
    due = min(move.due for move in plan.moves if move.due)
    tick = due.replace(minute=0, second=0, microsecond=0)
    tick += timedelta(hours=tick < due)
    _run(stack, tick - SHORTLY, invocations, progress)
    return two_hosts.stand_still(stack, tick)


def _two_hosts(stack: Stack, stall: two_hosts.Stall) -> dict[str, Any]:
    log = stack.arm.get("/_local/log")
    return two_hosts.figures(stall, log, wiring.ports().ledger.rows(SPENT))


@contextmanager
def _own_ports(stack: Stack) -> Iterator[None]:
    """Let this process use the app's own ports, to read its plan and to make its report once more."""
    kept = dict(os.environ)
    os.environ.update(stack.environment)
    stack.arm.post("/_local/caller", {"label": ""})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
        clock.set_source(None)
        wiring.set_source(None)


def _plan() -> Plan:
    plan = wiring.ports().plans.latest()
    if plan is None:
        raise ChildError("no plan was stored in the first hour")
    return plan


def _report(now: datetime) -> NightReport:
    clock.set_source(lambda: now)
    ports = wiring.ports()
    return review.review(ports, fleet_policy.read(ports, now), now)


def _say(found: dict[str, Any], report: NightReport, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(found))
        return
    out = Console()
    out.print(leftovers.table(report.judge, "What the local Azure counted"))
    for told in summary(found):
        out.print(told, soft_wrap=True, highlight=False)
    for line in report.needs_human:
        out.print(f"needs a human: {line.text}", soft_wrap=True, highlight=False)
    out.print(f"\nreport: {options.folder / 'report.html'}\nfigures: {options.folder / 'report.json'}", soft_wrap=True)


class Clockwork:
    """The progress display: simulated time on the way from the first to the last instant."""

    def __init__(self, progress: Progress) -> None:
        """Start at the beginning of the first night."""
        self._progress = progress
        self._task = progress.add_task("night 1", total=(ENDS - BEGINS).total_seconds())

    def to(self, now: datetime) -> None:
        """Show where the simulated clock stands."""
        night = (now - BEGINS) // NIGHT + 1
        name = f"night {night}" if night < 3 else "the evening after"
        done = (now - BEGINS).total_seconds()
        self._progress.update(self._task, completed=done, description=f"{name}  {now:%a %d %b %H:%M} UTC")


@contextmanager
def _progress() -> Iterator[Clockwork]:
    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console) as progress:
        yield Clockwork(progress)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local night", description=__doc__)
    parser.add_argument(
        "--policy", type=Path, default=ROOT / "samples" / "fleet.yaml", help="the fleet.yaml to publish"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "night", help="where the report goes")
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--faults", default="issue", help="calm, issue, or a JSON file of faults")
    parser.add_argument("--hosts", type=int, default=1, help="with two, the leading one stands still while it writes")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    parser.add_argument("--chapter", choices=CHAPTERS, help="tell this longer story instead, in memory")
    return parser.parse_args(arguments)
