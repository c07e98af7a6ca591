"""The whole gateway on a platform: settings that a person changes in a form, and what the handlers get of them."""

from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.chat.registry import Callbacks
from gateway.input_widget import (
    Checkbox,
    DatePicker,
    InputWidget,
    MultiSelect,
    NumberInput,
    RadioGroup,
    Select,
    Slider,
    Switch,
    Tags,
    TextInput,
)
from tests.contract.actions import eventually
from tests.contract.crashes import LivingBot
from tests.contract.harness import capabilities, need
from tests.contract.reading import hears, reads, texts
from tests.contract.world import Person, Post, Said, ShownForm, World
from tests.support.bot import register, running_bot

OFFER = "You can change the settings of this chat"

UPDATES = """
    import gateway as cl
    from gateway.input_widget import Slider, Tags

    @cl.on_chat_start
    async def start():
        await cl.ChatSettings([Slider("t", "Temperature", 1, min=0, max=2, step=0.1), Tags("stop", "Stop")]).send()
        await cl.Message("ready").send()

    @cl.on_settings_update
    async def update(settings):
        import os, pathlib
        if not pathlib.Path("died").exists():
            pathlib.Path("died").write_text("once")
            os._exit(1)
        cl.user_session.set("seen", settings)
        await cl.Message(f"updated {settings['t']} {settings['stop']}").send()

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"it is {cl.user_session['chat_settings']['t']} {cl.user_session.get('seen')}").send()
"""


def model_settings() -> list[InputWidget]:
    """A few widgets, as the document has them."""
    return [
        Select(id="Model", label="Model", values=["gpt-3.5", "gpt-4"], initial_index=0),
        Switch(id="Streaming", label="Stream", initial=True),
        Slider(id="Temperature", label="Temperature", initial=1, min=0, max=2, step=0.1),
    ]


def settings_bot(updates: list[dict[str, Any]], widgets: Any = model_settings) -> Callbacks:
    """A bot that offers settings at the start, and says what it got."""

    def bot() -> None:
        @cl.on_chat_start
        async def start() -> None:
            settings = await cl.ChatSettings(widgets()).send()
            await cl.Message(f"started with {settings}").send()

        @cl.on_settings_update
        async def update(settings: dict[str, Any]) -> None:
            updates.append(settings)
            await cl.Message(f"update {len(updates)}").send()

        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "again":
                await cl.ChatSettings(widgets()).send()
            await cl.Message(f"re {message.content}: {cl.user_session['chat_settings']}").send()

    return register(bot)


async def opened(world: World, message: Said, label: str = "Settings", *, user: Person = "Ada") -> ShownForm:
    """Press the button and wait for the form."""
    await world.click(message, label, user=user)
    form = await world.wait_for(lambda: world.form(user=user))
    assert form is not None
    return form


async def offered(world: World, post: Post) -> Said:
    """The message with the button, as soon as it is there: settings are offered where there are forms."""
    need(capabilities(world).forms, "forms")
    return await reads(world, post, OFFER)


