"""What would tonight change? The plan, the writes it leads to, and the way back."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from nightshift.answers import FAILED, Output, say, say_json, say_table, warn
from nightshift.load_folder import LoadFolder
from shared import clock
from shared.errors import BadMessage
from shared.model.intent import FleetPolicy
from shared.model.load import LoadClass
from shared.model.night import POLICY_STEP
from shared.model.plan import Enrolment, Outcome, Plan, RegionProof, Step, VmPlan
from shared.ports import Ports
from shared.report.plan_figures import LoadFigures, SpacedApplication, application_figures, load_figures, plan_figures
from shared.report.wording import clock as clock_text
from shared.report.wording import late_basis, number, share, spaced

LOAD_CLASSES = tuple(kind.value for kind in LoadClass)


def plan(
    output: Output = Output.TEXT,
    load_series: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Files <vm>.csv[.gz] of load, read instead of Azure Monitor.")
    ] = None,
) -> None:
    """Compute tonight's plan and print it; nothing is stored and nothing is written."""
    from shared.flows import backup_windows

    folder = LoadFolder(load_series) if load_series else None
    ports, policy = _published()
    if folder:
        ports = replace(ports, load=folder)
    tonight = backup_windows.plan(ports, policy, clock.now(), store=False)
    if folder:
        warn(*folder.complaints)
    if output is Output.JSON:
        say_json(_as_json(tonight))
    else:
        _say_plan(tonight)


def diff(output: Output = Output.TEXT) -> None:
    """Print every write that enforcement would make, with its reason and the hour from which it is due."""
    from shared.flows import backup_windows, breaker

    ports, policy = _published()
    steps, stopped = backup_windows.preview(ports, policy, clock.now()), breaker.stopped(ports)
    if output is Output.JSON:
        say_json({"breaker": stopped, "steps": [_step_json(step) for step in steps]})
    else:
        if stopped:
            say(stopped, "")
        _say_steps(steps, nothing="nothing to write: the vaults are as planned")


def rollback(
    vm: Annotated[str | None, typer.Option(metavar="NAME", help="One VM.")] = None,
    vault: Annotated[str | None, typer.Option(metavar="NAME", help="Every VM of a vault.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every VM that was ever moved.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write; without it the steps are only shown.")] = False,
    output: Output = Output.TEXT,
) -> None:
    """Put VMs back on the policy they had before their first move, under the same rules as any move."""
    if [bool(vm), bool(vault), everything].count(True) != 1:
        raise BadMessage(["rollback: expected exactly one of --vm NAME, --vault NAME and --all"])
    from shared.flows import rollback as way_back

    ports, policy = _published()
    selection = way_back.Selection(_name("--vm", vm), _name("--vault", vault), everything)
    steps = way_back.rollback(ports, policy, clock.now(), selection, dry_run=not yes)
    if output is Output.JSON:
        say_json({"dry_run": not yes, "steps": [_step_json(step) for step in steps]})
    else:
        _say_steps(steps, nothing="nothing to put back")
    if not yes and steps:
        warn("dry run: add --yes to write")
    if yes and any(step.outcome in {Outcome.FAILED, Outcome.UNVERIFIED} for step in steps):
        raise typer.Exit(FAILED)


def _published() -> tuple[Ports, FleetPolicy]:
    from shared.flows import fleet_policy
    from shared.wiring import ports

    found = ports()
    return found, fleet_policy.read(found, clock.now())


def _name(option: str, text: str | None) -> str:
    """Return the name, or "" where none was given."""
    name = (text or "").strip()
    if "/" in name:
        raise BadMessage([f"{option}: {name!r} is an id; expected a name; use {name.rpartition('/')[2]!r}"])
    return name


def _say_plan(tonight: Plan) -> None:
    numbers = plan_figures(tonight)
    say(
        f"night of {tonight.night}, policy {tonight.policy_version}",
        f"{len(tonight.vms)} VMs: {len(tonight.moves)} to move, {len(tonight.held)} held; "
        f"{len(tonight.policies)} slot policies",
        f"planned peak {tonight.peak}, proved bound {tonight.bound:.1f}, ratio {_ratio(tonight.peak, tonight.bound)}, "
        f"p99 {'-' if numbers.peak_p99 is None else numbers.peak_p99}",
        f"load: {_load_text(load_figures(tonight))}",
        "",
    )
    say_table(
        ("region", "peak before", "peak", "bound", "ratio", "99 of 100 nights"),
        [
            (
                proof.region,
                str(proof.peak_before),
                str(proof.peak),
                f"{proof.bound:.1f}",
                _ratio(proof.peak, proof.bound),
                _late_peak(proof),
            )
            for proof in tonight.proofs
        ],
    )
    _say_section(
        "applications that cannot be kept apart",
        ("application", "region", "vms", "at best", "two at once"),
        [_spaced_row(one) for one in application_figures(tonight).spaced],
    )
    _say_section("moves", ("vm", "from", "to", "reason", "due"), [_move_row(vm) for vm in tonight.moves])
    _say_section("enrolments", ("vm", "under", "reason", "due"), [_enrolment_row(one) for one in tonight.enrolments])
    _say_section(
        "held", ("vm", "policy", "reason"), [(vm.name, vm.current_policy or "none", vm.reason) for vm in tonight.held]
    )
    _say_section(
        "findings",
        ("code", "subject", "finding"),
        [(found.code, found.subject.rpartition("/")[2], found.text) for found in tonight.findings],
    )


