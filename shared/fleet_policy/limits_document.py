"""Which limits may fleet.yaml set? Azure's quotas and our own, each with the careful value as default."""

from pydantic import Field

from shared.fleet_policy.section import Section
from shared.model.intent import Limits

_DEFAULT = Limits()


class LimitsSection(Section):
    """Azure's quotas with the careful value as default, and our own; see docs/fleet-policy.md for sources."""

    vms_per_policy: int = Field(default=_DEFAULT.vms_per_policy, ge=1, le=1000, description="VMs in one policy.")
    policies_per_vault: int = Field(
        default=_DEFAULT.policies_per_vault, ge=1, le=5000, description="Policies in one vault."
    )
    policy_writes_per_vault_day: int = Field(
        default=_DEFAULT.policy_writes_per_vault_day, ge=1, le=50, description="Policy creates and edits."
    )
    moves_per_vault_day: int = Field(
        default=_DEFAULT.moves_per_vault_day, ge=1, le=1000, description="VMs moved between policies."
    )
    vms_per_vault: int = Field(default=_DEFAULT.vms_per_vault, ge=1, le=1000, description="Protected VMs in one vault.")
    slots_per_tier: int = Field(
        default=_DEFAULT.slots_per_tier, ge=1, le=48, description="Start times of one tier in one vault."
    )
    migrations_per_vault_day: int = Field(
        default=_DEFAULT.migrations_per_vault_day, ge=1, le=1000, description="VMs moved to enhanced policies."
    )
    job_history_days: int = Field(
        default=_DEFAULT.job_history_days, ge=1, le=90, description="Days of jobs that durations rest on."
    )
    replan_above: float = Field(
        default=_DEFAULT.replan_above,
        ge=1,
        le=100,
        description="Slots are kept while peak / fresh peak is at most this.",
    )
    max_retention_days: int = Field(
        default=_DEFAULT.max_retention_days, ge=7, le=36159, description="Longest retention in sealed vaults."
    )
    initial_backups_per_night: int = Field(
        default=_DEFAULT.initial_backups_per_night, ge=1, le=1000, description="VMs newly protected by one vault."
    )
    rebalancing_moves_per_night: int = Field(
        default=_DEFAULT.rebalancing_moves_per_night,
        ge=0,
        le=1000,
        description="VMs of a region moved only to lower its peak; 0: none.",
    )
    backups_per_vm_day: int = Field(
        default=_DEFAULT.backups_per_vm_day, ge=1, le=9, description="Backups of one VM, the scheduled one included."
    )
    retention_reads_per_hour: int = Field(
        default=_DEFAULT.retention_reads_per_hour,
        ge=1,
        le=300,
        description="VMs of a subscription whose points are looked at in an hour; Azure allows 300 for all.",
    )
    on_demand_least_days: int = Field(
        default=_DEFAULT.on_demand_least_days,
        ge=1,
        le=9999,
        description="Days that an operator's point is kept at least.",
    )
