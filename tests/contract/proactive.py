"""What is said without anybody having written: a message that a program asks for, in a conversation or to a person, and
one that goes to many."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

import gateway as cl
from gateway.adapter import SupportsDirectMessages
from gateway.errors import RequestRefused
from gateway.proactive.broadcast import Audience, Broadcast
from gateway.proactive.broadcasts import WantedBroadcast
from gateway.proactive.messages import RequestedMessage, Wanted
from tests.contract.actions import eventually
from tests.contract.crashes import LivingBot
from tests.contract.harness import need
from tests.contract.history import SPEAKS, kept, said
from tests.contract.reading import counted, reads, texts
from tests.contract.rights import found_in, gateway_data
from tests.contract.world import World
from tests.support.bot import RunningBot, register, running_bot

API_KEY = "a key of the contract"


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"re {message.content}").send()


async def conversations(running: RunningBot) -> Sequence[str]:
    """Return the keys of the conversations the bot takes part in, the one used longest ago first."""
    return [session.ref.key for session in await running.gateway.store.idle(before=4e9, limit=100)]


async def known(running: RunningBot, count: int = 1) -> Sequence[str]:
    """Wait until so many conversations are stored, and return their keys."""
    async with asyncio.timeout(10):
        while len(found := await conversations(running)) < count:
            await asyncio.sleep(0.01)
    return found


async def say(running: RunningBot, to: str, text: str, *, key: str | None = None, wait: float = 10) -> RequestedMessage:
    return await running.gateway.messages.send(Wanted(to, text, None), requester="a key", key=key, wait=wait)


async def broadcast(running: RunningBot, text: str, to: Audience, *, key: str | None = None) -> Broadcast:
    wanted = WantedBroadcast(text, None, to)
    return (await running.gateway.broadcasts.begin(wanted, requester="a key", key=key)).broadcast


def need_direct_messages(world: World) -> None:
    need(SupportsDirectMessages in world.facts.extras, "direct messages that a bot begins")


class ProactiveContract:
    """Checks what programs ask the bot to say; ``BotContract`` includes it."""

    # In a conversation

    async def test_a_program_says_something_in_a_conversation(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path) as running:
            post = await world.mention("hello")
            await reads(world, post, "re hello")
            [to] = await known(running)
            sent = await say(running, to, "**news** for you")
            assert (sent.status, sent.error, sent.conversation) == ("sent", "", to)
            await reads(world, post, "news")
            assert await running.gateway.messages.find(sent.id) == sent
            assert not sent.repeated
            await world.reply(post, "and now")
            await reads(world, post, "re and now")
            assert len(texts(world, post)) == 3
        spoken = kept(tmp_path, 'SELECT type, output FROM steps ORDER BY "createdAt"')
        assert [output for _, output in spoken] == ["hello", "re hello", "**news** for you", "and now", "re and now"]
        assert kept(tmp_path, f"SELECT type FROM steps WHERE id = '{sent.id}'") == ["assistant_message"]
        assert len(kept(tmp_path, "SELECT id FROM threads")) == 1

    async def test_a_thread_is_named_by_its_id_too(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path) as running:
            post = await world.mention("hello")
            await reads(world, post, "re hello")
            await known(running)
            [thread] = kept(tmp_path, "SELECT id FROM threads")
            assert (await say(running, thread, "news")).status == "sent"
            await reads(world, post, "news")

    async def test_it_does_not_wait_for_a_person_who_is_asked(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                name = await cl.AskUserMessage("Your name?", timeout=60).send()
                assert name is not None
                await cl.Message(f"You are {name['output']}").send()

        async with running_bot(world, register(bot), tmp_path) as running:
            post = await world.mention("hello")
            await reads(world, post, "Your name?")
            [session] = running.gateway.sessions.within(world.name)
            assert (await say(running, session.ref.key, "news")).status == "sent"
            await world.reply(post, "Ada")
            await reads(world, post, "You are Ada")
            assert texts(world, post) == ["Your name?", "news", "You are Ada"]

    async def test_it_comes_after_the_turn_that_runs(self, world: World, tmp_path: Path) -> None:
        go = asyncio.Event()

        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                await cl.Message("first").send()
                await go.wait()
                await cl.Message("second").send()

        async with running_bot(world, register(bot), tmp_path) as running:
            post = await world.mention("hello")
            await reads(world, post, "first")
            [session] = running.gateway.sessions.within(world.name)  # its first turn still runs: it is not stored yet
            assert (await say(running, session.ref.key, "news", wait=0)).status == "queued"
            go.set()
            await reads(world, post, "news")
            assert texts(world, post) == ["first", "second", "news"]

    async def test_it_is_kept_for_the_model_and_runs_no_hook(self, world: World, tmp_path: Path) -> None:
        hooks: list[str] = []
        contexts: list[list[str]] = []

        def bot() -> None:
            @cl.on_chat_start
            async def start() -> None:
                hooks.append("start")

            @cl.on_message
            async def main(message: cl.Message) -> None:
                contexts.append([str(each["content"]) for each in cl.chat_context.to_openai()])
                await cl.Message(f"re {message.content}").send()

        async with running_bot(world, register(bot), tmp_path) as running:
            post = await world.mention("/new")
            await reads(world, post, "new conversation")
            await known(running)
            [to] = await conversations(running)
            before = len(hooks)
            await say(running, to, "news")
            assert len(hooks) == before
            await world.reply(post, "what?", mention=True)
            await reads(world, post, "re what?")
        assert contexts[-1] == ["news", "what?"]

    # Once

    async def test_a_request_that_is_repeated_under_its_key_sends_nothing(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path) as running:
            post = await world.mention("hello")
            await reads(world, post, "re hello")
            [to] = await known(running)
            sent = await asyncio.gather(*(say(running, to, "news", key="one") for _ in range(8)))
            assert {each.id for each in sent} == {sent[0].id}
            assert {each.status for each in sent} == {"sent"}
            with pytest.raises(RequestRefused) as refused:
                await say(running, to, "other news", key="one")
            assert refused.value.status == 409
        async with running_bot(world, register(echo), tmp_path) as running:
            again = await say(running, to, "news", key="one")
            assert again.repeated and again._replace(repeated=sent[0].repeated) == sent[0]
            assert (await say(running, to, "news", key="two")).id != sent[0].id
            assert await counted(world, post, 3) == ["re hello", "news", "news"]

    @pytest.mark.parametrize("after_effect", [False, True])
    async def test_killed_while_it_is_sent_it_stands_once(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after_effect: bool
    ) -> None:
        monkeypatch.setenv("GATEWAY_API_KEYS", API_KEY)
        async with LivingBot(world, tmp_path, SPEAKS) as bot, httpx.AsyncClient(headers={"x-api-key": API_KEY}) as web:
            post = await world.mention("hello")
            await reads(world, post, "second hello")
            data = tmp_path / ".gateway"
            await eventually(lambda: bool(kept(data, "SELECT conversation FROM threads")))
            [to] = kept(data, "SELECT conversation FROM threads")
            address = f"{bot.url}/v1/conversations/{quote(to, safe='')}/messages"
            hold = world.hold("send", text="news", after_effect=after_effect)
            sent = await web.post(address, json={"text": "news", "idempotencyKey": "one"})
            assert (sent.status_code, sent.json()["status"]) == (202, "queued")
            await hold.reached()
            await bot.kill()
            hold.drop()
            await bot.start()
            await reads(world, post, "news", timeout=20)
            again = await web.post(address, json={"text": "news", "idempotencyKey": "one"}, params={"wait": "20"})
            assert (again.json()["id"], again.json()["status"]) == (sent.json()["id"], "sent")
            news = texts(world, post).count("news")
            assert news == 1 or (after_effect and not world.facts.exactly_once_sends and news == 2)
            await bot.terminate()
        assert [text for _, text in said(data)].count("news") == 1

    # What cannot be sent

    async def test_a_message_to_nowhere_is_refused(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path) as running:
            for to, status in {
                "": 404,
                "nowhere": 404,
                f"{world.name}:T:C:1": 404,
                "é:" * 5_000: 404,
                "user:": 400,
                "user:nobody": 400,
                "user:elsewhere:T1:U1": 409,
                f"user:{world.name}::": 400,
            }.items():
                with pytest.raises(RequestRefused) as refused:
                    await say(running, to, "news", key="k")
                assert refused.value.status == status, to
            with pytest.raises(RequestRefused) as refused:
                await running.gateway.messages.find("nothing")
            assert refused.value.status == 404

    async def test_a_message_that_the_platform_refuses_has_failed(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path) as running:
            post = await world.mention("hello")
            await reads(world, post, "re hello")
            [to] = await known(running)
            world.fail_next("send", "gone", times=5)
            failed = await say(running, to, "news")
            assert failed.status == "failed"
            assert failed.error.startswith("gateway.errors.Gone"), failed.error
            assert await running.gateway.messages.find(failed.id) == failed
            world.fail_next("send", "forbidden", times=1)
            assert (await say(running, to, "news")).status == "failed"
            assert texts(world, post) == ["re hello"]

    # To a person

    async def test_a_program_writes_to_a_person(self, world: World, tmp_path: Path) -> None:
        need_direct_messages(world)
        starts: list[str] = []

        def bot() -> None:
            @cl.on_chat_start
            async def start() -> None:
                starts.append(cl.context.session.thread_id)

            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"re {message.content}").send()

        async with running_bot(world, register(bot), tmp_path) as running:
            post = await world.mention("hello")  # some platforms know a person only by a conversation
            await reads(world, post, "re hello")
            person = world.user("Ada").key
            sent = await say(running, f"user:{person}", "psst")
            assert (sent.status, sent.error) == ("sent", "")
            again = await say(running, f"user:{person}", "and psst")
            assert again.conversation == sent.conversation
            assert len(starts) == 1
            answer = await world.dm("what?")
            await reads(world, answer, "re what?")
            assert texts(world, answer) == ["psst", "and psst", "re what?"]
            assert len(starts) == 2
        threads = kept(
            tmp_path, f"SELECT id, \"userIdentifier\" FROM threads WHERE conversation = '{sent.conversation}'"
        )
        assert threads == [(starts[1], person)]
        assert kept(tmp_path, "SELECT count(*) FROM users") == [1]

    # To many

    async def test_a_broadcast_reaches_each_conversation_once(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path) as running:
            posts = [await world.mention(f"hello {n}") for n in range(6)]
            for n, post in enumerate(posts):
                await reads(world, post, f"re hello {n}")
            await known(running, 6)
            first, second = await asyncio.gather(
                *(broadcast(running, "to all", Audience(platform=world.name), key="b") for _ in range(2))
            )
            assert first.id == second.id
            for post in posts:
                await reads(world, post, "to all")
            done = await _done(running, first.id)
            assert (done.total, done.sent, done.failed, done.state) == (6, 6, 0, "done")
            assert [len(texts(world, post)) for post in posts] == [2] * 6
        async with running_bot(world, register(echo), tmp_path) as running:
            again = await broadcast(running, "to all", Audience(platform=world.name), key="b")
            assert (again.id, again.state) == (first.id, "done")
            with pytest.raises(RequestRefused) as refused:
                await broadcast(running, "to nobody", Audience(platform=world.name), key="b")
            assert refused.value.status == 409
            assert [len(texts(world, post)) for post in posts] == [2] * 6

    async def test_a_broadcast_goes_on_after_a_restart(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path) as running:
            posts = [await world.mention(f"hello {n}") for n in range(10)]
            for n, post in enumerate(posts):
                await reads(world, post, f"re hello {n}")
            await known(running, 10)
            hold = world.hold("send", text="to all")
            begun = await broadcast(running, "to all", Audience(kind="thread"))
            await hold.reached()
            assert (begun.total, begun.sent) == (10, 0)
            hold.release()
        async with running_bot(world, register(echo), tmp_path) as running:
            done = await _done(running, begun.id)
            assert (done.sent, done.failed) == (10, 0)
            assert [len(texts(world, post)) for post in posts] == [2] * 10

    async def test_a_broadcast_is_cancelled(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path) as running:
            posts = [await world.mention(f"hello {n}") for n in range(10)]
            for n, post in enumerate(posts):
                await reads(world, post, f"re hello {n}")
            await known(running, 10)
            hold = world.hold("send", text="to all")
            begun = await broadcast(running, "to all", Audience())
            await hold.reached()
            cancelled = await running.gateway.broadcasts.cancel(begun.id)
            hold.release()
            assert cancelled.state == "cancelled"
            await _done(running, (await broadcast(running, "after it", Audience())).id)
            reached = [post for post in posts if "to all" in texts(world, post)]
            assert 1 <= len(reached) < 10
            assert (await running.gateway.broadcasts.find(begun.id)).state == "cancelled"

    async def test_a_broadcast_to_named_conversations_and_people(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path) as running:
            posts = [await world.mention(f"hello {n}") for n in range(3)]
            for n, post in enumerate(posts):
                await reads(world, post, f"re hello {n}")
            found = await known(running, 3)
            people = [world.user("Ada").key] if SupportsDirectMessages in world.facts.extras else []
            to = Audience(users=people, conversations=[found[0], found[1], found[0]])
            assert await running.gateway.broadcasts.count(to) == 2 + len(people)
            done = await _done(running, (await broadcast(running, "to some", to)).id)
            assert (done.sent, done.failed) == (2 + len(people), 0)
            # Where people open the threads themselves, one is written to in a thread of theirs.
            here = 2 + (len(people) if world.facts.own_threads else 0)
            await world.wait_for(lambda: sum(texts(world, post).count("to some") for post in posts) == here)
            with pytest.raises(RequestRefused) as refused:
                await broadcast(running, "x", Audience(conversations=["nowhere"]))
            assert (refused.value.status, refused.value.where) == (404, "to.conversations[0]")

    async def test_a_broadcast_tells_of_failures(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, register(echo), tmp_path) as running:
            posts = [await world.mention(f"hello {n}") for n in range(3)]
            for n, post in enumerate(posts):
                await reads(world, post, f"re hello {n}")
            await known(running, 3)
            world.fail_next("send", "forbidden", times=1)
            done = await _done(running, (await broadcast(running, "to all", Audience())).id)
            assert (done.total, done.sent, done.failed) == (3, 2, 1)
            [error] = await running.gateway.broadcasts.failures(done.id)
            assert error["conversation"] in await conversations(running)
            assert "Forbidden" in error["error"]

    async def test_who_is_erased_gets_no_broadcast_that_waits_for_them(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = world.user("Ada").key

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"re {message.content}").send()
                if message.content == "stay":
                    await asyncio.Event().wait()

        monkeypatch.setattr("gateway.ingress.suspension.END_WITHIN", 0.1)
        async with running_bot(world, register(bot), tmp_path) as running:
            dm = await world.dm("hello")
            await reads(world, dm, "re hello")
            [own] = await known(running)
            await world.reply(dm, "stay")
            await reads(world, dm, "re stay")
            # The messages wait behind the turn that stays: the first in the inbox, the others not even there.
            audiences = [Audience(conversations=[own]), Audience(platform=world.name)]
            if SupportsDirectMessages in world.facts.extras:
                audiences.append(Audience(users=[ada]))
            waiting = [await broadcast(running, "to all", audience) for audience in audiences]
            assert {each.total for each in waiting} == {1}
            await eventually(lambda: kept(tmp_path, "SELECT count(*) FROM deliveries WHERE state = 0") == [2])
            assert (await gateway_data(tmp_path, "erase", "--user", ada)).code == 0
            for each in waiting:
                done = await _done(running, each.id)
                assert (done.total, done.sent, done.failed) == (0, 0, 0)
                assert await running.gateway.broadcasts.failures(done.id) == []
            assert "to all" not in texts(world, dm)
        assert kept(tmp_path, f"SELECT kind FROM documents WHERE CAST(body AS TEXT) || person LIKE '%{ada}%'") == []
        assert kept(tmp_path, "SELECT id FROM users UNION ALL SELECT id FROM threads") == []
        assert found_in(tmp_path, f'"{ada}"') == []

    async def test_whom_a_broadcast_did_not_reach_can_be_erased(self, world: World, tmp_path: Path) -> None:
        ada = world.user("Ada").key
        async with running_bot(world, register(echo), tmp_path) as running:
            dm = await world.dm("hello")
            await reads(world, dm, "re hello")
            await known(running)
            people = [Audience(users=[ada])] if SupportsDirectMessages in world.facts.extras else []
            for audience in (*people, Audience()):
                world.fail_next("send", "forbidden", times=1)
                failed = await _done(running, (await broadcast(running, "to all", audience)).id)
                assert (failed.sent, failed.failed) == (0, 1)
                assert len(await running.gateway.broadcasts.failures(failed.id)) == 1
            assert (await gateway_data(tmp_path, "erase", "--user", ada)).code == 0
            assert await running.gateway.broadcasts.failures(failed.id) == []
        assert kept(tmp_path, f"SELECT kind FROM documents WHERE CAST(body AS TEXT) || person LIKE '%{ada}%'") == []
        assert found_in(tmp_path, f'"{ada}"') == []


async def _done(running: RunningBot, id: str) -> Broadcast:
    """Wait until a broadcast has ended, and return it."""
    async with asyncio.timeout(20):
        while (found := await running.gateway.broadcasts.find(id)).state == "running":
            await asyncio.sleep(0.01)
    return found
