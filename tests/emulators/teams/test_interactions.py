"""Buttons, forms, dialogs, suggestions, thumbs: what the bot is asked, and what its answer shows the person."""

from typing import Any

import orjson
import pytest
from aiohttp import web

from gateway.emulators.teams.answers import UNREACHABLE, WENT_WRONG
from gateway.emulators.teams.emulator import PersonError, TeamsEmulator
from tests.emulators.teams.bot import JSON, Api, Bot, card, execute, submit, text_block

ADAPTIVE = "application/vnd.microsoft.card.adaptive"


@pytest.fixture
def chat(emulator: TeamsEmulator) -> str:
    return emulator.personal().id


def answers(bot: Bot, body: Any, status: int = 200) -> None:
    bot.answer = lambda _: web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


async def sent(api: Api, place: str, *attachments: JSON, **more: Any) -> str:
    status, body = await api.send(place, attachments=list(attachments), **more)
    assert status == 201
    return str(body["id"])


# -- Action.Execute


async def test_an_execute_button_invokes_and_its_answer_takes_the_cards_place(
    emulator: TeamsEmulator, bot: Bot, api: Api, chat: str
) -> None:
    new = card(text_block("Approved"))["content"]
    answers(bot, {"statusCode": 200, "type": ADAPTIVE, "value": new})
    name: JSON = {"type": "Input.Text", "id": "name", "value": "Ada"}
    shown = card(text_block(), name, actions=(execute("Approve", "approve", order=7),))
    message = await sent(api, chat, shown)
    result = await emulator.click("personal", message, "Approve", inputs={"name": "Grace"})
    assert (result.ok, result.status, result.card) == (True, 200, new)
    assert (bot.last["type"], bot.last["name"], bot.last["replyToId"]) == ("invoke", "adaptiveCard/action", message)
    assert bot.last["value"] == {
        "action": {
            "type": "Action.Execute",
            "title": "Approve",
            "verb": "approve",
            "data": {"order": 7, "name": "Grace"},
        },
        "trigger": "manual",
    }
    (seen,) = emulator.snapshot()["messages"][chat]
    assert seen["attachments"][0]["content"] == new
    assert emulator.messages("personal")[0]["attachments"] == [shown]
    with pytest.raises(PersonError, match="no such button"):
        await emulator.click("personal", message, "Approve")


