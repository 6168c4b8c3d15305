"""Small requests have their share of the loop, however many long ones wait."""

import asyncio

import pytest

from ingest_function.turns import LONG_TURN_SECONDS, Turns


@pytest.mark.parametrize(
    ("taken", "rest"), [(4 * LONG_TURN_SECONDS, 4 * LONG_TURN_SECONDS), (LONG_TURN_SECONDS / 2, 0)]
)
def test_a_long_turn_is_followed_by_as_much_time_for_others(taken: float, rest: float) -> None:
    loop = asyncio.new_event_loop()
    now = 0.0
    loop.time = lambda: now  # type: ignore[method-assign]

    async def work(turns: Turns) -> tuple[float, float]:
        nonlocal now
        async with turns:
            began = now
            now += taken
        return began, now

    async def others() -> None:
        nonlocal now
        while True:
            now += LONG_TURN_SECONDS / 10
            await asyncio.sleep(0)

    async def scenario() -> float:
        turns = Turns()
        other = loop.create_task(others())
        (_, ended), (began, _) = await asyncio.gather(work(turns), work(turns))
        other.cancel()
        return began - ended

    waited = loop.run_until_complete(scenario())
    loop.close()
    assert rest <= waited < rest + LONG_TURN_SECONDS
