"""The whole gateway on a platform: who is answered, where, how often, in which order, and what is remembered."""

import asyncio
from pathlib import Path
from typing import Any

import gateway as cl
from tests.contract.harness import capabilities, need
from tests.contract.reading import counted, reads, texts
from tests.contract.world import World
from tests.support.bot import register, running_bot


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"You said: {message.content}").send()


def counting() -> None:
    @cl.on_chat_start
    def start() -> None:
        cl.user_session.set("count", cl.user_session.get("count", 0))
        cl.user_session.set("starts", cl.user_session.get("starts", 0) + 1)

    @cl.on_message
    async def main(message: cl.Message) -> None:
        count = cl.user_session.get("count") + 1
        cl.user_session.set("count", count)
        await cl.Message(f"message {count} of start {cl.user_session.get('starts')}: {message.content}").send()


class ConversationContract:
    """Checks who is answered, where, how often and in which order; ``BotContract`` includes it."""

    # Once, in order, side by side

    async def test_an_answer_streams_and_stands_whole(self, world: World, tmp_path: Path) -> None:
        words = [f"word{n} " for n in range(150)]

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                answer = cl.Message()
                for word in words:
                    await answer.stream_token(word)
                    await asyncio.sleep(0.005)  # as a model is slow
                await answer.stream_token("**end**")
                await answer.send()

        async with running_bot(world, register(bot), tmp_path):
            for post in (await world.mention("count"), await world.dm("count")):
                await reads(world, post, "**end**", timeout=20)
                [answer] = texts(world, post)
                assert answer.split() == [*(word.strip() for word in words), "**end**"]
        assert world.calls("send") < 20
        if capabilities(world).stream_limit:
            assert world.calls("stream_start")

    async def test_what_is_delivered_again_is_answered_once(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path):
            post = await world.mention("hi")
            await world.delivered(post)
            await asyncio.gather(*(world.redeliver(post) for _ in range(20)))
            await reads(world, post, "You said: hi")
            await world.redeliver(post)
            await world.settled()
            await world.reply(post, "last")
            await reads(world, post, "You said: last")
            assert texts(world, post) == ["You said: hi", "You said: last"]

    async def test_messages_during_a_slow_turn_are_answered_in_order(self, world: World, tmp_path: Path) -> None:
        go = asyncio.Event()

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                if message.content == "1":
                    await go.wait()
                await cl.Message(f"done {message.content}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("1")
            await world.delivered(post)
            for text in ("2", "3", "4"):
                await world.delivered(await world.reply(post, text))
            assert texts(world, post) == []
            go.set()
            await reads(world, post, "done 4")
            assert texts(world, post) == ["done 1", "done 2", "done 3", "done 4"]

    async def test_conversations_do_not_wait_for_each_other(self, world: World, tmp_path: Path) -> None:
        go = asyncio.Event()

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                if message.content == "slow":
                    await go.wait()
                await cl.Message(f"done {message.content}").send()

        async with running_bot(world, register(bot), tmp_path):
            slow = await world.mention("slow")
            for quick in (await world.mention("quick"), await world.dm("quick")):
                await reads(world, quick, "done quick")
            go.set()
            await reads(world, slow, "done slow")

    async def test_many_at_once_are_each_answered_once(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path):
            posts = [await world.mention(f"m{n}") for n in range(25)]
            for post in posts:
                await reads(world, post, "You said", timeout=30)
            assert [texts(world, post) for post in posts] == [[f"You said: m{n}"] for n in range(25)]

    # What is its business

    async def test_others_talk_and_bots_are_none_of_its_business(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path):
            lunch, loop = await world.small_talk("lunch?"), await world.other_bot("loop?")
            for post in (lunch, loop, await world.reply(lunch, "yes", user="Grace")):
                await world.delivered(post)
            mine = await world.mention("hi")
            await reads(world, mine, "You said: hi")
            await world.settled()
            await world.reply(mine, "more")
            await reads(world, mine, "You said: more")
            assert texts(world, mine) == ["You said: hi", "You said: more"]
            assert texts(world, lunch) == texts(world, loop) == []

    async def test_a_user_who_types_like_sends_a_message(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path):
            await reads(world, await world.dm("like"), "You said: like")

    async def test_what_a_message_refers_to_reaches_the_handler(self, world: World, tmp_path: Path) -> None:
        got: list[tuple[str, list[str], list[dict[str, Any]]]] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                names = [element.name for element in message.elements]
                got.append((message.content, names, message.metadata.get("references", [])))
                await cl.Message(f"heard {len(got)}").send()

        async with running_bot(world, register(bot), tmp_path):
            first = await world.dm("The release is blocked by ticket 4711")
            await reads(world, first, "heard 1")
            await reads(world, await world.refer(first, "summarize that"), "heard 2")
        assert got[0] == ("The release is blocked by ticket 4711", [], [])
        content, names, (reference,) = got[1]
        quote = "> The release is blocked by ticket 4711"
        lines = [line for line in content.split("\n") if line and not line.startswith("> **")]
        assert lines == (["summarize that", quote] if reference["kind"] == "forward" else [quote, "summarize that"])
        assert content.count("> **") == bool(reference["author"])  # whose words they are, where that is known
        assert reference["text"] == "The release is blocked by ticket 4711"
        assert names == []

    async def test_commands_and_answers_are_read_from_the_persons_own_words(self, world: World, tmp_path: Path) -> None:
        answers: list[Any] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                if message.content == "ask":
                    answers.append(await cl.AskUserMessage("Your name?").send())
                await cl.Message("done").send()

        async with running_bot(world, register(bot), tmp_path):
            first = await world.dm("ask")
            await reads(world, first, "Your name?")
            await reads(world, await world.refer(first, "Ada"), "done")
            await reads(world, await world.refer(first, "/new"), "new conversation")
        assert [answer["output"] for answer in answers] == ["Ada"]

    async def test_the_user_has_a_name_and_a_stable_identifier(self, world: World, tmp_path: Path) -> None:
        users: list[Any] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                users.append(cl.user_session.get("user"))
                await cl.Message(f"ok {message.content}").send()

        async with running_bot(world, register(bot), tmp_path):
            for post in (await world.dm("a"), await world.mention("b")):
                await reads(world, post, "ok")
        assert [user.identifier for user in users] == [world.user("Ada").key] * 2
        assert users[0].display_name.startswith("Ada")

    # Sessions

    async def test_a_thread_goes_on_without_a_mention_and_remembers(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(counting), tmp_path):
            one, two = await world.mention("a"), await world.mention("b")
            await reads(world, one, "message 1 of start 1: a")
            await reads(world, two, "message 1 of start 1: b")
            await world.reply(one, "c", user="Grace")
            await reads(world, one, "message 2 of start 1: c")

    async def test_direct_messages_remember(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(counting), tmp_path):
            for n, text in enumerate("abc", 1):
                await reads(world, await world.dm(text), f"message {n} of start 1: {text}")

    async def test_a_session_outlives_the_process(self, world: World, tmp_path: Path) -> None:
        resumed: list[Any] = []

        def bot() -> None:
            counting()

            @cl.on_chat_resume
            def resume(thread: Any) -> None:
                resumed.append(thread["metadata"])
                cl.user_session.set("live", object())

        async with running_bot(world, register(bot), tmp_path):
            thread = await world.mention("a")
            await reads(world, thread, "message 1 of start 1: a")
            await reads(world, await world.dm("d"), "message 1 of start 1: d")
        async with running_bot(world, register(bot), tmp_path):
            await world.reply(thread, "b")
            await reads(world, thread, "message 2 of start 1: b")
            await world.reply(thread, "c")
            await reads(world, thread, "message 3 of start 1: c")
            await reads(world, await world.dm("e"), "message 2 of start 1: e")
        assert resumed == [{"client_type": world.name, "count": 1, "starts": 1, **world.facts.session}] * 2

    async def test_new_begins_a_new_session(self, world: World, tmp_path: Path) -> None:
        ended: list[int] = []

        def bot() -> None:
            counting()

            @cl.on_chat_end
            def end() -> None:
                ended.append(cl.user_session.get("count"))

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("a")
            await reads(world, post, "message 1 of start 1: a")
            await world.reply(post, "/new", mention=True)
            await reads(world, post, "new conversation")
            await world.reply(post, "b", mention=True)
            await reads(world, post, "message 1 of start 1: b")
        assert ended == [1]

    async def test_new_as_a_slash_command(self, world: World, tmp_path: Path) -> None:
        need(world.facts.slash_commands, "slash commands")
        async with running_bot(world, register(counting), tmp_path):
            post = await world.dm("a")
            await reads(world, post, "message 1 of start 1: a")
            await world.command(post.place, "new")
            await reads(world, post, "new conversation")
            await reads(world, await world.dm("b"), "message 1 of start 1: b")

    async def test_opening_the_direct_messages_greets_once(self, world: World, tmp_path: Path) -> None:
        need(world.facts.opening, "word of who opens the direct messages")

        def bot() -> None:
            echo()

            @cl.on_chat_start
            async def start() -> None:
                await cl.Message(f"Hello {cl.context.user.display_name}").send()

        async with running_bot(world, register(bot), tmp_path):
            await world.open_dm()
            await world.settled()
            await world.open_dm()
            await world.settled()
            post = await world.dm("a")
            await reads(world, post, "You said: a")
            greeting, answer = texts(world, post)
            assert (greeting[:9], answer) == ("Hello Ada", "You said: a")

    # The end

    async def test_turns_end_before_the_gateway_does(self, world: World, tmp_path: Path) -> None:
        started: list[str] = []
        go = asyncio.Event()

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                started.append(message.content)
                await go.wait()
                await cl.Message(f"done {message.content}").send()

        async with running_bot(world, register(bot), tmp_path) as running:
            posts = [await world.mention(str(n)) for n in range(5)]
            async with asyncio.timeout(10):
                while len(started) < len(posts):
                    await asyncio.sleep(0.005)  # the handlers run in this process and tell nobody
            draining = asyncio.create_task(running.gateway.drain())
            await asyncio.sleep(0)
            go.set()
            await draining
            for n, post in enumerate(posts):
                assert await counted(world, post, 1) == [f"done {n}"]
