"""A night of 60 VMs as values: everyone on the default schedule before, spread over the window after."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.model.azure import BackupPolicy, Frequency, PolicyType, Retention, Vault, Vm
from shared.model.night import Check, NightReport, Run
from shared.model.plan import Action, Finding, Outcome, Plan, RegionProof, Spacing, Step, VmPlan
from shared.rules.night_failures import left_to_people
from tests.report.sample_aftermath import LOST, REPAIRED, RETRIED_AFTER, WARNED, sample_aftermath
from tests.report.sample_retention import sample_on_demand, sample_retention

NIGHT = date(2026, 11, 21)
DAY = timedelta(days=1)
BEGINS = datetime(2026, 11, 21, 12, tzinfo=UTC)
WINDOW = tuple(slot % 48 for slot in range(38, 60, 2))
"""Start slots on the hour from 19:00 to 05:00 UTC."""
HABIT = 44
"""Slot 22:00: where everyone starts before the plan."""

VAULT_SHAPES = (("rsv-prod-weu", "westeurope"), ("rsv-data-weu", "westeurope"), ("rsv-prod-neu", "northeurope"))
LOADS = ("predictable", "flat", *("predictable",) * 4, "unpredictable", "predictable", "saturated", "unknown")
ROLES = ("web", "app", "api", "db", "queue", "cache", "files", "build")


def _arm(path: str) -> str:
    return f"/subscriptions/5e1f0000-0000-4000-8000-000000000001/resourcegroups/{path}"


def vaults(count: int = 3) -> tuple[Vault, ...]:
    shapes = [VAULT_SHAPES[i] if i < 3 else (f"rsv-{i:03d}", VAULT_SHAPES[i % 3][1]) for i in range(count)]
    return tuple(
        Vault(
            _arm(f"rg-backup/providers/microsoft.recoveryservices/vaults/{name}"),
            name,
            "sub",
            "rg-backup",
            region,
        )
        for name, region in shapes
    )


def machines(count: int, places: tuple[Vault, ...]) -> tuple[Vm, ...]:
    return tuple(
        Vm(
            _arm(f"rg-apps/providers/microsoft.compute/virtualmachines/vm-{i:03d}"),
            f"vm-{ROLES[i % len(ROLES)]}-{i:02d}",
            "sub",
            "rg-apps",
            places[i % len(places)].region,
            {"backup-tier": "critical" if i % 5 == 0 else "standard", "app": f"shop-{i // 6:02d}" if i < 54 else ""},
        )
        for i in range(count)
    )


def sample_night(vms: int = 60, places: int = 3, unprotected: int = 3) -> NightReport:
    """Return a realistic night: `unprotected` VMs have no vault, two are held, one waits, some backups failed."""
    dice = random.Random(20261121)
    where = vaults(places)
    fleet = machines(vms, where)
    lines = _spread(fleet[: vms - unprotected], where, dice)
    plan = _plan(lines)
    before, after = _runs(lines, BEGINS - DAY, dice, planned=False), _troubled(_runs(lines, BEGINS, dice, planned=True))
    found, made_at = sample_aftermath(after, BEGINS), BEGINS + DAY - timedelta(hours=5, minutes=30)
    return NightReport(
        night=NIGHT,
        made_at=made_at,
        policy_version="3f9a1c07be42",
        begins_at=BEGINS,
        ends_at=BEGINS + DAY,
        vms=fleet,
        vaults=where,
        protected=len(lines),
        plan=plan,
        before_begins_at=BEGINS - DAY,
        runs_before=before,
        runs_after=after,
        steps=_steps(plan),
        protection=_protection(fleet, unprotected),
        needs_human=(*left_to_people(found), *_needs_human(fleet, unprotected)),
        switches=("plan",),
        calls=(("items", 6), ("policies", 6), ("jobs", 18), ("write policy", 14), ("assign policy", len(plan.moves))),
        judge=(
            Check("Calls to Azure against the least possible", "at most 1.1", "1.04", True),
            Check("Recovery points pruned", "0", "0", True),
            Check("Writes of a second run", "0", "0", True),
        ),
        separation_tag="app",
        aftermath=found,
        retention=sample_retention(fleet, where, made_at),
        on_demand=sample_on_demand(fleet, made_at),
    )


def _protection(fleet: tuple[Vm, ...], unprotected: int) -> tuple[Finding, ...]:
    return (
        Finding("wrong-tier", fleet[9].id, f"{fleet[9].name} is tagged critical but backed up as standard"),
        *(
            Finding("unprotected", vm.id, f"{vm.name} (standard) is not protected; enrolment is switched off")
            for vm in fleet[len(fleet) - unprotected :]
        ),
    )


def _needs_human(fleet: tuple[Vm, ...], unprotected: int) -> tuple[Finding, ...]:
    keeps = f"{fleet[3].name} keeps 7 yearly points that its new policy would prune"
    return (
        Finding("retention-would-shrink", fleet[3].id, f"{keeps}: approve the loss, or leave it where it is."),
        Finding(
            "unprotected", fleet[-1].id, f"{unprotected} VMs in scope are in no vault: enrol them or narrow the scope."
        ),
    )


def _spread(fleet: tuple[Vm, ...], where: tuple[Vault, ...], dice: random.Random) -> list[VmPlan]:
    load = {vault.region: [0] * 48 for vault in where}
    lines = []
    for index, vm in enumerate(fleet):
        vault = where[index % len(where)]
        minutes = dice.choice((35, 40, 50, 55, 65, 80, 95, 120))
        length = -(-minutes // 30)
        held = index in {3, 22}
        slot = HABIT if held else min(WINDOW, key=lambda s: (_highest(load[vault.region], s, length), WINDOW.index(s)))
        for offset in range(length):
            load[vault.region][(slot + offset) % 48] += 1
        action = Action.HOLD if held else Action.KEEP if slot == HABIT else Action.MOVE
        tier = vm.tags["backup-tier"]
        held_because = (
            "yearly points: 7 there, none in the target" if index == 3 else "on hold until 2026-12-01 by dana"
        )
        reason = {
            Action.HOLD: held_because,
            Action.KEEP: "the current start is as good as any other",
            Action.MOVE: f"from 22:00 UTC to {_clock(slot)} UTC, the least loaded of {len(WINDOW)} starts, about "
            f"{minutes} min (p95 of 14 jobs); region's peak 36 -> 7; its load then 23 -> 8 %",
        }[action]
        lines.append(
            VmPlan(
                vm_id=vm.id,
                name=vm.name,
                vault_id=vault.id,
                region=vault.region,
                tier=tier,
                action=action,
                reason=reason,
                slot=slot,
                current_slot=HABIT,
                policy=f"ns-{tier}-{_clock(slot).replace(':', '')}",
                current_policy="DefaultPolicy",
                allowed=WINDOW,
                duration_slots=length,
                minutes=float(minutes),
                measured=14,
                **_load(index, held),
            )
        )
    return lines


def _load(index: int, held: bool) -> dict[str, Any]:
    """Return the load fields of a line: 6 of 10 VMs predictable, every 12th of them at a busy start."""
    kind = "" if held else LOADS[index % len(LOADS)]
    if kind in {"", "unknown"}:
        return {"load_class": kind}
    regret = 21.5 if kind == "predictable" and index % 12 == 5 else index % 4 / 2
    return {"load_class": kind, "expected_load": 8.0 + regret, "regret": regret, "regret_before": regret + 14.5}


def _highest(load: list[int], slot: int, length: int) -> int:
    return max(load[(slot + offset) % 48] for offset in range(length))


def _clock(slot: int) -> str:
    return f"{slot // 2:02d}:{slot % 2 * 30:02d}"


def _plan(lines: list[VmPlan]) -> Plan:
    proofs = []
    for region in sorted({line.region for line in lines}):
        here = [line for line in lines if line.region == region]
        load = [0] * 48
        for line in here:
            for offset in range(line.duration_slots):
                load[((line.slot or 0) + offset) % 48] += 1
        reach = {(slot + offset) % 48 for slot in WINDOW for offset in range(4)}
        prices = tuple(1.0 if slot in reach else 0.0 for slot in range(48))
        bound = sum(line.duration_slots for line in here) / len(reach)
        seen = 612 if region == "westeurope" else 0
        proofs.append(RegionProof(region, len(here), max(load), bound, prices, max(load) + 3, seen))
    names = sorted({(line.vault_id, line.policy) for line in lines if line.action is Action.MOVE})
    policies = tuple(_policy(vault, name) for vault, name in names)
    return Plan(
        night=NIGHT,
        made_at=BEGINS - timedelta(hours=2),
        policy_version="3f9a1c07be42",
        vms=tuple(lines),
        policies=policies,
        edits=(),
        proofs=tuple(proofs),
        findings=(),
        spacings=_spacings(lines),
    )


def _spacings(lines: list[VmPlan]) -> tuple[Spacing, ...]:
    """Return two applications that cannot be kept apart: one with a gap and one that overlaps."""
    return _spacing("shop-00", lines[0:6:3], 30, 0.0625), _spacing("shop-01", lines[7:12:3], -60, 0.75)


def _spacing(application: str, mates: list[VmPlan], gap: int, probability: float) -> Spacing:
    return Spacing(application, mates[0].region, tuple(mate.vm_id for mate in mates), gap, probability)


def _policy(vault: str, name: str) -> BackupPolicy:
    kind, daily = PolicyType.STANDARD, Frequency.DAILY
    return BackupPolicy(f"{vault}/backuppolicies/{name}", name, vault, kind, daily, "UTC", 0, Retention(30), 2)


def _runs(lines: list[VmPlan], begins: datetime, dice: random.Random, planned: bool) -> tuple[Run, ...]:
    runs = []
    for line in lines:
        slot = (line.slot if planned else line.current_slot) or 0
        start = begins + timedelta(minutes=(slot - begins.hour * 2) % 48 * 30 + dice.choice((0, 1, 2, 3, 5, 8, 20)))
        length = timedelta(minutes=round(line.minutes * dice.uniform(0.8, 1.1)))
        runs.append(Run(line.vm_id, line.name, line.vault_id, line.region, start, start + length, "Completed"))
    return tuple(runs)


def _troubled(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Let one backup fail for good, one fail and be repaired by a retry, and some complete with the same warning."""
    found = [replace(run, status="CompletedWithWarnings") if at in WARNED else run for at, run in enumerate(runs)]
    for at in (LOST, REPAIRED):
        found[at] = replace(runs[at], ended_at=runs[at].started_at + timedelta(minutes=9), status="Failed")
    begins = found[REPAIRED].started_at + RETRIED_AFTER
    return (*found, replace(runs[REPAIRED], started_at=begins, ended_at=begins + timedelta(minutes=35)))


def _steps(plan: Plan) -> tuple[Step, ...]:
    at = BEGINS - timedelta(hours=1)
    why = "slot policy of the plan"
    steps = [
        Step(at, "policy", policy.id, Outcome.WRITTEN, why, "", f"new policy {policy.name}") for policy in plan.policies
    ]
    for index, vm in enumerate(plan.moves):
        waits = index == 11
        outcome = Outcome.WAITING if waits else Outcome.WRITTEN
        reason = "moves at 02:00: its backup may still run until then" if waits else vm.reason
        when = at + timedelta(minutes=index)
        steps.append(Step(when, "membership", vm.vm_id, outcome, reason, vm.current_policy, vm.policy))
    return tuple(steps)
