"""Who starts when at this moment of the planning? The starts chosen so far, their load and their policies."""

from collections import Counter

from shared.rules.leveling.fleet import Fleet

UNPLACED = -1


class Board:
    """The starts chosen so far, with every count that the limits speak of kept up to date.

    `load` is the concurrent load by slot, `vault_load` the same for each vault with a ceiling, `count` the jobs by
    cell (family x start), `policies` the policies by vault, `open_starts` the distinct starts by family. The two
    limits `most_policies` (a vault) and `most_starts` (a family) may be loosened while the plan is made.
    """

    __slots__ = (
        "_per_policy",
        "count",
        "fleet",
        "load",
        "most_policies",
        "most_starts",
        "open_starts",
        "policies",
        "spans",
        "start",
        "vault_load",
    )

    def __init__(self, fleet: Fleet) -> None:
        """Start with nothing placed."""
        problem = fleet.problem
        self.fleet = fleet
        self.start = [UNPLACED] * len(fleet)
        self.load = [0] * problem.slots
        self.vault_load = {vault: [0] * problem.slots for vault in problem.ceilings}
        self.count = [0] * (len(fleet.families) * problem.slots)
        self.policies: Counter[int] = Counter()
        self.open_starts = [0] * len(fleet.families)
        self.loosen(1.0)
        self._per_policy = problem.vms_per_policy or max(1, len(fleet))
        self.spans = {
            duration: [tuple(t % problem.slots for t in range(s, s + duration)) for s in range(problem.slots)]
            for duration in set(fleet.durations)
        }

    def loosen(self, share: float) -> None:
        """Let vaults and families have `share` times the policies and starts they may; 1 restores the limits."""
        policies, starts = self.fleet.problem.policies_per_vault, self.fleet.problem.slots_per_group
        self.most_policies = None if policies is None else int(share * policies)
        self.most_starts = None if starts is None else int(share * starts)

    @property
    def peak(self) -> int:
        """The highest concurrent load of all jobs placed."""
        return max(self.load, default=0)

    def cell(self, job: int, start: int) -> int:
        """Return the number of the job's family and start, under which `count` has its jobs."""
        return self.fleet.family[job] * len(self.load) + start

    def put(self, job: int, start: int) -> None:
        """Let an unplaced job start at `start`."""
        fleet = self.fleet
        self.start[job] = start
        self._shift(job, start, fleet.loads[job])
        family = fleet.family[job]
        cell = family * len(self.load) + start
        held = self.count[cell]
        self.count[cell] = held + 1
        if held % self._per_policy == 0:
            self.policies[fleet.vaults[job]] += 1
            if held == 0:
                self.open_starts[family] += 1

    def take(self, job: int) -> int:
        """Take a placed job off the board and return where it started."""
        fleet = self.fleet
        start = self.start[job]
        self.start[job] = UNPLACED
        self._shift(job, start, -fleet.loads[job])
        family = fleet.family[job]
        cell = family * len(self.load) + start
        held = self.count[cell] - 1
        self.count[cell] = held
        if held % self._per_policy == 0:
            self.policies[fleet.vaults[job]] -= 1
            if held == 0:
                self.open_starts[family] -= 1
        return start

    def _shift(self, job: int, start: int, load: int) -> None:
        span = self.spans[self.fleet.durations[job]][start]
        row = self.load
        for slot in span:
            row[slot] += load
        if self.vault_load:
            own = self.vault_load.get(self.fleet.vaults[job])
            if own is not None:
                for slot in span:
                    own[slot] += load

    def needs_policy(self, job: int, start: int) -> bool:
        """Tell whether the job would need one more policy to start there."""
        held = self.count[self.fleet.family[job] * len(self.load) + start]
        return held % self._per_policy == 0

    def admits(self, job: int, start: int) -> bool:
        """Tell whether the limits on policies, on starts and on overlap let an unplaced job start there."""
        return self.affords(job, start) and self.clear(job, start)

    def affords(self, job: int, start: int) -> bool:
        """Tell whether the vault has a policy, and the family a start, for the job."""
        fleet = self.fleet
        family = fleet.family[job]
        held = self.count[family * len(self.load) + start]
        if held % self._per_policy:
            return True
        if self.most_policies is not None and self.policies[fleet.vaults[job]] >= self.most_policies:
            return False
        return held > 0 or self.most_starts is None or self.open_starts[family] < self.most_starts

    def over_ceiling(self, job: int, start: int) -> int:
        """Return how far the load in the window would exceed the vault's ceiling, slot by slot in sum."""
        fleet = self.fleet
        own = self.vault_load.get(fleet.vaults[job])
        if own is None:
            return 0
        room = fleet.problem.ceilings[fleet.vaults[job]] - fleet.loads[job]
        return sum(max(0, own[slot] - room) for slot in self.spans[fleet.durations[job]][start])

    def clear(self, job: int, start: int) -> bool:
        """Tell whether the job, started there, keeps the gap of its separation group to every placed mate."""
        fleet = self.fleet
        mates = fleet.mates.get(fleet.separate[job])
        if mates is None:
            return True
        reach = fleet.reach(job)
        for mate in mates:
            # The longest come first: from here on nobody keeps anybody out.
            if reach <= 0 and fleet.reach(mate) <= 0:
                return True
            there = self.start[mate]
            if mate != job and there != UNPLACED and fleet.collide(job, start, mate, there):
                return False
        return True

    def restore(self, starts: list[int]) -> None:
        """Make the board show `starts`, one for every job."""
        for job, start in enumerate(starts):
            if self.start[job] != start:
                if self.start[job] != UNPLACED:
                    self.take(job)
                if start != UNPLACED:
                    self.put(job, start)
