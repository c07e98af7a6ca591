"""Profiles, starters and commands: whom a person talks to, what to say first, and `/menu`.

Run it with `gateway run examples/profiles.py`; write `/profile` to choose again, and `/menu soup` or `/menu tools`.
"""

import gateway as cl

GOODS = {"Cook": ["tomato soup", "onion soup", "bread"], "Smith": ["knife", "hammer", "tools for the garden"]}


@cl.set_chat_profiles
async def profiles(user: cl.User):
    return [
        cl.ChatProfile(
            name="Cook",
            markdown_description="Knows **recipes**.",
            default=True,
            starters=[cl.Starter(label="A soup", message="Cook me a soup")],
        ),
        cl.ChatProfile(
            name="Smith",
            markdown_description="Knows **iron**.",
            starters=[cl.Starter(label="A knife", message="Forge me a knife")],
        ),
    ]


@cl.on_chat_start
async def start():
    await cl.context.emitter.set_commands([{"id": "menu", "description": "What there is, by a word"}])


@cl.on_message
async def main(message: cl.Message):
    profile = cl.user_session["chat_profile"]
    if message.command == "menu":
        found = [good for good in GOODS[profile] if message.content.lower() in good]
        await cl.Message("There is " + (", ".join(found) or "nothing of that kind") + ".").send()
    else:
        await cl.Message(f"The {profile.lower()} heard: {message.content}").send()
