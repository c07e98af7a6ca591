"""What becomes of texts: none holds the others up, lines end as Markdown counts them, code stays as written."""

from pathlib import Path

import pytest

import gateway as cl
from gateway.model import Outgoing
from tests.contract.harness import AdapterHarness, HouseContract, capabilities
from tests.contract.reading import counted, reads, settled, texts
from tests.contract.world import World
from tests.support.bot import register, running_bot

CODE = [
    "```sh\nnpm install @here/maps-api && pip install x@everyone\n```",
    "Run `npm i @here/maps`, `@everyone` or `<!here>` now.",
    "Save this:\n\n    @everyone || __init__ @channel\n\nDone.",
    "1. Save this:\n\n    ```\n    | a | b |\n    |---|---|\n    | @here | __x__ || |\n    ```\n\nDone.",
]
COSTLY = [
    "x " + "[a](b" * 400 + " y",
    "[a](" + "(b" * 400 + " c",
    "Use table[0](" + "transform(" * 90 + "x + 1",
    "See [the query](https://example.com/search?q=" + "(status" * 100 + " and more",
]


class TextContract:
    """Checks what becomes of long and odd texts; ``BotContract`` includes it."""

    @pytest.mark.parametrize("costly", COSTLY)
    async def test_a_text_that_is_costly_to_read_holds_nobody_up(
        self, world: World, tmp_path: Path, costly: str
    ) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                answer = cl.Message("")
                if message.content == "fail":
                    await answer.stream_token("Here: ")
                    await answer.stream_token(costly)
                    raise RuntimeError("the model broke off")
                await cl.Message("answered").send()

        async with running_bot(world, register(bot), tmp_path, turn_retries=0):
            post = await world.mention("fail")
            other = await world.dm("another person")
            await reads(world, other, "answered")
            await reads(world, post, "Here: ")

    @pytest.mark.parametrize("streamed", [False, True])
    async def test_a_text_with_windows_line_ends_is_split_as_any_other(
        self, world: World, tmp_path: Path, streamed: bool
    ) -> None:
        count = max(4_000, capabilities(world).text_limit // 4)
        text = "```\r\ncode\r\n```\r\n\r\n" + "word " * count + "end\r\n"

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                answer = cl.Message("" if streamed else text)
                for at in range(0, len(text) if streamed else 0, 999):  # cuts some line ends in half
                    await answer.stream_token(text[at : at + 999])
                await answer.send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("hi")
            await reads(world, post, "end")
            await settled(world, post)
            first, *others = await counted(world, post, 2)
            assert first.startswith("```\ncode\n```\n\nword")
            assert not any("```" in other for other in others)
            assert " ".join([first, *others]).split().count("word") == count

    async def test_code_that_ended_with_windows_line_ends_is_not_ended_again(
        self, world: World, tmp_path: Path
    ) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                answer = cl.Message("")
                for token in ("```\r", "\ncode\r\n```", "\r", "\ntext"):
                    await answer.stream_token(token)
                raise RuntimeError("the model broke off")

        async with running_bot(world, register(bot), tmp_path, turn_retries=0):
            post = await world.mention("hi")
            await counted(world, post, 2)  # the text, and that it failed
            await settled(world, post)
            assert texts(world, post)[0] == "```\ncode\n```\ntext"

    @pytest.mark.parametrize("code", CODE)
    async def test_streamed_code_stays_as_it_was_written(self, world: World, tmp_path: Path, code: str) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                answer = cl.Message("")
                for at in range(0, len(code), 3):
                    await answer.stream_token(code[at : at + 3])
                await answer.stream_token("\n\nend")
                await answer.send()

        async with running_bot(world, register(bot), tmp_path):
            for post in (await world.mention("hi"), await world.dm("hi")):
                said = await reads(world, post, "end")
                assert "\u200b" not in said.text
                assert said.pings == ()


class CodeContract(HouseContract):
    """Checks that code is read as it was written; ``AdapterContract`` includes it."""

    @pytest.mark.parametrize("code", CODE)
    async def test_code_stays_as_it_was_written_and_notifies_nobody(self, harness: AdapterHarness, code: str) -> None:
        post, ref = await harness.mention()
        sent = await harness.adapter.send(ref, Outgoing(text=code), key="k1")
        await harness.adapter.edit(sent, Outgoing(text=f"{code}\n\nedited"))
        await harness.adapter.send(ref, Outgoing(text=code), key="k2")
        for message in harness.said(post):
            assert "\u200b" not in message.text
            assert next(line.strip() for line in code.split("\n") if "@" in line) in message.text
            assert message.pings == ()
