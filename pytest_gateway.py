"""The pytest plugin of the bot gateway: the fixture ``user``, which runs a test on each platform. Public.

It is a module of its own, beside the package, because pytest imports it in every run: the gateway is imported by the
first test that asks for it, and by no other.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gateway.testing import User

_pytest_asyncio: Any = None
"""The plugin that runs coroutines; it comes with the extra ``testing``."""
with suppress(ImportError):
    _pytest_asyncio = import_module("pytest_asyncio")

__all__ = ["gateway_platform", "user"]

PLATFORMS = ("slack", "discord", "teams")
"""The platforms that a test runs on unless it, or the command line, says otherwise."""
MARK = "gateway"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the settings of this plugin."""
    parser.getgroup("gateway", "bots").addoption(
        "--gateway-platform",
        action="append",
        choices=PLATFORMS,
        metavar="NAME",
        help="run tests with `user` on this platform only (slack, discord, teams); may be given again",
    )
    parser.addini("gateway_bot", "the bot that `user` talks with: a file, or module:package.bot", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark ``gateway``."""
    config.addinivalue_line(
        "markers",
        "gateway(bot, platforms, settings, env, timeout): what the fixture `user` runs; all arguments are optional",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for ``user`` or ``gateway_platform`` once on each platform."""
    if "gateway_platform" in metafunc.fixturenames:
        metafunc.parametrize("gateway_platform", _platforms(metafunc), indirect=True)


def _platforms(metafunc: pytest.Metafunc) -> Sequence[str]:
    mark = metafunc.definition.get_closest_marker(MARK)
    wanted = PLATFORMS if mark is None else tuple(mark.kwargs.get("platforms", PLATFORMS))
    unknown = [name for name in wanted if name not in PLATFORMS]
    if unknown:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: there is no platform {unknown[0]!r}; there are: {', '.join(PLATFORMS)}"
        )
    chosen: Sequence[str] = metafunc.config.getoption("--gateway-platform") or PLATFORMS
    return [name for name in wanted if name in chosen]


@pytest.fixture
def gateway_platform(request: pytest.FixtureRequest) -> str:
    """The name of the platform that the test runs on: ``slack``, ``discord`` or ``teams``."""
    return str(request.param)


async def _user(request: pytest.FixtureRequest, gateway_platform: str) -> "AsyncGenerator[User]":
    """A person who talks with the bot on an emulated platform; the test runs once on each.

    The bot is what the mark ``gateway`` names (beside the test's file), else ``gateway_bot`` of the configuration
    (beside the configuration's file), else ``bot.py`` beside the test's file. The mark also gives what
    ``gateway.testing.bot`` takes besides.
    """
    from gateway.testing import bot

    mark = request.node.get_closest_marker(MARK)
    given: dict[str, Any] = {} if mark is None else dict(mark.kwargs)
    given.pop("platforms", None)
    configured = request.config.getini("gateway_bot")
    if "bot" in given or not configured:
        found = _beside(request.path.parent, given.pop("bot", "bot.py"))
    else:
        found = _beside(request.config.rootpath, configured)
    async with bot(found, platform=gateway_platform, **given) as user:
        yield user


def _beside(folder: Path, target: "str | Path") -> "str | Path":
    """Return a bot as ``gateway.testing.bot`` takes it: the path of a file is relative to this folder."""
    return str(target) if str(target).startswith("module:") else folder / target


def _missing() -> None:
    raise pytest.UsageError("the fixture `user` needs pytest-asyncio: pip install 'bot-gateway[testing]'")


user: Any = (
    pytest.fixture(name="user")(_missing)
    if _pytest_asyncio is None
    else _pytest_asyncio.fixture(loop_scope="function", name="user")(_user)
)
"""The fixture ``user`` (see ``_user``); without pytest-asyncio it says what is missing."""
