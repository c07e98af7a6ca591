"""The demo bot does what its greeting says, in Slack in every detail, on the other platforms what looks different."""

import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.drivers.slack.reading import buttons, from_bot, said, shown, texts
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.loading import load_bot
from gateway.testing import User
from tests.support.bot import running_bot

pytestmark = pytest.mark.gateway(bot="../../examples/hello.py")


@pytest.fixture
async def bot(slack: SlackEmulator, examples: Any, tmp_path: Path) -> Any:
    async with running_bot(slack, load_bot(examples / "hello.py"), tmp_path) as running:
        yield running


@pytest.fixture
def story(bot: Any) -> str:
    return str(sys.modules["hello"].STORY).strip()


async def test_it_greets_by_name_and_offers_three_buttons(slack: SlackEmulator, bot: Any) -> None:
    await slack.open_home()
    greeting = await said(slack, slack.dm.id, "Hello Ada!")
    assert buttons(greeting) == ["Show me a stream", "Make a report", "Ask me something"]


async def test_it_counts_and_remembers(slack: SlackEmulator, bot: Any) -> None:
    root = await slack.post("general", "@gateway good morning")
    await said(slack, "general", "You said: good morning", thread=root)
    await slack.post("general", "and good night", thread_ts=root)
    answer = await said(slack, "general", "You said: and good night", thread=root)
    assert "message 2 of this conversation" in shown(answer)


async def test_a_stream_arrives_whole_and_natively(slack: SlackEmulator, bot: Any, story: Any) -> None:
    root = await slack.post("general", "@gateway stream")
    answer = await said(slack, "general", "on the platform, once |", thread=root)
    assert shown(answer).strip() == story
    assert len(slack.calls_to("chat.startStream")) == 1
    assert slack.calls_to("chat.appendStream")
    assert len(slack.calls_to("chat.stopStream")) == 1


async def test_the_greetings_button_streams_too_and_goes_away(slack: SlackEmulator, bot: Any, story: Any) -> None:
    await slack.open_home()
    greeting = await said(slack, slack.dm.id, "Hello")
    await slack.click(slack.dm.id, greeting["ts"], label="Show me a stream")
    answer = await said(slack, slack.dm.id, "on the platform, once |")
    assert shown(answer).strip() == story
    left = slack.message(slack.dm.id, greeting["ts"])
    assert left is not None
    assert buttons(left) == ["Make a report", "Ask me something"]


async def test_it_asks_for_a_click_then_for_a_text(slack: SlackEmulator, bot: Any) -> None:
    root = await slack.post("general", "@gateway ask me")
    question = await said(slack, "general", "Shall I deploy", thread=root)
    assert buttons(question) == ["✅ Deploy", "❌ Not today"]
    await slack.click("general", question["ts"], label="✅ Deploy")
    await said(slack, "general", "What is in this release?", thread=root)
    await slack.post("general", "a faster search", thread_ts=root)
    await said(slack, "general", "Deployed: _a faster search_", thread=root)


async def test_it_takes_no_for_an_answer(slack: SlackEmulator, bot: Any) -> None:
    await slack.post("general", "@gateway ask me")
    question = await said(slack, "general", "Shall I deploy")
    await slack.click("general", question["ts"], label="❌ Not today")
    await said(slack, "general", "not today.")
    assert not any("release" in text for text in texts(slack, "general"))


async def test_a_file_comes_back_in_capitals(slack: SlackEmulator, bot: Any) -> None:
    root = await slack.post("general", "@gateway file")
    await said(slack, "general", "send me a text file", thread=root)
    await slack.post("general", "", thread_ts=root, files=[("grüße.txt", "Grüße an alle\n".encode(), "text/plain")])
    answer = await slack.wait_for(lambda: next((m for m in from_bot(slack, "general", root) if m.get("files")), None))
    assert answer is not None
    (file,) = answer["files"]
    assert file["name"] == "LOUD-grüße.txt"
    assert slack.world.files[file["id"]].content == "GRÜSSE AN ALLE\n".encode()
    await said(slack, "general", "has 3 words", thread=root)


async def test_it_names_what_it_was_sent(slack: SlackEmulator, bot: Any) -> None:
    await slack.post("general", "@gateway look", files=[("cat.png", b"\x89PNG" * 300, "image/png")])
    await said(slack, "general", "`cat.png` (image/png, 1,200 bytes)")


async def test_feedback_reaches_it_with_its_comment(
    slack: SlackEmulator, bot: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    await slack.post("general", "@gateway hi")
    message = await said(slack, "general", "You said: hi")
    thumbs = next(block for block in message["blocks"] if block["type"] == "context_actions")["elements"][0]
    await slack.click("general", message["ts"], thumbs["action_id"], value="negative")
    (view,) = await slack.wait_for(slack.open_views)
    block = view["blocks"][0]
    await slack.submit(view["id"], {block["block_id"]: {block["element"]["action_id"]: "too short"}})
    await slack.settled()
    await bot.gateway.drain()
    assert "down too short" in capsys.readouterr().out


async def test_stop_ends_the_stream(slack: SlackEmulator, bot: Any, story: Any) -> None:
    root = await slack.post("general", "@gateway stream")
    await slack.wait_for(lambda: slack.calls_to("chat.appendStream"))
    await slack.stop_session("general", root)
    await said(slack, "general", "Stopped. What shall I do instead?", thread=root)
    half = await said(slack, "general", "Here is what I am made of", thread=root)
    assert len(shown(half)) < len(story)


async def test_a_report_has_steps_a_table_and_a_chart(user: User) -> None:
    general = user.in_channel("general")
    await general.says("@gateway hello")
    await general.sees("Hello")
    await general.clicks("Make a report")
    report = await general.sees("876 visits")
    assert "Thursday" in report.text and "231" in report.text
    await general.sees(lambda seen: "✅ look_up" in seen.words and "✅ draw" in seen.words and "5 days" in seen.words)
    assert (await general.downloads("visits.png")).data.startswith(b"\x89PNG")
    await general.settles()
    assert "Make a report" not in general.messages[0].buttons


async def test_tasks_are_ticked_off(user: User) -> None:
    await user.says("tasks")
    await user.sees(lambda seen: all(f"✅ {task}" in seen.words for task in ("Test", "Build", "Roll out")))


async def test_settings_change_the_chart(user: User) -> None:
    await user.says("hello")
    await user.sees("You can change the settings of this chat")
    await user.clicks("Settings")
    await user.submits({"Colour of charts": "green"})
    await user.sees("Charts are green now, streams have 30 words a second.")
    await user.says("report")
    chart = await user.downloads("visits.png")
    assert chart.data == user.module.bar_chart([128, 172, 149, 231, 196], (46, 150, 90))
