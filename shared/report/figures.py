"""Which numbers sum a night up? Computed once, so that page, JSON and digest cannot disagree."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.model.night import ENROLMENT_STEP, POLICY_STEP, NightReport, Run
from shared.model.plan import Finding, Outcome, RegionProof, Step
from shared.report.concurrency import peak_by_region
from shared.report.failure_figures import FailureFigures, failure_figures
from shared.report.on_demand_figures import OnDemandFigures, on_demand_figures
from shared.report.plan_figures import (
    ApplicationFigures,
    LoadFigures,
    PlanFigures,
    application_figures,
    load_figures,
    plan_figures,
    ratio,
)
from shared.report.restore_figures import RestoreFigures, restore_figures
from shared.report.retention_figures import RetentionFigures, retention_figures

FINISHED = frozenset({"Completed", "CompletedWithWarnings"})
"""Job words after which a recovery point exists."""
BROKEN = frozenset({"Failed", "Cancelled"})
RUNNING = frozenset({"InProgress", "Cancelling"})


@dataclass(frozen=True, slots=True)
class RegionFigures:
    """One region's peaks of concurrent backups; None where there is no plan or no night to compare with.

    `peak_p99` is the peak of 99 in 100 nights if starts are late as `delays_measured` runs were (0: as documented).
    """

    region: str
    planned_before: int | None
    planned: int | None
    bound: float | None
    ratio: float | None
    peak_p99: int | None
    delays_measured: int
    observed_before: int | None
    observed_after: int


@dataclass(frozen=True, slots=True)
class Jobs:
    """How the night's backups ended; `completed` counts those with warnings too.

    `made_up` counts the failed ones that a later backup of the same VM made up for.
    """

    total: int
    completed: int
    with_warnings: int
    failed: int
    made_up: int
    running: int


@dataclass(frozen=True, slots=True)
class Writes:
    """What became of the intended writes: sent and confirmed, and where the others stand."""

    moves: int
    policies: int
    enrolments: int
    waiting: int
    held: int
    unverified: int
    failed: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All numbers of a night; `plan`, `load` and `applications` are None where there is no plan."""

    vms: int
    protected: int
    vaults: int
    observed_before: int | None
    observed_after: int
    plan: PlanFigures | None
    load: LoadFigures | None
    applications: ApplicationFigures | None
    regions: tuple[RegionFigures, ...]
    jobs: Jobs
    writes: Writes
    failures: FailureFigures
    restores: RestoreFigures
    retention: RetentionFigures
    on_demand: OnDemandFigures
    needs_human: int


def figures(night: NightReport) -> Figures:
    """Return the numbers of `night`."""
    regions, plan = _regions(night), night.plan
    return Figures(
        vms=len(night.vms),
        protected=night.protected,
        vaults=len(night.vaults),
        observed_before=None if night.before_begins_at is None else sum(r.observed_before or 0 for r in regions),
        observed_after=sum(r.observed_after for r in regions),
        plan=None if plan is None else plan_figures(plan),
        load=None if plan is None else load_figures(plan),
        applications=None if plan is None else application_figures(plan, night.vms, night.separation_tag),
        regions=regions,
        jobs=_jobs(night.runs_after),
        writes=_writes(night),
        failures=failure_figures(night.aftermath),
        restores=restore_figures(night.restores),
        retention=retention_figures(night.retention, night.made_at),
        on_demand=on_demand_figures(night.on_demand),
        needs_human=len(night.needs_human) + bool(night.breaker),
    )


def written(night: NightReport) -> tuple[Step, ...]:
    """Return the confirmed writes in time order."""
    return tuple(step for step in _in_time_order(night.steps) if step.outcome is Outcome.WRITTEN)


def standing(night: NightReport) -> tuple[Step, ...]:
    """Return what is not written and stands so at the end: each subject's last step, then the plan's held VMs.

    A VM that the plan holds appears once, with the enforcement's own step where there is one.
    """
    last = {(step.kind, step.subject.lower()): step for step in _in_time_order(night.steps)}
    open_steps = tuple(step for step in last.values() if step.outcome is not Outcome.WRITTEN)
    named = {step.subject.lower() for step in open_steps if step.kind != POLICY_STEP}
    held = night.plan.held if night.plan else ()
    return open_steps + tuple(
        Step(night.made_at, "membership", vm.vm_id, Outcome.HELD, vm.reason, before=vm.current_policy, after=vm.policy)
        for vm in held
        if named.isdisjoint({vm.vm_id, vm.name.lower()})
    )


def findings(night: NightReport) -> tuple[Finding, ...]:
    """Return the protection findings and the plan's own, each once."""
    planned = night.plan.findings if night.plan else ()
    return tuple(dict.fromkeys(night.protection + planned))


def _in_time_order(steps: Iterable[Step]) -> list[Step]:
    return sorted(steps, key=lambda step: step.at)


def _regions(night: NightReport) -> tuple[RegionFigures, ...]:
    before, after = peak_by_region(night.runs_before), peak_by_region(night.runs_after)
    proofs = {proof.region: proof for proof in (night.plan.proofs if night.plan else ())}
    compared = night.before_begins_at is not None
    return tuple(
        _region(region, proofs.get(region), before.get(region, 0) if compared else None, after.get(region, 0))
        for region in sorted({*before, *after, *proofs})
    )


def _region(region: str, proof: RegionProof | None, before: int | None, after: int) -> RegionFigures:
    if proof is None:
        return RegionFigures(region, None, None, None, None, None, 0, before, after)
    return RegionFigures(
        region=region,
        planned_before=proof.peak_before,
        planned=proof.peak,
        bound=round(proof.bound, 2),
        ratio=ratio(proof.peak, proof.bound),
        peak_p99=proof.peak_p99,
        delays_measured=proof.delays_measured,
        observed_before=before,
        observed_after=after,
    )


def _jobs(runs: tuple[Run, ...]) -> Jobs:
    finished = sorted((run for run in runs if run.status in FINISHED), key=lambda run: run.started_at)
    last_good = {run.vm_id: run.started_at for run in finished}
    return Jobs(
        total=len(runs),
        completed=sum(run.status in FINISHED for run in runs),
        with_warnings=sum(run.status == "CompletedWithWarnings" for run in runs),
        failed=sum(run.status in BROKEN for run in runs),
        made_up=sum(run.status in BROKEN and run.started_at < last_good.get(run.vm_id, run.started_at) for run in runs),
        running=sum(run.status in RUNNING for run in runs),
    )


def _writes(night: NightReport) -> Writes:
    done, open_steps = written(night), standing(night)
    policies = sum(step.kind == POLICY_STEP for step in done)
    enrolments = sum(step.kind == ENROLMENT_STEP for step in done)
    ended = {outcome: sum(step.outcome is outcome for step in open_steps) for outcome in Outcome}
    return Writes(
        moves=len(done) - policies - enrolments,
        policies=policies,
        enrolments=enrolments,
        waiting=ended[Outcome.WAITING],
        held=ended[Outcome.HELD],
        unverified=ended[Outcome.UNVERIFIED],
        failed=ended[Outcome.FAILED],
    )
