"""Where do ports meet implementations? Here only; everything heavy is loaded on the first call."""

import threading
from collections.abc import Callable
from functools import cache

from shared import clock, settings
from shared.ports import Ports


def _until(seconds: float) -> None:
    threading.Event().wait(seconds)


_source: Callable[[], Ports] | None = None
_wait: Callable[[float], None] = _until


def ports() -> Ports:
    """Return the ports of this process, the same ones on every call. Raises MissingSettings."""
    return _source() if _source else _cloud()


def set_source(source: Callable[[], Ports] | None) -> None:
    """Replace the ports; None restores the cloud's. Only the local Azure and tests call this."""
    global _source
    _source = source
    _cloud.cache_clear()


def set_wait(wait: Callable[[float], None] | None) -> None:
    """Replace the way to wait; None restores the real one. Only the local Azure and tests call this."""
    global _wait
    _wait = wait or _until
    _cloud.cache_clear()


@cache
def _cloud() -> Ports:
    from azure.identity import DefaultAzureCredential

    from shared.cloud.events import TopicEvents
    from shared.cloud.fleet import CloudFleet
    from shared.cloud.job_reads import JobReads
    from shared.cloud.ledger import TableLedger
    from shared.cloud.load import CloudLoad
    from shared.cloud.monitoring import CloudMonitoring
    from shared.cloud.plan_store import BlobPlans
    from shared.cloud.policy_store import BlobPolicies
    from shared.cloud.quarantine import BlobQuarantine
    from shared.cloud.queues import StorageQueues
    from shared.cloud.report_store import BlobReports
    from shared.cloud.restore_accounts import CloudRestoreAccounts
    from shared.cloud.restores import CloudRestores
    from shared.cloud.result_store import BlobResults
    from shared.cloud.vault import CloudVaults
    from shared.cloud.webhook import HttpWebhook

    facts = settings.read()
    credential, reads = DefaultAzureCredential(), JobReads()
    return Ports(
        vaults=CloudVaults(credential, facts.arm_endpoint, reads),
        fleet=CloudFleet(credential, facts.arm_endpoint),
        load=CloudLoad(credential, facts.arm_endpoint),
        monitoring=CloudMonitoring(credential, facts.arm_endpoint),
        restores=CloudRestores(credential, facts.arm_endpoint, reads),
        restore_accounts=CloudRestoreAccounts(credential, facts.arm_endpoint),
        ledger=TableLedger(credential, facts.table_uri),
        plans=BlobPlans(credential, facts.blob_uri),
        policies=BlobPolicies(credential, facts.blob_uri),
        reports=BlobReports(credential, facts.blob_uri),
        results=BlobResults(credential, facts.blob_uri),
        queues=StorageQueues(credential, facts.queue_uri),
        events=TopicEvents(credential, facts.events_endpoint),
        webhook=HttpWebhook(settings.secret),
        quarantine=BlobQuarantine(credential, facts.blob_uri),
        switches=facts.switches,
        wait=_wait,
        now=clock.now,
    )
