"""The bot of the tests of what operators may rely on: its answers say which replica gave them."""

TELLING = """
    import os
    import gateway as cl

    HERE = os.environ["REPLICA"]

    class Live:
        '''Something that cannot be stored: it lives as long as its session stays in one process.'''

    def counted() -> int:
        number = cl.user_session.get("number", 0) + 1
        cl.user_session.set("number", number)
        return number

    @cl.on_message
    async def main(message: cl.Message):
        kind, _, name = message.content.partition(" ")
        number = counted()
        if kind == "where":
            live = cl.user_session.get("live")
            cl.user_session.set("live", live or Live())
            await cl.Message(f"{name} on {HERE}, number {number}, {'live' if live else 'new'}").send()
        elif kind == "slow":
            name, _, seconds = name.partition(" ")
            await cl.Message(f"began {name} on {HERE}").send()
            await cl.sleep(float(seconds))
            await cl.Message(f"ended {name} on {HERE}, number {number}").send()
        elif kind == "click":
            yes = [cl.Action("yes", label="Yes")]
            pick = await cl.AskActionMessage(f"pick {name} on {HERE}", yes, timeout=600).send()
            await cl.Message(f"picked {pick['name']} on {HERE}").send()
        elif kind == "answer":
            said = await cl.AskUserMessage(f"why {name} on {HERE}", timeout=600).send()
            await cl.Message(f"because {said['output']} on {HERE}").send()
        elif kind == "form":
            order = cl.CustomElement(name="Order", props={"item": "tea", "count": 2})
            got = await cl.AskElementMessage(f"order {name} on {HERE}", order, timeout=600).send()
            await cl.Message(f"ordered {got['count']} on {HERE}").send()
        elif kind == "stream":
            answer = cl.Message()
            for n in range(600):
                await answer.stream_token(f"{name}{n} ")
                await cl.sleep(0.1)
            await answer.send()
        elif kind == "rated":
            await cl.Message(f"rate {name}").send()
            await cl.sleep(60)

    @cl.on_stop
    async def stop():
        await cl.Message(f"stopped on {HERE}").send()

    @cl.on_feedback
    async def feedback(feedback: cl.Feedback):
        with open("rated", "a") as file:
            file.write(f"{feedback.value}\\n")
"""
