"""What may be sent to a vault? The only builders of the bodies that can do harm; they refuse what is doubtful."""

import json
import re
from datetime import UTC, datetime

from shared.cloud.calendar_words import monthly_format, weekly_format, yearly_format
from shared.cloud.ids import policy_id
from shared.errors import Permanent
from shared.model.azure import (
    HOURS_PER_DAY,
    INTERVALS,
    SLOT_MINUTES,
    BackupPolicy,
    Frequency,
    PolicyType,
    ProtectedItem,
    ProtectionState,
    Retention,
    TaggedRetention,
    Vault,
    Vm,
)

OURS = "ns-"
"""Every policy that this app creates or edits is named so."""

_NAME = re.compile(rf"{OURS}[A-Za-z0-9-]{{0,146}}[A-Za-z0-9]")
"""Azure allows 3 to 150 letters, digits and hyphens."""
_UNITS = frozenset({"Days", "Weeks", "Months", "Years"})
_MOVABLE = frozenset({ProtectionState.IR_PENDING, ProtectionState.PROTECTED, ProtectionState.PROTECTION_ERROR})
_LAST_WINDOW_START = 19 * 60 + 30
"""The latest start of an hourly schedule, in minutes (policy constants of Azure PowerShell)."""
_ARCHIVE_LINE = re.compile(r"(?P<tier>\w+): (?P<mode>\w+) (?P<count>\d+)(?: (?P<unit>\w+))?", re.ASCII)


def membership_body(item: ProtectedItem, policy: BackupPolicy, origin: str = "") -> dict[str, object]:
    """Build the PUT that moves a protected VM to another policy of its vault.

    `origin` is the id of the policy the VM had before its first move: the one policy without our prefix that it may
    return to. The body never holds a protection state, since the same PUT with an empty policy id stops protection.
    Raises Permanent that names every refusal.
    """
    extended, problem = _extended_properties(item)
    refusals = [
        problem,
        "" if policy.id else "the policy id is empty, which would stop protection",
        ""
        if policy.id.lower() == policy_id(item.vault_id, policy.name)
        else f"{policy.id!r} is not of vault {item.vault_id}",
        ""
        if policy.name.startswith(OURS) or policy.id.lower() == origin.lower()
        else f"the name does not start with {OURS}",
        f"fields that are not understood: {', '.join(policy.unread)}" if policy.unread else "",
        "the item is soft-deleted" if item.soft_deleted else "",
        "" if item.state in _MOVABLE else f"the item is in state {item.state}",
        "" if item.vm_id else "the item names no virtual machine",
    ]
    _refuse(f"{item.name or item.id}: not assigned to policy {policy.name!r}", refusals)
    return {
        "properties": {
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "sourceResourceId": item.vm_id,
            "policyId": policy.id,
            **extended,
        }
    }


def protection_body(vault: Vault, vm: Vm, policy: BackupPolicy) -> dict[str, object]:
    """Build the PUT that puts an unprotected VM under a slot policy of a vault in its region and subscription.

    The body holds no protection state, and the policy is one of ours. Raises Permanent that names every refusal.
    """
    machine = f"/subscriptions/{vm.subscription}/resourceGroups/{vm.resource_group}"
    machine += f"/providers/Microsoft.Compute/virtualMachines/{vm.name}"
    refusals = [
        "" if vm.id and vm.id == machine.lower() else f"{vm.id!r} is not the id of its machine",
        "" if vm.region and vm.region == vault.region else f"it is in {vm.region}, the vault in {vault.region}",
        "" if vm.subscription.lower() == vault.subscription.lower() else "it is not of the vault's subscription",
        "" if policy.id and policy.id == policy_id(vault.id, policy.name) else f"{policy.id!r} is not of {vault.id}",
        "" if _NAME.fullmatch(policy.name) else f"the policy's name is not {OURS} and letters, digits and hyphens",
        f"fields that are not understood: {', '.join(policy.unread)}" if policy.unread else "",
    ]
    _refuse(f"{vm.name or vm.id}: not protected by policy {policy.name!r}", refusals)
    return {
        "properties": {
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "sourceResourceId": vm.id,
            "policyId": policy.id,
        }
    }


def policy_body(policy: BackupPolicy) -> dict[str, object]:
    """Build the PUT that creates a slot policy, or overwrites it in place, with every field that it has.

    Slot policies run daily at one half-hour of the UTC day, or hourly from one on; each retention class names the same
    time (Azure VM backup FAQ). Raises Permanent that names every refusal.
    """
    retention, unsayable = _retention(policy.retention, _run_times(policy.start or 0))
    tiering, unreadable = _tiering(policy.archive)
    refusals = [
        "" if _NAME.fullmatch(policy.name) else f"the name is not {OURS} and letters, digits and hyphens",
        *_schedule_refusals(policy),
        "" if policy.time_zone == "UTC" else f"the time zone is {policy.time_zone!r}, not UTC",
        "" if _on_slot(policy.start) else f"the start is {policy.start!r}, not a half-hour of the day in minutes",
        "" if policy.retention.daily_days else "daily retention is missing",
        f"fields that are not understood: {', '.join(policy.unread)}" if policy.unread else "",
        *unsayable,
        *unreadable,
    ]
    _refuse(f"policy {policy.name!r}: not written", refusals)
    prefix, suffix = policy.snapshot_group
    group = {"azureBackupRGNamePrefix": prefix, "azureBackupRGNameSuffix": suffix}
    optional: dict[str, object] = {
        "instantRPDetails": {name: part for name, part in group.items() if part},
        "tieringPolicy": tiering,
        "snapshotConsistencyType": policy.snapshot_consistency,
    }
    return {
        "properties": {
            "backupManagementType": "AzureIaasVM",
            "policyType": policy.policy_type.value,
            "timeZone": "UTC",
            "instantRpRetentionRangeInDays": policy.instant_restore_days,
            "schedulePolicy": _schedule(policy, _run_times(policy.start or 0)),
            "retentionPolicy": retention,
            **{name: value for name, value in optional.items() if value},
        }
    }


