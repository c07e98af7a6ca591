"""Drive a bot in tests, on any of the three platforms, in a few lines. Public.

::

    from gateway.testing import bot


    async def test_it_answers():
        async with bot("bot.py", platform="slack") as user:
            await user.says("hi")
            await user.sees("Hello")

The bot runs in the test's process, on the real adapter with the platform's real SDK, against an emulated platform on
loopback, with a store of its own. With pytest, the fixture ``user`` of the plugin runs a test on every platform.
"""

from gateway.drivers.values import File, Post, ShownForm
from gateway.emulators.common.values import PersonError
from gateway.testing.context import bot
from gateway.testing.errors import NotOnThisPlatform
from gateway.testing.log import LogEntry
from gateway.testing.seen import Seen
from gateway.testing.user import User

__all__ = ["File", "LogEntry", "NotOnThisPlatform", "PersonError", "Post", "Seen", "ShownForm", "User", "bot"]
