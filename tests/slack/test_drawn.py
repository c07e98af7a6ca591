"""Cards, plans, menus and forms as Slack's own blocks, within its limits, and what becomes of those it refuses."""

from typing import Any

import pytest

from gateway.egress import Sender
from gateway.errors import RefusedForm
from gateway.model import (
    ActionInvoked,
    Button,
    Card,
    DateField,
    Form,
    FormSubmitted,
    Menu,
    MenuOption,
    OpenForm,
    Outgoing,
    Plan,
    SelectField,
    TaskUpdate,
)
from tests.slack import test_adapter
from tests.slack.test_adapter import SlackHarness, said

harness = test_adapter.harness

CARD = Card(title="Order", text="Two", facts=(("State", "paid"),), image_url="https://example.org/a.png")
TASKS = (
    TaskUpdate(id="a", title="Look", status="complete", details="```json\n{}\n```", output="**found**", seconds=2),
    TaskUpdate(id="b", title="Write <it>", depth=1),
)
MENU = Menu(placeholder="Choose", options=(MenuOption(token="t1", label="One", description="first"),))


def blocks(message: dict[str, Any]) -> list[str]:
    return [block["type"] for block in message.get("blocks") or ()]


async def test_what_stands_below_a_text_has_slacks_own_blocks(harness: SlackHarness) -> None:
    ref = await harness.thread()
    message = Outgoing(
        text="**so**", cards=(CARD,), plan=Plan(title="Plan", status="2 of 3", tasks=TASKS), menus=(MENU,)
    )
    await harness.adapter.send(ref, message, key="k")
    [posted] = said(harness, ref)
    markdown, plan, card, menu = posted["blocks"]
    assert (markdown["type"], menu["type"]) == ("markdown", "actions")
    assert (plan["type"], plan["title"]) == ("plan", "Plan · 2 of 3")
    assert [(task["title"], task["status"]) for task in plan["tasks"]] == [
        ("Look (2.0 s)", "complete"),
        ("↳ Write <it>", "in_progress"),
    ]
    [code], [words] = plan["tasks"][0]["details"]["elements"], plan["tasks"][0]["output"]["elements"]
    assert (code["type"], code["elements"][0]["text"]) == ("rich_text_preformatted", "{}")
    assert words["elements"] == [{"type": "text", "text": "found", "style": {"bold": True}}]
    assert [child["type"] for child in card["child_blocks"]] == ["section", "section", "image"]
    assert card["child_blocks"][1]["fields"][0]["text"] == "*State*\npaid"
    assert menu["elements"][0]["options"][0]["description"]["text"] == "first"


async def test_steps_are_a_collapsed_box_that_names_the_running_one(harness: SlackHarness) -> None:
    ref = await harness.thread()
    await harness.adapter.send(ref, Outgoing(plan=Plan(kind="steps", tasks=TASKS)), key="k")
    [posted] = said(harness, ref)
    [box] = posted["blocks"]
    assert (box["type"], box["is_collapsible"], box["default_collapsed"]) == ("container", True, True)
    assert box["title"]["text"] == "Write <it>…"
    assert [child["elements"][0]["text"] for child in box["child_blocks"]] == [
        "✅ Look (2.0 s): `{}` → *found*",
        "↳ ⏳ Write &lt;it&gt;",
    ]
    assert posted["text"]


async def test_a_plan_of_which_a_stream_shows_cards_ends_in_them(harness: SlackHarness) -> None:
    ref = await harness.thread()
    stream = await harness.adapter.start_stream(ref, "Let me ", key="k", recipient=None)
    assert stream is not None
    stream = await harness.adapter.append_stream(stream, delta="see", text="Let me see", tasks=TASKS[1:])
    done = TaskUpdate(id="b", title="Write <it>", status="complete")
    whole = Outgoing(text="Let me see.", plan=Plan(kind="steps", tasks=(TASKS[0], done)), cards=(CARD,))
    await harness.adapter.stop_stream(stream, whole, delta=".", key="k")
    [posted] = said(harness, ref)
    assert blocks(posted) == ["markdown", "task_card", "markdown", "task_card", "container"]
    assert {block["title"]: block["status"] for block in posted["blocks"] if block["type"] == "task_card"} == {
        "Write <it>": "complete",
        "Look (2.0 s)": "complete",
    }


async def test_options_that_leave_no_room_are_cut_grouped_and_in_the_end_refused(harness: SlackHarness) -> None:
    ref = await harness.thread()

    def long(count: int, token: str = "") -> Menu:
        options = [
            MenuOption(token=f"{n}{token}", label=f"{n} " + "x" * 80, description="d" * 80) for n in range(count)
        ]
        return Menu(placeholder="Choose", options=tuple(options))

    await harness.adapter.send(ref, Outgoing(menus=(long(250),)), key="k")
    [posted] = said(harness, ref)
    groups = posted["blocks"][0]["elements"][0]["option_groups"]
    assert [(each["label"]["text"], len(each["options"])) for each in groups] == [
        ("1 to 100", 100),
        ("101 to 200", 100),
        ("201 to 250", 50),
    ]
    assert "description" not in groups[0]["options"][0] and groups[0]["options"][0]["text"]["text"].endswith("…")
    for menu, text in ((long(250), "word " * 2_100), (long(1, token="t" * 200), "")):
        with pytest.raises(RefusedForm) as refused:
            await harness.adapter.send(ref, Outgoing(text=text, menus=(menu,)), key="k2")
        assert refused.value.parts == {"menus"}


