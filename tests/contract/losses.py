"""The whole gateway on a platform in trouble: failing handlers, rate limits, lost answers, long texts, files."""

import asyncio
from pathlib import Path

import gateway as cl
from gateway.errors import Rejected, TooLarge
from tests.contract.harness import capabilities
from tests.contract.reading import counted, hears, reads, settled, texts
from tests.contract.world import File, Method, Post, World
from tests.support.bot import register, running_bot

ROWS = "\n".join(f"| row{n} | value{n} |" for n in range(80))
CODE = "\n".join(f"print('line {n} of the code')" for n in range(400))
PROSE = "\n\n".join(f"Paragraph {n} has some words in it, and then some more of them." for n in range(120))
LONG = f"# Report\n\n{PROSE}\n\n| name | what |\n|---|---|\n{ROWS}\n\n```python\n{CODE}\n```\n\nThe end."


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"re {message.content}").send()


class LossContract:
    """Checks that nothing is lost when handlers or calls of the platform fail; ``BotContract`` includes it."""

    # Handlers

    async def test_a_failing_handler_is_told_once_with_a_reference(self, world: World, tmp_path: Path) -> None:
        runs: list[int] = []

        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                runs.append(1)
                await cl.Message("before").send()
                raise ValueError("boom")

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("x")
            await reads(world, post, "Reference", timeout=30)
            before, told = texts(world, post)
        assert len(runs) == 3
        assert before == "before"
        assert "boom" not in told

    async def test_a_handler_that_recovers_leaves_one_answer(self, world: World, tmp_path: Path) -> None:
        runs: list[int] = []

        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                runs.append(1)
                await cl.Message(f"run {len(runs)}").send()
                if len(runs) < 2:
                    raise ValueError("passing")

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("x")
            await reads(world, post, "run 2", timeout=20)
            assert texts(world, post) == ["run 2"]

    async def test_a_stream_its_handler_broke_off_is_ended(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                answer = cl.Message()
                await answer.stream_token("So far ")
                await answer.stream_token("so good")
                raise ValueError("boom")

        async with running_bot(world, register(bot), tmp_path, turn_retries=0):
            post = await world.dm("x")
            await reads(world, post, "Reference", timeout=30)
            broken_off, _ = texts(world, post)
        assert broken_off == "So far so good"

    async def test_a_stream_whose_file_is_too_large_can_be_finished_without_it(
        self, world: World, tmp_path: Path
    ) -> None:
        large = tmp_path / "large.bin"
        with large.open("wb") as file:
            file.truncate(capabilities(world).file_size_limit + 1)

        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                answer = cl.Message(elements=[cl.File(name="large.bin", path=str(large))])
                await answer.stream_token("Here it is. ")
                try:
                    await answer.send()
                except TooLarge:
                    answer.elements.clear()
                    await answer.stream_token("It was too large.")
                    await answer.send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("x")
            await reads(world, post, "It was too large.", timeout=30)
            assert texts(world, post) == ["Here it is. It was too large."]

    async def test_a_streamed_answer_has_its_authors_name(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                answer = cl.Message(author="Ada the analyst")
                for word in ("one ", "two ", "three"):
                    await answer.stream_token(word)
                await answer.send()
                await cl.Message("done").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("x")
            answer = await reads(world, post, "one two three", timeout=20)
            assert "Ada the analyst" in f"{answer.author} {answer.text}"
            await reads(world, post, "done", timeout=20)

    # The platform

    async def test_a_storm_of_rate_limits_loses_and_doubles_nothing(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path):
            world.fail_next("send", "rate_limited", times=6, retry_after=1)
            posts = [await world.mention(str(n)) for n in range(6)]
            await self.answered_once(world, posts)

    async def test_failing_sends_lose_and_double_nothing(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path):
            world.fail_next("send", "server_error", times=2)
            world.fail_next("send", "disconnected")
            if world.facts.exactly_once_sends:
                world.fail_next("send", "server_error", after_effect=True)
                world.fail_next("send", "disconnected", after_effect=True)
            posts = [await world.mention(str(n)) for n in range(6)]
            await self.answered_once(world, posts)

    async def test_a_send_that_gets_no_clear_answer_stands_twice_at_most_however_often_its_turn_runs(
        self, world: World, tmp_path: Path
    ) -> None:
        runs: list[int] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                runs.append(1)
                try:
                    await cl.Message(f"re {message.content}").send()
                except Rejected:
                    raise ValueError("no answer") from None

        async with running_bot(world, register(bot), tmp_path):
            world.fail_next("send", "server_error", times=2, after_effect=True)
            post = await world.mention("x")
            if world.facts.exactly_once_sends:
                await reads(world, post, "re x", timeout=30)
                assert texts(world, post) == ["re x"]
                return
            await reads(world, post, "Reference", timeout=30)
            assert texts(world, post)[:-1] == ["re x", "re x"]
        assert len(runs) == 3

    async def answered_once(self, world: World, posts: list[Post]) -> None:
        for n, post in enumerate(posts):
            await reads(world, post, f"re {n}", timeout=30)
        for n, post in enumerate(posts):
            await world.reply(post, "more")
            await reads(world, post, "re more", timeout=30)
            assert texts(world, post) == [f"re {n}", "re more"]

    async def test_a_storm_during_a_stream_loses_nothing(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                answer = cl.Message()
                for n in range(60):
                    await answer.stream_token(f"word{n} ")
                    await asyncio.sleep(0.05)
                await answer.send()

        append: Method = "stream_append" if capabilities(world).stream_limit else "edit"
        async with running_bot(world, register(bot), tmp_path):
            world.fail_next(append, "rate_limited", times=2, retry_after=1)
            world.fail_next(append, "server_error")
            post = await world.dm("go")
            await reads(world, post, "word59", timeout=30)
            [answer] = texts(world, post)
        assert answer.split() == [f"word{n}" for n in range(60)]

    # Texts

    async def test_a_long_answer_with_a_table_and_code_arrives_whole(self, world: World, tmp_path: Path) -> None:
        assert len(LONG) > 20_000

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                answer = cl.Message()
                if message.content == "send":
                    answer.content = LONG
                else:
                    for start in range(0, len(LONG), 400):
                        await answer.stream_token(LONG[start : start + 400])
                await answer.send()

        async with running_bot(world, register(bot), tmp_path):
            for post in (await world.mention("send"), await world.mention("stream")):
                await reads(world, post, "The end.", timeout=40)
                await settled(world, post)
                whole = "\n".join(texts(world, post))
                for n in range(120):
                    assert whole.count(f"Paragraph {n} has") == 1
                for n in range(80):
                    assert f"row{n}" in whole
                    assert f"value{n}" in whole
                for n in range(400):
                    assert whole.count(f"'line {n} of the code'") == 1

    async def test_what_a_model_wrote_notifies_nobody(self, world: World, tmp_path: Path) -> None:
        words = f"Hello {world.facts.everyone} @everyone {world.mention_of('Grace')} **now**"

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(words).send()
                streamed = cl.Message()
                for character in words:
                    await streamed.stream_token(character)
                await streamed.send()
                allowed = cl.AllowedMentions(users=True)
                await cl.Message(f"{world.mention_of('Grace')} please look", mentions=allowed).send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("x")
            await reads(world, post, "please look")
            sent, streamed, asked = world.said(post.place)
        assert sent.pings == streamed.pings == ()
        assert asked.pings == (world.user("Grace").id,)

    # Files

    async def test_files_go_both_ways_name_and_bytes_exact(self, world: World, tmp_path: Path) -> None:
        got: list[tuple[str, str, bytes]] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                for element in message.elements:
                    got.append((element.name, element.mime, Path(str(element.path)).read_bytes()))
                out = cl.File(name="out.bin", content=bytes(range(256)))
                await cl.Message("Here", elements=[out, cl.Text(name="note", content="inline")]).send()
                await cl.Message("That is all").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("take", files=[File("in put.txt", b"caf\xc3\xa9", "text/plain")])
            thread = await world.mention("take nothing")  # where some platforms take files only one way
            for where in (post, thread):
                await reads(world, where, "That is all")
                assert any("Here" in text for text in texts(world, where))
                assert any("inline" in text for text in texts(world, where))
                assert [tuple(file)[:2] for file in await world.files(where.place)] == [("out.bin", bytes(range(256)))]
        assert got == [("in put.txt", "text/plain", b"caf\xc3\xa9")]

    async def test_a_file_over_the_limit_is_refused_with_the_limit(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"{len(message.elements)} files").send()

        async with running_bot(world, register(bot), tmp_path, max_file_mb=0.001):
            post = await world.dm("take", files=[File("big.bin", b"x" * 5_000)])
            await hears(world, "0.001 MB", post)
            await reads(world, post, "0 files")

    async def test_what_one_handler_sends_at_once_all_arrives_in_order(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                await asyncio.gather(*(cl.Message(f"part {n}").send() for n in range(10)))
                await cl.Message("end").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("x")
            assert await counted(world, post, 11, timeout=30) == [*(f"part {n}" for n in range(10)), "end"]
