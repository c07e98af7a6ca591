"""The example of asks does on every platform what it says."""

import pytest

from gateway.testing import User

pytestmark = pytest.mark.gateway(bot="../../examples/asks.py")


async def test_the_example_of_asks(user: User) -> None:
    await user.says("hello")
    await user.sees("Say")
    await user.says("order")
    await user.sees("What name shall be on it?")
    await user.says("Ada L.")
    question = await user.sees("Which size?")
    assert question.buttons == ("Small, 5 €", "Large, 9 €")
    await user.clicks("Large, 9 €")
    await user.sees("And the text, as a file?")
    await user.uploads(("cat.png", b"\x89PNG"))
    await user.sees("not accepted")
    await user.uploads(("text.txt", b"of three words"))
    await user.sees("A large print for 9.00 €.")
    await user.clicks("Fill in")
    form = await user.sees_form()
    assert form.values[:2] == ("Ada L.", "3")
    await user.submits({"Name": "Grace", "Gift": True})
    await user.clicks("Submit")
    await user.sees("as a gift.")


async def test_an_order_that_nobody_finishes_is_given_up(user: User) -> None:
    await user.says("order")
    await user.sees("What name shall be on it?")
    await user.later(hours=1)
    await user.settles()
    assert "No answer came in time" in user.conversation
