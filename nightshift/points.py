"""Which recovery points are missing, and why? What was found at the last looks, for the fleet or for one VM."""

from typing import Annotated

import typer

from nightshift.answers import Output, say, say_json, say_table
from shared import clock
from shared.errors import Permanent
from shared.model.retention import RetentionNight, VmRetention


def points(
    vm: Annotated[str, typer.Argument(metavar="[VM]", help="One VM, by name or resource id.")] = "",
    output: Output = Output.TEXT,
) -> None:
    """Show points that are missing, each with its cause and what was done; of one VM also what is there."""
    from shared.flows import fleet_policy
    from shared.flows.retention.history import night
    from shared.report.retention_data import retention_data
    from shared.wiring import ports

    found, now = ports(), clock.now()
    known = night(found, fleet_policy.read(found, now), now)
    if vm:
        known = _only(known, vm)
    if output is Output.JSON:
        say_json(retention_data(known, now))
        return
    for one in known.vms if vm else ():
        _say_vm(one)
    rows = [_row(one, place) for one in known.vms for place in range(len(one.gaps))]
    if rows:
        say_table(("VM", "due", "classes", "cause", "stands", "kept until", "why"), rows)
    elif known.fresh_at is None:
        say("nobody has looked at recovery points yet")
    else:
        say(f"no point is known to be missing of {len(known.vms)} VMs")
    for finding in (*known.findings, *(one for each in known.vms for one in each.findings)):
        say(f"{finding.code}: {finding.text}")


def _only(known: RetentionNight, vm: str) -> RetentionNight:
    """Return what is known of one VM. Raises Permanent where it was not looked at, or several have the name."""
    found = tuple(one for one in known.vms if vm.lower() in {one.vm_id, one.name.lower()})
    if len(found) != 1:
        said = "more than one VM has this name; give its resource id" if found else "its points were not looked at yet"
        raise Permanent(f"points of {vm}: {said}")
    ids = {found[0].vm_id}
    return RetentionNight(
        fresh_at=known.fresh_at, vms=found, findings=tuple(one for one in known.findings if one.subject in ids)
    )


def _say_vm(one: VmRetention) -> None:
    say(f"{one.name} ({one.tier or 'no tier'}, {one.policy}), looked at {one.checked_at:%Y-%m-%d %H:%MZ}")
    if one.oldest and one.newest:
        say(f"  {one.points} points from {one.oldest:%Y-%m-%d %H:%MZ} to {one.newest:%Y-%m-%d %H:%MZ}")
    for name, expected, present in one.counts:
        say(f"  {name}: {present} of {expected} there")


def _row(one: VmRetention, place: int) -> tuple[str, ...]:
    gap = one.gaps[place]
    due, kept = f"{gap.expected.due:%Y-%m-%d %H:%MZ}", f"{gap.expected.keep_until:%Y-%m-%d}"
    return one.name, due, ", ".join(gap.expected.classes), gap.cause, gap.mark, kept, gap.said
