"""Which restores run, wait and go where? All that the ledger knows, as one value, and whose turn it is by that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from shared.errors import BadMessage
from shared.flows.restores import leases
from shared.flows.restores.rows import Under
from shared.flows.writes import PAUSES
from shared.messages.restore_tasks import account_from_json, job_from_json
from shared.model.intent import FleetPolicy
from shared.model.restore_tasks import AccountLease, Step
from shared.model.restores import Mode, PooledAccount, RestoreJob
from shared.ports import Ports
from shared.rules.restore_accounts import AccountVerdict, Seen, judge
from shared.rules.restore_case import CLOCKS_DIFFER
from shared.rules.restore_watching import KnownJob, fresh_for
from shared.rules.restores import Running, Turn, spread
from shared.rules.scope import pause_on

JOBS = "restore-jobs"
POOL = "restore-pool"
VAULTS = "restore-vaults"
ORDER, ALL = "restore-order", "all"
AT = "|"
"""Between a vault's id and the secondary region that is asked for its restores, in the keys of VAULTS."""
LOAD_COUNTS_FOR = timedelta(minutes=10)
"""What an account did in its last hour says nothing about it later."""
SWITCH, REPLACE = "restore", "replace"
UNKNOWN_JOB = frozenset({Step.SENDING, Step.UNSURE, Step.ACCEPTED})
"""Steps at which a task may have a job without knowing it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger said at one moment: tasks by key, accounts by id, restore jobs with who follows them.

    `vaults` says when each vault was last asked for its restores, by `side`, None for never, and `into` which region
    they go to ("" where that is not known); `order` is that in which tasks were last to be served.
    """

    under: Mapping[str, Under]
    leases: tuple[AccountLease, ...]
    jobs: Mapping[str, KnownJob] = field(default_factory=dict)
    pool: Mapping[str, PooledAccount] = field(default_factory=dict)
    vaults: Mapping[str, datetime | None] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    into: Mapping[str, str] = field(default_factory=dict)


def side(vault_id: str, region: str) -> str:
    """Return the key of VAULTS: of a vault in its own region ("") or in its secondary one, where jobs are apart."""
    return f"{vault_id}{AT}{region}" if region else vault_id


def standing(ports: Ports) -> Standing:
    """Read where all restores stand. Reads storage only, never Azure."""
    held, under = leases.leases(ports.ledger)
    jobs = {}
    for key, row in ports.ledger.rows(JOBS).items():
        job = _job(row["job"])
        if job is not None:
            jobs[key] = KnownJob(job, _followed(job, under), _instant(row.get("detailed", "")))
    pool = {key: one for key, row in ports.ledger.rows(POOL).items() if (one := _account(row["account"])) is not None}
    asked = ports.ledger.rows(VAULTS)
    vaults = {key: _instant(row["at"]) for key, row in asked.items()}
    known = ports.ledger.read(ORDER, ALL)
    marks = {mark: rank for rank, mark in enumerate(known["marks"].split())} if known else {}
    order = sorted((key for key in under if _mark(key) in marks), key=lambda key: marks[_mark(key)])
    return Standing(
        under, held, jobs, pool, vaults, tuple(order), {key: row.get("region", "") for key, row in asked.items()}
    )


def remember_order(ports: Ports, found: Mapping[str, Turn]) -> None:
    """Keep the order in which these turns are served, by short marks: a row must hold hundreds of them."""
    row = {"marks": " ".join(_mark(key) for key in found)}
    if ports.ledger.read(ORDER, ALL) != row:
        ports.ledger.write(ORDER, ALL, row)


def job(ports: Ports, job_id: str) -> KnownJob | None:
    """Return a job of ours as it was last seen, None where nobody has seen it yet."""
    row = ports.ledger.read(JOBS, job_id)
    found = _job(row["job"]) if row else None
    return KnownJob(found, ours=True, detailed_at=_instant(row.get("detailed", ""))) if row and found else None


def verdicts(now_is: Standing, region: str, intent: FleetPolicy, now: datetime, but: str = "") -> list[AccountVerdict]:
    """Return a verdict for each account of a region's pool; the lease of the task `but` does not count."""
    accounts = {key: one.account for key, one in now_is.pool.items()}
    loads = {key: one.load if now - one.at <= LOAD_COUNTS_FOR else None for key, one in now_is.pool.items()}
    return judge(region, Seen(accounts, loads, others_leases(now_is, but), strangers(now_is, region)), intent.restore)


