"""Cards, plans and menus over the wire: what of an Adaptive Card they are, and what happens where one is too large."""

from typing import Any

import pytest

from gateway.errors import RefusedForm
from gateway.model import ActionInvoked, Button, Card, Menu, MenuOption, Outgoing, Plan, TaskUpdate
from tests.teams.harness import TeamsHarness
from tests.teams.test_outbound import raw

JSON = dict[str, Any]
MENU = Menu(
    placeholder="Colour",
    options=(MenuOption(token="r", label="Red", description="like\na rose"), MenuOption(token="b", label="Blue")),
)
STEPS = Plan(
    kind="steps",
    tasks=(
        TaskUpdate(id="1", title="search", status="complete", seconds=2.4, details="```json\n{}\n```", output="two"),
        TaskUpdate(id="2", title="read *it*", status="error", depth=1),
    ),
)


async def body_of(harness: TeamsHarness, **message: Any) -> list[JSON]:
    """Send a message in a personal chat; return the elements of its card."""
    post, ref = await harness.dm()
    await harness.adapter.send(ref, Outgoing(**message), key="k")
    [attachment] = raw(harness, post)[-1]["attachments"]
    body: list[JSON] = attachment["content"]["body"]
    return body


async def test_a_card_is_a_box_of_facts_and_a_picture_in_which_plain_text_stays_plain(harness: TeamsHarness) -> None:
    card = Card(title="A *b*", text="**c**", facts=(("k_1", "<at>x</at>"),), image_url="https://example.com/a b.png")
    text, box = await body_of(harness, text="see", cards=(card,))
    assert (text["text"], box["type"], box["style"]) == ("see", "Container", "emphasis")
    title, words, facts, picture = box["items"]
    assert (title["text"], title["weight"], words["text"]) == ("A \\*b\\*", "Bolder", "**c**")
    assert facts == {"type": "FactSet", "facts": [{"title": "k\\_1", "value": "<\u200bat>x<\u200b/at>"}]}
    assert picture == {"type": "Image", "url": "https://example.com/a%20b.png", "altText": "A *b*"}


@pytest.mark.parametrize("url", ["http://example.com/a.png", "javascript:1", f"https://example.com/{'a' * 2000}"])
async def test_a_picture_teams_would_not_fetch_makes_text_of_the_card(harness: TeamsHarness, url: str) -> None:
    _, ref = await harness.dm()
    with pytest.raises(RefusedForm, match="https address") as refused:
        await harness.adapter.send(ref, Outgoing(cards=(Card(title="t", image_url=url),)), key="k")
    assert refused.value.parts == {"cards"}


async def test_steps_are_closed_until_somebody_opens_them(harness: TeamsHarness) -> None:
    line, steps = await body_of(harness, plan=STEPS)
    assert line["selectAction"]["type"] == "Action.ToggleVisibility"
    named = [each["id"] for each in line["columns"][0]["items"]] + [steps["id"]]
    assert sorted(line["selectAction"]["targetElements"]) == sorted(named)
    assert line["columns"][1]["items"][0]["text"] == "2 steps"
    assert steps["isVisible"] is False
    assert [each["text"] for each in steps["items"]] == ["✅ search (2.4 s): {} → two", "↳ ❌ read \\*it\\*"]


async def test_a_task_is_a_row_with_the_icon_of_its_state(harness: TeamsHarness) -> None:
    task = TaskUpdate(id="1", title="a", depth=1, details="in", output="out")
    plan = Plan(title="Plan", status="Busy", tasks=(task,))
    [box] = await body_of(harness, plan=plan)
    title, status, row = box["items"]
    assert (title["text"], status["text"]) == ("Plan", "Busy")
    indent, icon, words = row["columns"]
    assert (indent["width"], icon["items"][0]["text"]) == ("20px", "⏳")
    assert [each["text"] for each in words["items"]] == ["a", "in → out"]


async def test_what_is_notified_of_a_message_without_words_is_what_it_is_about(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    await harness.adapter.send(ref, Outgoing(plan=Plan(title="Plan", status="Busy")), key="k")
    assert raw(harness, post)[-1]["summary"] == "Plan · Busy"


async def test_a_menu_has_a_button_and_each_sends_its_own_choice(harness: TeamsHarness) -> None:
    button = Button(token="t", label="Go")
    *_, first, send, _, _ = await body_of(harness, text="pick", menus=(MENU, MENU), buttons=(button,))
    titles = [(each["title"], each["value"]) for each in first["choices"]]
    assert titles == [("Red - like a rose", "r"), ("Blue", "b")]
    assert (first["style"], first["placeholder"], "isRequired" in first) == ("compact", "Colour", False)
    message = harness.teams.messages("personal")[-1]["id"]
    both = {"gw_menu_0": "b", "gw_menu_1": "r"}
    for action in (send["actions"][0], send["actions"][0]["fallback"]):
        if action["type"] == "Action.Execute":
            await harness.teams.click("personal", message, action=action, inputs=both)
        else:  # what an old client sends
            await harness.teams.emit({"type": "message", "value": action["data"] | both, "replyToId": message})
        event = await harness.heard(ActionInvoked)
        assert (event.token, event.message_id) == ("b", message)
    await harness.teams.click("personal", message, "Go", inputs=both)
    assert (await harness.heard(ActionInvoked)).token == "t"


async def test_who_picks_nothing_is_told_so(harness: TeamsHarness) -> None:
    *_, send = await body_of(harness, text="pick", menus=(MENU,))
    message = harness.teams.messages("personal")[-1]["id"]
    result = await harness.teams.click("personal", message, action=send["actions"][0])
    assert result.message == "Pick an option of the list first."


async def test_more_options_than_a_message_holds_are_refused_by_name(harness: TeamsHarness) -> None:
    _, ref = await harness.dm()
    options = tuple(MenuOption(token=f"{n:03}{'t' * 97}", label="l" * 100) for n in range(100))
    with pytest.raises(RefusedForm) as refused:
        await harness.adapter.send(ref, Outgoing(menus=(Menu(placeholder="p", options=options),) * 5), key="k")
    assert refused.value.parts == {"menus"}


async def test_a_stream_ends_with_all_that_is_drawn_below_it(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    stream = await harness.adapter.start_stream(ref, "one", key="k", recipient=None)
    assert stream is not None
    last = Outgoing(text="one two", cards=(Card(title="c"),), plan=STEPS, menus=(MENU,))
    stream = await harness.adapter.stop_stream(stream, last, delta=" two", key="k")
    [message] = harness.said(post)
    assert (message.text, message.cards, message.menus) == ("one two", ("c",), (("Red - like a rose", "Blue"),))
    assert len(message.plan) == 3
    await harness.adapter.edit(stream, Outgoing(text="one two"))
    [message] = harness.said(post)
    assert (message.text, message.cards, message.menus, message.plan) == ("one two", (), (), ())
