"""What was said and what people think of it: history, a title, a reaction of the bot, reactions and thumbs of people.

Run it with `gateway run examples/history.py`, talk a little, then say history or model; rate an answer or react to it.
Stop it, run it again and go on talking: it knows where you were. `gateway threads list` shows it all.
"""

import gateway as cl


@cl.on_message
async def main(message: cl.Message):
    match message.content.strip().lower():
        case "history":  # as the platform has it, also what was said before the bot came
            newest = await cl.history(10)
            lines = [f"- {'I said' if said.is_bot else 'You said'}: {said.text}" for said in newest]
            await cl.Message("\n".join(lines)).send()
        case "model":  # as a model wants it: [{"role": "user", "content": "…"}, …]
            said = cl.chat_context.to_openai()
            await cl.Message(f"A model would get {len(said)} messages, the first is “{said[0]['content']}”.").send()
        case _:
            await message.react("👀")  # returns False where a bot cannot (Teams)
            await cl.Message(f"I have seen: {message.content}").send()


@cl.on_thread_title
async def title(message: cl.Message):  # a model would be asked for a summary of cl.chat_context here
    return f"About: {message.content}" if message.content else None


@cl.on_chat_resume
async def resume(thread):
    questions = [step["output"] for step in thread["steps"] if step["type"] == "user_message"]
    if questions:
        await cl.Message(f"We were at “{thread['name']}”. You last said: {questions[-1]}").send()


@cl.on_reaction
async def reacted(reaction: cl.Reaction):
    if reaction.added:
        await cl.Message(f"{reaction.user.display_name} put {reaction.emoji} on a message.").send()


@cl.on_feedback
async def rated(feedback: cl.Feedback):
    if feedback.comment:
        await cl.Message(f"Noted: {feedback.comment}").send()
    else:
        await cl.Message("Glad you liked it." if feedback.value else "Sorry. What was wrong?").send()
