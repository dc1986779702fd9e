"""What must a person do about retention? Gaps that no backup fills, and findings: a card a kind."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from shared.model.plan import Finding
from shared.model.retention import Cause, Gap, RetentionNight, VmRetention
from shared.report.retention_figures import GapState, state_of
from shared.report.retention_rows import CAUSES, named, points_of_vms

MOST_TOLD = 5
"""Findings of one kind written out on its card; the JSON report holds all."""
_TO_DO = {
    Cause.VM_GONE: "Nothing can be backed up any more. Keep the points that are there for as long as they are needed.",
    Cause.PROTECTION_STOPPED: "Resume protection where it is wanted; the gap is filled by a backup after that.",
    Cause.AGENT: "Mend the agent; the gap is filled by a backup after that.",
    Cause.SETTINGS: "Change the setting that each gap names; the gap is filled by a backup after that.",
}


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of thing that is left to people: what it is, whom it concerns, and what to do ("": the text says it)."""

    code: str
    text: str
    lines: tuple[str, ...]
    more_lines: int
    names: tuple[str, ...]
    to_do: str


def tasks(retention: RetentionNight) -> tuple[Task, ...]:
    """Return what people must do: for gaps by cause, for findings by code.

    How vaults are guarded is a choice, and stands in a table; what is no choice is among the findings.
    """
    return (*_gaps(retention.vms), *_findings(retention))


def _gaps(vms: Iterable[VmRetention]) -> Iterator[Task]:
    found: defaultdict[Cause, list[tuple[VmRetention, Gap]]] = defaultdict(list)
    for vm in vms:
        for gap in vm.gaps:
            if state_of(gap) is GapState.LEFT:
                found[gap.cause].append((vm, gap))
    for cause, pairs in sorted(found.items(), key=lambda one: (-len(one[1]), one[0])):
        names = named(vm for vm, _ in pairs)
        verb = "is" if len(pairs) == 1 else "are"
        what = f"{points_of_vms(len(pairs), len(names))} {verb} missing"
        text = f"{what}, and a backup on demand cannot fill the gap: {CAUSES[cause]}"
        yield Task(cause.value, text, (), 0, names, _TO_DO[cause])


def _findings(retention: RetentionNight) -> Iterator[Task]:
    codes: defaultdict[str, list[str]] = defaultdict(list)
    everything: Iterable[Finding] = chain(retention.findings, chain.from_iterable(vm.findings for vm in retention.vms))
    for finding in dict.fromkeys(everything):
        codes[finding.code].append(finding.text)
    for code, texts in sorted(codes.items(), key=lambda one: (len(one[1]), one[0])):
        text = texts[0] if len(texts) == 1 else f"{len(texts):,} findings of one kind:"
        lines = tuple(texts) if len(texts) > 1 else ()
        yield Task(code, text, lines[:MOST_TOLD], max(0, len(lines) - MOST_TOLD), (), "")
