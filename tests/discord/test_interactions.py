"""Clicks, forms and commands: durable first, answered in place and in time, never with "This interaction failed"."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import interactions
from adapters.discord.adapter import DiscordAdapter
from adapters.discord.limits import CAPABILITIES
from gateway.adapter import AdapterContext
from gateway.drivers.discord.reading import controls
from gateway.errors import Draining, Unavailable
from gateway.model import (
    Accepted,
    ActionInvoked,
    Button,
    CommandInvoked,
    ConversationRef,
    Envelope,
    FileField,
    Form,
    FormErrors,
    FormSubmitted,
    MessageCreated,
    Notice,
    NumberField,
    OpenForm,
    Outgoing,
    Receipt,
    SelectField,
    Starter,
    SwitchField,
    TextField,
)
from tests.contract.harness import AdapterHarness, serving
from tests.contract.world import Place, World
from tests.discord.world import DiscordWorld, discord_world

EPHEMERAL = 1 << 6
GO = Outgoing(text="pick", buttons=(Button(token="tok", label="Go"),))


async def shown(harness: AdapterHarness) -> tuple[str, Receipt]:
    """A direct message of the bot with the button Go; its channel."""
    _, ref = await harness.dm()
    return ref.channel, await harness.adapter.send(ref, GO, key="k")


def opens(harness: AdapterHarness, form: Form) -> None:
    harness.answer = lambda event: OpenForm(form=form) if isinstance(event, ActionInvoked) else None


def adapter_of(harness: AdapterHarness) -> DiscordAdapter:
    assert isinstance(harness.adapter, DiscordAdapter)
    return harness.adapter


# In time


async def test_a_click_is_durable_before_it_is_answered(world: DiscordWorld, harness: AdapterHarness) -> None:
    channel, sent = await shown(harness)
    with world.discord.hold("interaction_callback") as hold:
        click = asyncio.create_task(world.discord.click(channel, sent.id, label="Go"))
        await hold.reached()
        assert [event.token for event in harness.events if isinstance(event, ActionInvoked)] == ["tok"]
    assert (await click).kind == "deferred_update"


class Slow(AdapterHarness):
    """``accept`` waits until it is let go."""

    def __init__(self, world: World, context: AdapterContext) -> None:
        super().__init__(world, context)
        self.go = asyncio.Event()
        self.go.set()

    async def accept(self, envelope: Envelope) -> Accepted:
        accepted = await super().accept(envelope)
        await self.go.wait()
        return accepted


@pytest.fixture
async def slow(world: DiscordWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Slow]:
    monkeypatch.setattr(interactions, "ANSWER_WITHIN", 0.1)
    async with serving(world, tmp_path, Slow) as harness:
        yield harness


async def test_a_slow_store_is_answered_neutrally_and_the_notice_follows(world: DiscordWorld, slow: Slow) -> None:
    channel, sent = await shown(slow)
    slow.answer = lambda event: Notice(text="after all") if isinstance(event, ActionInvoked) else None
    slow.go.clear()
    assert (await world.discord.click(channel, sent.id, label="Go")).kind == "deferred_update"
    assert world.told() == []
    slow.go.set()
    await world.wait_for(lambda: world.told() == ["after all"])


async def test_a_form_that_comes_too_late_is_said_to_be(world: DiscordWorld, slow: Slow) -> None:
    channel, sent = await shown(slow)
    opens(slow, Form(token="f", title="T", fields=(SwitchField(id="s", label="S"),)))
    slow.go.clear()
    await world.discord.click(channel, sent.id, label="Go")
    slow.go.set()
    await world.wait_for(lambda: any("press it again" in text for text in world.told()))
    assert world.form() is None


async def test_a_slow_command_gets_its_notice_as_its_answer(world: DiscordWorld, slow: Slow) -> None:
    post, _ = await slow.dm()
    slow.answer = lambda event: Notice(text="after all") if isinstance(event, CommandInvoked) else None
    await world.wait_for(world.discord.commands)
    slow.go.clear()
    result = await world.discord.command("new", post.place.channel)
    assert result.kind == "deferred"
    slow.go.set()
    await world.wait_for(lambda: "after all" in [each.text for each in world.said(post.place)])


async def test_what_cannot_be_stored_in_time_is_taken_later_all_the_same(world: DiscordWorld, slow: Slow) -> None:
    channel, sent = await shown(slow)
    slow.failure = Unavailable("the disk is full")
    assert (await world.discord.click(channel, sent.id, label="Go")).ok
    slow.failure = None
    assert (await slow.heard(ActionInvoked)).token == "tok"


async def test_while_draining_the_person_is_told_to_try_again(world: DiscordWorld, harness: AdapterHarness) -> None:
    channel, sent = await shown(harness)
    harness.failure = Draining("shutting down")
    result = await world.discord.click(channel, sent.id, label="Go")
    assert result.kind == "message"
    assert ["again" in text for text in world.told()] == [True]
    # What comes after the last word is counted, not forgotten in silence.
    assert (await world.discord.click(channel, sent.id, label="Go")).ok


async def test_an_answer_that_fails_is_logged_and_the_click_stands(
    world: DiscordWorld, harness: AdapterHarness, logged: Callable[[], str]
) -> None:
    channel, sent = await shown(harness)
    world.discord.fail_next("interaction_callback", code=10062)
    await world.discord.click(channel, sent.id, label="Go")
    assert (await harness.heard(ActionInvoked)).token == "tok"
    said = logged()
    assert "discord.answer_failed" in said
    route = next(each.ref.route for each in harness.envelopes if "interaction" in each.ref.route)
    assert route["interaction"] not in said


async def test_no_token_is_ever_logged(
    world: DiscordWorld, harness: AdapterHarness, caplog: pytest.LogCaptureFixture, logged: Callable[[], str]
) -> None:
    caplog.set_level(logging.DEBUG)
    channel, sent = await shown(harness)
    for fault in ({"status": 503}, {"retry_after": 0.01}, {"status": "disconnect"}):
        world.discord.fail_next("interaction_callback", **fault)
        await world.discord.click(channel, sent.id, label="Go")
    await deferred(world, harness)
    tokens = {each.ref.route["interaction"] for each in harness.envelopes if "interaction" in each.ref.route}
    assert len(tokens) == 4
    said = logged()
    assert "discord.answer_failed" in said
    for secret in (*tokens, world.discord.world.token):
        assert secret not in said


# Not ours


async def test_the_unknown_is_acknowledged_and_logged(
    world: DiscordWorld, harness: AdapterHarness, logged: Callable[[], str]
) -> None:
    post, ref = await harness.dm()
    await harness.adapter.send(ref, Outgoing(text="x"), key="k")
    foreign = {"type": 2, "style": 2, "label": "Theirs", "custom_id": "theirs:1"}
    api = adapter_of(harness)._api
    sent = await api.call(
        "POST",
        "/channels/{channel_id}/messages",
        {"channel_id": ref.channel},
        json={"content": "x", "components": [{"type": 1, "components": [foreign]}]},
    )
    result = await world.discord.click(ref.channel, sent["id"], label="Theirs")
    assert result.kind == "message"
    await api.call(
        "POST",
        "/applications/{application_id}/commands",
        {"application_id": world.discord.world.application_id},
        json={"name": "theirs", "description": "x"},
    )
    assert (await world.discord.command("theirs", ref.channel)).kind == "message"
    assert len(world.told()) == 2
    assert logged().count("discord.interaction_unknown") == 2
    assert len(harness.envelopes) == 1
    assert post.id


async def test_autocomplete_is_answered_with_nothing_to_choose(world: DiscordWorld, harness: AdapterHarness) -> None:
    interaction = {
        "id": "1",
        "type": 4,
        "token": "t0ken",
        "application_id": "2",
        "channel_id": "3",
        "user": {"id": "4"},
        "data": {"name": "new"},
    }
    world.discord.emit("INTERACTION_CREATE", interaction)
    await world.wait_for(lambda: world.discord.calls_to("interaction_callback"))
    assert world.discord.calls_to("interaction_callback")[0].args["type"] == 8


# Commands


async def deferred(
    world: DiscordWorld, harness: AdapterHarness, *, channel: str = "random"
) -> tuple[str, ConversationRef]:
    """Ada uses /new in a channel; the message that says the bot is thinking, and the conversation."""
    await world.wait_for(world.discord.commands)
    result = await world.discord.command("new", channel)
    assert result.kind == "deferred" and result.message_id is not None
    return result.message_id, (await harness.heard(CommandInvoked)).ref


async def test_the_first_message_is_the_commands_answer_and_the_next_ones_follow(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    id, ref = await deferred(world, harness)
    assert (ref.kind, ref.channel, ref.thread) == ("group", world.discord.random.id, None)
    first = await harness.adapter.send(ref, Outgoing(text="Started."), key="k1")
    second = await harness.adapter.send(ref, Outgoing(text="And more."), key="k2")
    assert first.id == id
    first = await harness.adapter.edit(first, GO)
    messages = {each["id"]: each for each in world.discord.messages("random")}
    assert [messages[each]["content"] for each in (first.id, second.id)] == ["pick", "And more."]
    assert [len(controls(messages[each])) for each in (first.id, second.id)] == [1, 0]
    await harness.adapter.delete(first)
    assert [each["content"] for each in world.discord.messages("random")] == ["And more."]


async def test_an_answer_given_before_discord_knows_of_the_command_waits_for_it(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    """The turn is as fast as the callback: its first message may be ready before Discord was told to wait for one."""
    await world.wait_for(world.discord.commands)
    with world.discord.hold("interaction_callback") as hold:
        command = asyncio.create_task(world.discord.command("new", "random"))
        await hold.reached()
        ref = (await harness.heard(CommandInvoked)).ref
        sending = asyncio.create_task(harness.adapter.send(ref, Outgoing(text="Started."), key="k"))
        await asyncio.wait([sending], timeout=0.2)
    assert (await sending).id == (await command).message_id
    assert [each["content"] for each in world.discord.messages("random")] == ["Started."]


async def test_after_its_token_has_ended_a_command_gets_an_ordinary_message(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    _, ref = await deferred(world, harness)
    old = replace(ref, route={**ref.route, "until": "1"})
    await harness.adapter.send(old, Outgoing(text="late"), key="k")
    assert [each["content"] for each in world.discord.messages("random")][-1] == "late"
    assert world.discord.calls_to("edit_original") == []


async def test_a_token_discord_no_longer_takes_is_no_obstacle(tmp_path: Path) -> None:
    async with (
        discord_world(token_seconds=0.0) as world,
        serving(world, tmp_path, AdapterHarness) as harness,
    ):
        _, ref = await deferred(world, harness)
        await harness.adapter.send(ref, Outgoing(text="late"), key="k")
        assert [each["content"] for each in world.discord.messages("random")][-1] == "late"


async def test_a_command_where_the_bot_may_not_write_is_answered_by_its_token(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    world.discord.permit("random", deny=["SEND_MESSAGES"])
    _, ref = await deferred(world, harness)
    sent = [await harness.adapter.send(ref, Outgoing(text=f"n{n}"), key=f"k{n}") for n in range(3)]
    assert [each["content"] for each in world.discord.messages("random")] == ["n0", "n1", "n2"]
    assert len({each.id for each in sent}) == 3


async def test_an_answer_whose_receipt_was_lost_is_not_given_twice(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    id, ref = await deferred(world, harness)
    world.discord.fail_next("edit_original", status="disconnect", after_effect=True)
    with pytest.raises(Unavailable):
        await harness.adapter.send(ref, Outgoing(text="Started."), key="k")
    found = await adapter_of(harness).find(ref, Outgoing(text="Started."), key="k", since=0, claimed=())
    assert found is not None and found.id == id


async def test_an_answer_that_cannot_be_looked_at_is_filled_in_all_the_same(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    id, ref = await deferred(world, harness)
    world.discord.fail_next("get_original", code=10008)
    assert (await harness.adapter.send(ref, Outgoing(text="Started."), key="k")).id == id


async def test_stop_is_answered_at_once_for_nothing_follows(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, _ = await harness.mention()
    await world.wait_for(world.discord.commands)
    result = await world.discord.command("stop", "general")
    assert result.kind == "message"
    event = await harness.heard(CommandInvoked)
    assert event.command == "stop"
    assert world.told() == ["/stop: done."]
    assert post.id


async def test_a_command_in_a_thread_is_of_its_conversation(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.mention()
    await harness.adapter.send(ref, Outgoing(text="one"), key="k")
    _, there = await deferred(world, harness, channel=post.id)
    assert there.key == ref.key


async def test_commands_of_others_keep_their_translations(world: DiscordWorld, tmp_path: Path) -> None:
    known = world.discord.application.commands
    async with serving(world, tmp_path, AdapterHarness) as harness:
        await world.wait_for(world.discord.commands)
        await adapter_of(harness)._api.call(
            "POST",
            "/applications/{application_id}/commands",
            {"application_id": world.discord.world.application_id},
            json={"name": "theirs", "description": "x", "name_localizations": {"de": "deren"}},
        )
    known[""] = {id: each for id, each in known[""].items() if each["name"] == "theirs"}
    async with serving(world, tmp_path, AdapterHarness):
        await world.wait_for(lambda: len(known[""]) == 5)
    [theirs] = [each for each in known[""].values() if each["name"] == "theirs"]
    assert theirs["name_localizations"] == {"de": "deren"}


async def test_commands_of_others_stay_and_ours_are_told_once(world: DiscordWorld, tmp_path: Path) -> None:
    async with serving(world, tmp_path, AdapterHarness) as harness:
        await world.wait_for(world.discord.commands)
        await adapter_of(harness)._api.call(
            "POST",
            "/applications/{application_id}/commands",
            {"application_id": world.discord.world.application_id},
            json={"name": "theirs", "description": "somebody else's"},
        )
    async with serving(world, tmp_path, AdapterHarness) as harness:
        await world.wait_for(lambda: len(world.discord.calls_to("get_commands")) == 2)
        await harness.dm()
    assert {each["name"] for each in world.discord.commands()} == {"new", "profile", "settings", "stop", "theirs"}
    assert len(world.discord.calls_to("put_commands")) == 1


# Forms


async def test_half_a_surrogate_pair_in_a_form_is_no_reason_to_fail(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    field = TextField(id="a", label="half \ud83d", initial="\ud83d x", placeholder="\udc00")
    select = SelectField(id="s", label="pick", options=(("v", "half \ud83d"),))
    assert await open_form(world, harness, Form(token="f", title="\ud83d title", fields=(field, select)))


async def open_form(world: DiscordWorld, harness: AdapterHarness, form: Form) -> str:
    channel, sent = await shown(harness)
    opens(harness, form)
    result = await world.discord.click(channel, sent.id, label="Go")
    assert result.kind == "modal" and result.modal_id is not None, result
    return result.modal_id


@pytest.mark.parametrize(
    ("entered", "problem"),
    [("seven", "not a number"), ("11", "1 to 10"), ("0", "1 to 10"), ("nan", "not a number"), ("1e999", "not a")],
)
async def test_a_number_that_is_none_is_sent_back_before_it_is_taken(
    world: DiscordWorld, harness: AdapterHarness, entered: str, problem: str
) -> None:
    form = Form(token="f", title="T", fields=(NumberField(id="many", label="How many", minimum=1, maximum=10),))
    modal = await open_form(world, harness, form)
    await world.discord.submit(modal, {"How many": entered})
    assert [problem in text and "many" in text for text in world.told()] == [True]
    assert not any(isinstance(event, FormSubmitted) for event in harness.events)


@pytest.mark.parametrize(("entered", "value"), [("7", 7.0), (" 2,5 ", 2.5), ("", None)])
async def test_numbers_as_people_write_them(
    world: DiscordWorld, harness: AdapterHarness, entered: str, value: float | None
) -> None:
    form = Form(token="f", title="T", fields=(NumberField(id="many", label="How many", maximum=10, required=False),))
    await world.discord.submit(await open_form(world, harness, form), {"How many": entered})
    assert (await harness.heard(FormSubmitted)).values == {"many": value}


async def test_every_kind_of_field_at_its_limits(world: DiscordWorld, harness: AdapterHarness) -> None:
    long = "label " * 20
    options = tuple((f"{n:02}" + "v" * 98, f"option {n} " * 20) for n in range(25))
    form = Form(
        token="t" * CAPABILITIES.action_token_limit,
        title="title " * 20,
        fields=(
            TextField(id="text", label=long, placeholder="p" * 300, initial="i" * 5_000, max_length=9_000),
            SelectField(id="all", label="All", options=options, multiple=True, initial=(options[3][0],)),
            SwitchField(id="on", label="On", initial=True),
            FileField(id="file", label="File", extensions=("pdf", ".TXT"), max_files=50, required=False),
            NumberField(id="n", label="N", minimum=-1e300, maximum=1e300, initial=0.1),
        ),
    )
    modal = await open_form(world, harness, form)
    shown = world.discord.modal(modal)
    assert shown["components"][0]["description"].startswith("label label")
    assert shown["components"][3]["description"] == ".pdf, .txt"
    await world.discord.submit(modal, {"All": [value for value, _ in options]})
    event = await harness.heard(FormSubmitted)
    assert event.token == form.token
    assert event.values == {
        "text": "i" * 4_000,
        "all": tuple(value for value, _ in options),
        "on": True,
        "file": (),
        "n": 0.1,
    }


@pytest.mark.parametrize(
    "fields",
    [
        tuple(SwitchField(id=f"{n}", label="S") for n in range(6)),
        (SelectField(id="s", label="S", options=tuple((f"{n}", "x") for n in range(126))),),
        (SelectField(id="s", label="S", options=(("v" * 101, "x"),)),),
        (TextField(id="t" * 100, label="T"),),
        (SelectField(id="s", label="S", options=(("v", "x"), ("v", "y"))),),
        (TextField(id="t", label="T"), TextField(id="t", label="U")),
    ],
)
async def test_a_form_that_does_not_fit_is_said_to_the_person(
    world: DiscordWorld, harness: AdapterHarness, fields: Any
) -> None:
    channel, sent = await shown(harness)
    opens(harness, Form(token="f", title="T", fields=fields))
    assert (await world.discord.click(channel, sent.id, label="Go")).kind == "message"
    assert ["cannot be shown here" in text for text in world.told()] == [True]


async def test_errors_name_the_fields(world: DiscordWorld, harness: AdapterHarness) -> None:
    modal = await open_form(world, harness, Form(token="f", title="T", fields=(TextField(id="why", label="Why"),)))
    harness.answer = lambda event: (
        FormErrors(errors={"why": "say *more*"}) if isinstance(event, FormSubmitted) else None
    )
    await world.discord.submit(modal, {"Why": "x"})
    assert ["**why**: say *more*" in text for text in world.told()] == [True]


# Notices, prompts


async def test_a_notice_beside_a_click_is_seen_by_who_clicked(world: DiscordWorld, harness: AdapterHarness) -> None:
    channel, sent = await shown(harness)
    await world.discord.click(channel, sent.id, label="Go")
    event = await harness.heard(ActionInvoked)
    await adapter_of(harness).notify(event.ref, event.user, "only @everyone you")
    [told] = [each for each in world.discord.messages(channel) if each.get("ephemeral_for")]
    assert told["content"] == "only @everyone you"
    assert told["flags"] & EPHEMERAL
    assert told["pings"] == {"users": [], "roles": [], "everyone": False}


async def test_a_notice_before_the_click_was_answered_is_seen_by_who_clicked(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    channel, sent = await shown(harness)
    with world.discord.hold("interaction_callback") as hold:
        click = asyncio.create_task(world.discord.click(channel, sent.id, label="Go"))
        await hold.reached()
        event = await harness.heard(ActionInvoked)
        telling = asyncio.create_task(adapter_of(harness).notify(event.ref, event.user, "you"))
        await asyncio.wait([telling], timeout=0.2)
    await asyncio.gather(click, telling)
    [told] = [each for each in world.discord.messages(channel) if each.get("ephemeral_for")]
    assert told["content"] == "you"


async def test_who_takes_no_direct_messages_is_mentioned(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.mention()
    world.discord.grace.takes_dms = False
    await adapter_of(harness).notify(ref, world.user("Grace"), "psst")
    [message] = world.said(post.place)
    assert message.pings == (world.discord.grace.id,)
    assert message.text.endswith("psst")


async def test_a_prompt_picked_is_a_message(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.mention()
    starters = [Starter(label="Short", message="tell me"), Starter(label="Long", message="word " * 40)]
    await adapter_of(harness).suggest(ref, starters)
    [message] = world.said(post.place)
    assert world.prompts(post.place) == ["Short"]
    assert "word word" in message.text and "tell me" not in message.text
    await world.discord.click(post.id, message.id, label="Short", user="Grace")
    await harness.until(lambda: sum(isinstance(event, MessageCreated) for event in harness.events) == 2)
    event = harness.events[-1]
    assert isinstance(event, MessageCreated)
    assert (event.text, event.addressed, event.ref.key) == ("tell me", True, ref.key)
    assert event.user.id == world.discord.grace.id


async def test_what_is_for_one_person_alone_is_not_said_by_the_token_of_another(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    _, ref = await harness.mention()
    await harness.adapter.send(ref, GO, key="k")
    [button] = world.said(Place(world.discord.general.id, ref.channel))
    await world.click(button, "Go")
    event = await harness.heard(ActionInvoked)
    await adapter_of(harness).notify(event.ref, world.user("Grace"), "for Grace")
    await adapter_of(harness).notify(event.ref, event.user, "for Ada")
    assert (world.told("Ada"), world.told("Grace")) == (["for Ada"], ["for Grace"])
