"""Do plan, diff and rollback say what would change, and write only when told to?"""

import json
import re
from dataclasses import replace

import pytest

from shared.flows import backup_windows, fleet_policy
from shared.flows.look import ORIGINS
from shared.messages.plans import plan_from_json, plan_to_json
from tests.nightshift.conftest import Run
from tests.nightshift.small_fleet import (
    DEFAULT_POLICY,
    NOW,
    POLICY_TEXT,
    VAULT,
    VMS,
    Small,
    SmallFleet,
    SmallVaults,
    Throttled,
    item,
)

BUSY_AT_MIDNIGHT = (80.0, 80.0, 80.0, *(5.0,) * 20, 80.0)
"""Per cent by UTC hour: busy from 23:00 to 03:00."""


def moved_once(small: Small) -> None:
    """Put app-01 on a slot policy, as enforcement leaves it behind."""
    slot = replace(
        DEFAULT_POLICY, id=f"{VAULT.id}/backuppolicies/ns-standard-2000", name="ns-standard-2000", start=20 * 60
    )
    item = small.vaults.memberships[VMS[0].id]
    small.vaults.known[slot.id] = slot
    small.vaults.memberships[VMS[0].id] = replace(item, policy_id=slot.id, policy_name=slot.name)
    small.ledger.write(ORIGINS, VMS[0].id, {"policy": DEFAULT_POLICY.id, "at": NOW.isoformat()})


def test_a_plan_shows_regions_moves_and_what_is_held_and_writes_nothing(run: Run, small: Small) -> None:
    result = run("plan")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "3 VMs: 2 to move, 1 held" in result.stdout
    assert "westeurope" in result.stdout
    assert "DefaultPolicy 00:30" in result.stdout
    assert "on hold until 2026-12-01 by ann: release week" in result.stdout
    assert (small.vaults.writes, small.plans.plan, small.ledger.kept) == ([], None, {})


def test_a_plan_is_one_json_object_with_its_proof(run: Run, small: Small) -> None:
    answer = json.loads(run("plan", "--output", "json").stdout)
    assert answer["night"] == "2026-11-03"
    assert answer["peak"] >= answer["bound"] > 0
    assert answer["regions"][0]["region"] == "westeurope"
    assert sorted(move["name"] for move in answer["moves"]) == ["app-01", "app-02"]
    assert [held["name"] for held in answer["held"]] == ["held-03"]


def test_a_diff_names_every_write_with_its_reason_and_hour(run: Run, small: Small) -> None:
    result = run("diff")
    moves = [line for line in result.stdout.splitlines() if line.startswith("membership app-0")]
    assert len(moves) == 2
    assert all("DefaultPolicy -> ns-standard-" in line for line in moves)
    assert "due 2026-11-0" in result.stdout
    assert "membership held-03: stays on DefaultPolicy" in result.stdout
    assert any(line.startswith("policy ns-standard-") for line in result.stdout.splitlines())
    assert small.vaults.writes == []


def test_a_plan_sums_up_late_starts_and_load(run: Run, small: Small) -> None:
    small.load.by_hour = BUSY_AT_MIDNIGHT
    said = run("plan").stdout
    assert "planned peak 1, proved bound 1.0, ratio 1.000, p99 2\n" in said
    assert "load: 2 predictable, 1 not asked; 2 of the predictable start in quiet hours of their own; mean" in said
    assert "mean regret 0 points" in said
    assert "at most 2, by Azure's documented lateness of up to 2 h" in said
    answer = json.loads(run("plan", "--output", "json").stdout)
    assert answer["peak_p99"] == answer["regions"][0]["peak_p99"] == 2
    assert answer["regions"][0]["delays_measured"] == 0
    assert (answer["load"]["predictable"], answer["load"]["quiet"], answer["load"]["not_asked"]) == (2, 2, 1)
    assert [(move["load_class"], move["expected_load"], move["regret"]) for move in answer["moves"]] == [
        ("predictable", 5.0, 0.0)
    ] * 2


@pytest.mark.parametrize("command", ["plan", "diff"])
def test_each_move_is_shown_with_peak_and_load_before_and_after(run: Run, small: Small, command: str) -> None:
    small.load.by_hour = BUSY_AT_MIDNIGHT
    said = " ".join(run(command).stdout.split())
    assert said.count("region's peak 3 -> 1; its") == 2
    assert said.count("load then 80 -> 5 %") == 2
    answer = json.loads(run(command, "--output", "json").stdout)
    told = [row["reason"] for row in answer["moves" if command == "plan" else "steps"]]
    assert sum("; region's peak 3 -> 1; its load then 80 -> 5 %" in reason for reason in told) == 2


def test_load_that_could_not_be_measured_is_told(run: Run, small: Small) -> None:
    assert "load: 2 unknown, 1 not asked\n" in run("plan").stdout
    small.vaults, small.fleet = SmallVaults(memberships={}), SmallFleet(machines=())
    assert "load: not asked for; every VM keeps its tier's window\n" in run("plan").stdout


