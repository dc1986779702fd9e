"""What does `restore` of a valid fleet.yaml mean? The validated section as the values that rules speak."""

from shared.fleet_policy.alert_words import span_of
from shared.fleet_policy.restore_document import (
    GIGABYTE,
    MEGABYTE,
    IdleSection,
    PlaceSection,
    RestoreLimitsSection,
    RestoreSection,
)
from shared.model.restore_intent import AccountLimits, RestoreIntent, RestoreLimits, RestorePlace


def restore_intent(section: RestoreSection | None) -> RestoreIntent:
    """Return where restores may go; without a section nowhere. Ids and tag names are lower-cased."""
    if section is None:
        return RestoreIntent()
    return RestoreIntent(
        places={region: _place(place) for region, place in section.regions.items()},
        account_tag=(section.account_tag.name.lower(), section.account_tag.value),
        in_use_tags=tuple(tag.lower() for tag in section.in_use_tags),
        vaults=tuple(vault.lower() for vault in section.vaults),
        identity=(section.identity or "").lower(),
        account_limits=_idle(section.idle),
        limits=_limits(section.limits),
        pairs=dict(section.pairs),
    )


def _place(place: PlaceSection) -> RestorePlace:
    pool = f"{place.accounts.group}/providers/Microsoft.Storage/storageAccounts/".lower()
    return RestorePlace(
        accounts=tuple(pool + name for name in place.accounts.names),
        groups=_lowered(place.groups),
        subnets=_lowered(place.subnets),
        production_groups=_lowered(place.production_groups),
        production_subnets=_lowered(place.production_subnets),
    )


def _lowered(ids: list[str]) -> tuple[str, ...]:
    return tuple(one.lower() for one in ids)


def _idle(idle: IdleSection) -> AccountLimits:
    return AccountLimits(
        transactions=idle.transactions,
        ingress=idle.ingress_gb * GIGABYTE,
        egress=idle.egress_gb * GIGABYTE,
        latency_ms=float(idle.latency_ms),
        throttled=idle.throttled,
    )


def _limits(limits: RestoreLimitsSection) -> RestoreLimits:
    return RestoreLimits(
        vms_per_request=limits.vms_per_request,
        running=limits.running,
        restores_per_vm_day=limits.restores_per_vm_day,
        jobs_per_vm=limits.jobs_per_vm,
        wait=span_of(limits.wait),
        run=span_of(limits.run),
        slowest=limits.slowest_mb_per_second * MEGABYTE,
    )
