"""How is a night told in a terminal? A few lines of plain text, wide enough for 80 columns."""

from collections.abc import Mapping
from textwrap import wrap

from shared.model.night import NightReport
from shared.report.failure_figures import FailureFigures
from shared.report.figures import Figures, figures
from shared.report.on_demand_figures import OnDemandFigures
from shared.report.plan_figures import PlanFigures
from shared.report.restore_figures import RestoreFigures
from shared.report.retention_figures import RetentionFigures
from shared.report.verdict import tone, verdict
from shared.report.wording import number

WIDTH = 80
NO_BREAK = "\N{NO-BREAK SPACE}"


def digest(night: NightReport) -> str:
    """Return the night as a few lines of plain text, ending in a line break."""
    numbers = figures(night)
    lines = [
        f"Night of {night.night.isoformat()} (UTC) - {tone(night).value}",
        verdict(night),
        "",
        f"  protected    {numbers.protected:,} of {numbers.vms:,} VMs in {numbers.vaults:,} vaults",
        f"  at once      {_peaks(numbers)}",
        f"  failures     {_failures(numbers.failures)}",
        *_beside(numbers.failures),
        *_restores(numbers.restores),
        *_retention(numbers.retention),
        *_on_demand(numbers.on_demand),
        f"  written      {numbers.writes.moves:,} moves, {numbers.writes.policies:,} policies",
        f"  not written  {numbers.writes.waiting:,} waiting, {numbers.writes.held:,} held, "
        f"{numbers.writes.unverified:,} unverified, {numbers.writes.failed:,} failed",
    ]
    if night.breaker:
        lines += ["", *wrap(night.breaker, WIDTH)]
    if night.needs_human:
        lines += ["", "Needs a human:"]
        lines += [f"  {_clipped(f'{finding.code}: {finding.text}', WIDTH - 2)}" for finding in night.needs_human]
    return "\n".join(lines) + "\n"


def _failures(failures: FailureFigures) -> str:
    if not failures.incidents:
        return "none"
    ended = {
        "need a human": failures.needs_human,
        "open": failures.open,
        "repaired by a retry": failures.repaired,
        "over without one": failures.resolved,
    }
    return ", ".join(f"{count:,} {word}" for word, count in ended.items() if count)


def _restores(restores: RestoreFigures) -> list[str]:
    counts = {
        "done": restores.done,
        "failed": restores.failed,
        "under way": restores.under_way,
        "waiting": restores.waiting,
        "cancelled": restores.cancelled,
    }
    found = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    return [f"  restores     {found}"] if found else []


def _retention(retention: RetentionFigures) -> list[str]:
    return _parts("gaps", {state.value: count for state, count in retention.states.items()})


def _on_demand(backups: OnDemandFigures) -> list[str]:
    counts = {
        "completed": backups.completed,
        "failed": backups.failed,
        "under way": backups.under_way,
        "waiting": backups.waiting,
        "refused": backups.refused,
        "too late": backups.expired,
    }
    return _parts("on demand", counts)


def _parts(name: str, counts: Mapping[str, int]) -> list[str]:
    """Return the counts that are not 0, on as many lines as they take; no line ends inside of one."""
    found = [f"{count:,} {word}".replace(" ", NO_BREAK) for word, count in counts.items() if count]
    lines = wrap(", ".join(found), WIDTH, initial_indent=f"  {name:<13}", subsequent_indent=" " * 15)
    return [line.replace(NO_BREAK, " ") for line in lines]


def _beside(failures: FailureFigures) -> list[str]:
    counts = {
        "weakened": failures.tampered,
        "set aside": failures.set_aside,
        "looks at jobs missed": failures.missed_looks,
    }
    found = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    return [f"  beside that  {found}"] if found else []


def _peaks(numbers: Figures) -> str:
    before = "" if numbers.observed_before is None else f"{numbers.observed_before:,} -> "
    return f"{before}{numbers.observed_after:,}{_planned(numbers.plan)}"


def _planned(plan: PlanFigures | None) -> str:
    if plan is None:
        return ""
    late = "" if plan.peak_p99 is None else f", p99 {plan.peak_p99:,}"
    return f" (planned {number(plan.peak)}, bound {number(plan.bound)}{late})"


def _clipped(text: str, width: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 3] + "..."
