"""What the drivers of all platforms share. A platform's own driver holds only what differs there."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from gateway.adapter import Adapter, AdapterContext, Emulator
from gateway.emulators.common.faults import Hold, When
from gateway.emulators.common.values import Call
from gateway.model import Capabilities
from tests.contract.world import Method, Person, Said, Trouble, World

T = TypeVar("T")


class _Served(Protocol):
    @property
    def base(self) -> str:
        """The address at which an emulator's world is served."""
        ...


class DrivenEmulator(Emulator, Protocol):
    """What every emulator offers to tests besides ``Emulator``."""

    @property
    def world(self) -> _Served: ...

    @property
    def interaction_errors(self) -> Collection[str]:
        """What people were shown because the bot did not answer an interaction well."""
        ...

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 5.0) -> T: ...

    def calls_to(self, method: str) -> list[Call]: ...

    def hold(self, method: str, /, *, after_effect: bool = False, when: When | None = None) -> Hold: ...

    def fail_next(self, method: str, /, *args: Any, **fault: Any) -> None: ...


E = TypeVar("E", bound=DrivenEmulator)


class EmulatedWorld(Generic[E]):
    """The part of ``World`` that is the same on every platform; a subclass adds the rest.

    ``emulator`` is the platform's emulator, already started.
    """

    methods: ClassVar[Mapping[Method, str]]
    """What the emulator calls each call of the bot."""
    refusals: ClassVar[Mapping[Trouble, Mapping[str, Any]]]
    """How the emulator's ``fail_next`` is asked for the troubles ``forbidden`` and ``gone``."""
    repeated: ClassVar[frozenset[Method]] = frozenset()
    """Calls that the bot's HTTP client itself makes once more when the connection breaks."""

    def __init__(self, emulator: E) -> None:
        self.emulator = emulator

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> Adapter:
        raise NotImplementedError

    @property
    def capabilities(self) -> Capabilities:
        return self.adapter(AdapterContext()).capabilities

    def environment(self) -> Mapping[str, str]:
        return self.emulator.environment()

    def deliver_to(self, url: str) -> None:
        self.emulator.deliver_to(url)

    @asynccontextmanager
    async def unreachable(self) -> AsyncIterator[None]:
        port = urlsplit(self.emulator.world.base).port
        assert port is not None
        await self.emulator.stop()
        yield
        await self.emulator.start(port=port)

    # -- what people do and see

    async def click(self, message: Said, label: str, *, user: Person = "Ada") -> None:
        raise NotImplementedError

    def controls(self, message: Said) -> object:
        return deepcopy(self._shown(message))

    async def press(self, controls: object, label: str, *, under: Said, user: Person = "Ada") -> None:
        stands = self._shown(under)
        self._show(under, controls)
        try:
            await self.click(under, label, user=user)
        finally:
            self._show(under, stands)

    @property
    def complaints(self) -> Sequence[str]:
        return list(self.emulator.interaction_errors)

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 10.0) -> T:
        return await self.emulator.wait_for(predicate, timeout)

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


async def enter_comment(world: World, words: str) -> None:
    """Enter Ada's comment into the form that opens after a thumb."""
    form = await world.wait_for(world.form)
    assert form is not None
    await world.submit({form.labels[0]: words})
