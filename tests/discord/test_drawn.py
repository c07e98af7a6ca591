"""Cards, plans and menus as only Discord has them: embeds, small print, rows; what has no place goes another way."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.limits import CONTENT
from adapters.discord.render import body, content
from gateway.egress import Sender
from gateway.emulators.discord import embeds
from gateway.emulators.discord.checker import Checker
from gateway.errors import RefusedForm
from gateway.model import Button, Card, FromUrl, Menu, MenuOption, Outgoing, OutgoingFile, Plan, TaskUpdate
from tests.contract.harness import AdapterHarness, serving
from tests.discord.world import DiscordWorld


def steps(*titles: str, **changes: Any) -> Plan:
    tasks = tuple(TaskUpdate(id=title, title=title, status="complete") for title in titles)
    return Plan(kind="steps", tasks=tasks, **changes)


def menu(*labels: str) -> Menu:
    return Menu(placeholder="Choose", options=tuple(MenuOption(token=label, label=label) for label in labels))


def sender_of(harness: AdapterHarness) -> Sender:
    return Sender({"discord": harness.adapter})


def adapter_of(harness: AdapterHarness) -> DiscordAdapter:
    assert isinstance(harness.adapter, DiscordAdapter)
    return harness.adapter


# Plans


def test_steps_are_small_print_below_the_text() -> None:
    search = TaskUpdate(id="s", title="search <x>", status="complete", seconds=1.24, output="3 *hits*", depth=1)
    answer = TaskUpdate(id="a", title="answer", details="```json\n{\n}\n```")
    plan = Plan(kind="steps", tasks=(search, answer))
    assert content(Outgoing(text="so", plan=plan, author="Bo")).split("\n") == [
        "-# Bo",
        "so",
        "-# answer…",
        "-# ↳ ✅ search \\<x\\> (1.2 s): 3 *hits*",
        "-# ⏳ answer: `{ }`",
    ]


def test_steps_have_no_place_beside_a_long_text_and_stand_in_an_embed() -> None:
    shown = body(Outgoing(text="w" * (CONTENT - 100), plan=steps("one", "two")))
    assert shown["content"] == "w" * (CONTENT - 100)
    assert shown["embeds"] == [{"description": "-# 2 steps\n-# ✅ one\n-# ✅ two"}]


def test_the_newest_steps_stay() -> None:
    shown = content(Outgoing(plan=steps(*(f"step {n}" for n in range(300)))))
    assert len(shown) <= CONTENT
    lines = shown.split("\n")
    assert lines[0] == "-# 300 steps"
    assert lines[1] == f"-# … {300 - len(lines) + 2} earlier steps"
    assert lines[-1] == "-# ✅ step 299"


def test_the_first_tasks_stay_and_the_rest_is_counted_with_its_worst_state() -> None:
    tasks = [TaskUpdate(id=f"{n}", title="t" * 100, status="complete") for n in range(60)]
    tasks[59] = TaskUpdate(id="59", title="broken", status="error")
    [embed] = body(Outgoing(plan=Plan(title="Do", status="Failed", tasks=tuple(tasks))))["embeds"]
    lines = embed["description"].split("\n")
    assert (embed["title"], embed["color"]) == ("Do · Failed", 0xED4245)
    assert lines[-1] == f"❌ … and {60 - len(lines) + 1} more"
    assert len(embed["description"]) <= 4096


def test_a_plan_beside_cards_that_leave_it_no_room_is_refused() -> None:
    card = Card(title="c", text="w" * 4000)
    with pytest.raises(RefusedForm) as refused:
        body(Outgoing(cards=(card, Card(title="d", text="w" * 1900)), plan=Plan(tasks=())))
    assert refused.value.parts == {"plan"}


# Cards


def test_short_values_stand_beside_each_other() -> None:
    card = Card(title="", facts=(("State", "paid"), ("Note", "a long value that needs a line of its own"), ("", "")))
    [embed] = body(Outgoing(cards=(card,)))["embeds"]
    assert [field["inline"] for field in embed["fields"]] == [True, False, True]
    assert embed["fields"][2] == {"name": "\u200b", "value": "\u200b", "inline": True}
    assert "title" not in embed


@pytest.mark.parametrize(
    "cards",
    [
        (Card(title="t", facts=(("n", "*" * 600),)),),
        (Card(title="t", facts=(("n", "v"),) * 26),),
        (Card(title="t", text="w" * 4097),),
        (Card(title="t", text="w" * 3500),) * 2,
        (Card(title="t"),) * 11,
        (Card(title="t", image_url="javascript:alert(1)"),),
        (Card(title="t", image_url="https://x/" + "y" * 2048),),
    ],
)
def test_what_does_not_fit_into_embeds_is_refused_by_name(cards: Sequence[Card]) -> None:
    with pytest.raises(RefusedForm) as refused:
        body(Outgoing(cards=tuple(cards)))
    assert refused.value.parts == {"cards"}


async def test_refused_cards_arrive_as_text(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.mention()
    facts = tuple((f"name {n}", f"value {n}") for n in range(30))
    for picture in (None, "http://localhost/x.png"):  # Discord itself refuses the address
        card = Card(title="Order", facts=facts[: None if picture is None else 3], image_url=picture)
        await sender_of(harness).put(ref, Outgoing(text="see", cards=(card,)), key=f"k{picture}")
        said = harness.said(post)[-1]
        assert said.cards == ()
        assert "value 2" in said.text and "Order" in said.text


async def test_without_the_permission_for_embeds_all_is_said_in_text(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    world.discord.permit("general", deny=["EMBED_LINKS"])
    post, ref = await harness.mention()
    picture = OutgoingFile(kind="image", name="cat.png", source=FromUrl(url="https://example.com/cat.png"))
    plan = Plan(title="To do", tasks=(TaskUpdate(id="1", title="paint"),))
    message = Outgoing(text="see", cards=(Card(title="Order 7"),), plan=plan, files=(picture,))
    receipts = await sender_of(harness).put(ref, message, key="k")
    [said] = harness.said(post)
    assert all(each in said.text for each in ("see", "Order 7", "To do", "paint", "https://example.com/cat.png"))
    await sender_of(harness).put(ref, Outgoing(text="now", cards=(Card(title="Order 8"),)), key="k", existing=receipts)
    [said] = harness.said(post)
    assert said.text.split("\n")[0] == "now"
    assert "Order 8" in said.text


# Menus


def test_menus_without_a_row_are_refused() -> None:
    buttons = tuple(Button(token=f"b{n}", label="b") for n in range(11))
    three = (menu("a"), menu("b"))
    assert len(body(Outgoing(buttons=buttons, menus=three))["components"]) == 5
    with pytest.raises(RefusedForm) as refused:
        body(Outgoing(buttons=buttons, menus=three, feedback="f"))
    assert refused.value.parts == {"menus"}


async def test_options_of_one_token_are_one_menu(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.mention()
    same = tuple(MenuOption(token="t", label=label) for label in ("a", "b"))
    await harness.adapter.send(ref, Outgoing(menus=(Menu(placeholder=" ", options=same),)), key="k")
    assert harness.said(post)[-1].menus == (("a", "b"),)


# After a crash


async def test_a_message_without_text_is_found_by_its_cards(world: DiscordWorld, tmp_path: Path) -> None:
    first, second = (Outgoing(cards=(Card(title=title),)) for title in ("One", "Two"))
    running, done = (Outgoing(plan=Plan(title="Do", status=status)) for status in ("Running", "Done"))
    async with serving(world, tmp_path, AdapterHarness) as harness:
        _, ref = await harness.dm()
        sent = [await harness.adapter.send(ref, each, key=f"{n}") for n, each in enumerate((first, second, running))]
    for message in world.discord.world.channels[ref.channel].messages.values():
        message.nonce = None
    async with serving(world, tmp_path, AdapterHarness) as harness:
        find = adapter_of(harness).find
        found = [await find(ref, each, key="x", since=0, claimed=()) for each in (second, first, done)]
    assert [each and each.id for each in found] == [sent[1].id, sent[0].id, sent[2].id]


# Limits, whatever is in it

words = st.text(max_size=60) | st.sampled_from(
    ["*" * 300, "\\" * 255, "a\n- b", "||x||", "```\nx\n```", "\ud83d", "```\n\ud83d\n```", "<@1>"]
)
tasks = st.builds(
    TaskUpdate,
    id=st.just("t"),
    title=words,
    status=st.sampled_from(["pending", "in_progress", "complete", "error"]),
    details=words,
    output=words,
    depth=st.integers(0, 9),
)
plans = st.builds(
    Plan,
    kind=st.sampled_from(["tasks", "steps"]),
    title=words,
    status=words,
    tasks=st.lists(tasks, max_size=90).map(tuple),
)
cards = st.builds(
    Card, title=words, text=words, facts=st.lists(st.tuples(words, words), max_size=26).map(tuple), image_url=st.none()
)


@given(text=words, plan=plans, some=st.lists(cards, max_size=6).map(tuple))
def test_nothing_exceeds_what_discord_takes(text: str, plan: Plan, some: tuple[Card, ...]) -> None:
    try:
        shown = body(Outgoing(text=text, plan=plan, cards=some))
    except RefusedForm as error:
        assert error.parts <= {"cards", "plan"}
        return
    checker = Checker()
    embeds.check(checker, shown["embeds"], lambda url, path: {})
    checker.errors.raise_any()
    assert len(shown["content"]) <= CONTENT
    json.dumps(shown, ensure_ascii=False).encode()
