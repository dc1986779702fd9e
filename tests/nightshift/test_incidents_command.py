"""Does the operator see what is open, the worst first, with what to do about each?"""

import json
from datetime import timedelta

from shared.flows.job_failures import facts
from shared.flows.on_demand import asking, rows
from shared.messages.backups import BackupRequest
from shared.model.failures import Fact, History
from shared.model.on_demand import OnDemandBackup, Stage
from tests.nightshift.conftest import Run
from tests.nightshift.small_fleet import Small
from tests.rules.failures import at, failure, success, tried

AGENT = "UserErrorGuestAgentStatusUnavailable"


def happened(small: Small, *found: Fact) -> None:
    facts.add(small.ledger, History(), found)


def test_without_incidents_it_says_so(run: Run, small: Small) -> None:
    assert run("incidents").stdout == "no incident is open\n"
    assert run("incidents", "--all").stdout == "no incident is remembered\n"
    assert json.loads(run("incidents", "--output", "json").stdout) == {"matters": []}
    assert small.queues.sent == []


def test_each_open_one_is_shown_with_what_was_tried_and_what_to_do(run: Run, small: Small) -> None:
    one = failure()
    happened(small, failure(AGENT, vm="silent"), one, tried(one))
    said = run("incidents").stdout
    assert said.index("silent in ") < said.index("app in ")
    assert f"its agent does not answer (guest_agent / {AGENT})\n" in said
    assert "  now    open, needs a human; nobody was told yet\n  do 1   Sign in to the VM" in said
    assert "  tried  2026-03-03 22:40 retry: because\n  now    open, started again at 3 Mar 23:10" in said


def test_what_is_over_is_shown_when_asked_for(run: Run, small: Small) -> None:
    one, good = failure(), success(at(2))
    happened(small, one, tried(one), good)
    request = BackupRequest(one.vault_id, one.vm_id, one.id, 1)
    decision = {"at": at(1).isoformat(), "retry_at": at(2).isoformat(), "reason": "because"}
    wanted = asking.retry_wanted(request, decision, at(2) + timedelta(days=30))
    job_id = f"/jobs/{good.job_id.upper()}"
    rows.claim(
        small.ledger,
        OnDemandBackup(wanted=wanted, vm="app", stage=Stage.SEEN, said="", at=at(2), sent_at=at(2), job_id=job_id),
    )
    assert run("incidents").stdout == "no incident is open\n"
    assert "now    repaired by the retry of 4 Mar 00:00; nobody was told" in run("incidents", "--all").stdout


def test_a_storm_is_one_entry_with_its_members(run: Run, small: Small) -> None:
    happened(small, *(failure(AGENT, vm=f"vm-{number}") for number in range(12)))
    assert "  VMs    vm-0, vm-1, vm-10, vm-11, vm-2," in run("incidents").stdout
    (matter,) = json.loads(run("incidents", "--output", "json").stdout)["matters"]
    assert (matter["storm"], len(matter["incidents"]), matter["ending"]) == (True, 12, "needs a human")
    assert matter["to_do"][0].startswith("Sign in to the VM")
