"""Buttons, modals, commands and response URLs."""

from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from gateway.emulators.slack import backend
from gateway.emulators.slack.emulator import PersonError, SlackEmulator
from tests.emulators.slack.bot import Bot, button, field, modal
from tests.emulators.slack.test_messages import error_of

FEEDBACK: dict[str, Any] = {
    "type": "context_actions",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "feedback",
            "positive_button": {"text": {"type": "plain_text", "text": "Good"}, "value": "up"},
            "negative_button": {"text": {"type": "plain_text", "text": "Bad"}, "value": "down"},
        }
    ],
}


@pytest.fixture
async def asked(client: AsyncWebClient, bot: Bot) -> str:
    actions = {"type": "actions", "block_id": "ask", "elements": [button("go", "Go", value="1"), button("no", "No")]}
    posted = await client.chat_postMessage(channel="C0GENERAL", text="ok?", blocks=[actions, FEEDBACK])
    return str(posted["ts"])


async def opened(emulator: SlackEmulator, client: AsyncWebClient, bot: Bot, asked: str, *blocks: dict[str, Any]) -> str:
    await emulator.click("general", asked, "go")
    answer = await client.views_open(trigger_id=bot.interactions[-1]["trigger_id"], view=modal(*blocks))
    return str(answer["view"]["id"])


