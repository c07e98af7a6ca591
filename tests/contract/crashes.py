"""The process dies: in the middle of a reply, while a question waits. Every message still gets its one answer."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from gateway.runtime.journal import FLUSH_AFTER
from tests.contract.harness import capabilities
from tests.contract.reading import planned, plans, reads, texts
from tests.contract.world import Method, World
from tests.support.process import BotProcess

REPLIES = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"first {message.content}").send()
        await cl.Message(f"second {message.content}").send()
"""

ASKS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message("Let me ask.").send()
        pick = await cl.AskActionMessage(
            "Deploy?", [cl.Action("yes", {"n": 1}, label="Yes"), cl.Action("no", label="No")], timeout=300
        ).send()
        reason = await cl.AskUserMessage("Why?", timeout=300).send()
        await cl.Message(f"{pick['name']} because {reason['output']}").send()
"""

STREAMS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        answer = cl.Message()
        for word in f"one two three four five six {message.content}".split():
            await answer.stream_token(word + " ")
            await cl.sleep(0.3)
        await answer.send()
"""

ACTIONS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message("Choose", actions=[cl.Action("go", {"n": 7}, label="Go")]).send()

    @cl.action_callback("go")
    async def go(action: cl.Action):
        await action.remove()
        await cl.Message(f"went {action.payload['n']}").send()
"""


FILES = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        answer = cl.Message("v1", elements=[cl.Image(name="chart.png", content=b"one")])
        await answer.send()
        answer.content = "v2"
        answer.elements = [cl.Image(name="chart.png", content=b"two"), cl.Image(name="chart.png", content=b"three")]
        await answer.update()
        await cl.Message("done").send()
"""


ONCE = """
    import os
    from pathlib import Path

    import gateway as cl

    @cl.step(type="tool", once=True)
    async def pay(cents: int) -> dict:
        with Path("paid").open("a") as paid:
            paid.write(f"{cents}\\n")
        return {"receipt": len(Path("paid").read_text().split())}

    @cl.on_message
    async def main(message: cl.Message):
        first = await pay(1)
        second = await pay(2)
        await cl.Message(f"first {first['receipt']} second {second['receipt']} {message.content}").send()
"""


STEPS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        async with cl.Step("work") as step:
            await cl.sleep(0.8)
            step.output = "ok"
        task_list = cl.TaskList([cl.Task("one", cl.TaskStatus.RUNNING)])
        await task_list.send()
        task_list.tasks[0].status = cl.TaskStatus.DONE
        await task_list.update()
        await cl.Message(f"done {message.content}").send()
