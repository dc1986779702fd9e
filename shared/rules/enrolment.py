"""Which vault takes an unprotected VM, when does it start there, and what keeps it out? Never by a guess."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from math import ceil
from statistics import median

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY, BackupPolicy, ProtectionState, Vault, Vm
from shared.model.intent import FleetPolicy, Tier
from shared.model.observed import Observed
from shared.model.plan import Enrolment, Finding, Plan
from shared.rules.durations import MARGIN, PRIOR_MINUTES
from shared.rules.hourly import in_words
from shared.rules.own_hours import Hours
from shared.rules.retention import longest_days
from shared.rules.scope import fleet_vms, hold_on, in_scope, tier_of
from shared.rules.slot_policies import fingerprint, id_of, name_of, of_tier, slot_policy
from shared.rules.slots import clock_text, day_shift, start_slots

RESTORED_TAG = "rsvaultbackup"
"""Azure tags what a restore job builds so; such a VM carries its source's tags too, its tier among them."""
FIRST_BACKUP = timedelta(hours=24)
"""A first backup copies whole disks and may take this long: no choice of a start would keep it from overlapping."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Choice:
    """The one vault that takes a VM; None, with the reason, where there is none or more than one."""

    vault: Vault | None
    reason: str = ""


def unprotected(observed: Observed, intent: FleetPolicy) -> tuple[tuple[Vm, Tier], ...]:
    """Return the VMs in scope that have a tier and are no item of any vault that was read, sorted by id."""
    taken = {item.vm_id for item in observed.items}
    found = [(vm, tier_of(vm, intent.tiers)) for _, vm in sorted(fleet_vms(observed.vms, intent).items())]
    return tuple((vm, tier) for vm, tier in found if tier is not None and vm.id not in taken)


def restored(vm: Vm) -> bool:
    """Return whether a restore job built the VM."""
    return any(name.startswith(RESTORED_TAG) for name in vm.tags)


def obstacle(vm: Vm, observed: Observed, today: date) -> str:
    """Return why a person has to decide about an unprotected VM; "" where the app may."""
    if restored(vm):
        return "it was built by a restore; decide whether it stays"
    if hold := hold_on(vm, today):
        return str(hold)
    if vm.id in observed.memory.placements:
        return f"its protection was removed by hand; `nightshift release --vm {vm.name}` lets it be enrolled again"
    for item in observed.items:
        ended = item.soft_deleted or item.state is ProtectionState.PROTECTION_STOPPED
        if ended and vm.id != item.vm_id and item.name.lower() == vm.name.lower():
            return f"a VM of the same name has a backup that was {'deleted' if item.soft_deleted else 'stopped'}"
    return ""


def choose_vault(vm: Vm, tier: Tier, observed: Observed, intent: FleetPolicy) -> Choice:
    """Return the vault in scope, of the VM's region and subscription, with the tier's redundancy and room."""
    unread = sorted(f.subject.rpartition("/")[2] for f in observed.unreadable if f.code == "vault-unreadable")
    if unread:
        names = ", ".join(unread)
        return Choice(None, f"{names} could not be read and may hold it already")
    where = f"in scope in {vm.region} and its subscription"
    if tier.redundancy:
        where += f" that is {tier.redundancy}"
    fitting = [vault for vault in observed.vaults if fits(vault, vm, tier)]
    members = Counter(item.vault_id for item in observed.items)
    open_ones = [vault for vault in fitting if members[vault.id] < intent.limits.vms_per_vault]
    if len(open_ones) == 1:
        return Choice(open_ones[0])
    if not fitting:
        return Choice(None, f"no vault {where}")
    if not open_ones:
        full = ", ".join(sorted(vault.name for vault in fitting))
        return Choice(None, f"no room: {full} at limits.vms_per_vault ({intent.limits.vms_per_vault})")
    names = ", ".join(sorted(vault.name for vault in open_ones))
    return Choice(None, f"{len(open_ones)} vaults {where} ({names}): choose one")


def fits(vault: Vault, vm: Vm, tier: Tier) -> bool:
    """Return whether the vault is of the VM's region and subscription, and of the tier's redundancy."""
    near = vault.region == vm.region and vault.subscription.lower() == vm.subscription.lower()
    return near and (not tier.redundancy or tier.redundancy.lower() == vault.redundancy.lower())


def objection(enrolment: Enrolment, vault: Vault, observed: Observed, intent: FleetPolicy, today: date) -> str:
    """Return why a planned enrolment may not be written now, judged on what was just read; "" where it may."""
    vm = next((vm for vm in observed.vms if vm.id == enrolment.vm_id), None)
    if vm is None:
        return "its VM is gone"
    if not in_scope(vm, intent.scope):
        return "out of scope by its tags"
    tier = tier_of(vm, intent.tiers)
    if tier is None or tier.name != enrolment.tier:
        return f"its tier is {tier.name if tier else 'none'} now, planned as {enrolment.tier}"
    if not fits(vault, vm, tier):
        return f"{vault.name} is not of its region, its subscription and its tier's redundancy"
    if sum(item.vault_id == vault.id for item in observed.items) >= intent.limits.vms_per_vault:
        return f"no room: {vault.name} at limits.vms_per_vault ({intent.limits.vms_per_vault})"
    return obstacle(vm, observed, today)


def with_enrolments(made: Plan, observed: Observed, intent: FleetPolicy, night: date, due: datetime) -> Plan:
    """Return the plan with an enrolment for each VM that one vault takes, and the slot policies they need.

    `night` is the local date whose windows count, `due` the first tick after the report that shows new ones, which
    wait for a move of their vault that is near. What was planned before keeps its start and its hour. A VM that no
    vault takes for certain is left to `protection`.
    """
    last = observed.previous
    before = last.enrolments if last is not None and last.policy_version == intent.version else ()
    standing = {(one.vm_id, one.vault_id, one.tier): one for one in before}
    board = _Board(made, observed, intent, night)
    found, findings = [], []
    for vm, tier in unprotected(observed, intent):
        vault = choose_vault(vm, tier, observed, intent).vault
        if vault is None or obstacle(vm, observed, made.made_at.date()):
            continue
        known = standing.get((vm.id, vault.id, tier.name))
        policy = board.place(vm, tier, vault, known.slot if known else None)
        if isinstance(policy, str):
            findings.append(Finding("not-enrolled", vm.id, f"{vm.name} ({tier.name}) is not protected: {policy}"))
            continue
        # An hour that is further away was chosen by a clock that was ahead.
        tick = known.due if known and known.due < due + ONE_DAY else _shared_tick(made, vault, due)
        found.append(_enrolment(vm, tier, policy, vault, tick))
    return replace(
        made,
        enrolments=tuple(found),
        policies=tuple(board.policies[policy_id] for policy_id in sorted(board.policies)),
        findings=(*made.findings, *findings),
    )


def _shared_tick(made: Plan, vault: Vault, due: datetime) -> datetime:
    """Return the next tick that moves VMs of the vault anyway, within a day: every tick costs a look at it."""
    ticks = [line.due for line in made.moves if line.vault_id == vault.id and line.due is not None]
    return min((tick for tick in ticks if due <= tick < due + ONE_DAY), default=due)


def _enrolment(vm: Vm, tier: Tier, policy: BackupPolicy, vault: Vault, due: datetime) -> Enrolment:
    slot, hours = start_slots(policy, due.date())[0], FIRST_BACKUP / timedelta(hours=1)
    why = "is the least loaded start of its window"
    if policy.hourly is not None:
        why = f"is the day's last run of its tier's schedule, {in_words(policy.hourly)}"
    reason = (
        f"{vault.name} is the one vault that fits; {clock_text(slot)} UTC {why}; "
        f"its first backup may take {hours:.0f} h and is not in the peak"
    )
    return Enrolment(vm.id, vm.name, vault.id, vault.region, tier.name, policy.name, slot, reason, due)


@dataclass(slots=True)
class _Board:
    """How full starts, policies and vaults are, with what was placed so far.

    `later` is what a newcomer is taken to need once its first backup is done, in slots: what the others usually need.
    """

    made: Plan
    observed: Observed
    intent: FleetPolicy
    night: date
    policies: dict[str, BackupPolicy] = field(init=False)
    members: dict[str, set[str]] = field(init=False)
    load: dict[str, list[int]] = field(init=False)
    newcomers: Counter[str] = field(init=False)
    later: int = field(init=False)

    def __post_init__(self) -> None:
        self.policies = {policy.id: policy for policy in self.made.policies}
        self.members = {}
        for item in self.observed.items:
            self.members.setdefault(item.policy_id, set()).add(item.vm_id)
        regions = [line.region for line in self.made.vms] + [vault.region for vault in self.observed.vaults]
        self.load = {region: [0] * SLOTS_PER_DAY for region in regions}
        usual = [line.duration_slots for line in self.made.vms if line.measured]
        self.later = ceil(median(usual)) if usual else ceil(PRIOR_MINUTES * MARGIN / SLOT_MINUTES)
        for line in self.made.vms:
            self.members.setdefault(id_of(line.vault_id, line.policy), set()).add(line.vm_id)
            if line.slot is not None:
                self._run(line.region, line.slot, line.duration_slots)
        self.newcomers = Counter(item.vault_id for item in self.observed.items)

    def place(self, vm: Vm, tier: Tier, vault: Vault, standing: int | None) -> BackupPolicy | str:
        """Take a place for one VM more; return its policy, or why there is none."""
        limits = self.intent.limits
        if self.newcomers[vault.id] >= limits.vms_per_vault:
            return f"no room: {vault.name} at limits.vms_per_vault ({limits.vms_per_vault})"
        for slot in self._starts(vm, tier, vault, standing):
            policy = self._with_room(tier, vault, slot)
            if policy is None:
                continue
            if vault.sealed and longest_days(policy) > limits.max_retention_days:
                return f"{vault.name} cannot take retention back, and it exceeds limits.max_retention_days"
            self.policies[policy.id] = policy
            self.members.setdefault(policy.id, set()).add(f"newcomer {self.newcomers[vault.id]}")
            self.newcomers[vault.id] += 1
            self._run(vault.region, slot, self.later)
            return policy
        return f"no start of its window has a slot policy with room in {vault.name}"

    def _run(self, region: str, slot: int, slots: int) -> None:
        for step in range(slot, slot + slots):
            self.load[region][step % SLOTS_PER_DAY] += 1

    def _starts(self, vm: Vm, tier: Tier, vault: Vault, standing: int | None) -> Iterable[int]:
        """Return the starts that the VM may have once protected: where it was planned before first, then by load."""
        hours = Hours(self.intent, self.night, self.made.made_at, self.observed.load)
        mine = (one for one in self.policies.values() if one.vault_id == vault.id and of_tier(one.name, tier.name))
        used = {start_slots(one, self.night)[0] for one in mine if one.policy_type is tier.policy_type}
        own = hours.of(vm, tier, vault.region, self.later, standing)
        allowed: Iterable[int] = own.quiet
        if len(used) >= self.intent.limits.slots_per_tier:
            allowed = used.intersection(own.quiet) or used.intersection(own.usual)
        load = self.load[vault.region]

        def burden(slot: int) -> tuple[bool, int, bool, int]:
            busiest = max(load[step % SLOTS_PER_DAY] for step in range(slot, slot + self.later))
            return slot != standing, busiest, slot not in used, slot

        return sorted(allowed, key=burden)

    def _with_room(self, tier: Tier, vault: Vault, slot: int) -> BackupPolicy | None:
        """Return the slot's first numbered policy that has room and is as planned, or may be made."""
        limits = self.intent.limits
        shift = day_shift(slot, self.intent.windows[tier.window], vault.region, self.night)
        first = slot_policy(vault.id, tier, tier.policy_type, slot, shift)
        present = {policy.id: policy for policy in self.observed.policies if policy.vault_id == vault.id}
        full = len({*present, *(id_ for id_, one in self.policies.items() if one.vault_id == vault.id)})
        for number in count(1):
            name = name_of(tier.name, tier.policy_type, slot, number)
            target = replace(first, name=name, id=id_of(vault.id, name))
            known = target.id in self.policies or target.id in present
            if not known and full >= limits.policies_per_vault:
                return None
            has_room = len(self.members.get(target.id, ())) < limits.vms_per_policy
            if has_room and (target.id in self.policies or self._as_meant(target, present.get(target.id))):
                return self.policies.get(target.id, target)
        return None

    def _as_meant(self, target: BackupPolicy, current: BackupPolicy | None) -> bool:
        if current is None:
            return True
        return target.id in self.observed.memory.written and fingerprint(current) == fingerprint(target)
