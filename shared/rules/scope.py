"""Which VM is whose business? Scope, tiers, holds and pauses judged from tags and flags."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from shared.model.azure import Vault, Vm
from shared.model.intent import FleetPolicy, Scope, TagMatch, Tier

HOLD_TAG = "nightshift-hold"


@dataclass(frozen=True, slots=True)
class Hold:
    """A VM tag `nightshift-hold=<date>;<owner>;<reason>`; an unreadable one holds until it is repaired."""

    until: date | None
    owner: str
    reason: str

    def __str__(self) -> str:
        until = f"until {self.until}" if self.until else "without a readable date"
        return f"on hold {until} by {self.owner or 'nobody named'}: {self.reason or 'no reason given'}"


def matches(vm: Vm, tag: TagMatch) -> bool:
    """Return whether the VM carries the tag with one of its values, without case."""
    value = vm.tags.get(tag.name.lower())
    return value is not None and value.lower() in {wanted.lower() for wanted in tag.values}


def in_scope(vm: Vm, scope: Scope) -> bool:
    """Return whether the VM's tags are all included and none excluded."""
    return all(matches(vm, tag) for tag in scope.include) and not any(matches(vm, tag) for tag in scope.exclude)


def vault_in_scope(vault: Vault, scope: Scope) -> bool:
    """Return whether the vault is named in the scope; an empty list names all."""
    return not scope.vaults or vault.name.lower() in scope.vaults or vault.id in scope.vaults


def tier_of(vm: Vm, tiers: Iterable[Tier]) -> Tier | None:
    """Return the VM's tier; tags of tiers never overlap, so there is at most one."""
    return next((tier for tier in tiers if matches(vm, tier.match)), None)


def hold_on(vm: Vm, today: date) -> Hold | None:
    """Return the VM's hold unless it has expired before `today`."""
    text = vm.tags.get(HOLD_TAG)
    if text is None:
        return None
    parts = [part.strip() for part in text.split(";", 2)] + ["", ""]
    try:
        until = date.fromisoformat(parts[0])
    except ValueError:
        return Hold(None, parts[1], f"{HOLD_TAG}={text!r} is not <date>;<owner>;<reason>")
    return Hold(until, parts[1], parts[2]) if until >= today else None


def pause_on(rows: Mapping[str, Mapping[str, str]], vault_name: str, now: datetime) -> str | None:
    """Return why writes to the vault are paused, or None. Rows are the ledger's, by scope ("*": all vaults)."""
    for scope in ("*", vault_name.lower()):
        row = rows.get(scope)
        if row is not None and datetime.fromisoformat(row["until"]).astimezone(UTC) > now:
            who = row.get("who") or "nobody named"
            return f"paused until {row['until']} by {who}: {row.get('reason') or 'no reason given'}"
    return None


def fleet_vms(vms: Iterable[Vm], policy: FleetPolicy) -> dict[str, Vm]:
    """Return the VMs in scope by id."""
    return {vm.id: vm for vm in vms if in_scope(vm, policy.scope)}
