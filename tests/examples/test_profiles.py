"""The example of profiles, starters and commands does on every platform what it says."""

import pytest

from gateway.testing import User


@pytest.mark.gateway(bot="../../examples/profiles.py")
async def test_the_example_of_profiles(user: User) -> None:
    ada = user.in_channel("general")
    await ada.says("@gateway hello")
    await ada.sees("The cook heard: hello")
    await ada.says("/menu soup")
    await ada.sees("There is tomato soup, onion soup.")
    await ada.clicks("A soup")
    await ada.sees("The cook heard: Cook me a soup")
    await ada.clicks("Smith")
    await ada.sees(lambda message: "✓ Smith" in message.buttons)
    await ada.says("/menu tools")
    await ada.sees("There is tools for the garden.")
    await ada.says("/menu soup")
    await ada.sees("There is nothing of that kind.")
