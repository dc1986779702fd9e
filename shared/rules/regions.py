"""How is each region levelled? Quiet hours first, then without them where they are in the way, with proof."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY, Job
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.model.plan import Finding, RegionProof, Spacing
from shared.rules.candidates import Candidate, key_of, widened
from shared.rules.leveling import Leveling, level
from shared.rules.past_starts import past_runs
from shared.rules.region_problem import application_of, applications, in_words, peak_of, region_problem
from shared.rules.start_delay import StartDelays, learn, peak_p99


@dataclass(frozen=True, slots=True)
class Levelled:
    """The members with the starts they may really choose from, start slots by item id, and what could not be kept.

    There is one proof a region, and one spacing for each application that cannot be kept apart.
    """

    members: tuple[Candidate, ...]
    slots: Mapping[str, int]
    proofs: tuple[RegionProof, ...]
    spacings: tuple[Spacing, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one region's levelling came to, for the crew it was asked for; `given_up` are limits, with the reasons."""

    crew: tuple[Candidate, ...]
    leveling: Leveling
    given_up: tuple[str, ...]

    @property
    def hindered(self) -> bool:
        """Whether more starts might bring more: there is no plan, a limit was given up, or an application overlaps."""
        return bool(self.leveling.refused or self.given_up or self.leveling.spaced)

    @property
    def shortfall(self) -> tuple[bool, int, int]:
        """What it falls short of; less is better."""
        return bool(self.leveling.refused), len(self.given_up), len(self.leveling.spaced)


def level_regions(members: Sequence[Candidate], observed: Observed, intent: FleetPolicy) -> Levelled:
    """Choose a start for every member that has any, region by region: their vaults share no service."""
    by_region: dict[str, list[Candidate]] = defaultdict(list)
    for member in members:
        if member.allowed:
            by_region[member.membership.vault.region].append(member)
    crews: dict[str, Candidate] = {}
    slots: dict[str, int] = {}
    proofs: list[RegionProof] = []
    spacings: list[Spacing] = []
    findings: list[Finding] = []
    for region, crew in sorted(by_region.items()):
        delays = _delays(crew, observed.jobs)
        answer = _answer(region, crew, intent, delays)
        crews |= {member.item_id: member for member in answer.crew}
        proofs.append(_proof(region, answer, delays))
        found = tuple(_spacings(region, answer, intent))
        spacings += found
        findings += (*_findings(region, answer, intent), *(_spaced(one, answer.crew) for one in found))
        starts = answer.leveling.starts
        slots |= {member.item_id: start for member, start in zip(answer.crew, starts, strict=False)}
    final = tuple(crews.get(member.item_id, member) for member in members)
    return Levelled(final, slots, tuple(proofs), tuple(spacings), tuple(findings))


def _answer(region: str, crew: Sequence[Candidate], intent: FleetPolicy, delays: StartDelays) -> _Answer:
    """Level the region; where quiet hours stand in the way of what matters more, give up those that do."""
    answer = _level(region, crew, intent, delays)
    if not answer.hindered or not any(member.narrowed for member in crew):
        return answer
    names = applications(crew, intent)
    apart = {names[spacing.group] for spacing in answer.leveling.spaced}
    everyone = bool(answer.leveling.refused or answer.given_up)
    wider = [widened(one) if everyone or application_of(one, intent) in apart else one for one in crew]
    other = _level(region, wider, intent, delays)
    return other if other.shortfall < answer.shortfall else answer


def _level(region: str, crew: Sequence[Candidate], intent: FleetPolicy, delays: StartDelays) -> _Answer:
    """Level the region; where there is no plan, give up the ceilings, with the reasons."""
    problem, above = region_problem(region, crew, intent, delays.minutes), intent.limits.replan_above
    strict = level(problem, above)
    if strict.refused and (problem.ceilings or problem.ceiling is not None):
        uncapped = level(replace(problem, ceilings={}, ceiling=None), above)
        if not uncapped.refused:
            return _Answer(tuple(crew), uncapped, strict.refused)
    return _Answer(tuple(crew), strict, ())


def _delays(crew: Iterable[Candidate], jobs: Iterable[Job]) -> StartDelays:
    slots = {key_of(one.membership): one.membership.slot for one in crew if one.membership.slot is not None}
    return learn(past_runs(jobs, slots))


def _proof(region: str, answer: _Answer, delays: StartDelays) -> RegionProof:
    crew, leveling = answer.crew, answer.leveling
    before = peak_of((member.membership.slot, member.expected.slots) for member in crew)
    if leveling.refused:
        return RegionProof(region, before, before, 0.0, (0.0,) * SLOTS_PER_DAY)
    late = peak_p99(leveling.starts, [member.expected.slots for member in crew], delays.minutes)
    return RegionProof(region, before, leveling.peak, leveling.bound, leveling.prices, late, delays.measured)


def _spacings(region: str, answer: _Answer, intent: FleetPolicy) -> Iterator[Spacing]:
    names = applications(answer.crew, intent)
    for spaced in answer.leveling.spaced:
        yield Spacing(
            application=names[spaced.group],
            region=region,
            vm_ids=tuple(answer.crew[job].membership.item.vm_id for job in spaced.jobs),
            gap_minutes=spaced.gap_slots * SLOT_MINUTES,
            overlap_probability=spaced.overlap_probability,
        )


def _spaced(spacing: Spacing, crew: Collection[Candidate]) -> Finding:
    names = ", ".join(c.membership.item.name for c in crew if c.membership.item.vm_id in spacing.vm_ids)
    gap = spacing.gap_minutes
    way = f"the widest gap there is, {gap} min" if gap >= 0 else f"the least overlap there is, {-gap} min"
    return Finding(
        "spaced",
        spacing.application,
        f"{names} of {spacing.application} cannot be kept apart in their windows: planned with {way}; "
        f"two of them are expected to run at once in {_share(spacing.overlap_probability)} of nights. "
        "Give them a longer window",
    )


def _share(probability: float) -> str:
    return f"{probability:.0%}" if probability >= 0.01 else "less than 1%"


def _findings(region: str, answer: _Answer, intent: FleetPolicy) -> Iterator[Finding]:
    for reason in answer.given_up:
        text = in_words(f"concurrency ceilings given up: {reason}", answer.crew, intent)
        yield Finding("plan-relaxed", region, text)
    for reason in answer.leveling.refused:
        yield Finding("plan-refused", region, in_words(reason, answer.crew, intent))
