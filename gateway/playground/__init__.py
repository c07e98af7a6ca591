"""The playground: a page that shows the emulated platforms, and the routes that serve it."""

from gateway.playground.server import Playground

__all__ = ["Playground"]
