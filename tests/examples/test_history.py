"""The example of history, reactions and feedback does on every platform what it says."""

import pytest

from gateway.testing import User


@pytest.mark.gateway(bot="../../examples/history.py")
async def test_the_example_of_history(user: User) -> None:
    ada = user.in_channel("general")
    await ada.says("@gateway good morning")
    seen = await ada.sees("I have seen: good morning")
    await ada.says("model")
    await ada.sees("A model would get 3 messages, the first is “good morning”.")
    await ada.says("history")
    listed = await ada.sees("You said: history")
    assert "You said: good morning" in listed.text and "I said: I have seen: good morning" in listed.text
    await ada.reacts("👍", to=seen)
    await ada.sees("on a message.")
    await ada.gives_feedback(1, on=seen)
    await ada.sees("Glad you liked it.")
    await ada.gives_feedback(0, on=seen)
    await ada.sees("What was wrong?")
    await ada.restarts()
    await ada.says("are you there?")
    await ada.sees("We were at “About: good morning”. You last said: history")
    await ada.sees("I have seen: are you there?")
    if user.platform != "teams":  # where a conversation has no name of its own
        assert ada.title == "About: good morning"
