"""Messages: an answer that streams, one that changes, one that goes away, code, and sources.

Run it with `gateway run examples/messages.py` and say stream, edit, remove, code or sources.
"""

import gateway as cl

POEM = "Roses are **red**, violets are *blue*, this answer is streamed, and the next one can be, too."

CODE = """def greet(name: str) -> str:
    return f"Hello {name}!\""""


@cl.on_message
async def main(message: cl.Message):
    match message.content.strip().lower():
        case "stream":
            answer = cl.Message()
            for word in POEM.split():
                await answer.stream_token(f"{word} ")
                await cl.sleep(0.05)  # about as fast as a model
            await answer.send()
        case "edit":
            answer = await cl.Message("Counting the files …").send()
            await cl.sleep(1)
            answer.content = "There are **42** files."
            await answer.update()
        case "remove":
            answer = await cl.Message("This goes away in a second.").send()
            await cl.sleep(1)
            await answer.remove()
            await cl.Message("It is gone.").send()
        case "code":
            await cl.Message(CODE, language="python", author="Grace").send()
        case "sources":
            manual = cl.Citation(title="The manual", url="https://example.com/manual")
            await cl.Message("Water boils at 100 °C [1].", citations=[manual]).send()
        case _:
            await cl.Message("Say **stream**, **edit**, **remove**, **code** or **sources**.").send()
