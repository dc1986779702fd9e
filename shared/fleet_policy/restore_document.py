"""Which keys may `restore` of fleet.yaml hold? Pools, targets and limits of restores, one pydantic model a section."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.fleet_policy.alert_words import span_of
from shared.fleet_policy.section import Section
from shared.fleet_policy.words import Region, Text, VaultReference, wrong
from shared.model.restore_intent import AccountLimits, RestoreLimits

LONGEST_WAIT = timedelta(hours=168)
MEGABYTE = 1_000_000
GIGABYTE = 1_000_000_000
_GROUP = r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+"
_SUBNET = _GROUP + r"/providers/Microsoft\.Network/virtualNetworks/[^/\s]+/subnets/[^/\s]+"
_IDENTITY = r"system|" + _GROUP + r"/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[^/\s]+"
_ACCOUNT = r"[a-z0-9]{3,24}"
_HOURS = r"[1-9][0-9]{0,2}h"


def _fits(pattern: str, what: str, expected: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.IGNORECASE | re.ASCII):
            raise wrong(f"{text[:60]!r} is no {what}", expected)
        return text

    return check


def _account(text: str) -> str:
    if not re.fullmatch(_ACCOUNT, text):
        raise wrong(f"{text[:60]!r} is no name of a storage account", "3 to 24 lower-case letters and digits")
    return text


def _span(text: str) -> str:
    if not re.fullmatch(_HOURS, text) or span_of(text) > LONGEST_WAIT:
        raise wrong(f"{text[:60]!r} is no such time", "hours up to 168h, such as 24h")
    return text


GroupId = Annotated[str, AfterValidator(_fits(_GROUP, "id of a resource group", "/subscriptions/../resourceGroups/.."))]
SubnetId = Annotated[
    str,
    AfterValidator(_fits(_SUBNET, "id of a subnet", "/subscriptions/../providers/Microsoft.Network/../subnets/..")),
]
IdentityId = Annotated[
    str, AfterValidator(_fits(_IDENTITY, "identity", "system, or the id of a user-assigned identity"))
]
AccountName = Annotated[str, AfterValidator(_account), Field(json_schema_extra={"pattern": f"^{_ACCOUNT}$"})]
Span = Annotated[str, AfterValidator(_span), Field(json_schema_extra={"pattern": f"^{_HOURS}$"})]


class PoolSection(Section):
    """Storage accounts that restores are staged in."""

    group: GroupId = Field(description="Id of the resource group that holds them.")
    names: list[AccountName] = Field(min_length=1, max_length=250, description="Their names; 250 fit in a region.")


class PlaceSection(Section):
    """What restores may use in one region; the first group and subnet serve where a request names none."""

    accounts: PoolSection = Field(description="The pool: one account for each restore that runs.")
    groups: list[GroupId] = Field(min_length=1, description="Ids of resource groups for what is made.")
    subnets: list[SubnetId] = Field(default=[], description="Ids of subnets for new VMs; empty: no new VMs.")
    production_groups: list[GroupId] = Field(
        default=[], description="Groups that only the production queue may restore to."
    )
    production_subnets: list[SubnetId] = Field(
        default=[], description="Subnets that only the production queue may restore to."
    )


class AccountTagSection(Section):
    """The tag that every account of a pool must carry."""

    name: Text = Field(description="Tag name, compared without case.")
    value: Text = Field(description="Tag value, compared without case.")


_IDLE = AccountLimits()


class IdleSection(Section):
    """What an account may have done in the last hour to be used."""

    transactions: int = Field(default=_IDLE.transactions, ge=1, le=144_000_000, description="Requests in the hour.")
    ingress_gb: int = Field(default=_IDLE.ingress // GIGABYTE, ge=1, le=27_000, description="GB written in the hour.")
    egress_gb: int = Field(default=_IDLE.egress // GIGABYTE, ge=1, le=90_000, description="GB read in the hour.")
    latency_ms: int = Field(default=int(_IDLE.latency_ms), ge=1, le=60_000, description="Mean latency, end to end.")
    throttled: int = Field(default=_IDLE.throttled, ge=0, le=1_000_000, description="Responses that slowed callers.")


_FEW = RestoreLimits()


class RestoreLimitsSection(Section):
    """How many restores, how long and how slow."""

    vms_per_request: int = Field(default=_FEW.vms_per_request, ge=1, le=300, description="VMs in one request.")
    running: int = Field(default=_FEW.running, ge=1, le=1000, description="Restores that run at once, in all regions.")
    restores_per_vm_day: int = Field(
        default=_FEW.restores_per_vm_day, ge=1, le=20, description="Restores of one VM in a UTC day."
    )
    jobs_per_vm: int = Field(default=_FEW.jobs_per_vm, ge=1, le=2, description="Orders for one VM of a request.")
    wait: Span = Field(default="24h", description="Longest wait for an account before it counts as failed: 12h.")
    run: Span = Field(default="24h", description="Longest that one job may run: 24h.")
    slowest_mb_per_second: int = Field(
        default=_FEW.slowest // MEGABYTE, ge=1, le=30, description="A slower copy moves to another account."
    )


class RestoreSection(Section):
    """Where restores may go."""

    regions: dict[Region, PlaceSection] = Field(min_length=1, description="What restores may use, by region.")
    account_tag: AccountTagSection = Field(
        default=AccountTagSection(name="purpose", value="restore"), description="Tag of every account of a pool."
    )
    in_use_tags: list[Text] = Field(
        default=["application"], description="Tags that say that others use an account: it is left alone."
    )
    vaults: list[VaultReference] = Field(default=[], description="Vaults to restore from; empty: all in scope.")
    pairs: dict[Region, Region] = Field(
        default={}, description="Secondary region of a region, where it differs from Azure's known pairs."
    )
    identity: IdentityId | None = Field(
        default=None, description="Managed identity by which vaults write to accounts; absent: account keys."
    )
    idle: IdleSection = Field(default=IdleSection(), description="When an account counts as idle.")
    limits: RestoreLimitsSection = Field(default=RestoreLimitsSection(), description="How many, how long, how slow.")
