"""The whole gateway on a platform: steps, as the person sees them who waits for the answer."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.chat.registry import Callbacks
from tests.contract.reading import TOOK, plan_of, plan_words, planned, plans, reads, texts
from tests.contract.world import World
from tests.support.bot import register, running_bot


def answering(handler: Callable[[cl.Message], Any]) -> Callbacks:
    """A bot with this handler."""
    return register(lambda: cl.on_message(handler))


class StepContract:
    """Part of ``BotContract``."""

    async def test_a_step_is_shown_while_it_runs_and_with_its_output_after(self, world: World, tmp_path: Path) -> None:
        go_on = asyncio.Event()

        @cl.step(type="tool")
        async def search(query: str) -> str:
            await go_on.wait()
            return f"3 hits for {query}"

        async def main(message: cl.Message) -> None:
            hits = await search("tea")
            await cl.Message(f"answer from {hits}").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.mention("go")
            running = await planned(world, post, "⏳ search")
            go_on.set()
            await reads(world, post, "answer from 3 hits")
            done = await planned(world, post, "✅ search: 3 hits for tea")
        assert done.id == running.id
        assert len(plans(world, post)) == 1
        assert TOOK.search(plan_of(done)[0])
        assert world.said(post.place)[0].id == done.id

    async def test_nested_steps_stand_inside_each_other(self, world: World, tmp_path: Path) -> None:
        seen: list[Any] = []

        @cl.step
        async def child_step(number: int) -> str:
            seen.append(cl.context.current_step)
            return f"child {number}"

        @cl.step(name="parent", show_input=True)
        async def parent_step(topic: str) -> None:
            step = cl.context.current_step
            assert step is not None
            step.input = f"about {topic}"
            await asyncio.gather(child_step(1), child_step(2))
            step.output = "mine"

        async def main(message: cl.Message) -> None:
            run = cl.context.current_run
            assert cl.context.current_step is run
            await parent_step("tea")
            with cl.Step(name="last") as step:
                step.output = {"a": 1}
                seen.append(step)
            seen.append(run)
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "done")
            await planned(
                world, post, "✅ parent: about tea → mine", "✅ child_step: child 1", "✅ child_step: child 2",
                '✅ last: { "a": 1 }',
            )  # fmt: skip
        first, second, last, run = seen
        assert first.parent_id == second.parent_id
        assert (run.name, run.type, last.parent_id) == ("on_message", "run", run.id)
        assert cl.context.current_run is cl.context.current_step is None

    async def test_a_step_that_raises_is_shown_as_failed_and_the_error_goes_on(
        self, world: World, tmp_path: Path
    ) -> None:
        @cl.step
        def divide(by: int) -> float:
            return 1 / by

        async def main(message: cl.Message) -> None:
            try:
                divide(0)
            except ZeroDivisionError as error:
                await cl.Message(f"caught {error}").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "caught division by zero")
            await planned(world, post, "❌ divide: division by zero")

    async def test_steps_in_sync_handlers_and_threads_are_shown(self, world: World, tmp_path: Path) -> None:
        @cl.step(type="tool")
        def inner() -> str:
            return "deep"

        @cl.step
        def outer() -> str:
            inner()
            return "wide"

        def main(message: cl.Message) -> None:
            outer()
            cl.run_sync(cl.Message("done").send())

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "done")
            await planned(world, post, "✅ outer: wide", "✅ inner: deep")

    @pytest.mark.parametrize(
        ("cot", "shown"), [("hidden", ()), ("tool_call", ("✅ tool: 1",)), ("full", ("✅ model: 2", "✅ tool: 1"))]
    )
    async def test_the_operator_decides_which_steps_are_shown(
        self, world: World, tmp_path: Path, cot: str, shown: tuple[str, ...]
    ) -> None:
        @cl.step(type="tool")
        async def tool() -> str:
            return "1"

        @cl.step(type="llm")
        async def model() -> str:
            await tool()
            return "2"

        async def main(message: cl.Message) -> None:
            await model()
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path, cot=cot):
            post = await world.dm("go")
            await reads(world, post, "done")
            if shown:
                await planned(world, post, *shown)
            else:
                await world.reply(post, "again")
                await world.wait_for(lambda: len(texts(world, post)) >= 2)
                assert texts(world, post) == ["done", "done"]

    async def test_three_hundred_steps_are_one_bounded_message_and_few_calls(
        self, world: World, tmp_path: Path
    ) -> None:
        async def main(message: cl.Message) -> None:
            for number in range(300):
                async with cl.Step(f"step {number}") as step:
                    step.output = "x" * 1000
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "done", timeout=30)
            await world.settled()
            [board] = plans(world, post)
            assert len(plan_of(board)) <= 50
            assert "✅ step 299" in plan_of(board)[-1]
            assert "earlier steps not shown" in plan_words(board)
            assert world.calls("send") + world.calls("edit") <= 6

    async def test_a_streamed_output_appears_and_a_step_can_change_and_go(self, world: World, tmp_path: Path) -> None:
        go_on = asyncio.Event()

        async def main(message: cl.Message) -> None:
            async with cl.Step("llm") as step:
                for word in ("one ", "two"):
                    await step.stream_token(word)
                await go_on.wait()
            step.output = "changed"
            await step.update()
            other = cl.Step("other")
            await other.send()
            await cl.Message("middle").send()
            await other.remove()
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await planned(world, post, "⏳ llm: one two")
            go_on.set()
            await reads(world, post, "done")
            await planned(world, post, "✅ llm: changed")

    async def test_a_step_within_an_answer_that_streams_is_shown_and_the_answer_is_complete(
        self, world: World, tmp_path: Path
    ) -> None:
        async def main(message: cl.Message) -> None:
            answer = cl.Message()
            for word in ["Let", "me", "look.", ""]:
                await answer.stream_token(f"{word} ")
                await cl.sleep(0.2)
            async with cl.Step("search", type="tool") as step:
                await cl.sleep(0.8)
                step.output = "3 hits"
            for word in ("Three", "hits."):
                await answer.stream_token(f"{word} ")
                await cl.sleep(0.2)
            await answer.send()

        async with running_bot(world, answering(main), tmp_path):
            for post in (await world.dm("go"), await world.mention("go")):
                answer = await reads(world, post, "Three hits.", timeout=30)
                assert answer.text.split()[:3] == ["Let", "me", "look."]
                await planned(world, post, "✅ search: 3 hits")
                assert sum("Three hits." in each.text for each in world.said(post.place)) == 1

    async def test_an_ask_inside_a_step_waits_below_the_list(self, world: World, tmp_path: Path) -> None:
        async def main(message: cl.Message) -> None:
            async with cl.Step("confirm") as step:
                said = await cl.AskUserMessage("Sure?", timeout=60).send()
                step.output = said["output"] if said else "nothing"
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "Sure?")
            asking = await planned(world, post, "⏳ confirm")
            assert world.said(post.place)[0].id == asking.id
            await world.reply(post, "yes")
            await reads(world, post, "done")
            await planned(world, post, "✅ confirm: yes")

    async def test_a_board_of_which_all_is_removed_goes(self, world: World, tmp_path: Path) -> None:
        go_on = asyncio.Event()

        async def main(message: cl.Message) -> None:
            async with cl.Step("gone") as step:
                await go_on.wait()
            assert await step.remove()
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await planned(world, post, "⏳ gone")
            go_on.set()
            await reads(world, post, "done")
            assert texts(world, post) == ["done"]

    async def test_elements_of_a_step_are_shown_below_it(self, world: World, tmp_path: Path) -> None:
        async def main(message: cl.Message) -> None:
            async with cl.Step("draw") as step:
                step.elements = [cl.File("first.csv", content=b"a,b")]
            with cl.Step("draw again") as step:
                step.elements = [cl.File("second.csv", content=b"c,d")]

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await planned(world, post, "✅ draw", "✅ draw again")
            await world.wait_for(lambda: sum(len(each.files) for each in world.said(post.place)) == 2)
            assert {file.name for file in await world.files(post.place)} == {"first.csv", "second.csv"}

    async def test_a_turn_that_runs_again_edits_its_board(self, world: World, tmp_path: Path) -> None:
        runs: list[int] = []

        async def main(message: cl.Message) -> None:
            runs.append(len(runs))
            async with cl.Step("try") as step:
                step.output = f"run {len(runs)}"
                if len(runs) == 1:
                    raise ValueError("not yet")
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await planned(world, post, "❌ try: not yet")
            await reads(world, post, "done")
            await planned(world, post, "✅ try: run 2")
        assert len(plans(world, post)) == 1

    async def test_a_step_keeps_its_result_over_a_rerun(self, world: World, tmp_path: Path) -> None:
        calls: list[str] = []
        runs: list[int] = []

        @cl.step(once=True)
        async def pay(amount: int) -> dict[str, Any]:
            calls.append(f"pay {amount}")
            return {"receipt": amount * 10, "lines": [1.5, None, "ü"]}

        @cl.step(once=True)
        def charge(amount: int) -> int:
            calls.append(f"charge {amount}")
            return amount

        async def main(message: cl.Message) -> None:
            runs.append(1)
            # The second run asks in another order: what is the same call is known by its arguments.
            first, second = (1, 2) if len(runs) == 1 else (2, 1)
            got = {amount: await pay(amount) for amount in (first, second)}
            charged = await cl.make_async(charge)(3)
            if len(runs) == 1:
                raise ValueError("after it was paid")
            await cl.Message(f"paid {got[1]['receipt']} {got[2]} {charged}").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "paid 10 {'receipt': 20, 'lines': [1.5, None, 'ü']} 3")
        assert calls == ["pay 1", "pay 2", "charge 3"]

    async def test_a_result_that_json_cannot_hold_is_refused_by_name(self, world: World, tmp_path: Path) -> None:
        errors: list[str] = []

        @cl.step(once=True)
        async def model(of: str) -> Any:
            return {"tuple": (1, 2)} if of == "tuple" else {"when": Path("x")} if of == "path" else "x" * 1_000_001

        @cl.step(once=True)
        def sync_model() -> int:
            return 1

        async def main(message: cl.Message) -> None:
            for of in ("tuple", "path", "much"):
                try:
                    await model(of)
                except (TypeError, cl.TooLarge) as error:
                    errors.append(str(error))
            try:
                sync_model()
            except RuntimeError as error:
                errors.append(str(error))
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "done")
        a_tuple, a_path, much, sync = errors
        assert "model has once=True and returned a tuple, which JSON cannot hold" in a_tuple
        assert "Path" in a_path
        assert "the journal keeps 1 MB" in much
        assert "sync_model" in sync and "async def" in sync
