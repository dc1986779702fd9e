"""What does the wire say of a record? Read once, and again where the record has changed since."""

from collections.abc import Callable, Iterable
from copy import deepcopy

from local.arm import wire as sent
from local.world import World, state
from shared.cloud import wire
from shared.cloud.wire_restores import restore_job_from
from shared.model.azure import BackupPolicy, Job, ProtectedItem, Vm
from shared.model.restores import RestoreJob

ENDED = frozenset({"Completed", "CompletedWithWarnings", "Failed", "Cancelled"})

type Mark = tuple[object, ...]
"""A record's id, and all of it that the wire shows."""


class Shown[Record, Noun]:
    """Nouns by their records' marks; a record without one changes as time passes, and is read anew each time."""

    def __init__(self, read: Callable[[Record], Noun | None], mark: Callable[[Record], Mark | None]) -> None:
        self._read = read
        self._mark = mark
        self._known: dict[object, tuple[Mark, Noun | None]] = {}

    def of(self, records: Iterable[Record]) -> list[Noun]:
        """Return the nouns of the records that are any, in their order."""
        return [noun for record in records if (noun := self._one(record)) is not None]

    def _one(self, record: Record) -> Noun | None:
        mark = self._mark(record)
        if mark is None:
            return self._read(record)
        known = self._known.get(mark[0])
        if known is None or known[0] != mark:
            known = self._known[mark[0]] = (deepcopy(mark), self._read(record))
        return known[1]


def shown_jobs(world: World) -> Shown[state.Job, Job]:
    """Return what reads the world's jobs: those that have ended do not change any more."""
    return Shown(lambda job: wire.job_from(sent.job(world, job)), _mark_of_job)


def shown_restores(world: World) -> Shown[state.Job, RestoreJob]:
    """Return what reads the rows of the world's restores."""
    return Shown(lambda job: restore_job_from(sent.job(world, job)), _mark_of_job)


def _mark_of_job(job: state.Job) -> Mark | None:
    return (job.id, job.status, job.ended_at, job.error) if job.status in ENDED else None


def shown_items(world: World) -> Shown[state.Item, ProtectedItem]:
    """Return what reads the world's items: of those that are soft-deleted, days are counted."""

    def mark(item: state.Item) -> Mark | None:
        policy = world.policies.get(item.policy_id.lower())
        if item.deleted_at is not None:
            return None
        return (
            item.id,
            item.policy_id,
            policy and (policy.name, policy.rules.policy_type),
            (item.state, item.health, item.last_status, item.last_backup_at, item.last_point_at),
            item.vm_id,
            item.extended,
        )

    return Shown(lambda item: wire.item_from(sent.item(world, item)), mark)


def shown_vms() -> Shown[state.Vm, Vm]:
    """Return what reads the rows of the world's machines."""

    def mark(vm: state.Vm) -> Mark:
        return (vm.id, vm.name, vm.subscription, vm.resource_group, vm.region, vm.tags)

    return Shown(lambda vm: wire.vm_from(sent.graph_vm(vm)), mark)


def shown_policies(world: World) -> Shown[state.Policy, BackupPolicy]:
    """Return what reads the world's policies."""

    def members(policy: state.Policy) -> int:
        return sum(item.policy_id == policy.id for item in world.items_in(policy.vault_id))

    return Shown(
        lambda policy: wire.policy_from(sent.policy(policy, members(policy))),
        lambda policy: (policy.id, policy.properties, members(policy)),
    )
