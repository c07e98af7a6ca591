"""Settings: a form behind a button (or `/settings`), checked before it is taken, kept over restarts.

Run it with `gateway run examples/settings.py`, open the settings, and say anything.
"""

import gateway as cl
from gateway.input_widget import Select, Slider, Switch, TextInput


@cl.on_chat_start
async def start():
    await cl.ChatSettings(
        [
            Select(id="language", label="Language", values=["English", "German", "Spanish"], initial_index=0),
            Slider(id="times", label="How often", initial=1, min=1, max=5, step=1),
            Switch(id="loud", label="Loud", initial=False),
            TextInput(id="name", label="Your name", initial="you"),
        ]
    ).send()


@cl.on_settings_update
async def updated(settings: dict):
    await cl.Message(f"From now on I greet **{settings['name']}** in {settings['language']}.").send()


@cl.on_message
async def main(message: cl.Message):
    settings = cl.user_session["chat_settings"]  # what the person chose, else the initial values
    word = {"English": "Hello", "German": "Hallo", "Spanish": "Hola"}[settings["language"]]
    greeting = " ".join([word] * int(settings["times"])) + f", {settings['name']}!"
    await cl.Message(greeting.upper() if settings["loud"] else greeting).send()
