"""A bot that has something of everything that a test can ask for."""

import asyncio
from pathlib import Path

import gateway as cl
from gateway.input_widget import Select, Switch

turns = 0


@cl.on_chat_start
async def start() -> None:
    cl.user_session.set("heard", [])


@cl.on_chat_end
async def end() -> None:
    await cl.Message("Goodbye.").send()


@cl.action_callback("vote")
async def vote(action: cl.Action) -> None:
    await cl.Message(f"You voted {action.payload['for']}.").send()


@cl.on_settings_update
async def update(settings: dict[str, object]) -> None:
    await cl.Message(f"Settings: {settings['Tone']}, {settings['Loud']}").send()


@cl.on_feedback
async def rated(feedback: cl.Feedback) -> None:
    await cl.Message(f"Rated {feedback.value}: {feedback.comment}").send()


@cl.on_reaction
async def reacted(reaction: cl.Reaction) -> None:
    await cl.Message(f"{'Added' if reaction.added else 'Removed'} {reaction.emoji}").send()


@cl.on_message_edit
async def edited(message: cl.Message) -> None:
    await cl.Message(f"Edited to {message.content}").send()


@cl.on_message
async def main(message: cl.Message) -> None:
    global turns
    turns += 1
    heard = [*cl.user_session.get("heard", []), message.content]
    cl.user_session.set("heard", heard)
    match message.content.split(" ")[0]:
        case "buttons":
            actions = [cl.Action(name="vote", label=label, payload={"for": label}) for label in ("Tea", "Coffee")]
            await cl.Message("What do you want?", actions=actions).send()
        case "settings":
            await cl.ChatSettings(
                [
                    Select(id="Tone", label="Tone", values=["kind", "curt"], initial_index=0),
                    Switch(id="Loud", label="Loud", initial=False),
                ]
            ).send()
        case "name":
            answer = await cl.AskUserMessage("What is your name?", timeout=600).send()
            await cl.Message(f"Hello {answer['output']}!" if answer else "Nobody answered.").send()
        case "slow":
            said = cl.Message("One moment")
            await said.send()
            await asyncio.sleep(600)
            said.content = "It took a while"
            await said.update()
        case "file":
            [given] = message.elements
            assert given.path is not None
            made = cl.File(name="loud.txt", content=Path(given.path).read_bytes().upper(), display="inline")
            await cl.Message("Here it is", elements=[made]).send()
        case "boom":
            raise ValueError("no boom today")
        case "quiet":
            pass
        case _:
            await cl.Message(f"Heard {len(heard)}: {message.content}").send()