def others_leases(now_is: Standing, but: str) -> tuple[AccountLease, ...]:
    """Return the leases of all tasks but one."""
    return tuple(one for one in now_is.leases if one.task_key != but)


def strangers(now_is: Standing, region: str) -> tuple[RestoreJob, ...]:
    """Return the restore jobs that no task under way follows and that may go to an account of the region."""
    return tuple(one.job for one in now_is.jobs.values() if not one.ours and one.job.region in {"", region})


def turns(ports: Ports, intent: FleetPolicy, now_is: Standing, now: datetime) -> dict[str, Turn]:
    """Return for each task that waits its account, or its place in the queue, by key."""
    waiting = [one for one in now_is.under.values() if one.state.step is Step.WAITING]
    stopped = {one.task.key: why for one in waiting if (why := closed(ports, one, now))}
    fresh = {region: _fresh(now_is, region, now) for region in {one.task.region for one in waiting}}
    unseen = [one.task.key for one in waiting if not fresh[one.task.region]]
    stopped = dict.fromkeys(unseen, "running restores and accounts are being looked at first") | stopped
    held = {one.holds: _minutes_left(one, now) for one in now_is.under.values() if one.holds}
    running = Running(now, held, intent.restore.limits.running - len(held), order=now_is.order)
    able = [(one.task, one.state) for one in waiting if one.task.key not in stopped]
    regions = {task.region for task, _ in able}
    found = spread(able, {region: verdicts(now_is, region, intent, now) for region in regions}, running)
    turns_of = {turn.key: turn for turn in found}
    return turns_of | {key: Turn(key, "", why, len(found) + 1) for key, why in stopped.items()}


def closed(ports: Ports, one: Under, now: datetime) -> str:
    """Return why nothing may be begun for the task now: its switch is off, or its vault is paused; "" where it may."""
    switch = REPLACE if one.task.mode is Mode.REPLACE else SWITCH
    if switch not in ports.switches:
        return f"the switch `{switch}` is off"
    vault_name = one.task.item.vault_id.rpartition("/")[2]
    return pause_on(ports.ledger.rows(PAUSES), vault_name, now) or ""


def said(turn: Turn) -> str:
    """Return a turn in words: why, the place in the queue and the expected wait."""
    if turn.account_id or not turn.position:
        return turn.reason
    wait = "" if turn.wait_minutes is None else f", about {turn.wait_minutes:.0f} minutes"
    return f"{turn.reason} (place {turn.position}{wait})"


def _fresh(now_is: Standing, region: str, now: datetime) -> bool:
    """Return whether all vaults said lately what they restore to the region: another one's silence stops nothing."""
    long_ago = now - fresh_for(len(now_is.vaults))
    asked = [at for key, at in now_is.vaults.items() if now_is.into.get(key, "") in {"", region}]
    return bool(asked) and all(at is not None and at >= long_ago for at in asked)


def _minutes_left(one: Under, now: datetime) -> float:
    since = one.state.sent_at or now
    return max(1.0, one.task.minutes - (now - since) / timedelta(minutes=1))


def _followed(job: RestoreJob, under: Mapping[str, Under]) -> bool:
    """Return whether a task under way follows the job, or may have begun it at this moment."""
    return any(one.state.job_id == job.id or _may_be_its(job, one) for one in under.values() if one.holds)


def _may_be_its(job: RestoreJob, one: Under) -> bool:
    state, item = one.state, one.task.item
    here = (item.vault_id, item.container, one.task.secondary_region)
    if state.step not in UNKNOWN_JOB or (job.vault_id, job.container, job.region) != here:
        return False
    account = state.account_id.rpartition("/")[2]
    recent = job.started_at >= (state.sent_at or state.since) - CLOCKS_DIFFER
    return recent and (not job.detailed or job.account == account)


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@lru_cache(maxsize=1024)
def _mark(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:12]


@lru_cache(maxsize=1024)
def _job(text: str) -> RestoreJob | None:
    try:
        return job_from_json(text)
    except BadMessage:
        return None


@lru_cache(maxsize=1024)
def _account(text: str) -> PooledAccount | None:
    try:
        return account_from_json(text)
    except BadMessage:
        return None
