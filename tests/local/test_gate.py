"""Does the gate hold back the one answer that it was told to, and no other?"""

import asyncio

from local.arm.gate import Gate

MOVE, POLICY, READ = (
    {"path": "/vaults/v/protectedItems/VM;a", "effect": True},
    {"path": "/vaults/v/backupPolicies/p", "effect": True},
    {"path": "/vaults/v/protectedItems/VM;a", "effect": False},
)


async def passed(gate: Gate, entry: dict[str, object]) -> bool:
    """Whether the call's answer goes out at once."""
    try:
        async with asyncio.timeout(0.01):
            await gate.passes(entry)
    except TimeoutError:
        return False
    return True


def test_an_open_gate_lets_everything_pass() -> None:
    async def story() -> list[bool]:
        gate = Gate()
        return [await passed(gate, entry) for entry in (MOVE, POLICY, READ)]

    assert asyncio.run(story()) == [True] * 3


def test_the_nth_write_on_the_path_is_held_back_until_it_is_let_go_and_nobody_else() -> None:
    async def story() -> None:
        gate = Gate()
        gate.close_behind(2, "/protecteditems/")
        assert [await passed(gate, entry) for entry in (POLICY, MOVE, READ)] == [True] * 3
        held = asyncio.ensure_future(gate.passes(MOVE))
        await asyncio.sleep(0)
        assert gate.holding
        assert not held.done()
        assert [await passed(gate, entry) for entry in (MOVE, POLICY, READ)] == [True] * 3
        gate.let_go()
        await held
        assert not gate.holding

    asyncio.run(story())
