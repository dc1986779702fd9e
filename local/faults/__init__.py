"""What is to go wrong in the local Azure? Fault plans: by name, or from JSON of the exported schema."""

from local.faults.reading import NAMED, plan, read
from local.faults.rules import Fault, FaultPlan, Rule
from local.faults.schema import KINDS, SCHEMA, WORLD_KINDS

__all__ = ["KINDS", "NAMED", "SCHEMA", "WORLD_KINDS", "Fault", "FaultPlan", "Rule", "plan", "read"]
