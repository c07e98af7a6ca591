"""The whole gateway on a platform: task lists, as the person sees them."""

import asyncio
import time
from pathlib import Path

import gateway as cl
from tests.contract.harness import capabilities
from tests.contract.reading import plan_of, plan_words, planned, plans, reads
from tests.contract.steps import answering
from tests.contract.world import World
from tests.support.bot import register, running_bot


class TaskListContract:
    """Part of ``BotContract``."""

    async def test_a_task_list_is_one_message_that_changes(self, world: World, tmp_path: Path) -> None:
        go_on = asyncio.Event()

        async def main(message: cl.Message) -> None:
            task_list = cl.TaskList()
            task_list.status = "Running..."
            task1 = cl.Task(title="Processing data", status=cl.TaskStatus.RUNNING)
            await task_list.add_task(task1)
            task2 = cl.Task(title="Performing calculations")
            await task_list.add_task(task2)
            note = await cl.Message(content="Started processing data").send()
            task1.forId = note.id
            await task_list.send()
            await go_on.wait()
            task1.status = cl.TaskStatus.DONE
            task2.status = cl.TaskStatus.FAILED
            task_list.status = "Failed"
            await task_list.send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.mention("go")
            running = await planned(world, post, "⏳ Processing data", "⚪ Performing calculations")
            assert "Running..." in plan_words(running)
            go_on.set()
            done = await planned(world, post, "✅ Processing data", "❌ Performing calculations")
            assert "Failed" in plan_words(done)
        assert done.id == running.id
        assert len(plans(world, post)) == 1

    async def test_of_a_hundred_changes_in_a_second_the_last_one_stands(self, world: World, tmp_path: Path) -> None:
        began: list[float] = []

        async def main(message: cl.Message) -> None:
            task_list = cl.TaskList([cl.Task(f"task {number}") for number in range(5)])
            began.append(time.monotonic())
            await task_list.send()
            for number in range(100):
                task_list.status = f"change {number}"
                task_list.tasks[number % 5].status = cl.TaskStatus.DONE
                await task_list.update()
                await cl.sleep(0.01)
            await cl.Message("done").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "done", timeout=30)
            # The list is shown with all tasks done long before its last change.
            await world.wait_for(lambda: any("change 99" in plan_words(each) for each in plans(world, post)), 20)
            took = time.monotonic() - began[0]
            [last] = plans(world, post)
            assert plan_of(last) == [f"✅ task {number}" for number in range(5)]
            assert world.calls("send") + world.calls("edit") <= 5 + took / capabilities(world).edit_interval

    async def test_a_task_list_can_be_removed_and_is_posted_anew(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                task_list = cl.user_session.get("tasks") or cl.TaskList([cl.Task("one")])
                cl.user_session.set("tasks", task_list)
                if message.content == "remove":
                    await task_list.remove()
                else:
                    task_list.tasks[0].title = message.content
                    await task_list.send()
                await cl.Message(f"did {message.content}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("first")
            first = await planned(world, post, "⚪ first")
            await world.reply(post, "second")
            assert (await planned(world, post, "⚪ second")).id == first.id
            await world.reply(post, "remove")
            await reads(world, post, "did remove")
            assert plans(world, post) == []
            await world.reply(post, "again")
            await planned(world, post, "⚪ again")

    async def test_a_long_list_is_bounded_and_counts_what_it_leaves_out(self, world: World, tmp_path: Path) -> None:
        async def main(message: cl.Message) -> None:
            done = [cl.Task(f"done {number}", cl.TaskStatus.DONE) for number in range(300)]
            await cl.TaskList([*done, cl.Task("now", cl.TaskStatus.RUNNING)], status="Running").send()
            await cl.Message("posted").send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "posted")
            [message] = plans(world, post)
            lines = plan_of(message)
            assert lines[-1] == "⏳ now"
            assert f"{301 - len(lines)} done not shown" in plan_words(message)

    async def test_a_wrong_status_is_named(self, world: World, tmp_path: Path) -> None:
        async def main(message: cl.Message) -> None:
            task = cl.Task("sort")
            task.status = "finished"  # type: ignore[assignment]
            try:
                await cl.TaskList([task]).send()
            except ValueError as error:
                await cl.Message(str(error)).send()

        async with running_bot(world, answering(main), tmp_path):
            post = await world.dm("go")
            said = await reads(world, post, "the status of task")
            assert "cl.TaskStatus.READY" in said.text
