"""When should every backup start, so that the fewest run at once? The planner's numeric core, standard library only."""

from shared.rules.leveling.level import level
from shared.rules.leveling.problem import Leveling, Problem

__all__ = ["Leveling", "Problem", "level"]
