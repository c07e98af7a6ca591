"""Mentions, threads and direct messages: who is answered, where, how often and in which order."""

import asyncio

import gateway as cl
from tests.support.bot import register, running_bot
from tests.system.reading import eventually, from_bot, said, shown, texts


def echo():
    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"You said: {message.content}").send()


def counting():
    @cl.on_chat_start
    def start():
        cl.user_session.set("count", 0)

    @cl.on_message
    async def main(message: cl.Message):
        count = cl.user_session.get("count") + 1
        cl.user_session.set("count", count)
        await cl.Message(f"message {count}: {message.content}").send()


async def test_a_mention_is_answered_in_its_thread_by_a_stream(slack, tmp_path):
    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            answer = cl.Message()
            for word in ["one", " two", " **three**"]:
                await answer.stream_token(word)
            await answer.send()

    async with running_bot(slack, register(bot), tmp_path):
        ts = await slack.post("general", "@gateway count")
        answer = await said(slack, "general", "three", thread=ts)
    assert answer["thread_ts"] == ts
    assert shown(answer) == "one two **three**"
    assert slack.calls_to("chat.startStream")


async def test_the_twin_of_a_mention_and_its_redelivery_are_one_turn(slack, tmp_path):
    async with running_bot(slack, register(echo), tmp_path):
        ts = await slack.post("general", "@gateway hi")
        await said(slack, "general", "You said: hi")
        await slack.delivered(ts)
        await slack.redeliver(ts, new_event_id=True)
        await slack.redeliver(ts, new_event_id=False)
        await slack.settled()
        await slack.post("general", "@gateway last")
        await said(slack, "general", "You said: last")
    assert sorted(texts(slack, "general")) == ["You said: hi", "You said: last"]


async def test_the_same_message_delivered_many_times_at_once_is_one_turn(slack, tmp_path):
    async with running_bot(slack, register(echo), tmp_path):
        ts = await slack.post("general", "@gateway hi")
        await asyncio.gather(*(slack.redeliver(ts) for _ in range(20)))
        await slack.settled()
        await said(slack, "general", "You said: hi")
    assert texts(slack, "general") == ["You said: hi"]


async def test_messages_during_a_slow_turn_are_answered_in_order(slack, tmp_path):
    go = asyncio.Event()

    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            if message.content == "1":
                await go.wait()
            await cl.Message(f"done {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway 1")
        for text in ("2", "3", "4"):
            await slack.delivered(await slack.post("general", text, thread_ts=root))
        assert texts(slack, "general") == []
        go.set()
        await said(slack, "general", "done 4")
    assert texts(slack, "general", root) == ["done 1", "done 2", "done 3", "done 4"]


async def test_conversations_do_not_wait_for_each_other(slack, tmp_path):
    go = asyncio.Event()

    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            if message.content == "slow":
                await go.wait()
            await cl.Message(f"done {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway slow")
        await slack.post("general", "@gateway quick")
        await said(slack, "general", "done quick")
        go.set()
        await said(slack, "general", "done slow")


async def test_a_thread_goes_on_without_a_mention_and_remembers(slack, tmp_path):
    async with running_bot(slack, register(counting), tmp_path):
        root = await slack.post("general", "@gateway a")
        await said(slack, "general", "message 1: a", thread=root)
        await slack.post("general", "b", thread_ts=root)
        await said(slack, "general", "message 2: b", thread=root)


async def test_channel_talk_and_other_threads_are_none_of_its_business(slack, tmp_path):
    async with running_bot(slack, register(echo), tmp_path):
        talk = await slack.post("general", "lunch?")
        await slack.delivered(talk)
        await slack.delivered(await slack.post("general", "yes", thread_ts=talk))
        await slack.join("general", "Linus")
        await slack.post("general", "@gateway hi")
        await said(slack, "general", "You said: hi")
    assert texts(slack, "general") == ["You said: hi"]


async def test_a_direct_message_remembers_from_message_to_message(slack, tmp_path):
    async with running_bot(slack, register(counting), tmp_path):
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "message 1: a")
        await slack.post(slack.dm.id, "b")
        await said(slack, slack.dm.id, "message 2: b")


async def test_sessions_of_two_threads_are_two_sessions(slack, tmp_path):
    async with running_bot(slack, register(counting), tmp_path):
        await slack.post("general", "@gateway a")
        await slack.post("general", "@gateway b")
        await said(slack, "general", "message 1: a")
        await said(slack, "general", "message 1: b")


async def test_two_workspaces_sharing_a_channel_and_ts_are_two_conversations(slack, tmp_path):
    async with running_bot(slack, register(counting), tmp_path):
        event = {
            "type": "app_mention",
            "user": slack.ada.id,
            "channel": slack.general.id,
            "ts": "1700000000.000100",
            "event_ts": "1700000000.000100",
            "text": "<@U0BOT> hi",
        }
        await slack.emit(event)
        other = slack.add_team("T0OTHER", "Other")
        await slack.emit({**event, "text": f"<@{other.bot.id}> hi"}, team=other)
        await slack.wait_for(lambda: len(slack.calls_to("chat.postMessage")) == 2)


async def test_a_session_survives_a_restart_and_is_resumed(slack, tmp_path):
    seen = []

    def bot():
        counting()

        @cl.on_chat_resume
        def resume(thread):
            seen.append(thread["metadata"])
            cl.user_session.set("live", object())

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "message 1: a")
    async with running_bot(slack, register(bot), tmp_path):
        await slack.post(slack.dm.id, "b")
        await said(slack, slack.dm.id, "message 2: b")
        await slack.post(slack.dm.id, "c")
        await said(slack, slack.dm.id, "message 3: c")
    assert seen == [{"count": 1}]


