"""Which numbers sum a plan up? Peaks, load and applications, computed once for the report and the command line."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from shared.model.azure import Vm
from shared.model.load import ACCEPTABLE_ABOVE, LoadClass
from shared.model.plan import Action, Plan, Spacing, VmPlan
from shared.report.names import short


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """The plan in numbers.

    `ratio` is peak / bound, None where the bound is zero. `peak_p99` is the sum of the regions' peaks of 99 in 100
    nights, None where one of them is not known.
    """

    peak_before: int
    peak: int
    bound: float
    ratio: float | None
    peak_p99: int | None
    policies: int
    edits: int
    kept: int
    moves: int
    held: int
    outside_window: int


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """How many VMs of the plan are of each load class, and what that changes.

    `quiet` are the predictable VMs that start within ACCEPTABLE_ABOVE points of the best start of their window;
    `tier_window` are the placed VMs that have no hours of their own. `regret` is the mean of the predictable VMs in
    points. Where the regret at the old start is known of any, `regret_before` is its mean, and both are means of those
    `regret_vms`.
    """

    predictable: int
    flat: int
    unpredictable: int
    saturated: int
    unknown: int
    not_asked: int
    quiet: int
    tier_window: int
    regret: float | None
    regret_before: float | None
    regret_vms: int


@dataclass(frozen=True, slots=True)
class SpacedApplication:
    """An application that cannot be kept apart; see `shared.model.plan.Spacing`."""

    application: str
    region: str
    vms: tuple[str, ...]
    vm_ids: tuple[str, ...]
    gap_minutes: int
    overlap_probability: float


@dataclass(frozen=True, slots=True)
class ApplicationFigures:
    """Applications of two or more planned VMs in a region; `kept_apart` is None where no tag says which they are."""

    kept_apart: int | None
    spaced: tuple[SpacedApplication, ...]


def plan_figures(plan: Plan) -> PlanFigures:
    """Return the plan's numbers of VMs, policies and concurrent backups."""
    late = [proof.peak_p99 for proof in plan.proofs if proof.peak_p99 is not None]
    return PlanFigures(
        peak_before=sum(proof.peak_before for proof in plan.proofs),
        peak=plan.peak,
        bound=round(plan.bound, 2),
        ratio=ratio(plan.peak, plan.bound),
        peak_p99=sum(late) if late and len(late) == len(plan.proofs) else None,
        policies=len(plan.policies),
        edits=len(plan.edits),
        kept=sum(vm.action is Action.KEEP for vm in plan.vms),
        moves=len(plan.moves),
        held=len(plan.held),
        outside_window=sum(vm.slot not in vm.allowed for vm in _placed(plan)),
    )


def ratio(peak: int, bound: float) -> float | None:
    """Return peak / bound, None where the bound is zero."""
    return round(peak / bound, 3) if bound > 0 else None


def load_figures(plan: Plan) -> LoadFigures:
    """Return how many VMs are of each load class, how many of them start in quiet hours, and the mean regret."""
    classes = Counter(vm.load_class for vm in plan.vms)
    foreseen = [vm for vm in plan.vms if vm.load_class == LoadClass.PREDICTABLE]
    regrets, before = _regrets(foreseen)
    return LoadFigures(
        predictable=len(foreseen),
        flat=classes[LoadClass.FLAT],
        unpredictable=classes[LoadClass.UNPREDICTABLE],
        saturated=classes[LoadClass.SATURATED],
        unknown=classes[LoadClass.UNKNOWN],
        not_asked=classes[""],
        quiet=sum(vm.regret is not None and vm.regret <= ACCEPTABLE_ABOVE for vm in foreseen),
        tier_window=sum(vm.load_class != LoadClass.PREDICTABLE for vm in _placed(plan)),
        regret=_mean(regrets),
        regret_before=_mean(before),
        regret_vms=len(regrets),
    )


def application_figures(plan: Plan, vms: Iterable[Vm] = (), separation_tag: str = "") -> ApplicationFigures:
    """Return how many applications are kept apart, by the tag's values of `vms`, and those that cannot be."""
    names = {line.vm_id: line.name for line in plan.vms}
    spaced = tuple(_spaced(spacing, names) for spacing in plan.spacings)
    if not separation_tag:
        return ApplicationFigures(None, spaced)
    return ApplicationFigures(max(0, _applications(plan, vms, separation_tag) - len(spaced)), spaced)


def _placed(plan: Plan) -> list[VmPlan]:
    return [vm for vm in plan.vms if vm.action is not Action.HOLD]


def _regrets(foreseen: Iterable[VmPlan]) -> tuple[list[float], list[float]]:
    """Return the regrets now and at the old start: of the same VMs, or none of the old where none is known."""
    known = [(vm.regret, vm.regret_before) for vm in foreseen if vm.regret is not None]
    both = [(now, before) for now, before in known if before is not None]
    if not both:
        return [now for now, _ in known], []
    return [now for now, _ in both], [before for _, before in both]


def _mean(points: list[float]) -> float | None:
    return round(fmean(points), 1) if points else None


def _applications(plan: Plan, vms: Iterable[Vm], tag: str) -> int:
    """Count the applications of two or more VMs that a region's plan places or works around."""
    names = {vm.id: vm.tags.get(tag, "") for vm in vms}
    levelled = {proof.region for proof in plan.proofs if proof.bound > 0}
    members = Counter(
        (line.region, names[line.vm_id])
        for line in plan.vms
        if line.region in levelled and line.slot is not None and names.get(line.vm_id)
    )
    return sum(count > 1 for count in members.values())


def _spaced(spacing: Spacing, names: Mapping[str, str]) -> SpacedApplication:
    return SpacedApplication(
        application=spacing.application,
        region=spacing.region,
        vms=tuple(names.get(vm_id, short(vm_id)) for vm_id in spacing.vm_ids),
        vm_ids=spacing.vm_ids,
        gap_minutes=spacing.gap_minutes,
        overlap_probability=spacing.overlap_probability,
    )