def _say_section(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if rows:
        say("", f"{title} ({len(rows)})")
        say_table(columns, rows)


def _move_row(vm: VmPlan) -> tuple[str, ...]:
    came = f"{vm.current_policy or 'none'} {_clock(vm.current_slot)}"
    due = f"{vm.due:%Y-%m-%d %H:%M} UTC" if vm.due else "when it is safe"
    return (vm.name, came, f"{vm.policy} {_clock(vm.slot)}", vm.reason, due)


def _load_text(load: LoadFigures) -> str:
    counts = [(name, getattr(load, name)) for name in LOAD_CLASSES]
    known = [f"{count} {name}" for name, count in counts if count]
    if not known:
        return "not asked for; every VM keeps its tier's window"
    known += [f"{load.not_asked} not asked"] if load.not_asked else []
    quiet = f"; {load.quiet} of the predictable start in quiet hours of their own" if load.predictable else ""
    return ", ".join(known) + quiet + _regret_text(load)


def _regret_text(load: LoadFigures) -> str:
    if load.regret is None:
        return ""
    before = "" if load.regret_before is None else f", {number(load.regret_before)} at the old starts"
    return f"; mean regret {number(load.regret)} points{before}"


def _late_peak(proof: RegionProof) -> str:
    if proof.peak_p99 is None:
        return "-"
    return f"at most {proof.peak_p99}, {late_basis(proof.delays_measured)}"


def _spaced_row(one: SpacedApplication) -> tuple[str, ...]:
    odds = f"{share(one.overlap_probability)} of nights"
    return (one.application, one.region, ", ".join(one.vms), spaced(one.gap_minutes), odds)


def _enrolment_row(one: Enrolment) -> tuple[str, ...]:
    vault = one.vault_id.rpartition("/")[2]
    return (one.name, f"{one.policy} in {vault}", one.reason, f"{one.due:%Y-%m-%d %H:%M} UTC")


def _clock(slot: int | None) -> str:
    return "at no known time" if slot is None else clock_text(slot)


def _ratio(peak: int, bound: float) -> str:
    return f"{peak / bound:.3f}" if bound > 0 else "-"


def _say_steps(steps: Sequence[Step], nothing: str) -> None:
    if not steps:
        say(nothing)
        return
    for step in steps:
        say(*_step_lines(step))
    held = sum(step.outcome is Outcome.HELD for step in steps)
    policies = sum(step.kind == POLICY_STEP for step in steps)
    say("", f"{policies} policies, {len(steps) - policies - held} memberships, {held} held")


def _step_lines(step: Step) -> list[str]:
    """Return a membership as `vm: Old -> ns-...`, a policy with one line for each field that changes."""
    name = step.subject.rpartition("/")[2]
    if step.outcome is Outcome.HELD:
        return [f"{step.kind} {name}: stays on {step.before or 'no policy'}", f"    held: {step.reason}"]
    if step.kind == POLICY_STEP:
        fields = [f"    {field}" for field in step.after.split("; ")]
        return [
            f"policy {name}: {'edited' if step.before else 'created'}",
            *fields,
            f"    {step.outcome}: {step.reason}",
        ]
    return [f"{step.kind} {name}: {step.before or 'none'} -> {step.after}", f"    {step.outcome}: {step.reason}"]


def _step_json(step: Step) -> dict[str, Any]:
    names = ("at", "kind", "subject", "outcome", "reason", "before", "after")
    return {name: getattr(step, name) for name in names}


def _as_json(tonight: Plan) -> dict[str, Any]:
    return {
        "night": tonight.night,
        "made_at": tonight.made_at,
        "policy_version": tonight.policy_version,
        "vms": len(tonight.vms),
        "policies": len(tonight.policies),
        "peak": tonight.peak,
        "peak_before": sum(proof.peak_before for proof in tonight.proofs),
        "bound": tonight.bound,
        "ratio": tonight.peak / tonight.bound if tonight.bound > 0 else None,
        "peak_p99": plan_figures(tonight).peak_p99,
        "regions": [_region_json(proof) for proof in tonight.proofs],
        "load": asdict(load_figures(tonight)),
        "spaced": [asdict(one) for one in application_figures(tonight).spaced],
        "moves": [_vm_json(vm) for vm in tonight.moves],
        "held": [_vm_json(vm) for vm in tonight.held],
        "edits": [{"policy": edit.policy_id, "reason": edit.reason, "due": edit.due} for edit in tonight.edits],
        "enrolments": [_enrolment_json(one) for one in tonight.enrolments],
        "findings": [{"code": found.code, "subject": found.subject, "text": found.text} for found in tonight.findings],
    }


def _region_json(proof: RegionProof) -> dict[str, Any]:
    names = ("region", "peak_before", "peak", "bound", "peak_p99", "delays_measured")
    return {name: getattr(proof, name) for name in names}


def _enrolment_json(one: Enrolment) -> dict[str, Any]:
    names = ("vm_id", "name", "vault_id", "region", "tier", "policy", "slot", "reason", "due")
    return {name: getattr(one, name) for name in names}


def _vm_json(vm: VmPlan) -> dict[str, Any]:
    names = (
        "vm_id",
        "name",
        "vault_id",
        "region",
        "tier",
        "policy",
        "current_policy",
        "slot",
        "current_slot",
        "reason",
        "load_class",
        "expected_load",
        "regret",
        "regret_before",
    )
    return {name: getattr(vm, name) for name in names} | {"due": vm.due}
