"""Steps and task lists: tools that show what they do, a payment that is made once, a list of tasks that is ticked off.

Run it with `gateway run examples/steps.py` and say research, order or plan.
"""

import gateway as cl

PAGES = {"Tea": "Tea is made with water of 80 to 100 °C.", "Coffee": "Coffee is made with water of 92 to 96 °C."}


@cl.step(type="tool", show_input=True)
async def read(page: str) -> str:
    await cl.sleep(0.5)
    return PAGES[page]


@cl.step(name="research", type="run")
async def research() -> str:
    found = [await read(page) for page in PAGES]
    async with cl.Step(name="write", type="llm") as step:
        for line in found:
            await step.stream_token(f"{line} ")
    return step.output


@cl.step(type="tool", once=True)
async def pay(cents: int) -> dict[str, int]:
    return {"receipt": 4711, "cents": cents}  # a turn that runs again gets this receipt and does not pay again


async def plan() -> None:
    tasks = cl.TaskList([cl.Task("Boil water"), cl.Task("Pour it"), cl.Task("Wait")], status="Running...")
    await tasks.send()
    for task in tasks.tasks:
        task.status = cl.TaskStatus.RUNNING
        await tasks.update()
        await cl.sleep(0.5)
        task.status = cl.TaskStatus.DONE
    tasks.status = "Done"
    await tasks.update()


@cl.on_message
async def main(message: cl.Message):
    match message.content.strip().lower():
        case "research":
            await cl.Message(await research()).send()
        case "order":
            receipt = await pay(250)
            await cl.Message(f"Paid {receipt['cents']} cents, receipt {receipt['receipt']}.").send()
        case "plan":
            await plan()
        case _:
            await cl.Message("Say **research**, **order** or **plan**.").send()
