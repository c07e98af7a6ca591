"""The example of messages does on every platform what it says."""

import pytest

from gateway.testing import User


@pytest.mark.gateway(bot="../../examples/messages.py")
async def test_the_example_of_messages(user: User) -> None:
    await user.says("hello")
    await user.sees("Say")
    await user.says("stream")
    await user.sees("and the next one can be, too.")
    await user.says("edit")
    await user.sees("42")
    await user.says("remove")
    await user.sees("It is gone.")
    assert not [each.text for each in user.messages if "Counting" in each.text or "goes away" in each.text]
    await user.says("code")
    code = await user.sees("def greet(name: str) -> str:")
    assert "Grace" in (code.author or code.text)
    await user.says("sources")
    await user.sees("Water boils at 100 °C")
