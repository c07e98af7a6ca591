"""The bot that the replicas run: put yours here. This one counts, to show that a conversation keeps what it knows."""

import gateway as cl


@cl.on_message
async def main(message: cl.Message) -> None:
    cl.user_session["count"] = cl.user_session.get("count", 0) + 1
    await cl.Message(f"Message {cl.user_session['count']}: {message.content}").send()
