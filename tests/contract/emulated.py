"""What the drivers of all platforms share. A platform's own driver holds only what differs there."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from gateway.adapter import Adapter, AdapterContext
from gateway.drivers.base import DrivenEmulator, Driver
from gateway.emulators.common.faults import Hold, When
from gateway.model import Capabilities
from tests.contract.world import Facts, File, Method, Person, Post, Said, Trouble

CHANNEL = "general"

E = TypeVar("E", bound=DrivenEmulator)


class EmulatedWorld(Driver[E]):
    """What a ``World`` has beyond a ``Driver``, as far as it is the same on every platform; a subclass adds the
    rest."""

    facts: ClassVar[Facts]

    methods: ClassVar[Mapping[Method, str]]
    """What the emulator calls each call of the bot."""
    refusals: ClassVar[Mapping[Trouble, Mapping[str, Any]]]
    """How the emulator's ``fail_next`` is asked for the troubles ``forbidden`` and ``gone``."""
    repeated: ClassVar[frozenset[Method]] = frozenset()
    """Calls that the bot's HTTP client itself makes once more when the connection breaks."""

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> Adapter:
        raise NotImplementedError

    @property
    def capabilities(self) -> Capabilities:
        return self.adapter(AdapterContext()).capabilities

    @asynccontextmanager
    async def unreachable(self) -> AsyncIterator[None]:
        port = urlsplit(self.emulator.world.base).port
        assert port is not None
        await self.emulator.stop()
        yield
        await self.emulator.start(port=port)

    # -- what people do and see

    async def mention(self, text: str, *, user: Person = "Ada", files: Sequence[File] = ()) -> Post:
        return await self.write(self.channel(CHANNEL), f"@gateway {text}", user=user, files=files)

    async def dm(self, text: str, *, files: Sequence[File] = ()) -> Post:
        return await self.write(self.direct(), text, files=files)

    async def reply(
        self, to: Post, text: str, *, user: Person = "Ada", mention: bool = False, files: Sequence[File] = ()
    ) -> Post:
        return await self.write(to.place, f"@gateway {text}" if mention else text, user=user, files=files)

    async def react(self, post: Post, *, added: bool = True) -> None:
        """React as Grace, or as Ada in her own chat."""
        user = "Grace" if post.place.thread else "Ada"
        await self.put_reaction(post, self.facts.emoji, user=user, added=added)

    def controls(self, message: Said) -> object:
        return deepcopy(self._shown(message))

    async def press(self, controls: object, label: str, *, under: Said, user: Person = "Ada") -> None:
        stands = self._shown(under)
        self._show(under, controls)
        try:
            await self.click(under, label, user=user)
        finally:
            self._show(under, stands)

    # -- trouble

    def fail_next(
        self, method: Method, trouble: Trouble, *, times: int = 1, retry_after: float = 1, after_effect: bool = False
    ) -> None:
        fault: Mapping[str, Any]
        match trouble:
            case "rate_limited":
                fault = {"retry_after": retry_after}
            case "server_error":
                fault = {"status": 503, "after_effect": after_effect}
            case "disconnected":
                fault = {"status": "disconnect", "after_effect": after_effect}
                if method in self.repeated:
                    times *= 2
            case "forbidden" | "gone":
                fault = self.refusals[trouble]
        self.emulator.fail_next(self.methods[method], times=times, when=self._calls(method), **fault)

    def hold(self, method: Method, *, after_effect: bool = False, text: str = "") -> Hold:
        made = self._calls(method)
        when: When = lambda args: made(args) and text in str(args)  # noqa: E731
        return self.emulator.hold(self.methods[method], after_effect=after_effect, when=when)

    def calls(self, method: Method) -> int:
        made = self._calls(method)
        return sum(made(call.args) for call in self.emulator.calls_to(self.methods[method]))

    # -- what a platform says itself

    def _calls(self, method: Method) -> When:
        """Return whether a call's arguments are those of this method, where several share the emulator's name."""
        return lambda args: True

    def _shown(self, message: Said) -> Any:
        """Return the buttons that the emulator keeps under a message, in the platform's own form."""
        raise NotImplementedError

    def _show(self, message: Said, controls: Any) -> None:
        """Put buttons under a message in place of those that stand there."""
        raise NotImplementedError
