"""How is a region levelled? Quiet hours where they cost nothing that matters more, delays as they were seen."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.model.plan import Plan
from shared.rules import plan_proof
from shared.rules.backup_windows import plan
from tests.rules.fleet import NOW, intent, jobs, names, policy, seen, vm, vm_id, window
from tests.rules.loads import series

QUIET = range(2, 5)
"""Hours in which `batch` is idle: of a window from 20:00 to 06:00 this leaves the starts 02:00 to 02:30."""


def batch(at: datetime) -> float:
    return 4.0 if at.hour in QUIET else 60.0


def busy(_: datetime) -> float:
    return 95.0


def loads(shape, *crew: str):
    return {vm_id(name): replace(series(shape, until=NOW), vm_id=vm_id(name)) for name in crew}


def fleet(count: int, minutes: float = 50, **fields):
    crew = names(count)
    return seen(crew, jobs=tuple(one for name in crew for one in jobs(name, minutes)), **fields)


def confirmed(observed, wanted) -> Plan:
    made = plan(observed, wanted, NOW)
    assert plan_proof.check(made, wanted, observed.vms) == []
    return made


def lines(made: Plan):
    return {line.name: line for line in made.vms}


def test_a_predictable_vm_starts_in_its_own_quiet_hours_and_says_what_that_saves():
    made = confirmed(fleet(3, load=loads(batch, "app-001")), intent())
    line = lines(made)["app-001"]
    assert (line.slot, line.load_class, line.expected_load) == (4, "predictable", 4.0)
    assert (line.regret, line.regret_before) == (0.0, 56.0)
    assert line.allowed == (4, 5)
    assert line.reason.endswith("; its load then 60 -> 4 %")
    assert lines(made)["app-000"].load_class == ""


def test_a_vm_in_no_quiet_hour_of_its_own_keeps_its_window():
    made = confirmed(fleet(2, load=loads(busy, "app-001")), intent())
    line = lines(made)["app-001"]
    assert (line.load_class, line.expected_load, line.regret, len(line.allowed)) == ("saturated", 95.0, 0.0, 20)
    [finding] = made.findings
    assert (finding.code, finding.subject) == ("no-quiet-hour", "westeurope")
    assert finding.text.startswith("app-001 is busy around the clock: ")


def test_many_busy_vms_are_counted_not_listed():
    made = confirmed(fleet(8, load=loads(busy, *names(8))), intent())
    assert made.findings[0].text.startswith("app-000, app-001, app-002, app-003, app-004 and 3 more are busy")


def test_quiet_hours_give_way_to_an_application_that_must_be_apart():
    crew = names(3)
    shop = tuple(vm(name, tags={"application": "shop"} if name != "app-002" else {}) for name in crew)
    observed = replace(fleet(3, vms=shop), load=loads(batch, *crew))
    made = confirmed(observed, intent(separation_tag="application"))
    assert made.spacings == ()
    assert {len(lines(made)[name].allowed) for name in crew[:2]} == {20}
    assert lines(made)["app-002"].allowed == (4, 5)


def test_quiet_hours_give_way_to_a_ceiling():
    observed = replace(fleet(6), load=loads(batch, *names(6)))
    made = confirmed(observed, intent(vault_ceiling=1))
    assert (made.findings, made.peak) == ((), 1)


def test_quiet_hours_stay_where_giving_them_up_would_help_nobody():
    shop = tuple(vm(name, tags={"application": "shop"}) for name in names(2))
    observed = replace(fleet(2, 480, vms=shop), load=loads(batch, *names(2)))
    made = confirmed(observed, intent(separation_tag="application"))
    assert made.spacings[0].overlap_probability == 1.0
    assert {line.allowed for line in made.vms} == {(4, 5)}


def test_a_start_that_has_become_a_little_busier_is_kept():
    """The last plan's start is 7 points above the best one now: a new VM would not get it, this one keeps it."""

    def changed(at: datetime) -> float:
        return {2: 4.0, 3: 4.0, 4: 4.0}.get(at.hour, 11.0 if at.hour >= 22 or at.hour < 2 else 60.0)

    first = confirmed(fleet(1), intent(windows={"night": window("22:00-22:30")}))
    again = replace(fleet(1, load=loads(changed, "app-000")), previous=first)
    line = confirmed(again, intent()).vms[0]
    assert (line.slot, line.regret) == (44, 7.0)
    assert confirmed(fleet(1, load=loads(changed, "app-000")), intent()).vms[0].slot in range(1, 6)


def test_the_p99_of_the_peak_rests_on_the_delays_that_were_seen():
    inside = policy("Legacy", 11 * 60)
    punctual = fleet(40, inside=inside)
    [proof] = confirmed(punctual, intent()).proofs
    assert proof.delays_measured == 200
    assert proof.peak_p99 == proof.peak
    late = replace(
        punctual,
        jobs=tuple(
            replace(one, started_at=one.started_at + timedelta(minutes=number * 7 % 110))
            for number, one in enumerate(punctual.jobs)
        ),
    )
    [proof] = confirmed(late, intent()).proofs
    assert proof.peak_p99 > proof.peak


def test_without_enough_runs_the_documented_lateness_is_taken():
    [proof] = confirmed(fleet(3), intent()).proofs
    assert proof.delays_measured == 0
    assert proof.peak_p99 >= proof.peak
