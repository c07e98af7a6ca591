"""The whole gateway on a platform: commands that a bot gives its users."""

from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.adapter import SupportsCommands
from gateway.chat.registry import Callbacks
from tests.contract.harness import need
from tests.contract.reading import reads
from tests.contract.world import World
from tests.support.bot import register, running_bot


def command_bot(got: list[Any]) -> Callbacks:
    """A bot with the commands of the document, one of them persistent."""

    def bot() -> None:
        @cl.on_chat_start
        async def start() -> None:
            await cl.context.emitter.set_commands(
                [
                    {"id": "Picture", "icon": "image", "description": "Use DALL-E"},
                    {"id": "Search", "icon": "globe", "description": "Find on the web", "button": True},
                    {"id": "Canvas", "icon": "pen-line", "description": "Write together", "persistent": True},
                ]
            )

        @cl.on_message
        async def main(message: cl.Message) -> None:
            got.append((message.command, message.content))
            if message.content == "none":
                await cl.context.emitter.set_commands([])
            await cl.Message(f"{message.command}: {message.content}.").send()

    return register(bot)


class CommandContract:
    """Checks a bot's own commands; ``BotContract`` includes it."""

    async def test_a_written_command_is_taken_from_the_words(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []
        async with running_bot(world, command_bot(got), tmp_path):
            post = await world.mention("/picture a cat")
            await reads(world, post, "Picture: a cat.")
            for text, said in (
                ("/Search cats  and dogs", "Search: cats  and dogs."),
                ("/search", "Search: ."),
                ("/unknown cats", "None: /unknown cats."),
                ("and /search", "None: and /search."),
            ):
                await world.reply(post, text)
                await reads(world, post, said)

    async def test_a_persistent_command_stays_until_it_is_written_alone(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []
        async with running_bot(world, command_bot(got), tmp_path):
            post = await world.dm("/canvas a poem")
            await reads(world, post, "Canvas: a poem.")
            for text, said in (
                ("shorter", "Canvas: shorter."),
                ("/canvas", "None: ."),
                ("plain", "None: plain."),
                ("/canvas", "Canvas: ."),
                ("/search cats", "Search: cats."),
                ("over", "None: over."),
            ):
                await world.dm(text)
                await reads(world, post, said)

    async def test_commands_are_those_of_the_conversation_over_restarts(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []
        async with running_bot(world, command_bot(got), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "None: hello.")
        async with running_bot(world, command_bot(got), tmp_path):
            await world.dm("/search after")
            await reads(world, post, "Search: after.")
            await world.dm("none")
            await reads(world, post, "None: none.")
            await world.dm("/search nothing")
            await reads(world, post, "None: /search nothing.")

    async def test_the_platform_lists_the_commands_of_a_bot(self, world: World, tmp_path: Path) -> None:
        need(SupportsCommands in world.facts.extras, "list of a bot's commands")
        async with running_bot(world, command_bot([]), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "None: hello.")
            await world.command(post.place, "picture", "a cat")
            await reads(world, post, "Picture: a cat.")
        async with running_bot(world, command_bot([]), tmp_path):
            await world.command(post.place, "search", "a dog")
            await reads(world, post, "Search: a dog.")

    async def test_a_wrong_list_of_commands_says_what_is_wrong(self, world: World, tmp_path: Path) -> None:
        errors: list[str] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                for ids in (["a b"], [""], ["Search", "search"], ["stop"], [f"c{n}" for n in range(101)]):
                    try:
                        await cl.context.emitter.set_commands([{"id": id} for id in ids])
                    except ValueError as error:
                        errors.append(str(error))
                await cl.Message("done").send()

        async with running_bot(world, register(bot), tmp_path):
            await reads(world, await world.dm("go"), "done")
        assert len(errors) == 5
        with pytest.raises(RuntimeError, match="inside a handler"):
            await cl.context.emitter.set_commands([])
