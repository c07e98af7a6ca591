"""The process dies: in the middle of a reply, while a question waits. Every message still gets its one answer."""

from collections import Counter
from pathlib import Path

from tests.contract.house import capabilities
from tests.contract.reading import reads, texts
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


class LivingBot(BotProcess):
    """A bot process of its platform. After every start it hears what people do."""

    def __init__(self, world: World, folder: Path, source: str) -> None:
        super().__init__(folder, source, world.emulator.environment())
        self._world = world

    async def start(self) -> None:
        await super().start()
        self._world.emulator.deliver_to(self.url)
        await self._world.connected()


class CrashContract:
    """Part of ``BotContract``."""

    async def test_killed_before_and_after_each_send_the_reply_stands_once(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, REPLIES) as bot:
            for n, (text, after_effect) in enumerate(
                [("first", False), ("first", True), ("second", False), ("second", True)]
            ):
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
                if after_effect and not world.facts.exactly_once_sends:
                    doubled = Counter(said) - Counter(lines)
                    assert doubled in (Counter(), Counter({f"{text} {n}": 1}))
                    said = list(dict.fromkeys(said))
                assert said == lines

    async def test_killed_while_streaming_the_answer_stands_whole_and_once(self, world: World, tmp_path: Path) -> None:
        cuts: list[tuple[Method, bool]] = [("send", True), ("edit", False), ("edit", True)]
        if capabilities(world).stream_limit:
            cuts = [("stream_start", True), ("stream_append", False), ("stream_stop", True)]
        async with LivingBot(world, tmp_path, STREAMS) as bot:
            for n, (method, after_effect) in enumerate(cuts):
                hold = world.hold(method, after_effect=after_effect)
                post = await world.dm(f"go{n}")
                await hold.reached()
                await world.delivered(post)
                await bot.kill()
                hold.drop()
                await bot.start()
                await reads(world, post, f"go{n}", timeout=30)
                await world.dm(f"again{n}")
                await reads(world, post, f"again{n}", timeout=30)
            asked = [f"{what}{n}" for n in range(len(cuts)) for what in ("go", "again")]
            said = [text.split() for text in texts(world, post)]
            if not world.facts.exactly_once_sends:  # what the first cut lost the receipt of stands as it was
                said = [words for words in said if words[-1] in asked]
            assert said == [["one", "two", "three", "four", "five", "six", what] for what in asked]

    async def test_a_question_outlives_the_process(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, ASKS) as bot:
            post = await world.mention("deploy")
            question = await reads(world, post, "Deploy?", timeout=20)
            assert question.buttons == ("Yes", "No")
            await bot.restart()
            await world.click(question, "Yes")
            await reads(world, post, "Why?", timeout=20)
            await bot.restart()
            await world.reply(post, "tests pass")
            await reads(world, post, "yes because tests pass", timeout=20)
            lines = [text.partition("\n")[0] for text in texts(world, post)]
        assert lines == ["Let me ask.", "Deploy?", "Why?", "yes because tests pass"]

    async def test_a_click_just_before_the_crash_is_not_lost(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, ASKS) as bot:
            post = await world.mention("deploy")
            question = await reads(world, post, "Deploy?", timeout=20)
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
