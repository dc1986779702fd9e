"""Does the operator see which recovery points are missing, and what one VM has?"""

import json
from datetime import timedelta

from shared.flows.retention.rows import keep
from shared.model.plan import Finding
from shared.model.retention import Cause, Expected, Gap, Mark, VmRetention
from tests.nightshift.conftest import Run
from tests.nightshift.small_fleet import Small
from tests.rules.fleet import NOW, VAULT_ID, vm_id

DUE = NOW - timedelta(days=2)
LOST = Gap(
    Expected(DUE, ("daily", "weekly"), DUE + timedelta(days=84), "Weekly", "v1"), Cause.COLLISION, "another held it"
)


def looked(small: Small, name: str, *gaps: Gap, where: str = "") -> None:
    keep(
        small.ledger,
        VmRetention(
            vm_id=vm_id(f"{name}{where}"),
            name=name,
            vault_id=VAULT_ID,
            tier="gold",
            policy="Weekly",
            checked_at=NOW,
            points=30,
            oldest=NOW - timedelta(days=29),
            newest=NOW,
            counts=(("daily", 30, 29), ("weekly", 4, 3)),
            gaps=gaps,
            findings=(Finding("crash-consistent", vm_id(name), f"{name} is odd"),) if gaps else (),
        ),
    )


def test_before_anybody_has_looked_it_says_so(run: Run, small: Small) -> None:
    assert run("points").stdout == "nobody has looked at recovery points yet\n"
    assert json.loads(run("points", "--output", "json").stdout)["figures"]["seen"] is False
    assert small.queues.sent == []


def test_each_missing_point_is_a_row_with_its_cause(run: Run, small: Small) -> None:
    looked(small, "app", LOST)
    looked(small, "web")
    said = run("points").stdout
    for word in (
        "app",
        "2026-03-02 17:00Z",
        "daily, weekly",
        "collision",
        Mark.MISSING,
        "another held it",
        "app is odd",
    ):
        assert word in said
    assert "web" not in said


def test_one_vm_is_told_with_what_it_has(run: Run, small: Small) -> None:
    looked(small, "app", LOST)
    looked(small, "web", LOST)
    said = run("points", "APP").stdout
    assert "app (gold, Weekly), looked at 2026-03-04 17:00Z" in said
    assert "  weekly: 3 of 4 there" in said
    assert "web" not in said
    found = json.loads(run("points", "app", "--output", "json").stdout)
    assert [one["name"] for one in found["vms"]] == ["app"]


def test_a_name_that_is_not_known_or_is_anothers_too_is_refused(run: Run, small: Small) -> None:
    looked(small, "app")
    looked(small, "app", where="-2")
    assert "its points were not looked at yet" in run("points", "other").stderr
    assert "give its resource id" in run("points", "app").stderr
    assert "app (gold" in run("points", vm_id("app-2")).stdout
