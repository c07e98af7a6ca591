"""Asks, actions, feedback and stop, as a person meets them in Slack."""

import asyncio

import gateway as cl
from tests.support.bot import register, running_bot
from tests.system.reading import buttons, from_bot, said, shown, texts


def ask_bot(results: list, **options):
    """A bot that asks by the word it is given."""

    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            word = message.content
            if word == "text":
                results.append(await cl.AskUserMessage("Your name?", **options).send())
            elif word == "action":
                actions = [cl.Action("yes", {"go": 1}, label="Yes!"), cl.Action("no", {"go": 0}, label="No.")]
                results.append(await cl.AskActionMessage("Go?", actions, **options).send())
            elif word == "file":
                results.append(await cl.AskFileMessage("A text, please", accept=["text/plain"], **options).send())
            await cl.Message(f"done {word}").send()

    return register(bot)


async def test_ask_for_text_takes_the_next_message_of_the_same_person(slack, tmp_path):
    results: list = []
    async with running_bot(slack, ask_bot(results), tmp_path):
        root = await slack.post("general", "@gateway text")
        await said(slack, "general", "Your name?", thread=root)
        await slack.delivered(await slack.post("general", "not me", thread_ts=root, user=slack.grace.id))
        await slack.post("general", "Ada L.", thread_ts=root)
        await said(slack, "general", "done text", thread=root)
        await said(slack, "general", "done not me", thread=root)
    assert results[0]["output"] == results[0]["content"] == "Ada L."


async def test_ask_for_an_action_returns_the_clicked_one_and_takes_the_buttons_away(slack, tmp_path):
    results: list = []
    async with running_bot(slack, ask_bot(results), tmp_path):
        await slack.post("general", "@gateway action")
        question = await said(slack, "general", "Go?")
        assert buttons(question) == ["Yes!", "No."]
        await slack.click("general", question["ts"], label="No.")
        await said(slack, "general", "done action")
        question = await said(slack, "general", "Selected:")
    assert buttons(question) == []
    assert results[0]["name"] == "no"
    assert results[0]["payload"] == {"go": 0}


async def test_only_the_person_asked_may_click(slack, tmp_path):
    results: list = []
    async with running_bot(slack, ask_bot(results), tmp_path):
        await slack.post("general", "@gateway action")
        question = await said(slack, "general", "Go?")
        await slack.click("general", question["ts"], label="Yes!", user=slack.grace.id)
        await slack.wait_for(lambda: [m for m in slack.messages("general") if m.get("ephemeral_for") == slack.grace.id])
        assert results == []
        await slack.click("general", question["ts"], label="Yes!")
        await said(slack, "general", "done action")
    assert results[0]["name"] == "yes"


async def test_two_quick_clicks_are_one_answer(slack, tmp_path):
    results: list = []
    async with running_bot(slack, ask_bot(results), tmp_path):
        await slack.post("general", "@gateway action")
        question = await said(slack, "general", "Go?")
        await asyncio.gather(
            slack.click("general", question["ts"], label="Yes!"), slack.click("general", question["ts"], label="No.")
        )
        await said(slack, "general", "done action")
        await slack.post("general", "@gateway after")
        await said(slack, "general", "done after")
    assert len(results) == 1


async def test_a_click_on_a_closed_question_is_told_so(slack, tmp_path):
    results: list = []
    async with running_bot(slack, ask_bot(results, timeout=0.2), tmp_path):
        await slack.post("general", "@gateway action")
        question = await slack.wait_for(lambda: next((m for m in from_bot(slack, "general") if buttons(m)), None))
        await said(slack, "general", "done action")
        await said(slack, "general", "No answer came in time")
        # A client that was offline still shows the buttons.
        slack.general.messages[question["ts"]].wire["blocks"] = question["blocks"]
        await slack.click("general", question["ts"], label="Yes!")
        told = await slack.wait_for(lambda: [m for m in slack.messages("general") if m.get("ephemeral_for")])
    assert "no longer open" in shown(told[0])
    assert results == [None]


async def test_an_ask_that_times_out_returns_none_or_raises(slack, tmp_path):
    results: list = []
    async with running_bot(slack, ask_bot(results, timeout=0.05), tmp_path):
        await slack.post("general", "@gateway text")
        await said(slack, "general", "done text")
    assert results == [None]

    raised = []

    def bot():
        @cl.on_message
        async def main():
            try:
                await cl.AskUserMessage("?", timeout=0.05, raise_on_timeout=True).send()
            except TimeoutError as error:
                raised.append(error)
            await cl.Message("over").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway again")
        await said(slack, "general", "over")
    assert raised


async def test_ask_for_a_file_refuses_what_does_not_fit_and_takes_the_attachment(slack, tmp_path):
    results: list = []
    async with running_bot(slack, ask_bot(results), tmp_path):
        root = await slack.post("general", "@gateway file")
        await said(slack, "general", "A text, please", thread=root)
        await slack.post("general", "", thread_ts=root, files=[("cat.png", b"\x89PNG", "image/png")])
        told = await slack.wait_for(lambda: [m for m in slack.messages("general") if m.get("ephemeral_for")])
        assert "not accepted" in shown(told[0])
        await slack.post("general", "", thread_ts=root, files=[("notes.txt", b"hello", "text/plain")])
        await said(slack, "general", "done file", thread=root)
        assert results[0][0].name == "notes.txt"
        with open(results[0][0].path, "rb") as file:
            assert file.read() == b"hello"


