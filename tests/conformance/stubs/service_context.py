"""LlamaIndex's container of settings, whose own class raises since the library has left it."""

from typing import Any


class ServiceContext:
    """The container."""

    @classmethod
    def from_defaults(cls, *, callback_manager: Any) -> "ServiceContext":
        """Return the container, with real callbacks."""
        assert callback_manager.handlers
        return cls()


def set_global_service_context(service_context: ServiceContext | None) -> None:
    """Do nothing: the library's own imports want the name."""