async def test_a_click_carries_what_slack_sends(emulator: SlackEmulator, bot: Bot, asked: str) -> None:
    result = await emulator.click("general", asked, label="Go", user="grace")
    assert result.ok
    payload = bot.interactions[0]
    assert payload["type"] == "block_actions"
    assert payload["user"]["id"] == "U0GRACE"
    assert payload["container"]["message_ts"] == asked
    assert payload["message"]["text"] == "ok?"
    action = payload["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("go", "ask", "1")


async def test_feedback_buttons_carry_the_value_chosen(emulator: SlackEmulator, bot: Bot, asked: str) -> None:
    await emulator.click("general", asked, "feedback", label="Bad")
    await emulator.click("general", asked, "feedback", value="positive")
    assert [p["actions"][0]["value"] for p in bot.interactions] == ["down", "up"]


async def test_what_is_not_there_cannot_be_clicked(emulator: SlackEmulator, asked: str) -> None:
    with pytest.raises(PersonError):
        await emulator.click("general", asked, "missing")


@pytest.mark.parametrize("emulator", [0.2], indirect=True)
async def test_interactions_are_not_retried_and_the_person_sees_it(
    emulator: SlackEmulator, bot: Bot, asked: str
) -> None:
    bot.answer = lambda _: web.Response(status=500)
    result = await emulator.click("general", asked, "go")
    assert (result.status, result.error) == (500, "http_error_500")
    bot.gate.clear()
    assert (await emulator.click("general", asked, "go")).error == "operation_timeout"
    assert len(bot.interactions) == 2
    assert list(emulator.interaction_errors) == ["http_error_500", "operation_timeout"]


async def test_a_trigger_opens_one_modal_within_three_seconds(
    emulator: SlackEmulator, client: AsyncWebClient, bot: Bot, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    view_id = await opened(emulator, client, bot, asked, field("name"))
    assert [v["id"] for v in emulator.open_views()] == [view_id]
    trigger = bot.interactions[0]["trigger_id"]
    assert await error_of(client.views_open(trigger_id=trigger, view=modal())) == "exchanged_trigger_id"
    assert await error_of(client.views_open(trigger_id="1.2.3", view=modal())) == "invalid_trigger_id"
    await emulator.click("general", asked, "go")
    monkeypatch.setattr(backend, "TRIGGER_SECONDS", -1.0)
    late = client.views_open(trigger_id=bot.interactions[-1]["trigger_id"], view=modal())
    assert await error_of(late) == "expired_trigger_id"


async def test_a_form_is_sent_with_its_state_and_closes(
    emulator: SlackEmulator, client: AsyncWebClient, bot: Bot, asked: str
) -> None:
    options = [{"text": {"type": "plain_text", "text": t}, "value": t.lower()} for t in ("Red", "Blue")]
    colour = field("colour", type="static_select", options=options)
    upload = field("upload", type="file_input", max_files=2)
    view_id = await opened(emulator, client, bot, asked, field("name"), colour, upload)
    values: dict[str, dict[str, Any]] = {
        "name": {"value": "Ada"},
        "colour": {"value": "blue"},
        "upload": {"value": [("a.txt", b"abc", "text/plain")]},
    }
    assert (await emulator.submit(view_id, values)).ok
    sent = bot.interactions[-1]
    state = sent["view"]["state"]["values"]
    assert sent["view"]["callback_id"] == "form"
    assert state["name"]["value"] == {"type": "plain_text_input", "value": "Ada"}
    assert state["colour"]["value"]["selected_option"]["value"] == "blue"
    assert state["upload"]["value"]["files"][0]["name"] == "a.txt"
    assert emulator.open_views() == []


async def test_the_client_itself_asks_for_what_is_required(
    emulator: SlackEmulator, client: AsyncWebClient, bot: Bot, asked: str
) -> None:
    view_id = await opened(emulator, client, bot, asked, field("name", max_length=3))
    before = len(bot.interactions)
    assert set((await emulator.submit(view_id)).errors) == {"name"}
    assert set((await emulator.submit(view_id, {"name": {"value": "long"}})).errors) == {"name"}
    assert len(bot.interactions) == before


async def test_the_bots_answer_decides_what_becomes_of_the_form(
    emulator: SlackEmulator, client: AsyncWebClient, bot: Bot, asked: str
) -> None:
    view_id = await opened(emulator, client, bot, asked, field("name"))
    answers: list[dict[str, Any]] = [
        {"response_action": "errors", "errors": {"name": "taken"}},
        {"response_action": "errors", "errors": {"other": "?"}},
        {"response_action": "update", "view": modal(field("again"))},
        {"response_action": "push", "view": modal(field("more"))},
        {"response_action": "clear"},
    ]
    bot.answer = lambda given: web.json_response(answers.pop(0)) if given.get("type") == "view_submission" else None
    values = {"name": {"value": "Ada"}}
    assert (await emulator.submit(view_id, values)).errors == {"name": "taken"}
    assert emulator.snapshot()["views"][0]["errors"] == {"name": "taken"}
    assert (await emulator.submit(view_id, values)).error == "invalid_response_errors"
    assert (await emulator.submit(view_id, values)).ok
    assert emulator.open_views()[0]["blocks"][0]["block_id"] == "again"
    assert (await emulator.submit(view_id, {"again": {"value": "x"}})).ok
    assert len(emulator.open_views()) == 2
    assert (await emulator.submit(emulator.open_views()[-1]["id"], {"more": {"value": "x"}})).ok
    assert emulator.open_views() == []


async def test_closing_is_told_only_where_asked_for(
    emulator: SlackEmulator, client: AsyncWebClient, bot: Bot, asked: str
) -> None:
    await emulator.click("general", asked, "go")
    view = modal(field("name"), notify_on_close=True)
    answer = await client.views_open(trigger_id=bot.interactions[-1]["trigger_id"], view=view)
    await emulator.close_view(answer["view"]["id"])
    assert bot.interactions[-1]["type"] == "view_closed"
    assert emulator.open_views() == []


async def test_views_can_be_updated_and_stacked(
    emulator: SlackEmulator, client: AsyncWebClient, bot: Bot, asked: str
) -> None:
    actions = {"type": "actions", "elements": [button("deeper")]}
    root = await opened(emulator, client, bot, asked, actions)
    view_hash = emulator.open_views()[0]["hash"]
    await client.views_update(view_id=root, view=modal(actions), hash=view_hash)
    stale = client.views_update(view_id=root, view=modal(actions), hash=view_hash)
    assert await error_of(stale) == "hash_conflict"
    for _ in range(2):
        await emulator.click_view(emulator.open_views()[-1]["id"], "deeper")
        await client.views_push(trigger_id=bot.interactions[-1]["trigger_id"], view=modal(actions))
    await emulator.click_view(emulator.open_views()[-1]["id"], "deeper")
    fourth = client.views_push(trigger_id=bot.interactions[-1]["trigger_id"], view=modal(actions))
    assert await error_of(fourth) == "push_limit_reached"
    assert await error_of(client.views_update(view_id="V0", view=modal(actions))) == "not_found"


@pytest.mark.parametrize(
    "view",
    [
        modal(title={"type": "plain_text", "text": "x" * 25}),
        modal(private_metadata="x" * 3001),
        modal(*[{"type": "divider"}] * 101),
        modal({"type": "markdown", "text": "no"}),
        {k: v for k, v in modal(field("name")).items() if k != "submit"},
    ],
)
async def test_modals_have_limits(
    emulator: SlackEmulator, client: AsyncWebClient, bot: Bot, asked: str, view: dict[str, Any]
) -> None:
    await emulator.click("general", asked, "go")
    call = client.views_open(trigger_id=bot.interactions[-1]["trigger_id"], view=view)
    assert await error_of(call) == "invalid_arguments"


async def test_a_command_is_a_form_and_its_answer_a_message(emulator: SlackEmulator, bot: Bot) -> None:
    bot.answer = lambda _: web.json_response({"text": "done"})
    assert (await emulator.command("/new", "now", "general", user="grace")).ok
    assert (bot.commands[0]["command"], bot.commands[0]["text"]) == ("/new", "now")
    assert bot.commands[0]["channel_id"] == "C0GENERAL"
    message = emulator.messages("general")[-1]
    assert (message["text"], message["ephemeral_for"]) == ("done", "U0GRACE")


async def test_a_response_url_works_five_times(
    emulator: SlackEmulator, bot: Bot, asked: str, http: aiohttp.ClientSession
) -> None:
    await emulator.click("general", asked, "go")
    url = bot.interactions[0]["response_url"]

    async def respond(body: dict[str, Any]) -> int:
        async with http.post(url, json=body) as answer:
            return answer.status

    assert await respond({"text": "replaced", "replace_original": True}) == 200
    assert emulator.message("general", asked) is not None
    assert emulator.messages("general")[0]["text"] == "replaced"
    assert await respond({"text": "to you"}) == 200
    assert emulator.messages("general")[-1]["ephemeral_for"] == "U0ADA"
    assert await respond({"text": "to all", "response_type": "in_channel"}) == 200
    assert "ephemeral_for" not in emulator.messages("general")[-1]
    assert await respond({"text": ""}) == 400
    assert await respond({"delete_original": True}) == 200
    assert emulator.message("general", asked) is None
    assert await respond({"text": "once too often"}) == 404