def test_an_application_that_cannot_be_kept_apart_is_a_line_of_its_own(run: Run, small: Small) -> None:
    small.policies.text = POLICY_TEXT.replace("06:00", "21:00") + "separation: {tag: app}\n"
    small.fleet.machines = tuple(replace(vm, tags={**vm.tags, "app": "shop"}) for vm in VMS[:2])
    small.vaults = SmallVaults({vm.id: item(vm) for vm in small.fleet.machines})
    said = run("plan").stdout
    assert "applications that cannot be kept apart (1)\n" in said
    assert re.search(r"^shop +westeurope +app-01, app-02 +120 min overlap +100 % of nights", said, re.MULTILINE)
    (spaced,) = json.loads(run("plan", "--output", "json").stdout)["spaced"]
    assert (spaced["application"], spaced["vms"], spaced["gap_minutes"], spaced["overlap_probability"]) == (
        *("shop", ["app-01", "app-02"], -120, 1.0),
    )


def test_a_plan_stored_by_an_older_version_is_planned_on(run: Run, small: Small) -> None:
    run_plan = backup_windows.plan(small.ports(), fleet_policy.parse(POLICY_TEXT), NOW)
    stored = json.loads(plan_to_json(run_plan))
    del stored["plan"]["spacings"]
    for row in stored["plan"]["vms"]:
        for name in ("load_class", "expected_load", "regret", "regret_before"):
            del row[name]
    for row in stored["plan"]["proofs"]:
        del row["peak_p99"], row["delays_measured"]
    small.plans.plan = plan_from_json(json.dumps(stored))
    assert [move["slot"] for move in json.loads(run("plan", "--output", "json").stdout)["moves"]] == [
        move.slot for move in run_plan.moves
    ]
    assert run("diff").exit_code == 0


def test_a_diff_is_one_json_object(run: Run, small: Small) -> None:
    steps = json.loads(run("diff", "--output", "json").stdout)["steps"]
    assert {step["kind"] for step in steps} == {"policy", "membership"}
    assert all(step["reason"] for step in steps)


def test_a_rollback_is_dry_until_it_is_told_yes(run: Run, small: Small) -> None:
    moved_once(small)
    result = run("rollback", "--vm", "app-01")
    assert result.exit_code == 0
    assert "rollback app-01: ns-standard-2000 -> DefaultPolicy" in result.stdout
    assert "add --yes" in result.stderr
    assert small.vaults.writes == []
    assert run("rollback", "--vm", "app-01", "--yes").exit_code == 0
    assert small.vaults.writes == ["app-01 -> DefaultPolicy"]


def test_a_rollback_of_all_takes_only_what_was_moved(run: Run, small: Small) -> None:
    moved_once(small)
    answer = json.loads(run("rollback", "--all", "--output", "json").stdout)
    assert answer["dry_run"] is True
    assert [step["subject"] for step in answer["steps"]] == [VMS[0].id]


def test_a_rollback_of_what_was_never_moved_has_nothing_to_do(run: Run, small: Small) -> None:
    assert run("rollback", "--vm", "app-02").stdout == "nothing to put back\n"


def test_a_rollback_needs_exactly_one_selection(run: Run, small: Small) -> None:
    for words in ((), ("--vm", "app-01", "--all"), ("--vm", "a", "--vault", "b")):
        result = run("rollback", *words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "expected exactly one of --vm NAME, --vault NAME and --all" in result.stderr


def test_a_rollback_by_id_is_refused_with_the_name(run: Run, small: Small) -> None:
    result = run("rollback", "--vm", VMS[0].id)
    assert result.exit_code == 2
    assert "use 'app-01'" in result.stderr


def test_a_rollback_without_the_switch_says_so(run: Run, small: Small) -> None:
    moved_once(small)
    small.switches = frozenset()
    result = run("rollback", "--vm", "app-01", "--yes")
    assert (result.exit_code, small.vaults.writes) == (1, [])
    assert "switch `plan` is off" in result.stderr


def test_an_azure_error_is_one_line_and_exit_1(run: Run, small: Small) -> None:
    small.vaults = Throttled()
    result = run("plan")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Azure asks to wait 30 s (429)\n"


def test_without_a_published_policy_the_command_to_run_is_named(run: Run, small: Small) -> None:
    small.policies.text = None
    result = run("plan")
    assert result.exit_code == 1
    assert "nightshift policy publish" in result.stderr


def test_what_would_be_enrolled_is_shown_with_its_reason(run: Run, small: Small) -> None:
    small.vaults = SmallVaults(memberships={})
    said = run("plan").stdout
    assert "enrolments (2)" in said
    assert "is the one vault that fits" in said
    assert f"enrolment {VMS[0].name.lower()}: none -> ns-standard-" in run("diff").stdout
    listed = json.loads(run("plan", "--output", "json").stdout)["enrolments"]
    assert [one["vm_id"] for one in listed] == [vm.id for vm in VMS[:2]]


def test_an_empty_vault_has_an_empty_plan(run: Run, small: Small) -> None:
    small.vaults, small.fleet = SmallVaults(memberships={}), SmallFleet(machines=())
    assert "0 VMs: 0 to move, 0 held" in run("plan").stdout
    assert run("diff").stdout == "nothing to write: the vaults are as planned\n"