"""


class LivingBot(BotProcess):
    """A bot process that its platform delivers to: after every start it hears what people do."""

    def __init__(self, world: World, folder: Path, source: str) -> None:
        super().__init__(folder, source, world.environment())
        self._world = world

    async def start(self) -> None:
        await super().start()
        self._world.deliver_to(self.url)
        await self._world.connected()


async def on_record(world: World) -> None:
    """Wait until what was said is in the journal, on a platform where a crash could double it. Nothing tells when."""
    if not world.facts.exactly_once_sends:
        await asyncio.sleep(10 * FLUSH_AFTER)


class CrashContract:
    """Checks that each message gets its one answer although the process dies; ``BotContract`` includes it."""

    async def test_killed_before_and_after_each_send_the_reply_stands_once(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, REPLIES) as bot:
            cuts = [("first", False, []), ("first", True, [0]), ("second", False, [0]), ("second", True, [0, 1])]
            for n, (text, after_effect, sent) in enumerate(cuts):
                hold = world.hold("send", text=text, after_effect=after_effect)
                post = await world.mention(str(n))
                await hold.reached()
                await world.delivered(post)
                await bot.kill()
                hold.drop()
                await bot.start()
                await reads(world, post, f"second {n}", timeout=20)
                await world.reply(post, f"marker{n}")
                await reads(world, post, f"second marker{n}", timeout=20)
                lines = [f"{which} {what}" for what in (n, f"marker{n}") for which in ("first", "second")]
                said = texts(world, post)
                doubled = Counter(said) - Counter(lines)
                mayhap = [] if world.facts.exactly_once_sends else [lines[each] for each in sent]
                assert doubled <= Counter(mayhap), said
                assert list(dict.fromkeys(said)) == lines

    @pytest.mark.parametrize("cut", ["begins", "grows", "ends"])
    async def test_killed_while_a_stream_is_written_it_stands_whole_and_once(
        self, world: World, tmp_path: Path, cut: str
    ) -> None:
        native = capabilities(world).stream_limit > 0
        cuts: dict[str, tuple[Method, bool]] = {
            "begins": ("stream_start" if native else "send", True),
            "grows": ("stream_append" if native else "edit", False),
            "ends": ("stream_stop" if native else "edit", True),
        }
        method, after_effect = cuts[cut]
        async with LivingBot(world, tmp_path, STREAMS) as bot:
            hold = world.hold(method, after_effect=after_effect)
            post = await world.dm("go")
            await hold.reached()
            await world.delivered(post)
            await bot.kill()
            hold.drop()
            await bot.start()
            await reads(world, post, "six go", timeout=30)
            await world.dm("again")
            await reads(world, post, "six again", timeout=30)
            said = [text.split() for text in texts(world, post)]
        if cut == "begins" and not world.facts.exactly_once_sends:  # the message whose receipt was lost stays as it was
            said = [words for words in said if words[-1] in ("go", "again")]
        assert said == [["one", "two", "three", "four", "five", "six", what] for what in ("go", "again")]

    @pytest.mark.parametrize("cut", ["the first file", "the edit", "the last message"])
    async def test_killed_while_files_are_replaced_each_is_there_once(
        self, world: World, tmp_path: Path, cut: str
    ) -> None:
        inside = world.name == "teams"  # there a picture is a message
        holds: dict[str, tuple[Method, str]] = {
            "the first file": ("send", "chart.png") if inside else ("upload", ""),
            "the edit": ("edit", "v2"),
            "the last message": ("send", "done"),
        }
        method, text = holds[cut]
        async with LivingBot(world, tmp_path, FILES) as bot:
            hold = world.hold(method, after_effect=True, text=text)
            post = await world.dm("go")
            await hold.reached()
            await world.delivered(post)
            await bot.kill()
            hold.drop()
            await bot.start()
            await reads(world, post, "done", timeout=20)
            got = [file.data for file in await world.files(post.place)]
        mayhap = [] if world.facts.exactly_once_sends else [b"one", b"two", b"three"]
        assert set(got) >= {b"two", b"three"}
        assert Counter(got) - Counter([b"two", b"three"]) <= Counter(mayhap), got

    async def test_killed_after_a_step_with_once_its_function_is_not_called_again(
        self, world: World, tmp_path: Path
    ) -> None:
        async with LivingBot(world, tmp_path, ONCE) as bot:
            hold = world.hold("send")  # of the list of steps, or of the answer: both calls have returned by then
            post = await world.dm("go")
            await hold.reached()
            await world.delivered(post)
            await bot.kill()
            hold.drop()
            await bot.start()
            await reads(world, post, "first 1 second 2 go", timeout=20)
            assert (tmp_path / "paid").read_text().split() == ["1", "2"]

    @pytest.mark.parametrize(("method", "after_effect"), [("send", True), ("edit", False)])
    async def test_killed_while_steps_and_tasks_are_shown_each_list_stands_once(
        self, world: World, tmp_path: Path, method: Method, after_effect: bool
    ) -> None:
        async with LivingBot(world, tmp_path, STEPS) as bot:
            hold = world.hold(method, after_effect=after_effect)
            post = await world.dm("go")
            await hold.reached()
            await world.delivered(post)
            await bot.kill()
            hold.drop()
            await bot.start()
            await reads(world, post, "done go", timeout=20)
            await planned(world, post, "✅ one")
            await planned(world, post, "✅ work: ok")
        doubled = 0 if world.facts.exactly_once_sends else 1
        assert 2 <= len(plans(world, post)) <= 2 + doubled

    async def test_a_question_outlives_the_process(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, ASKS) as bot:
            post = await world.mention("deploy")
            question = await reads(world, post, "Deploy?", timeout=20)
            assert question.buttons == ("Yes", "No")
            await on_record(world)
            await bot.restart()
            await world.click(question, "Yes")
            await reads(world, post, "Why?", timeout=20)
            await on_record(world)
            await bot.restart()
            await world.reply(post, "tests pass")
            await reads(world, post, "yes because tests pass", timeout=20)
            lines = [text.partition("\n")[0] for text in texts(world, post)]
        assert lines == ["Let me ask.", "Deploy?", "Why?", "yes because tests pass"]

    async def test_a_click_just_before_the_crash_is_not_lost(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, ASKS) as bot:
            post = await world.mention("deploy")
            question = await reads(world, post, "Deploy?", timeout=20)
            await on_record(world)
            hold = world.hold("edit")
            await world.click(question, "No")
            await hold.reached()
            await bot.kill()
            hold.drop()
            await bot.start()
            await reads(world, post, "Why?", timeout=20)
            await world.reply(post, "not sure")
            await reads(world, post, "no because not sure", timeout=20)
            assert len(texts(world, post)) == 4

    async def test_a_button_works_after_a_crash(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, ACTIONS) as bot:
            post = await world.mention("x")
            message = await reads(world, post, "Choose", timeout=20)
            await bot.restart()
            await world.click(message, "Go")
            await reads(world, post, "went 7", timeout=20)
            assert (await reads(world, post, "Choose")).buttons == ()
