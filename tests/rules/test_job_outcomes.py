"""Is an ended job a success or a failure, with what a reader needs to know of it?"""

from dataclasses import replace

import pytest

from shared.model.azure import JobError
from shared.model.failures import Failure, Kind, Success
from shared.rules.job_outcomes import outcome
from tests.rules.failures import BEGAN, HOUR, ITEM, MINUTE, POLICY, SLOT, job
from tests.rules.fleet import VAULT_ID, vm_id

NETWORK = JobError(400206, "ExtensionSnapshotFailedNoNetwork", "No network.", ("Open it.",), retryable=False)
ODD = JobError(77, "UserErrorOdd", "Odd.")


def failed(**fields) -> Failure:
    came = outcome(job(BEGAN, fields.pop("status", "Failed"), **fields), ITEM, POLICY)
    assert isinstance(came, Failure)
    return came


def test_a_completed_backup_is_a_success() -> None:
    assert outcome(job(BEGAN, id="Job-1"), ITEM) == Success(vm_id=vm_id("app"), job_id="job-1", started_at=BEGAN)


@pytest.mark.parametrize(
    "one",
    [job(BEGAN, "InProgress"), job(BEGAN, "Cancelling"), job(BEGAN, operation="Restore")],
    ids=lambda one: one.status,
)
def test_what_still_runs_or_is_no_backup_that_completed_is_nothing(one) -> None:
    assert outcome(one, ITEM) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Failed", Kind.FAILED),
        ("CompletedWithWarnings", Kind.WARNINGS),
        ("Cancelled", Kind.CANCELLED),
        ("Canceled", Kind.CANCELLED),
        ("Invalid", Kind.FAILED),
    ],
)
def test_every_other_end_is_a_failure_of_its_kind(status: str, kind: Kind) -> None:
    assert failed(status=status).kind is kind


def test_a_failure_carries_what_the_job_says() -> None:
    one = failed(id="Job-1", errors=(NETWORK,), user_triggered=False)
    assert (one.vm_id, one.vm_name, one.item_id, one.vault_id) == (vm_id("app"), "app", ITEM.id, VAULT_ID)
    assert (one.job_id, one.id) == ("job-1", "job-1:failed")
    assert (one.code, one.name, one.text, one.recommendations) == (400206, NETWORK.title, "No network.", ("Open it.",))
    assert (one.retryable, one.user_triggered, one.operation) == (False, False, "Backup")
    assert (one.started_at, one.ended_at, one.scheduled_for) == (BEGAN, BEGAN + 30 * MINUTE, SLOT)


def test_of_several_errors_the_first_known_one_decides() -> None:
    assert failed(errors=(ODD, NETWORK)).name == NETWORK.title
    assert failed(errors=(ODD, JobError(78, "UserErrorOdder", ""))).name == ODD.title
    assert failed().name == ""


def test_only_a_scheduled_backup_near_its_start_has_one() -> None:
    assert failed(user_triggered=True).scheduled_for is None
    assert failed(operation="Restore").scheduled_for is None
    assert outcome(job(BEGAN + 9 * HOUR, "Failed"), ITEM, POLICY).scheduled_for is None
    assert outcome(job(BEGAN, "Failed"), ITEM).scheduled_for is None


def test_without_its_item_a_job_is_known_by_its_container_or_name() -> None:
    one = outcome(job(BEGAN, "Failed"), None)
    assert (one.vm_id, one.item_id, one.vm_name) == (ITEM.container, ITEM.container, "app")
    bare = replace(job(BEGAN, "Failed"), container="", vm_name="App")
    assert outcome(bare, None).vm_id == "app"
    assert outcome(replace(bare, vm_name=""), ITEM).vm_name == "app"
