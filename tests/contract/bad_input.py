"""The whole gateway on a platform: what a handler, a model or a person gets wrong is told, and nothing is lost of it in
silence."""

from pathlib import Path
from typing import Any

import gateway as cl
from gateway.input_widget import InputWidget, NumberInput, Select, Slider, Tags, TextInput
from tests.contract.harness import capabilities, need
from tests.contract.profiles import HINT, QUESTION
from tests.contract.reading import hears, plan_words, plans, reads, shown, texts
from tests.contract.settings import offered, opened, settings_bot
from tests.contract.steps import answering
from tests.contract.world import World
from tests.support.bot import register, running_bot

HALF = "half \ud83d \x00"
"""Half of a character, and a NUL, as a model may write them."""


def loud(world: World) -> str:
    """Return words that notify everybody, had they their way."""
    return f"{world.facts.everyone} @everyone @here <at>Grace</at> {world.mention_of('Grace')}"


class BadInputContract:
    """Checks what becomes of bad input; ``BotContract`` includes it."""

    # Settings

    async def test_a_number_of_any_size_is_kept(self, world: World, tmp_path: Path) -> None:
        updates: list[dict[str, Any]] = []

        def widgets() -> list[InputWidget]:
            return [NumberInput("n", "Number"), Slider("s", "Slider", 0, min=0, max=10**25, step=10**24)]

        async with running_bot(world, settings_bot(updates, widgets), tmp_path):
            post = await world.dm("hello")
            await opened(world, await offered(world, post))
            await world.submit({"Number": 1e20, "Slider": 3e24})
            await reads(world, post, "update 1")
            await world.dm("now")
            await reads(world, post, "re now")
        async with running_bot(world, settings_bot(updates, widgets), tmp_path):
            await world.dm("later")
            said = await reads(world, post, "re later")
            assert "1e+20" in said.text and "3e+24" in said.text
        assert updates == [{"n": 1e20, "s": 3e24}]

    async def test_half_characters_in_settings_lose_nothing(self, world: World, tmp_path: Path) -> None:
        updates: list[dict[str, Any]] = []

        def widgets() -> list[InputWidget]:
            return [
                TextInput("t", f"Text {HALF}", initial=HALF, placeholder=HALF, description=HALF, tooltip=HALF),
                Select("c", f"Choice {HALF}", items={HALF: HALF, "b": "b"}, initial_value=HALF),
                Tags("g", f"Tags {HALF}", initial=[HALF]),
            ]

        async with running_bot(world, settings_bot(updates, widgets), tmp_path):
            post = await world.dm("hello")
            message = await offered(world, post)
            form = await opened(world, message)
            assert len(form.labels) == 3
            choice = next(label for label in form.labels if label.startswith("Choice"))
            await world.submit({choice: "b"})
            await reads(world, post, "update 1")
        assert updates[0]["c"] == "b"

    async def test_what_was_entered_into_settings_that_are_gone_is_told(self, world: World, tmp_path: Path) -> None:
        updates: list[dict[str, Any]] = []
        ids = ["a"]

        def widgets() -> list[InputWidget]:
            return [TextInput(ids[-1], "Text", initial="first")]

        async with running_bot(world, settings_bot(updates, widgets), tmp_path):
            post = await world.dm("hello")
            await opened(world, await offered(world, post))
            ids.append("b")
            await world.dm("again")
            await reads(world, post, "re again")
            await world.submit({"Text": "second"})
            await hears(world, "have changed meanwhile; nothing was saved", post)
            if world.form() is not None:
                await world.dm("go on")
                await reads(world, post, "re go on")
        assert updates == []

    async def test_what_a_model_writes_into_settings_and_profiles_notifies_nobody(
        self, world: World, tmp_path: Path
    ) -> None:
        words = loud(world)

        def bot() -> None:
            @cl.set_chat_profiles
            async def profiles(user: cl.User) -> list[cl.ChatProfile]:
                return [
                    cl.ChatProfile(words, markdown_description=words),
                    cl.ChatProfile("other", starters=[cl.Starter(words, words)], default=True),
                ]

            @cl.on_chat_start
            async def start() -> None:
                await cl.ChatSettings([TextInput("t", words, initial=words, description=words)]).send()

            @cl.on_message
            async def main(message: cl.Message) -> None:
                task_list = cl.TaskList([cl.Task(words)], status=words)
                await task_list.send()
                async with cl.Step(words, show_input=True) as step:
                    step.input = words
                    step.output = words
                await cl.CustomElement(words, props={words: words, "text": words, "list": [words]}).send()
                await cl.Message("done").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("hello")
            await reads(world, post, "done")
            for each in world.said(post.place):
                assert each.pings == (), each

    async def test_five_hundred_widgets_are_pages_and_the_last_one_opens(self, world: World, tmp_path: Path) -> None:
        updates: list[dict[str, Any]] = []

        def widgets() -> list[InputWidget]:
            texts = [TextInput(f"t{n}", f"Text {n} {'l' * 200}", description="d" * 200) for n in range(498)]
            many = [f"choice {n}" for n in range(20_000)]
            return [*texts, Select("s", "Select", values=many), Tags("g", "Tags", values=many, initial=["choice 7"])]

        async with running_bot(world, settings_bot(updates, widgets), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "re hello", timeout=30)
            need(capabilities(world).forms, "forms")
            said = [each for each in world.said(post.place) if each.buttons]
            assert sum(len(each.buttons) for each in said) == -(-500 // capabilities(world).form_fields)
            form = await opened(world, said[-1], said[-1].buttons[-1])
            assert form.labels[-2:] == ("Select", "Tags")
            await world.submit({"Select": "choice 19999"})
            await reads(world, post, "update 1", timeout=30)
        assert (updates[0]["s"], updates[0]["g"]) == ("choice 19999", ["choice 7"])

    # Profiles and starters

    async def test_long_names_of_profiles_and_starters_are_shown_cut_and_chosen(
        self, world: World, tmp_path: Path
    ) -> None:
        long = ["first " + "n" * 5000, "second " + "n" * 5000]

        def bot() -> None:
            @cl.set_chat_profiles
            async def profiles(user: cl.User) -> list[cl.ChatProfile]:
                starter = cl.Starter("label " + "l" * 5000, "message " + "m" * 5000)
                return [cl.ChatProfile(name, icon=HALF, starters=[starter]) for name in long]

            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"re {message.content[:10]} {len(message.content)}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("hello")
            await reads(world, post, "re hello")
            [choice] = [each for each in world.said(post.place) if len(each.buttons) == 2]
            assert QUESTION in "".join(texts(world, post))
            await world.click(choice, choice.buttons[1])
            await reads(world, post, "second")
            offer = await reads(world, post, HINT)
            await world.click(offer, offer.buttons[0])
            await reads(world, post, "re message mm 5008", timeout=20)

    # Commands

    async def test_ten_thousand_commands_are_refused_at_once(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                for given in ([{"id": f"c{n}"} for n in range(10_000)], ["search"]):
                    try:
                        await cl.context.emitter.set_commands(given)  # type: ignore[arg-type]
                    except ValueError as error:
                        await cl.Message(str(error)).send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "at most 100 commands, not 10000")
            await reads(world, post, "'search' is no command")

    # Messages, elements, lists

    async def test_of_forty_buttons_each_is_there_and_works(self, world: World, tmp_path: Path) -> None:
        clicked: list[Any] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message("pick", actions=[cl.Action("b", {"n": n}, label=f"B{n}") for n in range(40)]).send()
                await cl.Message("posted").send()

            @cl.action_callback("b")
            async def b(action: cl.Action) -> None:
                clicked.append(action.payload["n"])
                await cl.Message(f"clicked {action.payload['n']}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("x")
            await reads(world, post, "posted")
            said = [each for each in world.said(post.place) if each.buttons]
            assert [label for each in said for label in each.buttons] == [f"B{n}" for n in range(40)]
            await world.click(said[-1], "B39")
            await reads(world, post, "clicked 39")
        assert clicked == [39]

    async def test_buttons_with_long_labels_and_files_with_long_names_arrive(
        self, world: World, tmp_path: Path
    ) -> None:
        long = "n" * 5000

        async def main(message: cl.Message) -> None:
            actions = [cl.Action("b", label=f"B{n} {long}", tooltip=long) for n in range(20)]
            await cl.Message("pick", actions=actions).send()
            files = [cl.File(name=f"../{HALF}/{long}.txt", content=b"x"), cl.Image(name=long, content=b"y")]
            await cl.Message("files", elements=files).send()
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("x")
            await reads(world, post, "done")
            labels = [label for each in world.said(post.place) for label in each.buttons]
            assert [label.split()[0] for label in labels] == [f"B{n}" for n in range(20)]
            assert sorted(file.data for file in await world.files(post.place)) == [b"x", b"y"]

    async def test_what_conversations_share_is_shown_in_the_one_that_sends_it(
        self, world: World, tmp_path: Path
    ) -> None:
        welcome, second = cl.Message("Welcome!"), cl.Message("Again!")
        task_list = cl.TaskList([cl.Task("shared")])
        step = cl.Step("shared step")

        async def main(message: cl.Message) -> None:
            welcome.content = f"Welcome, {message.content}!"
            await welcome.send()
            await second.send()
            assert welcome.id != second.id
            task_list.status = message.content
            await task_list.send()
            async with step:
                step.output = f"out {message.content}"
            await cl.Message(f"done {message.content}").send()

        async with running_bot(world, answering(main), tmp_path):
            first = await world.dm("Rome")
            await reads(world, first, "done Rome")
            other = await world.mention("Oslo")
            await reads(world, other, "done Oslo")
            for post, name in ((first, "Rome"), (other, "Oslo")):
                await reads(world, post, f"Welcome, {name}!")
                await reads(world, post, "Again!")
                await world.wait_for(
                    lambda post=post, name=name: any(name in plan_words(each) for each in plans(world, post))  # type: ignore[misc]
                )
                words = "\n".join(plan_words(each) for each in world.said(post.place))
                assert "shared step" in words and f"out {name}" in words
                assert ("Oslo" if name == "Rome" else "Rome") not in words

    async def test_large_and_strange_properties_make_a_bounded_card(self, world: World, tmp_path: Path) -> None:
        deep: Any = "the end"
        for _ in range(100_000):
            deep = [deep]
        props = {"deep": deep, "number": 10**5000, "thing": Unspeakable(), "nan": float("nan"), HALF: HALF}

        async def main(message: cl.Message) -> None:
            await cl.CustomElement("Strange", props={**props, **{f"fact {n}": n for n in range(1000)}}).send()
            await cl.CustomElement("T" * 20_000, props={"title": "t" * 20_000}).send()
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("x")
            await reads(world, post, "done")
            everything = "\n".join(shown(each) for each in world.said(post.place))
        assert "more" in everything and "Strange" in everything
        assert len(everything) < 50_000

    async def test_ten_megabytes_in_a_step_and_a_list_are_cut(self, world: World, tmp_path: Path) -> None:
        large = "word " * 2_000_000

        async def main(message: cl.Message) -> None:
            async with cl.Step(HALF + large, show_input=True) as step:
                step.input = {"large": large}
                step.output = large
            await cl.TaskList([cl.Task(f"list {HALF}{large}")], status=large).send()
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("x")
            await reads(world, post, "done", timeout=30)
            assert any("list half" in plan_words(each) for each in plans(world, post))
            said = "\n".join(plan_words(each) for each in world.said(post.place))
        assert len(said) < 3 * capabilities(world).text_limit

    async def test_names_that_are_no_texts_are_made_texts(self, world: World, tmp_path: Path) -> None:
        async def main(message: cl.Message) -> None:
            task = cl.Task(17)  # type: ignore[arg-type]
            task_list = cl.TaskList([task], status=None)  # type: ignore[arg-type]
            await task_list.send()
            async with cl.Step(ValueError("a name")):  # type: ignore[arg-type]
                pass
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("x")
            await reads(world, post, "done")
            words = "\n".join(plan_words(each) for each in world.said(post.place))
            assert "17" in words and "a name" in words

    async def test_half_a_character_in_a_message_costs_no_memory_of_it(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                heard = [each.content for each in cl.chat_context.get()]
                await cl.Message(f"heard {len(heard)}: {HALF}", author=f"Bot {HALF}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("one")
            await reads(world, post, "heard 1")
        async with running_bot(world, register(bot), tmp_path):
            await world.dm("two")
            await reads(world, post, "heard 3")


class Unspeakable:
    """An object that cannot be made text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__
