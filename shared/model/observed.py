"""What did we see? One frozen look at the fleet, with what the ledger remembers of our own writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.model.azure import BackupPolicy, Change, Job, ProtectedItem, Vault, Vm
from shared.model.load import LoadSeries
from shared.model.plan import Finding, Plan


@dataclass(frozen=True, slots=True)
class Memory:
    """What the ledger remembers, by lower-cased ids.

    `placements`: VM -> policy where we put it, verified. `written`: policy -> fingerprint of what we wrote.
    `drift_since`: policy -> when its drift was first reported. `rolled_back`: VM -> why it was rolled back.
    """

    placements: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    drift_since: Mapping[str, datetime] = field(default_factory=dict)
    rolled_back: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observed:
    """A look at the vaults in scope. `vms` holds every VM of the subscriptions; `changes` only where drift is.

    `load` is what Azure Monitor knows of each VM, by id; it is read only where a plan is made. `unreadable` has a
    finding for each vault in scope that could not be read, and that is in no other field, and one for each subscription
    whose load could not. `bad_starts` are the UTC slots at which backups of a VM failed because of the hour.
    """

    vaults: tuple[Vault, ...]
    vms: tuple[Vm, ...]
    items: tuple[ProtectedItem, ...]
    policies: tuple[BackupPolicy, ...]
    jobs: tuple[Job, ...] = ()
    changes: tuple[Change, ...] = ()
    memory: Memory = Memory()
    load: Mapping[str, LoadSeries] = field(default_factory=dict)
    previous: Plan | None = None
    unreadable: tuple[Finding, ...] = ()
    bad_starts: Mapping[str, frozenset[int]] = field(default_factory=dict)
