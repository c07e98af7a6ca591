"""Dispatches of every kind with anything changed in them: read or ignored, never an error."""

import asyncio
import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.api import Api
from adapters.discord.inbound import Inbound
from adapters.discord.intake import Intake
from adapters.discord.interactions import Interactions
from adapters.discord.parse import parse
from adapters.discord.progress import Progress
from adapters.discord.recent import RecentMessages
from gateway.model import Accepted, Envelope, Event, MessageCreated, from_json, to_json
from tests.discord.recorded import RECORDED
from tests.discord.test_parse import directory, nothing, odd

Path = tuple[str | int, ...]


def paths(data: Any, here: Path = ()) -> list[Path]:
    """Where there is something in a payload."""
    found: list[Path] = [here]
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        found += paths(value, (*here, key))
    return found


PLACES = [(at, path) for at, (_, data) in enumerate(RECORDED) for path in paths(data) if path]
MISSING = object()


def changed(data: Any, path: Path, value: Any) -> None:
    """Put a value there, or take away what is there."""
    *way, last = path
    for key in way:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return  # an earlier change took it away
    if not isinstance(data, dict | list) or (isinstance(data, list) and not isinstance(last, int)):
        return
    if value is not MISSING:
        if isinstance(data, dict) or last < len(data):  # type: ignore[operator]
            data[last] = value  # type: ignore[index]
    elif isinstance(data, dict):
        data.pop(str(last), None)
    elif last < len(data):  # type: ignore[operator]
        del data[last]  # type: ignore[arg-type]


async def heard(kind: str, data: Any) -> list[Event]:
    """The events a dispatch leads to, as they are after a restart; asserts that nothing failed."""
    stored: list[Envelope] = []
    failed: list[Any] = []

    async def accept(envelope: Envelope) -> Accepted:
        stored.append(envelope)
        return Accepted(status="new")

    known, api = directory(), Api("token", "http://127.0.0.1:1/api/v10")
    intake, interactions = Intake(accept), Interactions(api, known, nothing)
    inbound = Inbound(api, known, RecentMessages(), interact=interactions.take, ready=lambda: None)
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    inbound.parsers(intake, Progress("s").mark)[kind](data)
    while intake._tasks:
        await asyncio.sleep(0)
    await inbound.close()
    await intake.close()
    await interactions.close()
    assert (inbound.failed, failed) == (0, [])
    events = [parse(from_json(Envelope, to_json(envelope))) for envelope in stored]
    return [event for event in events if event is not None]


@given(
    st.sampled_from(PLACES),
    st.lists(st.tuples(st.integers(0, 200), st.just(MISSING) | odd), max_size=2),
    st.just(MISSING) | odd,
)
@settings(max_examples=400)
def test_recorded_dispatches_with_anything_changed_never_raise(
    place: tuple[int, Path], more: list[tuple[int, Any]], value: Any
) -> None:
    at, path = place
    kind, data = RECORDED[at][0], copy.deepcopy(RECORDED[at][1])
    others = [each for where, each in PLACES if where == at]
    for where, what in ((path, value), *((others[n % len(others)], each) for n, each in more)):
        changed(data, where, what)
    for event in asyncio.run(heard(kind, data)):
        assert from_json(type(event), to_json(event)) == event


def test_every_field_may_be_missing_or_null() -> None:
    async def run() -> int:
        count = 0
        for at, path in PLACES:
            for value in (MISSING, None):
                kind, data = RECORDED[at][0], copy.deepcopy(RECORDED[at][1])
                changed(data, path, value)
                count += len(await heard(kind, data))
        return count

    assert asyncio.run(run()) > len(PLACES)


def test_unchanged_they_are_read() -> None:
    read = [asyncio.run(heard(kind, copy.deepcopy(data))) for kind, data in RECORDED]
    messages = [event for events in read for event in events if isinstance(event, MessageCreated)]
    assert [len(each.references) for each in messages] == [1, 2, 1, 0]
    assert all("deep" in each.text for each in messages[:2])
