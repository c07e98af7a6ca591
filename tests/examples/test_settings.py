"""The example of settings does on every platform what it says."""

import pytest

from gateway.testing import User

pytestmark = pytest.mark.gateway(bot="../../examples/settings.py")


async def test_the_example_of_settings(user: User) -> None:
    await user.says("hi")
    await user.sees("Hello, you!")
    await user.clicks("Settings")
    await user.submits({"Language": "Spanish", "How often": 2, "Loud": True, "Your name": "Ada"})
    await user.sees("in Spanish.")
    await user.says("hi")
    await user.sees("HOLA HOLA, ADA!")


async def test_what_was_chosen_outlives_a_restart(user: User) -> None:
    await user.says("hi")
    await user.clicks("Settings")
    await user.submits({"Language": "Spanish"})
    await user.sees("in Spanish.")
    await user.restarts()
    await user.says("hi")
    await user.sees("Hola, you!")
