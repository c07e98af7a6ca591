"""What the context has not says so, in a real conversation."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.chat import web_only
from gateway.compat.chainlit.context import local_steps
from gateway.telemetry.logs import configure_logging
from tests.contract.world import World
from tests.slack.world import slack_world
from tests.support.bot import register, running_bot

pytestmark = pytest.mark.usefixtures("hooked")


async def run(tmp_path: Path, handler: Any) -> World:
    """Let a handler answer one message on Slack; return the workspace as it is then."""
    async with slack_world() as world:
        done = asyncio.Event()

        async def handled(message: cl.Message) -> None:
            try:
                await handler(message)
            finally:
                done.set()

        callbacks = register(lambda: cl.on_message(handled))
        async with running_bot(world, callbacks, tmp_path, turn_retries=0) as bot:
            await world.dm("Hi")
            async with asyncio.timeout(20):
                await done.wait()
            await bot.gateway.drain()
            assert [letter.error for letter in await bot.gateway.store.dead_letters()] == []
        return world


async def test_the_session_and_the_emitter_say_what_they_have_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form="console", debug=False)
    said: dict[str, str] = {}

    async def main(message: cl.Message) -> None:
        session, emitter = cl.context.session, cl.context.emitter
        for name in (*web_only.NO_SESSION, "nothing"):
            with pytest.raises(AttributeError) as error:
                getattr(session, name)
            said[f"session.{name}"] = str(error.value)
        for name in (*web_only.NO_EMITTER, "nothing"):
            with pytest.raises(AttributeError) as error:
                getattr(emitter, name)
            said[f"emitter.{name}"] = str(error.value)
        for _ in range(2):
            for name in web_only.IDLE_EMITTER:
                await getattr(emitter, name)("anything", other=1)
            assert cl.user_session.get("http_cookie") is None
        assert (session.chat_profile, session.chat_settings, session.user_env) == (None, {}, {})

    await run(tmp_path, main)
    assert "no socket to a page: a conversation is known by `cl.context.session.id`" in said["session.socket_id"]
    assert "send a `cl.Message`" in said["emitter.emit"]
    assert "it has chat_profile, chat_settings, client_type, id" in said["session.nothing"]
    assert "it has set_commands and send_toast" in said["emitter.nothing"]
    errors = capsys.readouterr().err
    assert errors.count("web_only.used") == len(web_only.IDLE_EMITTER) + 1


async def test_a_toast_is_seen_by_the_person_alone(tmp_path: Path) -> None:
    async def main(message: cl.Message) -> None:
        await cl.context.emitter.send_toast("Saved", type="success")

    world = await run(tmp_path, main)
    assert any("✅ Saved" in text for text in world.told())


async def test_the_steps_around_are_all_of_them_and_cannot_be_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form="console", debug=False)
    seen: list[list[str]] = []

    async def main(message: cl.Message) -> None:
        async with cl.Step("outer"), cl.Step("middle"), cl.Step("inner"):
            local_steps.set(None)
            seen.append([step.name for step in local_steps.get() or ()][1:])

    await run(tmp_path, main)
    assert seen == [["outer", "middle", "inner"]]
    assert "compat.does_nothing" in capsys.readouterr().err