def _refuse(what: str, refusals: list[str]) -> None:
    if reasons := [reason for reason in refusals if reason]:
        raise Permanent(f"{what}: {'; '.join(reasons)}", "Refused")


def _extended_properties(item: ProtectedItem) -> tuple[dict[str, object], str]:
    """Disk exclusions are replaced by what is sent, so they go back as they came."""
    if not item.extended_properties:
        return {}, ""
    try:
        extended = json.loads(item.extended_properties)
    except ValueError:
        extended = None
    if not isinstance(extended, dict):
        return {}, "its extended properties are not a JSON object"
    return {"extendedProperties": extended}, ""


def _on_slot(start: int | None) -> bool:
    return start is not None and start in range(0, 24 * 60, SLOT_MINUTES)


def _run_times(start: int) -> list[str]:
    """The service reads the time of day only; the date is fixed so that equal policies have equal bodies."""
    return [f"2026-01-01T{start // 60:02}:{start % 60:02}:00Z"]


def _schedule_refusals(policy: BackupPolicy) -> list[str]:
    if policy.frequency is Frequency.DAILY:
        return ["it is Daily and has the runs of an hourly schedule"] if policy.hourly else []
    if policy.frequency is not Frequency.HOURLY:
        return [f"the frequency is {policy.frequency}, neither Daily nor Hourly"]
    if policy.hourly is None:
        return ["it is Hourly, and its runs are not known"]
    every, hours = policy.hourly.every, policy.hourly.hours
    return [
        "" if policy.policy_type is PolicyType.ENHANCED else "only Enhanced policies can be Hourly",
        "" if every in INTERVALS else f"the interval is {every} hours, which Azure does not take",
        ""
        if every and every <= hours <= HOURS_PER_DAY and hours % every == 0
        else f"{hours} hours are no multiple of {every} up to a day",
        "" if (policy.start or 0) <= _LAST_WINDOW_START else "an hourly schedule starts at 19:30 at the latest",
    ]


def _schedule(policy: BackupPolicy, times: list[str]) -> dict[str, object]:
    if policy.hourly is not None:
        return {
            "schedulePolicyType": "SimpleSchedulePolicyV2",
            "scheduleRunFrequency": "Hourly",
            "hourlySchedule": {
                "interval": policy.hourly.every,
                "scheduleWindowStartTime": times[0],
                "scheduleWindowDuration": policy.hourly.hours,
            },
        }
    if policy.policy_type is PolicyType.ENHANCED:
        return {
            "schedulePolicyType": "SimpleSchedulePolicyV2",
            "scheduleRunFrequency": "Daily",
            "dailySchedule": {"scheduleRunTimes": times},
        }
    return {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Daily",
        "scheduleRunTimes": times,
    }


def _retention(retention: Retention, times: list[str]) -> tuple[dict[str, object], list[str]]:
    """Return the retention's JSON, and what of it the wire cannot say."""
    daily = TaggedRetention(retention.daily_days or 0, "Days", ())
    body: dict[str, object] = {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "dailySchedule": _class({}, daily, times),
    }
    unsayable = []
    for name, tagged, form in (
        ("weeklySchedule", retention.weekly, weekly_format),
        ("monthlySchedule", retention.monthly, monthly_format),
        ("yearlySchedule", retention.yearly, yearly_format),
    ):
        if tagged is None:
            continue
        runs = form(tagged.when)
        if runs is None or tagged.count < 1 or tagged.unit not in _UNITS:
            unsayable.append(f"{name} cannot be said in Azure's formats: {tagged.count} {tagged.unit} of {tagged.when}")
        else:
            body[name] = _class(runs, tagged, times)
    return body, unsayable


def _class(runs: dict[str, object], kept: TaggedRetention, times: list[str]) -> dict[str, object]:
    return {
        **runs,
        "retentionTimes": times,
        "retentionDuration": {"count": kept.count, "durationType": kept.unit},
    }


def _tiering(archive: tuple[str, ...]) -> tuple[dict[str, object], list[str]]:
    """Return the tiering policy's JSON from its "tier: mode count unit" lines, and the lines that are not such."""
    found = {line: _ARCHIVE_LINE.fullmatch(line) for line in archive}
    tiering: dict[str, object] = {
        match["tier"]: {
            "tieringMode": match["mode"],
            "duration": int(match["count"]),
            **({"durationType": match["unit"]} if match["unit"] else {}),
        }
        for match in found.values()
        if match
    }
    return tiering, [
        f"archive line {line!r} is not 'tier: mode count unit'" for line, match in found.items() if not match
    ]


def backup_body(keep_until: datetime) -> dict[str, object]:
    """Build the POST that starts an on-demand backup. Its point always has an expiry of its own, a UTC instant.

    Raises Permanent for an instant without an offset: the service would read it in a zone of its choice.
    """
    if keep_until.tzinfo is None:
        raise Permanent(f"keep until {keep_until}: expected an instant with a UTC offset", "Refused")
    expiry = keep_until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"properties": {"objectType": "IaasVMBackupRequest", "recoveryPointExpiryTimeInUTC": expiry}}
