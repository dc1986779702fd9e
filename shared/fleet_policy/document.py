"""Which keys may fleet.yaml hold? One pydantic model a section; its JSON Schema comes from here too."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from shared.fleet_policy.alert_words import ActionGroupId, GroupWindow, QuietTimes, RuleId, SettingName
from shared.fleet_policy.hourly import ScheduleSection
from shared.fleet_policy.limits_document import LimitsSection
from shared.fleet_policy.restore_document import RestoreSection
from shared.fleet_policy.section import Section
from shared.fleet_policy.words import (
    Age,
    Day,
    Freshness,
    Hours,
    MonthDays,
    Patching,
    Region,
    Share,
    Subscription,
    Text,
    TierName,
    VaultName,
    VaultReference,
    Version,
    VmName,
    Weekdays,
    YearDays,
    Zone,
)
from shared.model.intent import Alerts, Rollout

Count = Annotated[int, Field(ge=1)]


class TagSection(Section):
    """A tag and the values that match; both are compared without case."""

    tag: Text = Field(description="Tag name.")
    values: list[Text] = Field(min_length=1, description="A VM matches with any of these values.")


class ScopeSection(Section):
    """What Nightshift looks at."""

    subscriptions: list[Subscription] = Field(min_length=1, description="Subscription ids.")
    vaults: list[VaultReference] = Field(default=[], description="Vault names or ARM ids; empty: all vaults.")
    include_tags: list[TagSection] = Field(default=[], description="A VM must match all of these; empty: all VMs.")
    exclude_tags: list[TagSection] = Field(default=[], description="A VM that matches any of these is left out.")


class DailySection(Section):
    """How long a daily point is kept."""

    days: int = Field(ge=7, le=9999, description="Days; Azure takes 7 to 9999.")


class WeeklySection(Section):
    """How long the points of the named weekdays are kept."""

    weeks: int = Field(ge=1, le=5163, description="Weeks; Azure takes 1 to 5163.")
    on: Weekdays = Field(description="Local weekday, or a list of them.")


class MonthlySection(Section):
    """How long the points of the named days of a month are kept."""

    months: int = Field(ge=1, le=1188, description="Months; Azure takes 1 to 1188.")
    on: MonthDays = Field(description='Local day, or a list: "first sunday", "day 15", "last day".')


class YearlySection(Section):
    """How long the points of the named days of a year are kept."""

    years: int = Field(ge=1, le=99, description="Years; Azure takes 1 to 99.")
    on: YearDays = Field(description='Local day, or a list: "first sunday of january", "day 15 of june".')


class RetentionSection(Section):
    """The four retention classes; every daily schedule needs the daily one."""

    daily: DailySection = Field(description="Daily points.")
    weekly: WeeklySection | None = Field(default=None, description="Weekly points; absent: none.")
    monthly: MonthlySection | None = Field(default=None, description="Monthly points; absent: none.")
    yearly: YearlySection | None = Field(default=None, description="Yearly points; absent: none.")


class TierSection(Section):
    """A class of VMs that share window, retention and objective."""

    match: TagSection = Field(description="Which VMs belong to the tier.")
    window: Text = Field(description="Name of a window below `windows`.")
    policy_type: Literal["standard", "enhanced"] = Field(
        default="standard", description="Azure's policy type; standard to enhanced cannot be undone."
    )
    schedule: ScheduleSection | None = Field(
        default=None, description="Several runs a day by enhanced policies; absent: one run a day."
    )
    retention: RetentionSection = Field(description="How long points are kept.")
    instant_restore_days: int | None = Field(
        default=None,
        ge=1,
        le=30,
        description="Days of snapshots: standard 1 to 5 (default 2), enhanced 1 to 30 (default 7).",
    )
    backups_per_day: int = Field(
        default=1, ge=1, description="Points a day: the scheduled one, and others that are started on demand."
    )
    rpo: Age = Field(description="Oldest that the newest point may be: 36h, 2d; at least 24h.")
    redundancy: Literal["geo", "zone", "local"] | None = Field(
        default=None, description="Storage redundancy of the vault that takes new VMs; absent: any."
    )
    retry_outside_window: bool = Field(
        default=False, description="Whether a backup may be started on demand while the window is closed."
    )


class WindowSection(Section):
    """Local hours in which backups may start."""

    hours: Hours = Field(description='Local start and end, "20:00-06:00"; an end before the start is past midnight.')
    zone: Zone = Field(description="IANA time zone.")
    zones: dict[Region, Zone] = Field(default={}, description="Zone of an Azure region, where it differs.")


class BlackoutSection(Section):
    """Local dates on which nothing is moved."""

    first: Day = Field(alias="from", description="First date, YYYY-MM-DD.")
    last: Day = Field(alias="to", description="Last date, inclusive.")
    reason: Text = Field(description="Shown in the report.")


class PatchSection(Section):
    """Local hours in which the matching VMs are patched."""

    match: TagSection = Field(description="Which VMs are patched then.")
    hours: Patching = Field(description='Local start and end, "22:00-02:00"; an end before the start is past midnight.')
    zone: Zone = Field(description="IANA time zone.")
    fresh_point: Freshness | None = Field(
        default=None,
        description="Oldest that the newest point may be when patching begins: 3h to 24h; absent: any age.",
    )


class SeparationSection(Section):
    """VMs that must not be backed up at the same time."""

    tag: Text = Field(description="VMs with equal values of this tag never overlap.")


class CapacitySection(Section):
    """How many backups may be planned at the same moment."""

    vault: Count | None = Field(default=None, description="Concurrent backups per vault; absent: no ceiling.")
    regions: dict[Region, Count] = Field(default={}, description="Concurrent backups per region.")


_CAREFUL = Rollout()


class RolloutSection(Section):
    """How many VMs of a vault are moved in one night."""

    first: Count = Field(default=_CAREFUL.first, description="VMs of a vault that are moved before any other.")
    share: Share = Field(default=_CAREFUL.share, description="Share of a vault's VMs moved a night: 25% or 0.25.")


_TOLD = Alerts()


class QuietSection(Section):
    """Local hours in which only what is critical is told."""

    hours: QuietTimes = Field(
        description='Local start and end, "22:00-06:30"; an end before the start is past midnight.'
    )
    zone: Zone = Field(description="IANA time zone.")


class AlertsSection(Section):
    """How people are told of failed backups."""

    group_window: GroupWindow = Field(
        default=f"{_TOLD.group_window // timedelta(minutes=1)}m",
        description="Failures of one vault and error within this time may be one alert: 30m, 2h.",
    )
    group_from: int = Field(
        default=_TOLD.group_from, ge=2, le=1000, description="VMs from which on such failures are one alert."
    )
    quiet_hours: QuietSection | None = Field(default=None, description="When to tell what is critical only.")
    webhook: SettingName | None = Field(
        default=None, description="Name of the setting that holds the webhook's URL; absent: no webhook."
    )
    rules: list[RuleId] = Field(default=[], description="Ids of the alert rules that must stand, checked daily.")
    action_groups: list[ActionGroupId] = Field(
        default=[], description="Ids of the action groups that must stand, checked daily."
    )
    canary: bool = Field(default=False, description="Whether one alert a day says that the way to people is open.")


class LossSection(Section):
    """One approved move that shortens retention."""

    vm: VmName = Field(description="VM name.")
    from_policy: Text = Field(alias="from", description="Name of the policy that the VM leaves.")
    to_policy: Text = Field(alias="to", description="Name of the policy that the VM moves to.")
    approver: Text = Field(description="Who answers for it.")
    expires: Day = Field(description="Last date on which it counts.")


class IncreaseSection(Section):
    """One approved rise of retention in an immutable or guarded vault."""

    vault: VaultName = Field(description="Vault name.")
    tier: Text = Field(description="Name of the tier.")
    approver: Text = Field(description="Who answers for it.")
    expires: Day = Field(description="Last date on which it counts.")


class FleetDocument(Section):
    """Nightshift's fleet.yaml: what the operator wants."""

    version: Version = Field(description="Version of this format: 1.")
    scope: ScopeSection = Field(description="What Nightshift looks at.")
    fleet_day_starts: int = Field(default=12, ge=0, le=23, description="UTC hour at which a fleet day begins.")
    tiers: dict[TierName, TierSection] = Field(min_length=1, description="Classes of VMs, by name.")
    windows: dict[Text, WindowSection] = Field(min_length=1, description="Windows, by name.")
    blackout: list[BlackoutSection] = Field(default=[], description="Dates without moves.")
    patch_windows: list[PatchSection] = Field(default=[], description="Hours kept clear of backups.")
    separation: SeparationSection | None = Field(default=None, description="VMs that never overlap.")
    capacity: CapacitySection = Field(default=CapacitySection(), description="Ceilings of concurrent backups.")
    rollout: RolloutSection = Field(default=RolloutSection(), description="How many VMs are moved in a night.")
    alerts: AlertsSection = Field(default=AlertsSection(), description="How people are told of failed backups.")
    restore: RestoreSection | None = Field(default=None, description="Where restores may go; absent: nowhere.")
    approve_retention_loss: list[LossSection] = Field(default=[], description="Approved moves to less retention.")
    approve_retention_increase: list[IncreaseSection] = Field(
        default=[], description="Approved rises in sealed vaults."
    )
    migrate_to_enhanced: list[VmName] = Field(
        default=[], description="Names of VMs that may go from standard to enhanced."
    )
    limits: LimitsSection = Field(default=LimitsSection(), description="Quotas, each overridable.")
