"""Where may restores go, and how many of them? The operator's `restore` as values; without regions none may."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RestorePlace:
    """What restores may use in one region, as lower-cased ids; the first group and subnet serve where none is named.

    `accounts` is the pool of staging accounts. `groups` take what is made, `subnets` new VMs. The `production_*` ones
    are open to requests of the production queue alone.
    """

    accounts: tuple[str, ...]
    groups: tuple[str, ...]
    subnets: tuple[str, ...] = ()
    production_groups: tuple[str, ...] = ()
    production_subnets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """What an account may have done in the last hour to be taken as idle; all but `latency_ms` are counts or bytes.

    The defaults are a fifth of what Azure's smaller regions let an account do: 20,000 requests a second, 25 Gbit/s in
    and 50 out. A restore that it has just taken comes to a tenth of that.
    """

    transactions: int = 14_400_000
    ingress: int = 2_250_000_000_000
    egress: int = 4_500_000_000_000
    latency_ms: float = 500.0
    throttled: int = 0


@dataclass(frozen=True, slots=True)
class RestoreLimits:
    """How many restores, how long, how slow.

    `running` bounds the jobs that run at the same time, `restores_per_vm_day` the triggers of one VM in 24 hours (Azure
    refuses more than 20), `jobs_per_vm` those of one VM in one request. A task that has neither ended nor begun to
    run after `wait` fails, as does a job that runs longer than `run`. A copy that is slower than `slowest` bytes a
    second moves to another account.
    """

    vms_per_request: int = 100
    running: int = 50
    restores_per_vm_day: int = 20
    jobs_per_vm: int = 2
    wait: timedelta = timedelta(hours=24)
    run: timedelta = timedelta(hours=24)
    slowest: int = 5_000_000


@dataclass(frozen=True, slots=True)
class RestoreIntent:
    """Where restores may go.

    `places` are by region; a region without one takes no restores. An account must carry the tag `account_tag`, a pair
    of a lower-cased name and a value, and none of the tags `in_use_tags` (lower-cased names). `vaults` (names or ids,
    lower-cased) are those that may be restored from, () all in scope. `identity` is the id of a managed identity by
    which vaults write to accounts, "system" for the vault's own, "" for account keys. `pairs` are secondary regions by
    region, where Azure's are others than this version knows.
    """

    places: dict[str, RestorePlace] = field(default_factory=dict, hash=False)
    account_tag: tuple[str, str] = ("purpose", "restore")
    in_use_tags: tuple[str, ...] = ("application",)
    vaults: tuple[str, ...] = ()
    identity: str = ""
    account_limits: AccountLimits = AccountLimits()
    limits: RestoreLimits = RestoreLimits()
    pairs: dict[str, str] = field(default_factory=dict, hash=False)
