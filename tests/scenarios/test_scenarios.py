"""Do the stories end well, whatever the seed? Every expectation is judged from the world's own truth."""

import os

import pytest

from local.scenarios.command import SCENARIOS, tell

pytestmark = pytest.mark.no_cover

SEEDS = {
    "quiet-weeks": (1, 12),
    "dead-ten-nights": (2, 10),
    "clock-change": (2, 6),
    "human-edits": (2, 14),
    "rollback": (1, 3),
    "tier-edit": (2, 4),
    "quotas": (1, 5),
    "crash-anywhere": (1, 8),
    "stall-anywhere": (1, 5),
    "faults-anywhere": (1, 6),
    "every-fault": (1, 4),
    "twins": (6, 2),
    "breaker": (1, 2),
    "enrolment-wave": (1, 5),
    "hourly": (1, 6),
    "job-failures": (10, 3),
    "restores": (10, 4),
    "retention": (10, 17),
    "year": (1, 77),
}
"""For each story how many seeds an ordinary run takes, and how many nights (or moments, or runs) it tells."""
SOAK = int(os.environ.get("NIGHTSHIFT_SEEDS", "0"))
"""Seeds of the cheapest story in a long run; the others take their share of it, over their usual nights."""
EXHAUSTIVE = {"every-fault": 100}
"""A long run tells all cases of these stories, for one seed in so many: they hardly depend on it."""
FEW = {"job-failures": 50, "restores": 50, "retention": 100}
"""A long run tells these stories over so many nights that one seed in so many must do."""
SMALL = {"retention": {"vms": 16, "planted": 16}}
"""What an ordinary run makes smaller than the story usually is."""
MOST = max(seeds for name, (seeds, _) in SEEDS.items() if name not in FEW)


def _cases() -> list[tuple[str, int, int | None]]:
    cases: list[tuple[str, int, int | None]] = []
    for name, (seeds, nights) in SEEDS.items():
        rare = (EXHAUSTIVE | FEW).get(name)
        count = max(seeds, SOAK // rare if rare else SOAK * seeds // MOST)
        told = (0 if name in EXHAUSTIVE else None) if SOAK else nights
        cases += [(name, seed, told) for seed in range(1, count + 1)]
    return cases


@pytest.mark.parametrize(("name", "seed", "nights"), _cases())
def test_a_story_ends_as_it_must(name: str, seed: int, nights: int | None) -> None:
    told = tell(name, seed, nights, **({} if SOAK else SMALL.get(name, {})))
    assert told.checks
    assert told.failed == [], f"python -m local scenario {name} --seed {seed}: {told.figures}"


def test_every_story_is_told_here() -> None:
    assert SEEDS.keys() == SCENARIOS.keys()