async def test_ask_for_a_file_opens_an_upload_form(slack, tmp_path):
    results: list = []
    async with running_bot(slack, ask_bot(results), tmp_path):
        await slack.post("general", "@gateway file")
        question = await said(slack, "general", "A text, please")
        await slack.click("general", question["ts"], label="Upload")
        (view,) = await slack.wait_for(slack.open_views)
        block = view["blocks"][0]
        await slack.submit(
            view["id"],
            {block["block_id"]: {block["element"]["action_id"]: [("notes.txt", b"from a form", "text/plain")]}},
        )
        await said(slack, "general", "done file")
        with open(results[0][0].path, "rb") as file:
            assert file.read() == b"from a form"


async def test_an_action_runs_its_callback_and_can_be_removed(slack, tmp_path):
    def bot():
        @cl.on_message
        async def main():
            await cl.Message(
                "Choose", actions=[cl.Action("go", {"n": 7}, label="Go"), cl.Action("stay", label="Stay")]
            ).send()

        @cl.action_callback("go")
        async def go(action: cl.Action):
            await cl.Message(f"went {action.payload['n']}").send()
            await action.remove()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway x")
        message = await said(slack, "general", "Choose")
        result = await slack.click("general", message["ts"], label="Go")
        assert result.status == 200
        await said(slack, "general", "went 7", thread=root)
        await slack.wait_for(lambda: buttons(slack.message("general", message["ts"])) == ["Stay"])
    assert not slack.interaction_errors


async def test_a_payload_too_large_for_the_button_comes_back_whole(slack, tmp_path):
    got = []

    def bot():
        @cl.on_message
        async def main():
            await cl.Message("Choose", actions=[cl.Action("go", {"text": "x" * 10_000}, label="Go")]).send()

        @cl.action_callback("go")
        async def go(action: cl.Action):
            got.append(action.payload)
            await cl.Message("ok").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway x")
        message = await said(slack, "general", "Choose")
        await slack.click("general", message["ts"], label="Go")
        await said(slack, "general", "ok")
    assert got == [{"text": "x" * 10_000}]


async def test_a_button_of_an_unregistered_action_is_answered(slack, tmp_path):
    def bot():
        @cl.on_message
        async def main():
            await cl.Message("Choose", actions=[cl.Action("gone", label="Go")]).send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway x")
        message = await said(slack, "general", "Choose")
        await slack.click("general", message["ts"], label="Go")
        told = await slack.wait_for(lambda: [m for m in slack.messages("general") if m.get("ephemeral_for")])
    assert "does nothing" in shown(told[0])


async def test_feedback_reaches_the_handler_and_a_comment_follows(slack, tmp_path):
    given: list[cl.Feedback] = []
    ids = []

    def bot():
        @cl.on_message
        async def main():
            ids.append((await cl.Message("An answer").send()).id)

        @cl.on_feedback
        async def feedback(feedback: cl.Feedback):
            given.append(feedback)

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway x")
        message = await said(slack, "general", "An answer")
        action = next(b for b in message["blocks"] if b["type"] == "context_actions")["elements"][0]["action_id"]
        await slack.click("general", message["ts"], action, value="negative")
        (view,) = await slack.wait_for(slack.open_views)
        block = view["blocks"][0]
        await slack.submit(view["id"], {block["block_id"]: {block["element"]["action_id"]: "too short"}})
        await slack.settled()
        async with asyncio.timeout(5):
            while len(given) < 2:
                await asyncio.sleep(0)
    assert [(f.forId, f.value, f.comment) for f in given] == [(ids[0], 0, None), (ids[0], 0, "too short")]


async def test_stop_cancels_the_turn_and_calls_on_stop(slack, tmp_path):
    started = asyncio.Event()
    finished = []

    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            if message.content != "long":
                await cl.Message("next").send()
                return
            answer = cl.Message()
            await answer.stream_token("Once upon a time")
            started.set()
            await asyncio.sleep(60)
            finished.append(True)

        @cl.on_stop
        async def stop():
            await cl.Message("Stopped.").send()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway long")
        await started.wait()
        await slack.wait_for(lambda: slack.status("general", root)["processing"])
        await slack.stop_session("general", root)
        await said(slack, "general", "Stopped.", thread=root)
        await slack.wait_for(lambda: not slack.status("general", root)["processing"])
        await slack.post("general", "next", thread_ts=root)
        await said(slack, "general", "next", thread=root)
    assert texts(slack, "general", root)[0] == "Once upon a time"
    assert not finished


async def test_a_message_can_be_updated_and_removed(slack, tmp_path):
    def bot():
        @cl.on_message
        async def main():
            message = await cl.Message("first").send()
            passing = await cl.Message("passing").send()
            message.content = "second"
            await message.update()
            await passing.remove()
            await cl.Message("end").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway x")
        await said(slack, "general", "end")
    assert texts(slack, "general") == ["second", "end"]
