"""The process dies: in the middle of a turn, while a question waits, during a deployment. Every message still gets its
one answer."""

import asyncio

from tests.support.process import BotProcess
from tests.system.reading import buttons, from_bot, said, texts

REPLIES = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"first {message.content}").send()
        await cl.Message(f"second {message.content}").send()
"""

ASKS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message("Let me ask.").send()
        pick = await cl.AskActionMessage(
            "Deploy?", [cl.Action("yes", {"n": 1}, label="Yes"), cl.Action("no", label="No")], timeout=300
        ).send()
        reason = await cl.AskUserMessage("Why?", timeout=300).send()
        await cl.Message(f"{pick['name']} because {reason['output']}").send()
"""

STREAMS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        answer = cl.Message()
        for word in "one two three four five six".split():
            await answer.stream_token(word + " ")
            await cl.sleep(0.3)
        await answer.send()
"""

ACTIONS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message("Choose", actions=[cl.Action("go", {"n": 7}, label="Go")]).send()

    @cl.action_callback("go")
    async def go(action: cl.Action):
        await action.remove()
        await cl.Message(f"went {action.payload['n']}").send()
"""

SLOW = """
    import asyncio
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await asyncio.sleep(1)
        await cl.Message(f"done {message.content}").send()
"""


async def test_killed_before_between_and_after_the_sends_the_reply_stands_once(slack, tmp_path):
    async with BotProcess(tmp_path, REPLIES, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        for n, (text, after_effect) in enumerate(
            [("first", False), ("first", True), ("second", False), ("second", True)]
        ):
            hold = slack.hold(
                "chat.postMessage", after_effect=after_effect, when=lambda args, text=text: text in str(args)
            )
            root = await slack.post("general", f"@gateway {n}")
            await hold.reached()
            await slack.delivered(root)
            await bot.kill()
            hold.drop()
            await bot.start()
            await said(slack, "general", f"second {n}", thread=root, timeout=15)
            await slack.post("general", f"marker{n}", thread_ts=root)
            await said(slack, "general", f"second marker{n}", thread=root, timeout=15)
            assert texts(slack, "general", root) == [
                f"first {n}",
                f"second {n}",
                f"first marker{n}",
                f"second marker{n}",
            ]


async def test_killed_while_streaming_the_answer_stands_whole_and_once(slack, tmp_path):
    async with BotProcess(tmp_path, STREAMS, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        for method, after_effect in [
            ("chat.startStream", True),
            ("chat.appendStream", False),
            ("chat.stopStream", True),
        ]:
            hold = slack.hold(method, after_effect=after_effect)
            root = await slack.post("general", "@gateway go")
            await hold.reached()
            await bot.kill()
            hold.drop()
            await bot.start()
            await said(slack, "general", "six", thread=root, timeout=15)
            await slack.post("general", "again", thread_ts=root)
            await slack.wait_for(lambda root=root: len(texts(slack, "general", root)) == 2, 15)
            assert [text.split() for text in texts(slack, "general", root)] == [
                ["one", "two", "three", "four", "five", "six"]
            ] * 2


async def test_killed_while_a_question_waits_the_answer_after_the_restart_continues_the_handler(slack, tmp_path):
    async with BotProcess(tmp_path, ASKS, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway deploy")
        question = await said(slack, "general", "Deploy?", thread=root)
        assert buttons(question) == ["Yes", "No"]
        await bot.restart()
        await slack.click("general", question["ts"], label="Yes")
        await said(slack, "general", "Why?", thread=root)
        await bot.restart()
        await slack.post("general", "tests pass", thread_ts=root)
        await said(slack, "general", "yes because tests pass", thread=root)
    assert [text.split("\n")[0] for text in texts(slack, "general", root)] == [
        "Let me ask.",
        "Deploy?",
        "Why?",
        "yes because tests pass",
    ]
    assert not slack.interaction_errors


async def test_an_answer_typed_just_before_the_crash_is_not_lost(slack, tmp_path):
    async with BotProcess(tmp_path, ASKS, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway deploy")
        question = await said(slack, "general", "Deploy?", thread=root)
        hold = slack.hold("chat.update")
        await slack.click("general", question["ts"], label="No")
        await hold.reached()
        await bot.kill()
        hold.drop()
        await bot.start()
        await said(slack, "general", "Why?", thread=root)
        await slack.post("general", "not sure", thread_ts=root)
        await said(slack, "general", "no because not sure", thread=root)
    assert len(from_bot(slack, "general", root)) == 4


async def test_a_button_clicked_after_a_restart_works(slack, tmp_path):
    async with BotProcess(tmp_path, ACTIONS, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway x")
        message = await said(slack, "general", "Choose", thread=root)
        await bot.restart()
        await slack.click("general", message["ts"], label="Go")
        await said(slack, "general", "went 7", thread=root)
    assert buttons(slack.message("general", message["ts"])) == []


async def test_sigterm_during_ten_turns_loses_none(slack, tmp_path):
    async with BotProcess(tmp_path, SLOW, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        roots = [await slack.post("general", f"@gateway {n}") for n in range(10)]
        await asyncio.gather(*(slack.delivered(root) for root in roots))
        assert await bot.terminate() == 0
        assert sorted(texts(slack, "general")) == [f"done {n}" for n in range(10)]


async def test_sigterm_with_no_time_hands_the_turns_back(slack, tmp_path):
    environment = {**slack.environment(), "GATEWAY_DRAIN_TIMEOUT": "0"}
    async with BotProcess(tmp_path, SLOW, environment) as bot:
        slack.deliver_to(bot.url)
        roots = [await slack.post("general", f"@gateway {n}") for n in range(10)]
        await asyncio.gather(*(slack.delivered(root) for root in roots))
        assert await bot.terminate() == 0
        assert texts(slack, "general") == []
        await bot.start()
        await slack.wait_for(lambda: len(texts(slack, "general")) == 10, 15)
    assert sorted(texts(slack, "general")) == [f"done {n}" for n in range(10)]


async def test_a_waiting_question_does_not_hold_up_a_deployment(slack, tmp_path):
    async with BotProcess(tmp_path, ASKS, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway deploy")
        question = await said(slack, "general", "Deploy?", thread=root)
        async with asyncio.timeout(10):
            assert await bot.terminate() == 0
        await bot.start()
        await slack.click("general", question["ts"], label="Yes")
        await said(slack, "general", "Why?", thread=root)
    assert len(from_bot(slack, "general", root)) == 3


async def test_events_during_downtime_arrive_by_redelivery(slack, tmp_path):
    slack.deliveries.retry_delays = (0.2, 0.5, 5.0)
    async with BotProcess(tmp_path, REPLIES, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        await bot.kill()
        root = await slack.post("general", "@gateway while away")
        await bot.start()
        await said(slack, "general", "second while away", thread=root, timeout=15)
    assert len(from_bot(slack, "general", root)) == 2
