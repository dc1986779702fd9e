"""How was the night? One sentence and a tone."""

from enum import StrEnum

from shared.model.night import NightReport
from shared.report.failure_figures import FailureFigures
from shared.report.figures import Figures, Jobs, figures
from shared.report.restore_figures import RestoreFigures
from shared.report.retention_figures import RetentionFigures
from shared.report.wording import counted


class Tone(StrEnum):
    """How much attention the night wants; the word stands beside the colour."""

    GOOD = "Calm night"
    ATTENTION = "Needs attention"
    BAD = "Something failed"


def tone(night: NightReport) -> Tone:
    """Return the night's tone: failures that nothing made up for first, then whatever waits for a person."""
    numbers = figures(night)
    lost = numbers.jobs.failed - numbers.jobs.made_up
    broken = night.breaker or lost or numbers.writes.failed or numbers.failures.needs_human or numbers.failures.tampered
    if broken or numbers.restores.unanswered or any(not check.ok for check in night.judge):
        return Tone.BAD
    return Tone.ATTENTION if numbers.needs_human or numbers.retention.left_to_people else Tone.GOOD


def verdict(night: NightReport) -> str:
    """Return one sentence: how the backups ended, how many ran at once, what is open, whether a person is needed."""
    numbers = figures(night)
    parts = ["moves are stopped"] if night.breaker else []
    parts += ["no plan was made"] if numbers.plan is None else []
    parts += [_jobs(numbers.jobs) + _peak(numbers), *_failures(numbers.failures)]
    parts += [*_restores(numbers.restores), *_retention(numbers.retention), _needs_human(numbers.needs_human)]
    sentence = "; ".join(parts) + "."
    return sentence[0].upper() + sentence[1:]


def _jobs(jobs: Jobs) -> str:
    if not jobs.total:
        return "no backup ran"
    running = f", {jobs.running:,} still running" if jobs.running else ""
    if jobs.failed:
        made_up = f", {jobs.made_up:,} made up for by another" if jobs.made_up else ""
        return f"{jobs.failed:,} of {counted(jobs.total, 'backup')} failed{made_up}{running}"
    if jobs.completed == jobs.total:
        return "the one backup finished" if jobs.total == 1 else f"all {jobs.total:,} backups finished"
    return f"{jobs.completed:,} of {counted(jobs.total, 'backup')} finished{running}"


def _peak(numbers: Figures) -> str:
    if not numbers.jobs.total:
        return ""
    before = f" where {numbers.observed_before:,} ran before" if numbers.observed_before else ""
    return f", at most {numbers.observed_after:,} at once{before}"


def _failures(failures: FailureFigures) -> list[str]:
    """Name what no later backup has repaired, and what people did to the backups."""
    found = []
    if failures.needs_human:
        failure = "open failure" if failures.needs_human == 1 else "open failures"
        found.append(f"{failures.needs_human:,} {failure} left to people")
    if failures.tampered:
        times = "once" if failures.tampered == 1 else f"{failures.tampered:,} times"
        found.append(f"somebody weakened the backups {times}")
    return found


def _restores(restores: RestoreFigures) -> list[str]:
    """Name the restores that failed and that nobody has asked for again."""
    return [f"{counted(restores.unanswered, 'restore')} failed"] if restores.unanswered else []


def _retention(retention: RetentionFigures) -> list[str]:
    """Name the missing points that no backup on demand makes up for."""
    left = retention.left_to_people
    return [f"{counted(left, 'missing recovery point')} left to people"] if left else []


def _needs_human(count: int) -> str:
    if not count:
        return "nothing needs a human"
    return f"{counted(count, 'thing')} {'needs' if count == 1 else 'need'} a human"
