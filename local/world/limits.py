"""How big and how fast is the pretend Azure? Quotas, page sizes and the pace of its physics, all settings."""

from dataclasses import dataclass, field, fields
from datetime import timedelta

from local.world.mishaps import Mishap


@dataclass(frozen=True, slots=True)
class Limits:
    """Azure's quotas. Sources conflict; these are what the service is known to enforce, not what it advises."""

    vms_per_policy: int = 1000
    policies_per_vault: int = 5000
    policy_writes_per_vault_day: int = 50
    moves_per_vault_day: int = 250
    backups_per_item_day: int = 9
    restores_per_item_day: int = 20
    accounts_per_region: int = 250
    subscription_reads: int = 250
    subscription_reads_refill: float = 25.0
    subscription_writes: int = 200
    subscription_writes_refill: float = 10.0
    provider_requests_per_hour: int = 300
    provider_requests_by_action: dict[str, int] = field(
        default_factory=lambda: {"microsoft.recoveryservices/vaults/backupjobs/read": 450}, hash=False
    )


@dataclass(frozen=True, slots=True)
class PageSizes:
    """Rows in one page of each list."""

    vaults: int = 200
    items: int = 200
    policies: int = 200
    jobs: int = 200
    points: int = 200
    vms: int = 200
    changes: int = 200
    graph: int = 1000
    accounts: int = 200

    @classmethod
    def all_of(cls, rows: int) -> "PageSizes":
        """Return pages of `rows` rows for every list."""
        return cls(*[rows] * len(fields(cls)))


@dataclass(frozen=True, slots=True)
class Pace:
    """How the pretend service behaves in time.

    `lateness`: a run starts within this span after its scheduled time. `listing_lag`: a job is in lists within this
    span after it began. `failure_rate`: share of backup jobs that fail; those of the VMs in `failing` (lower-cased ids)
    all do, in two ways or, with `all_failures`, in all that Azure knows. `restore_failure_rate`: share of restores that
    fail; `restore_speed`: between which MB a second they copy from the vault to an account that does nothing else.
    `prune_after`: how long a point outlives its retention. `call`: what one call takes. `mishaps` befall scheduled runs
    from now on.
    """

    lateness: timedelta = timedelta(hours=2)
    listing_lag: timedelta = timedelta(minutes=5)
    failure_rate: float = 0.01
    failing: frozenset[str] = frozenset()
    all_failures: bool = False
    restore_failure_rate: float = 0.02
    restore_speed: tuple[float, float] = (30.0, 50.0)
    nightly_noise: float = 0.06
    prune_after: timedelta = timedelta(hours=18)
    sweep_every: timedelta = timedelta(hours=6)
    call: timedelta = timedelta(milliseconds=200)
    mishaps: tuple[Mishap, ...] = ()
