"""What does a valid fleet.yaml mean? The validated document as the values that rules and flows speak."""

from collections.abc import Iterable

from shared.fleet_policy.alert_words import span_of
from shared.fleet_policy.cross_checks import DEFAULT_INSTANT_RESTORE_DAYS
from shared.fleet_policy.document import (
    AlertsSection,
    FleetDocument,
    PatchSection,
    RetentionSection,
    ScopeSection,
    TagSection,
    TierSection,
    WindowSection,
)
from shared.fleet_policy.hourly import tier_hours
from shared.fleet_policy.restore_intent import restore_intent
from shared.fleet_policy.words import age_of, minutes_of
from shared.model.azure import PolicyType, Retention, TaggedRetention
from shared.model.intent import (
    Alerts,
    Blackout,
    FleetPolicy,
    IncreaseApproval,
    Limits,
    PatchWindow,
    QuietHours,
    RetentionApproval,
    Rollout,
    Scope,
    TagMatch,
    Tier,
    Window,
)

_REDUNDANCIES = {"geo": "GeoRedundant", "zone": "ZoneRedundant", "local": "LocallyRedundant"}
_POLICY_TYPES = {"standard": PolicyType.STANDARD, "enhanced": PolicyType.ENHANCED}


def to_policy(document: FleetDocument, version: str) -> FleetPolicy:
    """Return the document as a FleetPolicy; names that Azure compares without case are lower-cased."""
    return FleetPolicy(
        version=version,
        scope=_scope(document.scope),
        day_starts=document.fleet_day_starts,
        tiers=tuple(_tier(name, tier) for name, tier in document.tiers.items()),
        windows={name: _window(name, window) for name, window in document.windows.items()},
        blackouts=tuple(Blackout(entry.first, entry.last, entry.reason) for entry in document.blackout),
        patch_windows=tuple(_patch_window(entry) for entry in document.patch_windows),
        separation_tag=document.separation.tag.lower() if document.separation else None,
        vault_ceiling=document.capacity.vault,
        region_ceilings=dict(document.capacity.regions),
        retention_loss=tuple(
            RetentionApproval(entry.vm.lower(), entry.from_policy, entry.to_policy, entry.approver, entry.expires)
            for entry in document.approve_retention_loss
        ),
        retention_increase=tuple(
            IncreaseApproval(entry.vault.lower(), entry.tier, entry.approver, entry.expires)
            for entry in document.approve_retention_increase
        ),
        migrate_to_enhanced=tuple(vm.lower() for vm in document.migrate_to_enhanced),
        limits=Limits(**document.limits.model_dump()),
        rollout=Rollout(document.rollout.first, document.rollout.share),
        alerts=_alerts(document.alerts),
        restore=restore_intent(document.restore),
    )


def _alerts(alerts: AlertsSection) -> Alerts:
    quiet = alerts.quiet_hours
    return Alerts(
        group_window=span_of(alerts.group_window),
        group_from=alerts.group_from,
        quiet_hours=QuietHours(*minutes_of(quiet.hours), quiet.zone) if quiet else None,
        webhook=alerts.webhook or "",
        rules=tuple(alerts.rules),
        action_groups=tuple(alerts.action_groups),
        canary=alerts.canary,
    )


def _scope(scope: ScopeSection) -> Scope:
    return Scope(
        subscriptions=tuple(subscription.lower() for subscription in scope.subscriptions),
        vaults=tuple(vault.lower() for vault in scope.vaults),
        include=tuple(_tag(match) for match in scope.include_tags),
        exclude=tuple(_tag(match) for match in scope.exclude_tags),
    )


def _tag(match: TagSection) -> TagMatch:
    return TagMatch(match.tag.lower(), tuple(match.values))


def _tier(name: str, tier: TierSection) -> Tier:
    days = tier.instant_restore_days or DEFAULT_INSTANT_RESTORE_DAYS[tier.policy_type]
    return Tier(
        name=name,
        match=_tag(tier.match),
        window=tier.window,
        policy_type=_POLICY_TYPES[tier.policy_type],
        retention=_retention(tier.retention),
        instant_restore_days=days,
        rpo=age_of(tier.rpo),
        redundancy=_REDUNDANCIES[tier.redundancy] if tier.redundancy else "",
        retry_outside_window=tier.retry_outside_window,
        backups_per_day=tier.backups_per_day,
        hourly=tier_hours(tier.schedule) if tier.schedule else None,
    )


def _window(name: str, window: WindowSection) -> Window:
    start, end = minutes_of(window.hours)
    return Window(name, start, end, window.zone, dict(window.zones))


def _patch_window(entry: PatchSection) -> PatchWindow:
    start, end = minutes_of(entry.hours)
    fresh = age_of(entry.fresh_point) if entry.fresh_point else None
    return PatchWindow(_tag(entry.match), start, end, entry.zone, fresh)


def _retention(retention: RetentionSection) -> Retention:
    weekly, monthly, yearly = retention.weekly, retention.monthly, retention.yearly
    return Retention(
        daily_days=retention.daily.days,
        weekly=_tagged(weekly.weeks, "Weeks", map(str.capitalize, weekly.on)) if weekly else None,
        monthly=_tagged(monthly.months, "Months", map(_month_day, monthly.on)) if monthly else None,
        yearly=_tagged(yearly.years, "Years", map(_year_day, yearly.on)) if yearly else None,
    )


def _tagged(count: int, unit: str, days: Iterable[str]) -> TaggedRetention:
    return TaggedRetention(count, unit, tuple(days))


def _month_day(day: str) -> str:
    return "Day Last" if day == "last day" else day.title()


def _year_day(day: str) -> str:
    in_month, _, month = day.partition(" of ")
    return f"{month.capitalize()} {_month_day(in_month)}"
