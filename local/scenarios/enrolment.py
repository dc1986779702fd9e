"""Does a wave of new VMs come under protection? Night by night, through a crash, and never by a guess."""

from collections import Counter
from datetime import date, timedelta

from local import fleets
from local.scenarios.intent import document
from local.scenarios.nights import Crash, Nights
from local.scenarios.quiet import SETTLING, SUMMER
from local.scenarios.told import Told, at_least, at_most, moves, unharmed, zero
from local.world.human import act

WAVE = 25
LIMIT = 10
CRASH_AFTER = 4
"""The process dies once, when the service has taken this first protection and has not answered yet."""
FLEET_DAY_STARTS = timedelta(hours=16)


def enrolment_wave(seed: int, nights: int = 6) -> Told:
    """A wave of new VMs in one evening is protected under the night's limit, each once, through a crash."""
    world = fleets.demo(seed, start=SUMMER)
    told = Nights(world, document(limits={"initial_backups_per_night": LIMIT}), frozenset({"plan", "enrol"}))
    told.nights(SETTLING)
    like = next(vm for vm in world.vms.values() if vm.name == "app-eus-03")
    wave = {f"app-eus-{number}" for number in range(100, 100 + WAVE)}
    for name in sorted(wave):
        act(world, "create", {"like": like.id, "name": name})
    created, left = world.now, [CRASH_AFTER]

    def dies_once(call: str) -> None:
        left[0] -= call == "vaults.protect.sent"
        if left[0] == 0:
            left[0] -= 1
            raise Crash(call)

    told.fault = dies_once
    told.nights(nights)
    first: dict[str, date] = {}
    for entry in moves(world, created):
        name = entry.resource_id.rsplit(";", 1)[-1].lower()
        if name in wave:
            first.setdefault(name, (entry.at - FLEET_DAY_STARTS).date())
    per_night = Counter(first.values())
    protected = {
        item.container.rsplit(";", 1)[-1] for item in world.items.values() if item.state != "ProtectionStopped"
    }
    guessed = {
        vm.name.lower() for vm in world.vms.values() if vm.name in fleets.UNPROTECTED and vm.region == "westeurope"
    }
    counters = told.truth()["counters"]
    figures = {
        "wave": WAVE,
        "protected": len(wave & protected),
        "per_night": {str(night): count for night, count in sorted(per_night.items())},
        "crashes": sum(done.error == Crash.__name__ for done in told.log),
        "errors": sum(done.error != Crash.__name__ for done in told.errors()),
        **counters,
    }
    checks = (
        zero("VMs of the wave that are not protected", WAVE - figures["protected"]),
        at_most("VMs newly protected in one night", LIMIT, max(per_night.values(), default=0)),
        at_least("nights that the wave takes", 3, len(per_night)),
        at_least("crashes on the way", 1, figures["crashes"]),
        zero("writes that the service refused", counters["refused"]),
        zero("VMs put into a vault by a guess", len(guessed & protected)),
        zero("invocations that failed otherwise", figures["errors"]),
        *unharmed(counters),
    )
    return Told(figures, checks)
