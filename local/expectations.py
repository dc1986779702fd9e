"""Was it a good night? What is expected of the demo's figures, and what was measured."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.model.night import Check

WITHIN_MINUTES = 5.0
"""From the message about a new VM to its protection: minutes, not the six hours of the timer."""
CALLS_ABOVE_FLOOR = 1.1
NEWCOMERS = 3
"""Two of the demo's unprotected VMs have one vault that fits, and one VM is created in the second night."""
PLANNED_GAIN = 3.0
OBSERVED_GAIN = 2.0


def checks(found: Mapping[str, Any]) -> tuple[Check, ...]:
    """Return each expectation with what was measured."""
    plan, observed, enforce = found["plan"], found["observed"], found["enforce"]
    enrolment = found["enrolment"]
    minutes = enrolment["minutes_after_the_request"]
    return (
        _at_least("planned peak falls", PLANNED_GAIN, plan["peak_before"], plan["peak"]),
        _at_least("observed peak falls", OBSERVED_GAIN, observed["peak_before"], observed["peak_after"]),
        _zero("VMs planned outside their window", plan["outside_window"]),
        Check(
            "calls of enforcement, retries included",
            f"at most {CALLS_ABOVE_FLOOR} x {enforce['calls_floor']}",
            str(enforce["calls"]),
            enforce["calls"] <= CALLS_ABOVE_FLOOR * enforce["calls_floor"],
        ),
        Check("policies and memberships written", "more than 0", str(enforce["writes"]), enforce["writes"] > 0),
        Check(
            "answers 429 or 5xx survived",
            "2 or more",
            str(enforce["refused_or_broken"]),
            enforce["refused_or_broken"] >= 2,
        ),
        Check(
            "VMs newly protected where one vault fits",
            str(NEWCOMERS),
            str(enrolment["protected"]),
            enrolment["protected"] == NEWCOMERS,
        ),
        Check(
            "most first backups of a vault in a night",
            f"1 to {enrolment['limit']}",
            str(enrolment["most_in_a_night"]),
            1 <= enrolment["most_in_a_night"] <= enrolment["limit"],
        ),
        Check(
            "minutes from a request to the new VM's protection",
            f"at most {WITHIN_MINUTES:g}",
            "never" if minutes is None else f"{minutes:g}",
            minutes is not None and minutes <= WITHIN_MINUTES,
        ),
        *_apart(found["separation"]),
        *_stopped(found["breaker"]),
        *answered(found["failures"]),
        *brought_back(found["restores"]),
        *kept(found["retention"]),
        *_one_at_a_time(found.get("two_hosts")),
        _zero("writes in the unchanged evening after", enforce["second_run_writes"]),
        _zero("recovery points lost early", found["points_pruned"]),
        _zero("VMs whose protection was stopped", found["protection_stopped"]),
        _zero("disk exclusions lost", found["exclusions_lost"]),
        _zero("days on which a VM had no run", found["runs_skipped"]),
        Check("backups completed", "more than 90", str(found["jobs"]["completed"]), found["jobs"]["completed"] > 90),
    )


def _apart(separation: Mapping[str, Any]) -> Iterator[Check]:
    """Expect no overlap where there was one, and an honest probability of those that cannot be avoided."""
    before, after, impossible = separation["overlaps_before"], separation["overlaps_after"], separation["impossible"]
    name = f"backups of {separation['application']} ({len(separation['vms'])} VMs) that overlap"
    yield Check(name, "0, some before", f"{before} -> {after}", before > 0 == after)
    yield Check("applications that can only be spaced", "1", str(len(impossible)), len(impossible) == 1)
    for one in impossible:
        chance = one["overlap_probability"]
        met = "they did" if one["overlapped_observed"] else "they did not"
        name = f"chance that backups of {one['application']} ({len(one['vms'])} VMs) overlap"
        yield Check(name, "between 0% and 100%", f"{chance:.0%}, {met}", 0 < chance < 1)


def _stopped(breaker: Mapping[str, Any]) -> tuple[Check, ...]:
    """Expect one alert, and nothing moved while moves were stopped although something was due."""
    held, after, resumed = breaker["withheld"], breaker["moves_after"], breaker["moves_resumed"]
    return (
        Check("alerts that moves were stopped", "1", str(breaker["alerts"]), breaker["alerts"] == 1),
        Check("moves while they were stopped, of those due", "0 of 1 or more", f"{after} of {held}", after == 0 < held),
        Check("moves once an operator let them go on", "1 or more", str(resumed), resumed > 0),
    )


