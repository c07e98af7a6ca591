"""Asks: a text, a choice, a file and a form, one after another. Each waits for its answer, also over a restart.

Run it with `gateway run examples/asks.py` and say order.
"""

from pathlib import Path

import gateway as cl


@cl.on_message
async def main(message: cl.Message):
    if message.content.strip().lower() != "order":
        await cl.Message("Say **order** to have something printed.").send()
        return

    name = await cl.AskUserMessage("What name shall be on it?", timeout=600).send()
    if name is None:  # nobody answered in time
        return

    size = await cl.AskActionMessage(
        "Which size?",
        actions=[
            cl.Action(name="small", payload={"cents": 500}, label="Small, 5 €"),
            cl.Action(name="large", payload={"cents": 900}, label="Large, 9 €"),
        ],
        timeout=600,
    ).send()
    if size is None:
        return

    files = await cl.AskFileMessage("And the text, as a file?", accept=["text/plain"], timeout=600).send()
    if files is None:
        return

    text = await cl.make_async(Path(files[0].path).read_text)(errors="replace")
    price = f"{size['payload']['cents'] / 100:.2f} €"
    order = cl.CustomElement("Order", props={"name": name["output"], "words": len(text.split()), "gift": False})
    done = await cl.AskElementMessage(f"A {size['name']} print for {price}. Is it right?", order, timeout=600).send()
    if done and done["submitted"]:
        await cl.Message(f"Ordered for **{done['name']}**" + (", as a gift." if done["gift"] else ".")).send()
