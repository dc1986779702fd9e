"""Which storage accounts may a restore use now? One verdict for each account of the pool, with its reason."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from shared.model.restore_intent import AccountLimits, RestoreIntent
from shared.model.restore_tasks import AccountLease
from shared.model.restores import AccountLoad, RestoreAccount, RestoreJob

REDUNDANCIES = ("Standard_LRS", "Standard_GRS", "Standard_RAGRS")
"""Skus by which Azure's documents agree that restores may be staged; the first is preferred. They disagree on zones."""
KIND = "StorageV2"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found out about accounts; ids are lower-cased.

    `accounts` are those that exist, `loads` their last hour (None: not known). `leases` are all of ours, but for that
    of who asks. `jobs` are restore jobs that are no task's of ours, of all vaults that restore to this region: one that
    is not `detailed` may be on any account.
    """

    accounts: Mapping[str, RestoreAccount]
    loads: Mapping[str, AccountLoad | None]
    leases: Collection[AccountLease] = ()
    jobs: Collection[RestoreJob] = ()


@dataclass(frozen=True, slots=True)
class AccountVerdict:
    """Whether an account may be used now. `busy` says that it will be free again by itself; `load` is 0 (idle) to 1.

    `keyed` says that it takes account keys, by which alone a secondary region restores.
    """

    account_id: str
    usable: bool
    reason: str
    busy: bool = False
    load: float = 0.0
    sku: str = ""
    keyed: bool = True

    @property
    def rank(self) -> tuple[bool, float, str]:
        """Sort the preferred ones first: locally redundant, then the least loaded, then by id."""
        return self.sku != REDUNDANCIES[0], self.load, self.account_id


def judge(region: str, seen: Seen, intent: RestoreIntent) -> list[AccountVerdict]:
    """Return a verdict for each account of the region's pool, in the pool's order; none where it has no pool."""
    place = intent.places.get(region)
    return [_judge(account_id, region, seen, intent) for account_id in (place.accounts if place else ())]


def usable(verdicts: Iterable[AccountVerdict]) -> list[AccountVerdict]:
    """Return the verdicts of accounts that may be used now, the best first."""
    return sorted((one for one in verdicts if one.usable), key=lambda one: one.rank)


def load_share(load: AccountLoad, limits: AccountLimits) -> float:
    """Return how much of what it may do an account did: the largest share of any limit, above 1 where it did more.

    Latency counts only where there were transactions: an account that nobody asks has none.
    """
    shares = [
        load.transactions / limits.transactions,
        load.ingress / limits.ingress,
        load.egress / limits.egress,
        load.latency_ms / limits.latency_ms if load.transactions else 0.0,
    ]
    return max(shares)


def overload(load: AccountLoad, limits: AccountLimits) -> str:
    """Return which limits an account was over in the last hour, "" for none."""
    figures = (
        ("throttled responses", load.throttled, limits.throttled, ""),
        ("transactions", load.transactions, limits.transactions, ""),
        ("bytes in", load.ingress, limits.ingress, ""),
        ("bytes out", load.egress, limits.egress, ""),
        ("of mean latency", load.latency_ms if load.transactions else 0, limits.latency_ms, " ms"),
    )
    over = [f"{found:,.0f}{unit} {what}, limit {most:,.0f}" for what, found, most, unit in figures if found > most]
    return f"others load it: {'; '.join(over)} in the last hour" if over else ""


def _judge(account_id: str, region: str, seen: Seen, intent: RestoreIntent) -> AccountVerdict:
    account = seen.accounts.get(account_id)
    if account is None:
        return AccountVerdict(account_id, usable=False, reason="it is not there, or may not be read")
    if reason := _unfit(account, region, intent):
        return AccountVerdict(account_id, usable=False, reason=reason, sku=account.sku)
    if reason := _taken(account, seen):
        return AccountVerdict(
            account_id, usable=False, reason=reason, busy=True, sku=account.sku, keyed=account.shared_key
        )
    load = seen.loads.get(account_id)
    if load is None:
        text = "its load of the last hour is not known"
        return AccountVerdict(
            account_id, usable=False, reason=text, busy=True, sku=account.sku, keyed=account.shared_key
        )
    share = load_share(load, intent.account_limits)
    if reason := overload(load, intent.account_limits):
        return AccountVerdict(
            account_id, usable=False, reason=reason, busy=True, load=share, sku=account.sku, keyed=account.shared_key
        )
    text = f"free; the busiest of its figures is at {share:.0%} of its limit"
    return AccountVerdict(account_id, usable=True, reason=text, load=share, sku=account.sku, keyed=account.shared_key)


def _unfit(account: RestoreAccount, region: str, intent: RestoreIntent) -> str:
    """Return what only a person can change about the account, "" for nothing."""
    name, value = intent.account_tag
    used = [tag for tag in intent.in_use_tags if tag in account.tags]
    if account.kind != KIND:
        return f"it is of the kind {account.kind}; restores need general purpose v2 ({KIND})"
    if account.region != region:
        return f"it is in {account.region}; this restore needs one in {region}"
    if account.sku not in REDUNDANCIES:
        return f"its redundancy is {account.sku}; expected one of {', '.join(REDUNDANCIES)}"
    if account.state.lower() != "succeeded":
        return f"its provisioning state is {account.state}"
    if account.tags.get(name, "").lower() != value.lower():
        return f"it does not carry the tag {name}={value}"
    if used:
        return f"others use it: it carries the tag {used[0]}={account.tags[used[0]]}"
    return _closed(account) or ("" if account.shared_key or intent.identity else _NO_KEY)


_NO_KEY = "it refuses account keys, and no managed identity is named in restore.identity"


def _closed(account: RestoreAccount) -> str:
    """Return why Azure Backup cannot write to the account, "" where it can."""
    trusted = "azureservices" in account.bypass.lower()
    if account.default_action.lower() != "allow" and not trusted:
        return "its network rules deny access, and trusted Azure services are no exception"
    return "" if account.public_access else "its public network access is off"


def _taken(account: RestoreAccount, seen: Seen) -> str:
    """Return which restore has the account, "" for none. A name is enough: names of accounts are unique in Azure."""
    lease = next((one for one in seen.leases if one.account_id == account.id), None)
    if lease is not None:
        return f"it is leased to {lease.task_key.rpartition('/')[2]}"
    job = next((one for one in seen.jobs if not one.terminal and one.account == account.name.lower()), None)
    if job is not None:
        return f"the restore of {job.vm_name} runs on it (job {job.id.rpartition('/')[2]})"
    hidden = next((one for one in seen.jobs if not one.terminal and not one.detailed), None)
    return f"the restore of {hidden.vm_name} runs, and its account is not known yet" if hidden is not None else ""
