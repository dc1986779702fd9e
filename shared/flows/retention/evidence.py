"""What tells why a point is missing? Known failures, and the vault's jobs of the days in question, each read once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from shared.flows.job_failures import facts
from shared.model.azure import Job, ProtectedItem, Vault
from shared.model.failures import Failure
from shared.model.retention import Mark
from shared.ports import Ports
from shared.rules.gap_causes import Evidence, needs_jobs
from shared.rules.held_points import Found
from shared.rules.retention_check import Case
from shared.rules.slots import DAY

JOB_READS = 60
"""Lists of jobs that are read for causes in an hour and a subscription, of the 450 that Azure allows for all."""
AFTER = timedelta(hours=6)


@dataclass
class Witness:
    """What one tick has read of jobs and failures so far."""

    ports: Ports
    now: datetime
    failures: Mapping[str, Sequence[Failure]]
    vm_ids: frozenset[str]
    days: dict[tuple[str, date], list[Job]] = field(default_factory=dict)

    def of(self, vault: Vault, case: Case, found: Sequence[Found]) -> Evidence:
        """Return what tells of the VM's missing points; the vault's jobs are read only where nothing else does.

        Raises Transient or Permanent where they cannot be read.
        """
        vm_id = case.item.vm_id
        known = Evidence(
            history=case.history,
            before=case.before.gaps if case.before else (),
            by_hand=case.asked.by_hand,
            failures=self.failures.get(vm_id, ()),
            vm_exists=vm_id in self.vm_ids,
        )
        missing = [one.expected for one in found if one.mark in {Mark.MISSING, Mark.ASKED}]
        asking = [one for one in missing if needs_jobs(one, known, self.now)]
        days = [self._day(vault, case.item, one.due) for one in asking]
        if not days or any(jobs is None for jobs in days):
            return known
        return replace(known, jobs=tuple({job.id: job for jobs in days for job in jobs or ()}.values()))

    def _day(self, vault: Vault, item: ProtectedItem, due: datetime) -> list[Job] | None:
        """Return the item's jobs from a day before the run until it must have begun; None where reads are spent."""
        key = vault.id, due.date()
        if key not in self.days:
            if not self.ports.ledger.spend(f"gap-jobs-{self.now:%H}", vault.subscription, self.now.date(), JOB_READS):
                return None
            since = due.replace(hour=0, minute=0)
            self.days[key] = self.ports.vaults.jobs(vault, since - DAY, min(since + DAY + AFTER, self.now))
        return [job for job in self.days[key] if job.container == item.container]


def witness(ports: Ports, vm_ids: frozenset[str], now: datetime) -> Witness:
    """Return what is known before any job is read. `vm_ids` are all VMs that there are."""
    failures: defaultdict[str, list[Failure]] = defaultdict(list)
    for failure in facts.history(ports.ledger).failures:
        failures[failure.vm_id].append(failure)
    return Witness(ports, now, failures, vm_ids)
