"""A bot that uses what a platform has: streams, buttons, forms, thumbs. The recordings beside it are of this bot."""

from typing import Any

import gateway as cl
from gateway.input_widget import Select, Switch, TextInput


@cl.on_chat_start
async def start() -> None:
    """Offer settings."""
    await cl.ChatSettings(
        [
            TextInput(id="city", label="City", initial="Paris"),
            Select(id="size", label="Size", values=["small", "large"], initial_index=0),
            Switch(id="loud", label="Loud", initial=False),
        ]
    ).send()


@cl.on_settings_update
async def update(settings: dict[str, Any]) -> None:
    """Say what they are now."""
    await cl.Message(f"Settings: {len(settings['city'])} {settings['size']} {settings['loud']}").send()


@cl.action_callback("go")
async def go(action: cl.Action) -> None:
    """Answer the button."""
    await cl.Message("Gone").send()


@cl.on_feedback
async def rate(feedback: Any) -> None:
    """Answer the thumb."""
    await cl.Message(f"Rated {feedback.value}").send()


@cl.on_message
async def main(message: cl.Message) -> None:
    """Say what was heard, word by word."""
    answer = cl.Message("")
    for word in f"**Heard:** {message.content} with {len(message.elements)} files".split():
        await answer.stream_token(word + " ")
    answer.actions = [cl.Action(name="go", payload={"page": 1}, label="Proceed")]
    await answer.send()
