"""Which rows do the night charts have? VMs by region and vault, in the order in which they start."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from shared.model.night import NightReport, Run
from shared.model.plan import VmPlan
from shared.report.names import short, vault_names
from shared.report.shown_hours import slot_starts


@dataclass(frozen=True, slots=True)
class Row:
    """One VM: its line of the plan, where there is one, where it started before, and its backups of both days."""

    vm_id: str
    name: str
    vault_id: str
    region: str
    plan: VmPlan | None
    slot_before: int | None
    before: tuple[Run, ...]
    after: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one vault, in the order in which they start in the day shown."""

    region: str
    vault: str
    rows: tuple[Row, ...]


def groups(night: NightReport) -> tuple[Group, ...]:
    """Return the vaults by region and name, each with the VMs that are planned or ran on either day."""
    names = vault_names(night.vaults)

    def place(row: Row) -> tuple[str, str, str]:
        return row.region, names.get(row.vault_id, short(row.vault_id)), row.vault_id

    order = sorted(_rows(night), key=lambda row: (place(row), _start(row, night), row.name, row.vm_id))
    return tuple(Group(region, vault, tuple(rows)) for (region, vault, _), rows in groupby(order, key=place))


def _rows(night: NightReport) -> Iterable[Row]:
    plans = {vm.vm_id: vm for vm in (night.plan.vms if night.plan else ())}
    before, after = _by_vm(night.runs_before), _by_vm(night.runs_after)
    slots_before = {vm_id: plan.current_slot for vm_id, plan in plans.items()} | dict(night.slots_before)
    for vm_id in {**plans, **before, **after}:
        known = plans.get(vm_id) or (after.get(vm_id) or before[vm_id])[0]
        yield Row(
            vm_id,
            known.name,
            known.vault_id,
            known.region,
            plans.get(vm_id),
            slots_before.get(vm_id),
            tuple(before.get(vm_id, ())),
            tuple(after.get(vm_id, ())),
        )


def _by_vm(runs: Iterable[Run]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.started_at):
        found.setdefault(run.vm_id, []).append(run)
    return found


def _start(row: Row, night: NightReport) -> timedelta:
    """Return when the row's first bar begins, counted from the beginning of the day."""
    if row.after:
        return row.after[0].started_at - night.begins_at
    if row.plan is not None and row.plan.slot is not None:
        return slot_starts(night.begins_at, row.plan.slot) - night.begins_at
    return timedelta.max