@pytest.mark.parametrize(("kind", "gone"), [("plan", "Write"), ("container", "paid")])
async def test_a_drawn_part_slack_refuses_is_said_in_words(harness: SlackHarness, kind: str, gone: str) -> None:
    ref = await harness.thread()
    harness.slack.backend.unsupported_blocks.add(kind)
    message = Outgoing(text="Words", cards=(CARD,), plan=Plan(tasks=TASKS), buttons=(Button(token="t", label="Go"),))
    await Sender({"slack": harness.adapter}).put(ref, message, key="k")
    [posted] = said(harness, ref)
    assert kind not in blocks(posted) and blocks(posted)[-1] == "actions"
    assert {"plan", "container"} - {kind} <= set(blocks(posted))
    assert gone in posted["blocks"][0]["text"]


async def test_a_card_whose_picture_slack_cannot_fetch_is_said_in_words(harness: SlackHarness) -> None:
    ref = await harness.thread()
    card = Card(title="Chart", image_url="https://wiki.internal/a.png")
    await Sender({"slack": harness.adapter}).put(ref, Outgoing(text="Words", cards=(card,)), key="k")
    [posted] = said(harness, ref)
    assert blocks(posted) == ["markdown"] and "https://wiki.internal/a.png" in posted["blocks"][0]["text"]


async def test_cards_that_do_not_fit_go_on_in_words_and_none_is_lost(harness: SlackHarness) -> None:
    ref = await harness.thread()
    cards = tuple(Card(title=f"Card {n}", text="word " * 900) for n in range(12))
    await Sender({"slack": harness.adapter}).put(ref, Outgoing(text="Words", cards=cards), key="k")
    shown = str([each["blocks"] for each in said(harness, ref)])
    assert all(f"**Card {n}**" in shown for n in range(12))


# Forms


def form(*fields: Any) -> Form:
    return Form(token="t", title="T", fields=fields)


async def test_choices_are_radio_buttons_and_checkboxes_as_long_as_slack_has_room(harness: SlackHarness) -> None:
    def options(count: int) -> tuple[tuple[str, str], ...]:
        return tuple((f"v{n}", f"Label {n}") for n in range(count))

    ref = await harness.thread()
    fields = (
        SelectField(id="one", label="One", options=options(3), style="buttons", initial=("v1",), hint="Take one"),
        SelectField(id="many", label="Many", options=options(10), style="buttons", multiple=True, required=False),
        SelectField(id="long", label="Long", options=options(11), style="buttons"),
        DateField(id="day", label="Day", minimum="2026-01-01", maximum="2026-12-31", hint="Some day"),
    )
    sent = await harness.adapter.send(ref, Outgoing(buttons=(Button(token="b", label="Go", opens_form=True),)), key="k")
    harness.answer = lambda event: OpenForm(form=form(*fields)) if isinstance(event, ActionInvoked) else None
    await harness.slack.click("general", sent.id, label="Go")
    [view] = harness.slack.open_views()
    kinds = [block["element"]["type"] for block in view["blocks"]]
    assert kinds == ["radio_buttons", "checkboxes", "static_select", "datepicker"]
    hints = [block.get("hint", {}).get("text") for block in view["blocks"]]
    assert hints == ["Take one", None, None, "Some day (From 2026-01-01 to 2026-12-31)"]
    values: dict[str, Any] = {"many": ["v0", "v9"], "long": "v10", "day": "2026-05-05"}
    ids = {block["block_id"]: block["element"]["action_id"] for block in view["blocks"]}
    result = await harness.slack.submit(view["id"], {name: {ids[name]: value} for name, value in values.items()})
    assert result.ok, result
    event = await harness.heard(FormSubmitted)
    assert event.values == {"one": "v1", "many": ("v0", "v9"), "long": "v10", "day": "2026-05-05"}


async def test_a_form_slack_cannot_hold_is_no_silence(harness: SlackHarness) -> None:
    ref = await harness.thread()
    sent = await harness.adapter.send(ref, Outgoing(buttons=(Button(token="b", label="Go", opens_form=True),)), key="k")
    field = SelectField(id="s", label="S", options=tuple((f"{n}", f"{n}") for n in range(2_000)))
    harness.answer = lambda event: OpenForm(form=form(field))
    assert (await harness.slack.click("general", sent.id, label="Go")).status == 200
    notice = await harness.slack.wait_for_message("general", lambda m: "cannot show this form" in m["text"])
    assert notice["ephemeral_for"] == harness.slack.ada.id


async def test_the_history_has_the_words_of_cards_and_plans(harness: SlackHarness) -> None:
    ref = await harness.thread()
    plan, steps = Plan(title="Plan", tasks=TASKS), Plan(kind="steps", tasks=TASKS)
    await harness.adapter.send(ref, Outgoing(text="Words", cards=(CARD,), plan=plan), key="k1")
    await harness.adapter.send(ref, Outgoing(plan=steps), key="k2")
    _, first, second = await harness.adapter.history(ref, limit=10)
    for wanted in ("Words", "Order", "**State**", "paid", "Plan", "Look", "**found**"):
        assert wanted in first.text, wanted
    assert "Write <it>" in second.text and "**found**" in second.text