def answered(failures: Mapping[str, Any]) -> Iterator[Check]:
    """Expect one alert for each VM that needs a person, one for a storm, and none for what was repaired or passes."""
    errors, wanted, storm = failures["errors"], failures["for_a_person"], failures["storm"]
    yield Check("errors that backups failed with", "12 or more", str(errors), errors >= 12)
    told = failures["told_once"]
    once = f"{told} of {wanted}" + "".join(f", not {name}" for name in failures["not_told_once"])
    yield Check("VMs that need a person, told of once", f"{wanted} of {wanted}", once, told == wanted)
    vain = failures["told_in_vain"]
    yield Check("VMs told of that needed nobody", "0", ", ".join(vain) or "0", not vain)
    repaired = failures["repaired_by_retry"]
    yield Check("repaired by a retry, untold", "1 or more", ", ".join(repaired) or "0", bool(repaired))
    name = f"alerts for {storm['vms']} VMs that failed at once"
    yield Check(name, "1", str(storm["lines"]), storm["lines"] == 1 and storm["members"] == [storm["vms"]])


def brought_back(restores: Mapping[str, Any]) -> Iterator[Check]:
    """Expect each VM back by an account of its own, the loaded one left alone, and the jammed one left for another."""
    asked, done, at_once = restores["asked"], restores["done"], restores["at_once"]
    yield Check("VMs restored by one message", f"{asked} of {asked}", f"{done} of {asked}", done == asked)
    accounts = f"{restores['accounts_at_once']} accounts for {at_once} VMs"
    yield Check(
        "accounts of restores at once", "one each, 10 or more", accounts, restores["accounts_at_once"] == at_once >= 10
    )
    yield _zero("restores that shared an account", restores["shared"])
    yield _zero("restores on the account in use by others", restores["on_the_loaded_one"])
    yield Check("VMs that waited for an account", "1", str(len(restores["waited"])), len(restores["waited"]) == 1)
    moved = restores["moved"]
    yield Check("VMs that went on where their account failed", "1", ", ".join(moved) or "0", len(moved) == 1)
    most = restores["most_jobs_of_a_vm"]
    yield Check("most restore jobs of a VM", "at most 2", str(most), most <= 2)


def kept(retention: Mapping[str, Any]) -> Iterator[Check]:
    """Expect each lost point named with its cause and no other, and what was asked for kept as it was asked."""
    lost, named = retention["lost"], retention["named"]
    said = f"{named} of {lost}" + "".join(f", not {name}" for name in retention["not_named"])
    yield Check("points lost in the second night, named", f"{lost} of {lost}, 10 or more", said, named == lost >= 10)
    vain, wrong = retention["named_in_vain"], retention["wrong_causes"]
    yield Check("points named as lost that are there", "0", ", ".join(vain) or "0", not vain)
    yield Check("lost points named with a wrong cause", "0", ", ".join(wrong) or "0", not wrong)
    asked, refused = retention["kept_as_asked"], len(retention["refused"])
    yield Check("backups asked for by message, kept as asked", "1", str(asked), asked == 1)
    yield Check("requests refused with the reason", "1", str(refused), refused == 1)


def _one_at_a_time(hosts: Mapping[str, Any] | None) -> Iterator[Check]:
    """Expect that a host which stood still wrote nothing more, and that no quota was spent twice."""
    if not hosts:
        return
    before, other = hosts["writes_before_it_stood_still"], hosts["writes_by_the_other"]
    yield Check("writes until the leading host stood still", "1 or more", str(before), before > 0)
    yield Check("writes by the host that took over", "1 or more", str(other), other > 0)
    yield _zero("writes by the first host once it woke", hosts["writes_after_it_woke"])
    yield _zero("VMs written twice by two hosts", hosts["vms_written_twice"])
    yield _zero("policies written twice by two hosts", hosts["policies_written_twice"])
    for quota, counts in hosts["quotas"].items():
        sent, spent = counts["sent"], counts["spent"]
        name = f"{quota.replace('-', ' ')} spent in the ledger, of those sent"
        yield Check(name, f"{sent} of {sent}", f"{spent} of {sent}", spent == sent)


def _at_least(name: str, factor: float, before: int, after: int) -> Check:
    gain = before / after if after else 0.0
    return Check(name, f"{factor:g} times lower or better", f"{before} -> {after} ({gain:.1f}x)", gain >= factor)


def _zero(name: str, count: int) -> Check:
    return Check(name, "0", str(count), count == 0)


def failed(found: Iterable[Check]) -> list[Check]:
    """Return the expectations that do not hold."""
    return [check for check in found if not check.ok]
