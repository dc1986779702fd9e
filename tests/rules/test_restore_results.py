"""Does a result say what became of a restore, how long its parts took, and all that it left behind?"""

from datetime import timedelta

from shared.model.restore_tasks import Step
from shared.model.restores import JobTask, Mode
from shared.rules.restore_results import file_name, leftovers_of, phases, result_of
from tests.rules.restoring import NOW, POOL, job, state, task

MINUTE = timedelta(minutes=1)
ENDED = job(status="Completed", started_at=NOW + 5 * MINUTE, ended_at=NOW + 65 * MINUTE, staging="vm-1", account="st1")
DONE = state(Step.DONE, since=NOW + 66 * MINUTE, job_id=ENDED.id, account_id=POOL[0], attempts=1)


def test_phases_are_what_the_job_tells_of_them() -> None:
    assert phases(task(), DONE, [ENDED]) == (("wait", 5.0), ("job", 60.0))
    copied = JobTask("Transfer data from vault", "Completed", NOW + 5 * MINUTE, NOW + 45 * MINUTE)
    told = job(**{"started_at": ENDED.started_at, "ended_at": ENDED.ended_at, "tasks": (copied,)})
    assert phases(task(), DONE, [told]) == (("wait", 5.0), ("copy", 40.0), ("build", 20.0))
    assert phases(task(), state(Step.FAILED, since=NOW + 9 * MINUTE), []) == (("wait", 9.0),)


def test_a_result_names_all_jobs_and_the_vm_that_was_made() -> None:
    after = state(Step.DONE, since=DONE.since, job_id=ENDED.id, past_jobs=("a",), account_id=POOL[0])
    found = result_of(task(), after, [ENDED], ())
    assert (found.jobs, found.ended_at, found.vm_name, found.account_id) == (("a", ENDED.id), DONE.since, "", POOL[0])
    made = task(mode=Mode.NEW_VM, vm_name="new")
    assert result_of(made, after, [], ()).vm_name == "new"
    assert result_of(made, after, [job(target_vm="new-2")], ()).vm_name == "new-2"
    assert result_of(task(mode=Mode.REPLACE), after, [ENDED], ()).vm_name == "app-1"
    assert result_of(made, state(Step.FAILED), [], ()).vm_name == ""


def test_containers_stay_always_and_disks_of_jobs_that_did_not_end_well() -> None:
    broken = job(id="broken", status="Failed", staging="vm-0", account="st2")
    found = leftovers_of(DONE, [broken, ENDED], {"broken": ["disk-1"], ENDED.id: ["disk-2"]})
    assert [(one.kind, one.id) for one in found] == [
        ("container", "st2/vm-0"),
        ("disk", "disk-1"),
        ("container", "st1/vm-1"),
    ]


def test_a_job_that_nobody_follows_any_more_is_named() -> None:
    running = job(id="running")
    assert [one.kind for one in leftovers_of(state(Step.FAILED), [running], {})] == ["job"]


def test_files_of_namesakes_have_names_of_their_own() -> None:
    one = file_name(task("app-1"))
    assert one.startswith("app-1-")
    assert one != file_name(task("app-2"))
    assert file_name(task("a_b.c")).startswith("a-b-c-")