async def test_a_resting_session_leaves_memory_and_comes_back(slack, tmp_path):
    resumed = asyncio.Event()

    def bot():
        counting()

        @cl.on_chat_resume
        def resume():
            resumed.set()

    async with running_bot(slack, register(bot), tmp_path, session_rest=0.05) as running:
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "message 1: a")
        pool = running.gateway.sessions
        async with asyncio.timeout(5):
            while len(pool):
                await asyncio.sleep(0.01)  # the housekeeping wakes by the clock; nothing announces that it slept
        await slack.post(slack.dm.id, "b")
        await said(slack, slack.dm.id, "message 2: b")
    assert resumed.is_set()


async def test_new_ends_the_session_and_starts_another(slack, tmp_path):
    ended = []

    def bot():
        counting()

        @cl.on_chat_end
        def end():
            ended.append(cl.user_session.get("count"))

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "message 1: a")
        await slack.command("/new", channel=slack.dm.id)
        await said(slack, slack.dm.id, "new conversation")
        await slack.post(slack.dm.id, "b")
        await said(slack, slack.dm.id, "message 1: b")
    assert ended == [1]


async def test_new_written_as_a_message_in_a_thread_works_too(slack, tmp_path):
    async with running_bot(slack, register(counting), tmp_path):
        root = await slack.post("general", "@gateway a")
        await said(slack, "general", "message 1: a")
        await slack.post("general", "@gateway /new", thread_ts=root)
        await said(slack, "general", "new conversation")
        await slack.post("general", "@gateway b", thread_ts=root)
        await said(slack, "general", "message 1: b")


async def test_an_idle_session_ends_announced(slack, tmp_path):
    ended = asyncio.Event()

    def bot():
        counting()

        @cl.on_chat_end
        def end():
            ended.set()

    async with running_bot(slack, register(bot), tmp_path, session_timeout=0.2):
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "message 1: a")
        async with asyncio.timeout(5):
            await ended.wait()
        await said(slack, slack.dm.id, "was idle for a while")
        await slack.post(slack.dm.id, "b")
        await said(slack, slack.dm.id, "message 1: b")


async def test_opening_the_direct_message_greets_once(slack, tmp_path):
    def bot():
        counting()

        @cl.on_chat_start
        async def start():
            cl.user_session.set("count", 0)
            await cl.Message(f"Hello {cl.context.user.display_name}").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.open_home()
        await said(slack, slack.dm.id, "Hello Ada")
        await slack.open_home()
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "message 1: a")
    assert len(from_bot(slack, slack.dm.id)) == 2


async def test_removing_the_bot_from_a_channel_ends_its_threads_and_no_others(slack, tmp_path):
    ended = []

    def bot():
        counting()

        @cl.on_chat_end
        def end():
            ended.append(cl.context.conversation)

    async with running_bot(slack, register(bot), tmp_path) as running:
        roots = [await slack.post("general", f"@gateway {n}") for n in range(3)]
        await slack.post(slack.dm.id, "a")
        await slack.wait_for(lambda: len(texts(slack, "general")) == 3 and texts(slack, slack.dm.id))
        left = {"type": "member_left_channel", "user": slack.team.bot.id, "channel": slack.general.id}
        await slack.emit({**left, "channel_type": "C", "team": slack.team.id, "event_ts": "1800000000.000100"})

        async def all_ended():
            return len(ended) == 3 and not [
                root for root in roots if await running.gateway.store.exists(f"slack:T0GATEWAY:C0GENERAL:{root}")
            ]

        await eventually(all_ended)
        await slack.post(slack.dm.id, "b")
        await said(slack, slack.dm.id, "message 2: b")
    assert sorted(ended) == sorted(f"slack:T0GATEWAY:C0GENERAL:{root}" for root in roots)


async def test_other_bots_and_its_own_messages_start_no_turn(slack, tmp_path):
    async with running_bot(slack, register(echo), tmp_path):
        other = slack.add_user("Builder", is_bot=True)
        slack.general.members.add(other.id)
        await slack.delivered(await slack.post("general", "@gateway loop?", user=other.id))
        await slack.post("general", "@gateway hi")
        await said(slack, "general", "You said: hi")
        await slack.settled()
    assert texts(slack, "general") == ["You said: hi"]


async def test_the_user_has_name_email_and_a_stable_identifier(slack, tmp_path):
    users = []

    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            users.append(cl.user_session.get("user"))
            await cl.Message("ok").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "ok")
        await slack.post(slack.dm.id, "b")
        await slack.wait_for(lambda: len(texts(slack, slack.dm.id)) == 2)
    assert users[0].identifier == f"slack:{slack.team.id}:{slack.ada.id}"
    assert users[0].email == "ada@gateway.example"
    assert len(slack.calls_to("users.info")) == 1


async def test_a_user_who_types_like_sends_a_message(slack, tmp_path):
    async with running_bot(slack, register(echo), tmp_path):
        await slack.post(slack.dm.id, "like")
        await said(slack, slack.dm.id, "You said: like")


async def test_sync_handlers_do_not_hold_up_others_and_can_wait_for_coroutines(slack, tmp_path):
    import threading

    release = threading.Event()

    def bot():
        @cl.on_message
        def main(message: cl.Message):
            if message.content == "block":
                release.wait(10)
            cl.run_sync(cl.Message(f"sync {message.content}").send())

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway block")
        await slack.post("general", "@gateway b")
        await said(slack, "general", "sync b")
        release.set()
        await said(slack, "general", "sync block")
