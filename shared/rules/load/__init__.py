"""When is a VM quiet, and may the planner rely on it? From measured load to a class, a forecast and starts."""

from shared.rules.load.classes import classify
from shared.rules.load.starts import expected_load, quiet_starts, regret, scored_hours, scored_slots

__all__ = ["classify", "expected_load", "quiet_starts", "regret", "scored_hours", "scored_slots"]
