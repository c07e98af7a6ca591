"""The bot of a replay to which none is given: it says what it hears."""

import gateway as cl


@cl.on_message
async def main(message: cl.Message) -> None:
    """Say what was said."""
    await cl.Message(content=message.content or "…").send()
