"""What a platform cannot draw reaches people as text or buttons."""

from dataclasses import replace

from gateway.egress import Sender
from gateway.egress.degrade import literal, task_line
from gateway.errors import RefusedForm
from gateway.model import Card, Menu, MenuOption, Outgoing, Plan, TaskUpdate
from tests.egress.platform import TO, Plain

TASKS = (
    TaskUpdate(id="1", title="Read *it*", status="complete", seconds=2.4, output="two\nlines"),
    TaskUpdate(id="2", title="inside", status="error", depth=1),
    TaskUpdate(id="3", title="later", status="pending"),
)
PLAN = Plan(title="To do", status="Running…", tasks=TASKS)
CARD = Card(
    title="Ticket", text="*words*", facts=(("State", "open"), ("Owner", "Ada")), image_url="https://x.example/a"
)
MENU = Menu(placeholder="Pick", options=tuple(MenuOption(token=f"t{n}", label=f"Option {n}") for n in range(7)))
RICH = Outgoing(text="Words", cards=(CARD,), plan=PLAN, menus=(MENU,))

PLAN_TEXT = """**To do** · Running…
- ✅ Read \\*it\\* (2.4 s): two lines
  - ❌ inside
- ⚪ later"""
CARD_TEXT = "**Ticket**\n\n*words*\n\n- **State:** open\n- **Owner:** Ada\n\n[Ticket](<https://x.example/a>)"


class Drawing(Plain):
    """A platform that draws cards, plans and menus of three options."""

    capabilities = replace(Plain.capabilities, cards=True, plans=True, menus=True, menu_options=3)


async def shown(platform: Plain) -> list[Outgoing]:
    await Sender({"plain": platform}).put(TO, RICH, key="k")
    return [message.shown for message in platform.messages]


async def test_a_platform_without_cards_plans_and_menus_shows_text_and_buttons() -> None:
    messages = await shown(Plain())
    assert messages[0].text == f"Words\n\n{CARD_TEXT}\n\n{PLAN_TEXT}"
    buttons = [button for message in messages for button in message.buttons]
    assert [(each.token, each.label) for each in buttons] == [(f"t{n}", f"Option {n}") for n in range(7)]
    assert not any(message.menus or message.cards or message.plan for message in messages)


async def test_a_platform_that_draws_them_gets_them_with_menus_of_its_size() -> None:
    [message] = await shown(Drawing())
    assert (message.text, message.cards, message.plan) == ("Words", (CARD,), PLAN)
    assert [(menu.placeholder, len(menu.options)) for menu in message.menus] == [
        ("Pick (1/3)", 3),
        ("Pick (2/3)", 3),
        ("Pick (3/3)", 1),
    ]


async def test_what_the_platform_refuses_of_them_becomes_text() -> None:
    platform = Drawing()
    platform.fail("send", RefusedForm("no", {"cards", "plan"}))
    [message] = await shown(platform)
    assert message.text == f"Words\n\n{CARD_TEXT}\n\n{PLAN_TEXT}"
    assert message.menus


def test_plain_text_becomes_markdown_that_shows_just_that() -> None:
    assert literal("snake_case __init__ a*b #1") == "snake_case \\_\\_init\\_\\_ a\\*b \\#1"


def test_a_task_is_one_line_with_what_went_in_and_what_came_out() -> None:
    task = TaskUpdate(
        id="1", title="ask", status="complete", details="```json\n{\n  1\n}\n```", output="**a\nb " + "x" * 300
    )
    line = task_line(task)
    assert line.startswith("- ✅ ask: `{ 1 }` → **a b xxx")
    assert line.endswith("…**")
    assert len(line) < 240
    quoted = TaskUpdate(id="2", title="code", status="error", output="````\n```\n````")
    assert task_line(quoted) == "- ❌ code: ```` ``` ````"