class SettingsContract:
    """Part of ``BotContract``."""

    async def test_settings_are_offered_prefilled_changed_and_told(self, world: World, tmp_path: Path) -> None:
        updates: list[dict[str, Any]] = []
        async with running_bot(world, settings_bot(updates), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "started with {'Model': 'gpt-3.5', 'Streaming': True, 'Temperature': 1}")
            message = await offered(world, post)
            assert message.buttons == ("Settings",)
            form = await opened(world, message)
            assert form.title == "Settings"
            assert dict(zip(form.labels, form.values, strict=True)) == {
                "Model": "gpt-3.5",
                "Stream": "on",
                "Temperature": "1",
            }
            await world.submit({"Model": "gpt-4", "Stream": False, "Temperature": 0.7})
            await reads(world, post, "update 1")
            assert updates == [{"Model": "gpt-4", "Streaming": False, "Temperature": 0.7}]
            await world.dm("now")
            await reads(world, post, "re now: {'Model': 'gpt-4', 'Streaming': False, 'Temperature': 0.7}")
            form = await opened(world, message)
            assert form.values == ("gpt-4", "off", "0.7")

    async def test_what_is_out_of_bounds_is_not_taken_and_the_reason_told(self, world: World, tmp_path: Path) -> None:
        updates: list[dict[str, Any]] = []
        async with running_bot(world, settings_bot(updates), tmp_path):
            post = await world.dm("hello")
            message = await offered(world, post)
            await opened(world, message)
            await world.submit({"Temperature": 0.25})
            await hears(world, "in steps of 0.1", post)
            if world.form() is None:  # Discord closes a modal with its answer
                await opened(world, message)
            await world.submit({"Temperature": 0.3})
            await reads(world, post, "update 1")
        assert [update["Temperature"] for update in updates] == [0.3]

    async def test_settings_stay_over_restarts_and_go_with_the_person(self, world: World, tmp_path: Path) -> None:
        updates: list[dict[str, Any]] = []
        async with running_bot(world, settings_bot(updates), tmp_path):
            post = await world.dm("hello")
            message = await offered(world, post)
            await opened(world, message)
            await world.submit({"Model": "gpt-4"})
            await reads(world, post, "update 1")
        async with running_bot(world, settings_bot(updates), tmp_path):
            assert (await opened(world, message)).values[0] == "gpt-4"
            await world.submit({"Temperature": 2})
            await reads(world, post, "update 2")
            await world.dm("there")
            await reads(world, post, "re there: {'Model': 'gpt-4', 'Streaming': True, 'Temperature': 2}")
            other = await world.mention("elsewhere")
            await reads(world, other, "started with {'Model': 'gpt-4', 'Streaming': True, 'Temperature': 2}")
            of_grace = await world.mention("mine", user="Grace")
            await reads(world, of_grace, "started with {'Model': 'gpt-3.5', 'Streaming': True, 'Temperature': 1}")

    async def test_settings_are_for_the_person_of_the_conversation(self, world: World, tmp_path: Path) -> None:
        updates: list[dict[str, Any]] = []
        async with running_bot(world, settings_bot(updates), tmp_path):
            post = await world.mention("hello")
            message = await offered(world, post)
            await world.click(message, "Settings", user="Grace")
            await hears(world, "somebody else's settings", post, person="Grace")
            assert world.form(user="Grace") is None
            await opened(world, message)
            await world.submit({"Stream": False})
            await reads(world, post, "update 1")

    async def test_sending_settings_again_edits_their_message(self, world: World, tmp_path: Path) -> None:
        updates: list[dict[str, Any]] = []
        async with running_bot(world, settings_bot(updates), tmp_path):
            post = await world.dm("hello")
            first = await offered(world, post)
            await opened(world, first)
            await world.submit({"Model": "gpt-4"})
            await reads(world, post, "update 1")
            await world.dm("again")
            await reads(world, post, "re again: {'Model': 'gpt-4'")
            assert [text for text in texts(world, post) if OFFER in text] == [first.text]
            assert (await offered(world, post)).id == first.id

    async def test_written_settings_bring_the_button_again(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, settings_bot([]), tmp_path):
            post = await world.dm("hello")
            first = await offered(world, post)
            await reads(world, post, "re hello")
            await world.dm("/settings")
            await world.wait_for(lambda: OFFER in texts(world, post)[-1])
            await eventually(lambda: [OFFER in text for text in texts(world, post)].count(True) == 1)
            again = await offered(world, post)
            assert again.id != first.id
            await opened(world, again)

    async def test_the_command_opens_the_settings(self, world: World, tmp_path: Path) -> None:
        need(world.facts.slash_commands, "slash commands")
        async with running_bot(world, settings_bot([]), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "re hello")
            await world.command(post.place, "settings")
            form = await world.wait_for(world.form)
            assert form is not None
            await world.submit({"Model": "gpt-4"})
            await reads(world, post, "update 1")

    async def test_the_command_without_settings_says_so(self, world: World, tmp_path: Path) -> None:
        need(world.facts.slash_commands, "slash commands")

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"re {message.content}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("/settings")
            await reads(world, post, "re /settings")
            await world.command(post.place, "settings")
            await hears(world, "This chat has no settings.", post)

    async def test_every_widget_brings_its_value(self, world: World, tmp_path: Path) -> None:
        updates: list[dict[str, Any]] = []

        def widgets() -> list[InputWidget]:
            return [
                Tags("tags", "Tags", initial=["Answer:"]),
                TextInput("text", "Text", initial="AI"),
                NumberInput("number", "Number"),
                MultiSelect("many", "Many", items={"One": "1", "Two": "2", "Three": "3"}, initial=["2"]),
                Checkbox("check", "Check"),
                RadioGroup("radio", "Radio", items={"Yes": "y", "No": "n"}, initial_value="n"),
                DatePicker("day", "Day", min_date="2026-01-01"),
                Slider("hidden", "Hidden", initial=3, disabled=True),
            ]

        entered: dict[str, Any] = {
            "Tags": "a, b\nc",
            "Text": "Bot",
            "Number": 2.5,
            "Many": ["1", "3"],
            "Check": True,
            "Radio": "y",
            "Day": "2026-11-28",
        }
        async with running_bot(world, settings_bot(updates, widgets), tmp_path):
            post = await world.dm("hello")
            message = await offered(world, post)
            for label in message.buttons:
                form = await opened(world, message, label)
                before = len(updates)
                await world.submit({name: value for name, value in entered.items() if name in form.labels})
                await reads(world, post, f"update {before + 1}")
            await eventually(lambda: len(updates) == len(message.buttons))
        assert updates[-1] == {
            "tags": ["a, b", "c"],
            "text": "Bot",
            "number": 2.5,
            "many": ["1", "3"],
            "check": True,
            "radio": "y",
            "day": "2026-11-28",
            "hidden": 3,
        }

    async def test_more_widgets_than_a_form_holds_come_in_pages(self, world: World, tmp_path: Path) -> None:
        room = capabilities(world).form_fields
        updates: list[dict[str, Any]] = []

        def widgets() -> list[InputWidget]:
            return [TextInput(f"t{n}", f"Text {n}", initial=str(n)) for n in range(room + 2)]

        async with running_bot(world, settings_bot(updates, widgets), tmp_path):
            post = await world.dm("hello")
            message = await offered(world, post)
            assert message.buttons == ("Settings 1/2", "Settings 2/2")
            assert len((await opened(world, message, "Settings 1/2")).labels) == room
            await world.submit({"Text 0": "first"})
            await reads(world, post, "update 1")
            form = await opened(world, message, "Settings 2/2")
            assert form.labels == (f"Text {room}", f"Text {room + 1}")
            await world.submit({f"Text {room}": "second"})
            await reads(world, post, "update 2")
        assert (updates[-1]["t0"], updates[-1]["t1"], updates[-1][f"t{room}"]) == ("first", "1", "second")

    async def test_more_options_than_a_menu_holds_are_named_in_words(self, world: World, tmp_path: Path) -> None:
        count = capabilities(world).form_options + 1
        need(count <= 1000, "small limit of options")
        updates: list[dict[str, Any]] = []

        def widgets() -> list[InputWidget]:
            return [Select("city", "City", items={f"City {n}": f"c{n}" for n in range(count)}, initial_value="c3")]

        async with running_bot(world, settings_bot(updates, widgets), tmp_path):
            post = await world.dm("hello")
            message = await offered(world, post)
            assert (await opened(world, message)).values == ("City 3",)
            await world.submit({"City": "Citty 17"})
            await hears(world, "City 17", post)
            if world.form() is None:
                await opened(world, message)
            await world.submit({"City": "city 17"})
            await reads(world, post, "update 1")
        assert updates == [{"city": "c17"}]

    async def test_a_submission_outlives_the_process(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, UPDATES) as bot:
            post = await world.dm("hello")
            await reads(world, post, "it is 1")
            await opened(world, await offered(world, post))
            await world.submit({"Temperature": 0.5, "Stop": "END"})
            await bot.ended()
            await bot.start()
            await reads(world, post, "updated 0.5 ['END']", timeout=30)
            await world.dm("and now")
            await reads(world, post, "it is 0.5 {'t': 0.5, 'stop': ['END']}")

    async def test_settings_outside_of_a_conversation_and_twice_the_same_id(self, world: World) -> None:
        with pytest.raises(RuntimeError, match="inside a handler"):
            await cl.ChatSettings(model_settings()).send()
        with pytest.raises(ValueError, match="two widgets have the id 'a'"):
            cl.ChatSettings([Switch("a", "A"), Switch("a", "B")])
