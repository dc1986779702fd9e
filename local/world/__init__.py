"""What is the pretend Azure made of? State and physics, seeded and stepped, without any wire format but policies'."""

from local.world.limits import Limits, Pace, PageSizes
from local.world.state import Refused
from local.world.world import World

__all__ = ["Limits", "Pace", "PageSizes", "Refused", "World"]
