from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobLeaseClient, BlobServiceClient

from local.host.bindings import TimerFunction
from local.host.lease import BlobLease
from local.host.monitor import BlobMonitor, ScheduleStatus
from local.host.schedule import Schedule
from local.host.storage import CONTAINER, HOST_ID_SETTING, SETTING, host_state
from tests.host.azurite_fixture import Storage, as_local_app, azurite

__all__ = ["as_local_app", "azurite"]

pytestmark = pytest.mark.stack

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
TIMER = TimerFunction("tick", "tick", "timer", Schedule.parse("0 0 * * * *"), run_on_startup=False, use_monitor=True)


@pytest.fixture
def host_id() -> str:
    return uuid4().hex


def state_of(storage: Storage, host_id: str) -> tuple[BlobLease, BlobMonitor]:
    lease, monitor = host_state([TIMER], {SETTING: storage.blob_uri, HOST_ID_SETTING: host_id})
    assert isinstance(lease, BlobLease)
    assert isinstance(monitor, BlobMonitor)
    return lease, monitor


@pytest.mark.parametrize("last", [None, MIDNIGHT])
def test_a_timer_status_is_read_back_as_it_was_written(
    as_local_app: Storage, host_id: str, last: datetime | None
) -> None:
    _, monitor = state_of(as_local_app, host_id)
    assert monitor.read("tick") is None
    status = ScheduleStatus(last, MIDNIGHT + timedelta(hours=1), MIDNIGHT)
    monitor.write("tick", status)
    assert monitor.read("tick") == status


def test_apps_with_different_host_ids_do_not_share_statuses(as_local_app: Storage, host_id: str) -> None:
    _, ours = state_of(as_local_app, host_id)
    _, theirs = state_of(as_local_app, f"{host_id}-other")
    ours.write("tick", ScheduleStatus(None, MIDNIGHT, MIDNIGHT))
    assert theirs.read("tick") is None


def test_only_one_of_two_hosts_gets_the_timer_lease_until_it_gives_it_back(as_local_app: Storage, host_id: str) -> None:
    (first, _), (second, _) = state_of(as_local_app, host_id), state_of(as_local_app, host_id)
    assert first.take()
    assert not second.take()
    first.renew()
    assert first.held
    first.release()
    assert not first.held
    assert second.take()
    second.release()


def test_a_host_whose_lease_was_broken_no_longer_leads_after_the_next_renewal(
    as_local_app: Storage, host_id: str
) -> None:
    lease, _ = state_of(as_local_app, host_id)
    assert lease.take()
    service = BlobServiceClient(as_local_app.blob_uri, DefaultAzureCredential())
    BlobLeaseClient(service.get_blob_client(CONTAINER, f"locks/{host_id}/timers")).break_lease(0)
    lease.renew()
    assert not lease.held