@pytest.mark.parametrize(
    ("status", "body", "error", "message"),
    [
        (200, {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Done"}, None, "Done"),
        (
            200,
            {
                "statusCode": 400,
                "type": "application/vnd.microsoft.error",
                "value": {"code": "BadRequest", "message": "Too late"},
            },
            "Too late",
            None,
        ),
        (200, {"statusCode": 401, "type": "application/vnd.microsoft.activity.loginRequest"}, None, "Sign in"),
        (200, {"statusCode": 200, "type": ADAPTIVE, "value": {"type": "Nope"}}, WENT_WRONG, None),
        (200, {"statusCode": 200, "type": "unknown", "value": "x"}, WENT_WRONG, None),
        (200, {}, WENT_WRONG, None),
        (200, None, WENT_WRONG, None),
        (500, {}, WENT_WRONG, None),
        (501, None, WENT_WRONG, None),
    ],
)
async def test_answers_to_execute(
    emulator: TeamsEmulator,
    bot: Bot,
    api: Api,
    chat: str,
    status: int,
    body: Any,
    error: str | None,
    message: str | None,
) -> None:
    answers(bot, body, status)
    posted = await sent(api, chat, card(text_block(), actions=(execute(),)))
    result = await emulator.click("personal", posted, "Go")
    assert (result.status, result.error, result.message) == (status, error, message)
    assert list(emulator.interaction_errors) == ([] if error is None else [error])


async def test_a_bot_that_does_not_answer_an_invoke(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> None:
    posted = await sent(api, chat, card(text_block(), actions=(execute(),)))
    bot.gate.clear()
    emulator.deliveries.timeout = 0.05
    result = await emulator.click("personal", posted, "Go")
    assert (result.status, result.error) == (0, UNREACHABLE)


# -- Action.Submit and inputs


async def test_a_submit_button_arrives_as_a_message_without_text(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    posted = await sent(api, emulator.general.id, card(text_block(), actions=(submit("Send", token="t1"),)))
    result = await emulator.click("General", posted, "Send", user="Grace")
    assert result.ok
    assert (bot.last["type"], bot.last["value"], bot.last["replyToId"]) == ("message", {"token": "t1"}, posted)
    assert "text" not in bot.last
    assert bot.last["conversation"]["id"] == f"{emulator.general.id};messageid={posted}"
    assert bot.last["from"]["name"] == "Grace Hopper"
    answers(bot, {}, 500)
    assert (await emulator.click("General", posted, "Send")).error == WENT_WRONG


FORM = card(
    {"type": "Input.Text", "id": "text", "isRequired": True, "errorMessage": "Say something", "maxLength": 5},
    {"type": "Input.Number", "id": "number", "min": 1, "max": 9},
    {"type": "Input.Date", "id": "date", "min": "2025-01-01"},
    {"type": "Input.Toggle", "id": "toggle", "title": "On", "valueOn": "yes", "valueOff": "no"},
    {
        "type": "Input.ChoiceSet",
        "id": "one",
        "choices": [{"title": "Red", "value": "r"}, {"title": "Blue", "value": "b"}],
    },
    {
        "type": "ColumnSet",
        "columns": [
            {
                "items": [
                    {
                        "type": "Input.ChoiceSet",
                        "id": "many",
                        "isMultiSelect": True,
                        "choices": [{"title": "A", "value": "a"}, {"title": "B", "value": "b"}],
                    }
                ]
            }
        ],
    },
    actions=(submit("Send", token="t"), {**submit("Cancel", token="c"), "associatedInputs": "none"}),
)


async def test_inputs_are_sent_as_text_over_the_buttons_data(
    emulator: TeamsEmulator, bot: Bot, api: Api, chat: str
) -> None:
    posted = await sent(api, chat, FORM)
    given = {"text": "hi", "number": 3, "date": "2025-06-01", "toggle": True, "one": "Blue", "many": ["A", "b"]}
    assert (await emulator.click("personal", posted, "Send", inputs=given)).ok
    assert bot.last["value"] == {
        "token": "t",
        "text": "hi",
        "number": "3",
        "date": "2025-06-01",
        "toggle": "yes",
        "one": "b",
        "many": "a,b",
    }
    assert (await emulator.click("personal", posted, "Send", inputs={"text": "hi"})).ok
    assert bot.last["value"] == {"token": "t", "text": "hi", "toggle": "no"}


async def test_the_client_checks_inputs_before_anything_is_sent(
    emulator: TeamsEmulator, bot: Bot, api: Api, chat: str
) -> None:
    posted = await sent(api, chat, FORM)
    result = await emulator.click("personal", posted, "Send", inputs={"number": 10, "date": "2024-01-01"})
    assert (result.status, result.ok) == (0, False)
    assert result.errors == {
        "text": "Say something",
        "number": "This value is not valid",
        "date": "This value is not valid",
    }
    assert (await emulator.click("personal", posted, "Send", inputs={"text": "too long"})).errors
    assert (await emulator.click("personal", posted, "Send", inputs={"text": "a", "number": "x"})).errors
    with pytest.raises(PersonError, match="no choice"):
        await emulator.click("personal", posted, "Send", inputs={"text": "a", "one": "Green"})
    with pytest.raises(PersonError, match="no input"):
        await emulator.click("personal", posted, "Send", inputs={"nothing": "a"})
    assert bot.activities == []
    assert (await emulator.click("personal", posted, "Cancel")).ok
    assert bot.last["value"] == {"token": "c"}


async def test_actions_deep_in_a_card_are_found(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> None:
    inner = card({"type": "Input.Text", "id": "why"}, actions=(submit("Really"),))["content"]
    shown: JSON = {"type": "Action.ShowCard", "title": "More", "card": inner}
    row: JSON = {"type": "Container", "items": [{"type": "ActionSet", "actions": [submit("Deep", a=1)]}]}
    posted = await sent(api, chat, card(row, actions=(shown,)))
    assert (await emulator.click("personal", posted, "More")).status == 0
    assert bot.activities == []
    await emulator.click("personal", posted, "Deep")
    assert bot.last["value"] == {"a": 1}
    await emulator.click("personal", posted, action=submit("Really"), inputs={"why": "so"})
    assert bot.last["value"] == {"why": "so"}


async def test_an_action_takes_the_inputs_of_its_own_card_and_of_those_around_it(
    emulator: TeamsEmulator, bot: Bot, api: Api, chat: str
) -> None:
    def asking(name: str, *actions: JSON) -> JSON:
        content: JSON = card({"type": "Input.Text", "id": name, "isRequired": True}, actions=actions)["content"]
        return content

    def showing(title: str, shown: JSON) -> JSON:
        return {"type": "Action.ShowCard", "title": title, "card": shown}

    deep = showing("Deep", asking("deep", submit("Innermost")))
    outer = asking("outer", submit("Outer"), showing("A", asking("a", submit("In A"), deep)), showing("B", asking("b")))
    posted = await sent(api, chat, {"contentType": "application/vnd.microsoft.card.adaptive", "content": outer})
    everything = {"outer": "o", "a": "1", "deep": "d"}
    assert (await emulator.click("personal", posted, "Outer", inputs=everything)).ok
    assert bot.last["value"] == {"outer": "o"}
    assert (await emulator.click("personal", posted, "In A", inputs=everything)).ok
    assert bot.last["value"] == {"outer": "o", "a": "1"}
    assert (await emulator.click("personal", posted, "Innermost", inputs={"outer": "o"})).errors.keys() == {"a", "deep"}
    assert (await emulator.click("personal", posted, "Innermost", inputs=everything)).ok
    assert bot.last["value"] == everything


# -- classic buttons, and actions that stand for them


def hero(*buttons: JSON) -> JSON:
    return {"contentType": "application/vnd.microsoft.card.hero", "content": {"title": "Pick", "buttons": buttons}}


async def test_im_back_says_it_for_the_person(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    posted = await sent(api, emulator.group.id, hero({"type": "imBack", "title": "More", "value": "show more"}))
    await emulator.click("Lunch", posted, "More")
    await emulator.settled()
    assert bot.last["text"] == "<at>gateway</at> show more"
    assert emulator.messages("Lunch")[-1]["from"]["name"] == "Ada Lovelace"


async def test_message_back_sends_its_own_text_and_value(
    emulator: TeamsEmulator, bot: Bot, api: Api, chat: str
) -> None:
    back = {"type": "messageBack", "text": "to the bot", "displayText": "to people", "value": '{"a": 1}'}
    by_card = card(
        {"type": "Input.Text", "id": "b", "value": "2"},
        actions=(submit("Card", msteams=back, c=3),),
    )
    posted = await sent(api, chat, hero({**back, "title": "Hero"}), by_card)
    await emulator.click("personal", posted, "Hero")
    assert (bot.last["text"], bot.last["value"], bot.last["replyToId"]) == ("to the bot", {"a": 1}, posted)
    assert emulator.messages("personal")[-1]["text"] == "to people"
    await emulator.click("personal", posted, "Card")
    assert bot.last["value"] == {"a": 1, "b": "2", "c": 3}


async def test_other_classic_buttons(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> None:
    buttons = (
        {"type": "invoke", "title": "Invoke", "value": {"a": 1}},
        {"type": "openUrl", "title": "Open", "value": "https://example.com"},
        {"type": "signin", "title": "Sign in", "value": "https://example.com"},
    )
    plain = card(text_block(), actions=(submit("Back", msteams={"type": "imBack", "value": "again"}),))
    posted = await sent(api, chat, hero(*buttons), plain)
    assert (await emulator.click("personal", posted, "Invoke")).ok
    assert (bot.last["type"], bot.last["value"]) == ("invoke", {"a": 1})
    for title in ("Open", "Sign in"):
        assert (await emulator.click("personal", posted, title)).status == 0
    assert len(bot.activities) == 1
    await emulator.click("personal", posted, "Back")
    await emulator.settled()
    assert bot.last["text"] == "again"


# -- dialogs


def dialog(*body: JSON, title: str = "Form") -> JSON:
    shown = card(*body, actions=(submit("OK", step=2),))
    return {"task": {"type": "continue", "value": {"title": title, "height": "small", "width": 400, "card": shown}}}


async def opened(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> str:
    answers(bot, dialog({"type": "Input.Text", "id": "name", "isRequired": True}))
    fetch = submit("Open", msteams={"type": "task/fetch"}, form="f1")
    posted = await sent(api, chat, card(text_block(), actions=(fetch,)))
    result = await emulator.click("personal", posted, "Open")
    assert result.ok
    assert result.dialog is not None
    assert bot.last["name"] == "task/fetch"
    assert bot.last["value"]["data"] == {"msteams": {"type": "task/fetch"}, "form": "f1"}
    return result.dialog


async def test_a_dialog_opens_is_corrected_and_closes(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> None:
    open_id = await opened(emulator, bot, api, chat)
    (shown,) = emulator.open_dialogs()
    assert (shown.id, shown.title) == (open_id, "Form")
    assert (await emulator.submit_dialog(open_id)).errors == {"name": "This field is required"}
    answers(bot, dialog(text_block("Not that one"), {"type": "Input.Text", "id": "name"}, title="Again"))
    result = await emulator.submit_dialog(open_id, {"name": "x"})
    assert (result.dialog, bot.last["name"]) == (open_id, "task/submit")
    assert bot.last["value"]["data"] == {"step": 2, "name": "x"}
    assert [d.title for d in emulator.open_dialogs()] == ["Again"]
    answers(bot, {"task": {"type": "message", "value": "Thank you"}})
    assert (await emulator.submit_dialog(open_id, {"name": "y"}, title="OK")).message == "Thank you"
    assert emulator.open_dialogs() == []
    with pytest.raises(PersonError, match="closed"):
        await emulator.submit_dialog(open_id)


async def test_an_empty_answer_closes_a_dialog(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> None:
    open_id = await opened(emulator, bot, api, chat)
    bot.answer = lambda _: None
    assert (await emulator.submit_dialog(open_id, {"name": "x"})).ok
    assert emulator.open_dialogs() == []


async def test_a_wrong_answer_leaves_a_dialog_open(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> None:
    open_id = await opened(emulator, bot, api, chat)
    wrong: list[Any] = [
        {"task": {"type": "continue", "value": {}}},
        {"task": {"type": "continue", "value": {"card": {"contentType": ADAPTIVE, "content": {"type": "Nope"}}}}},
        {"task": {"type": "shrug"}},
        "text",
    ]
    for body in wrong:
        answers(bot, body)
        assert (await emulator.submit_dialog(open_id, {"name": "x"})).error == WENT_WRONG
    answers(bot, {}, 500)
    assert (await emulator.submit_dialog(open_id, {"name": "x"})).error == WENT_WRONG
    assert len(emulator.open_dialogs()) == 1
    await emulator.close_dialog(open_id)
    assert emulator.open_dialogs() == []


async def test_fetching_needs_a_dialog_for_an_answer(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> None:
    fetch = submit("Open", msteams={"type": "task/fetch"})
    posted = await sent(api, chat, card(text_block(), actions=(fetch,)))
    assert (await emulator.click("personal", posted, "Open")).error == WENT_WRONG
    answers(bot, {"task": {"type": "continue", "value": {"url": "https://example.com", "title": "A page"}}})
    result = await emulator.click("personal", posted, "Open")
    assert [d.url for d in emulator.open_dialogs()] == ["https://example.com"]
    with pytest.raises(PersonError, match="a page"):
        await emulator.submit_dialog(str(result.dialog))


# -- thumbs


async def test_thumbs_with_a_comment(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> None:
    posted = await sent(api, chat, channelData={"feedbackLoop": {"type": "default"}})
    answers(bot, {})
    assert (await emulator.feedback("personal", posted, "dislike", "Too long")).ok
    assert (bot.last["name"], bot.last["replyToId"]) == ("message/submitAction", posted)
    assert bot.last["value"] == {
        "actionName": "feedback",
        "actionValue": {"reaction": "dislike", "feedback": '{"feedbackText":"Too long"}'},
    }
    assert emulator.messages("personal")[0]["verdicts"] == {emulator.ada.id: "dislike"}
    answers(bot, {"status": "thanks"})
    assert (await emulator.feedback("personal", posted, "like")).error == WENT_WRONG
    assert emulator.messages("personal")[0]["verdicts"] == {emulator.ada.id: "dislike"}


async def test_the_older_switch_for_thumbs(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> None:
    posted = await sent(api, chat, channelData={"feedbackLoopEnabled": True})
    assert (await emulator.feedback("personal", posted, "like")).ok
    plain = await sent(api, chat)
    with pytest.raises(PersonError, match="no feedback buttons"):
        await emulator.feedback("personal", plain, "like")


async def test_thumbs_with_a_form_of_the_bots_own(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> None:
    posted = await sent(api, chat, channelData={"feedbackLoop": {"type": "custom"}})
    answers(bot, dialog({"type": "Input.Text", "id": "why"}))
    result = await emulator.feedback("personal", posted, "like")
    assert bot.last["name"] == "message/fetchTask"
    assert bot.last["value"] == {"actionName": "feedback", "actionValue": {"reaction": "like"}}
    answers(bot, {})
    assert (await emulator.submit_dialog(str(result.dialog), {"why": "clear"})).ok
    given = bot.last["value"]["actionValue"]
    assert (given["reaction"], orjson.loads(given["feedback"])) == ("like", {"step": 2, "why": "clear"})
    assert emulator.open_dialogs() == []


# -- suggestions, anything else


async def test_suggestions(emulator: TeamsEmulator, bot: Bot, api: Api, chat: str) -> None:
    offered = [
        {"type": "imBack", "title": "More", "value": "tell me more"},
        {"type": "Action.Submit", "title": "Yes", "value": {"vote": "yes"}},
        {"type": "Action.Compose", "title": "Draft", "value": {"type": "Teams.chatMessage", "data": {}}},
    ]
    posted = await sent(api, chat, suggestedActions={"actions": offered})
    await emulator.choose("personal", posted, "More")
    await emulator.settled()
    assert (bot.last["type"], bot.last["text"]) == ("message", "tell me more")
    assert (await emulator.choose("personal", posted, "Yes")).ok
    assert (bot.last["name"], bot.last["value"]) == ("suggestedActions/submit", {"vote": "yes"})
    assert (await emulator.choose("personal", posted, "Draft")).status == 0
    assert len(bot.activities) == 2
    with pytest.raises(PersonError, match="no such suggestion"):
        await emulator.choose("personal", posted, "Less")


async def test_suggestions_for_one_person(emulator: TeamsEmulator, api: Api) -> None:
    offered = {"to": [emulator.grace.id], "actions": [{"type": "imBack", "title": "More", "value": "more"}]}
    posted = await sent(api, emulator.group.id, suggestedActions=offered)
    with pytest.raises(PersonError, match="no such suggestion"):
        await emulator.choose("Lunch", posted, "More")
    assert emulator.snapshot()["messages"][emulator.group.id][0]["suggested"] == []
    await sent(api, emulator.group.id, suggestedActions={**offered, "to": [emulator.ada.id]})
    assert emulator.snapshot()["messages"][emulator.group.id][1]["suggested"] == offered["actions"]


async def test_an_invoke_of_any_name(emulator: TeamsEmulator, bot: Bot) -> None:
    for name in ("signin/verifyState", "house/unknown"):
        result = await emulator.invoke("personal", name, {"state": "123456"})
        assert (result.ok, bot.last["name"], bot.last["value"]) == (True, name, {"state": "123456"})
    answers(bot, None, 501)
    assert (await emulator.invoke("personal", "house/unknown")).error == WENT_WRONG
