"""Do nights pass as they do on the host? Occurrences, crashes, dead hours, and two futures of one past."""

from collections import Counter
from datetime import timedelta

import pytest

from local import fleets
from local.scenarios.intent import document
from local.scenarios.nights import Crash, Nights, eve_of_first_moves
from local.scenarios.told import moves, policies_by_item, policy_writes
from local.world import human
from local.world.world import EPOCH
from shared.errors import Transient

pytestmark = pytest.mark.no_cover

ENFORCE, PLAN = "enforce_backup_windows", "plan_backup_windows"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def small(**changes: object) -> Nights:
    return Nights(fleets.generated(6, vaults=1, regions=1), document(**changes))


def test_each_timer_runs_at_its_own_occurrences() -> None:
    told = small()
    told.nights(1)
    ran = Counter(done.function for done in told.log)
    assert ran == {PLAN: 24, ENFORCE: 24, "review_night": 24, "check_protection": 4}
    assert {(done.at.minute, done.at.second) for done in told.log if done.function == PLAN} == {(30, 0)}
    assert [done.at for done in told.log] == sorted(done.at for done in told.log)
    assert told.errors() == []


def test_an_idle_tick_asks_azure_nothing() -> None:
    told = small()
    told.nights(3)
    assert len(moves(told.world)) == 6
    told.nights(1)
    enforced = [done for done in told.log if done.function == ENFORCE]
    assert sum(done.azure_calls > 0 for done in enforced) > 0
    assert sum(done.azure_calls for done in enforced[-24:]) == 0


def test_a_vm_that_waits_for_its_next_backup_is_not_looked_at_every_hour() -> None:
    told = small()
    told.until(eve_of_first_moves(told))
    waiting = next(item for item in told.world.items.values() if item.active)
    waiting.last_point_at = waiting.last_backup_at = told.world.now - timedelta(hours=36)
    told.nights(1.2)
    looks = [done.at for done in told.log if done.function == ENFORCE and done.azure_calls]
    assert len(looks) <= 4
    assert (looks[-1] - looks[0]) > timedelta(hours=12)
    assert len(moves(told.world)) == 6


def test_after_dead_hours_each_timer_runs_once_past_due() -> None:
    told = small()
    told.dead_until(EPOCH + 30 * HOUR)
    assert told.log == []
    told.until(EPOCH + 30 * HOUR)
    assert Counter(done.function for done in told.log) == {
        PLAN: 1,
        ENFORCE: 1,
        "review_night": 1,
        "check_protection": 1,
    }
    assert all(done.past_due for done in told.log)
    told.until(EPOCH + 31 * HOUR)
    assert not any(done.past_due for done in told.log[4:])


def test_the_world_goes_on_while_the_app_is_dead() -> None:
    told = small()
    told.dead_until(EPOCH + 48 * HOUR)
    backups = [job for job in told.world.jobs.values() if job.scheduled_for and job.scheduled_for > EPOCH]
    assert len(backups) >= 6


def test_a_crash_kills_the_invocation_and_the_timer_comes_back_past_due() -> None:
    told = small()
    told.until(EPOCH + 59 * MINUTE)
    told.crash_at(1)
    told.until(EPOCH + 62 * MINUTE)
    crashed, again = [done for done in told.log if done.function == ENFORCE]
    assert crashed.error == Crash.__name__
    assert (again.past_due, again.error) == (True, "")
    assert again.at == crashed.at + MINUTE


@pytest.mark.parametrize(("moment_of", "written"), [("vaults.write_policy", 0), ("vaults.write_policy.sent", 1)])
def test_a_crash_comes_before_or_after_the_effect(moment_of: str, written: int) -> None:
    told = small()
    told.until(eve_of_first_moves(told))
    seen: list[str] = []
    rehearsal = told.twin()
    rehearsal.fault = seen.append
    rehearsal.until(told.world.now + MINUTE)
    told.crash_at(seen.index(moment_of) + 1)
    told.until(told.world.now + MINUTE)
    assert told.log[-1].error == Crash.__name__
    assert len(policy_writes(told.world)) == written


def test_a_process_that_stands_still_goes_on_where_it_was_when_another_host_has_the_timers() -> None:
    told = small()
    told.until(eve_of_first_moves(told))
    seen: list[str] = []
    rehearsal = told.twin()
    rehearsal.fault = seen.append
    rehearsal.until(told.world.now + MINUTE)
    began = told.world.now + MINUTE
    told.stall_at(seen.index("vaults.write_policy.sent") + 1, 2 * HOUR)
    told.until(began)
    other, *later, stood_still = [done for done in told.log if done.function == ENFORCE and done.at >= began]
    assert told.stood_still
    assert (stood_still.at, stood_still.error, other.past_due) == (began, "", True)
    assert began < other.at < began + MINUTE
    assert [done.at for done in later] == [began + HOUR, began + 2 * HOUR]
    assert told.world.now > began + 2 * HOUR
    assert stood_still.calls.count("vaults.write_policy") == 1
    assert len(policy_writes(told.world)) == len({entry.resource_id for entry in policy_writes(told.world)})


def test_what_a_fault_raises_is_what_the_app_sees() -> None:
    told = small()

    def broken(call: str) -> None:
        if call == "fleet.vms":
            raise Transient("the graph is away")

    told.fault = broken
    told.until(EPOCH + 31 * MINUTE)
    assert [(done.function, done.error) for done in told.errors()] == [
        ("check_protection", "Transient: the graph is away"),
        (PLAN, "Transient: the graph is away"),
    ]


def test_two_futures_of_one_past_do_not_touch_each_other() -> None:
    told = small()
    told.until(EPOCH + 59 * MINUTE)
    before = policies_by_item(told.world)
    other = told.twin()
    other.nights(2)
    assert len(moves(other.world)) == 6
    assert (moves(told.world), policies_by_item(told.world)) == ([], before)
    assert told.ports.ledger.rows("placements") == {}
    told.nights(2)
    assert policies_by_item(told.world) == policies_by_item(other.world)


def test_a_future_is_not_told_twice_while_a_write_is_under_way() -> None:
    told = small()
    item = next(iter(told.world.items.values()))
    other = next(p.id for p in told.world.policies_in(item.vault_id) if p.rules.starts and p.id != item.policy_id)
    human.act(told.world, "assign", {"item": item.id, "policy_id": other})
    with pytest.raises(ValueError, match="under way"):
        told.twin()


def test_without_the_switch_nothing_is_written() -> None:
    told = Nights(fleets.generated(6, vaults=1, regions=1), document(), switches=frozenset())
    told.nights(2)
    assert (moves(told.world), policy_writes(told.world)) == ([], [])
    assert told.errors() == []


def test_a_command_is_an_invocation_like_any_other() -> None:
    told = small()
    assert told.command("count", lambda: len(told.ports.vaults.vaults(fleets.SUBSCRIPTION))) == 1
    assert (told.log[-1].function, told.log[-1].calls) == ("count", ("vaults.vaults",))
