"""The playground: a page in which the emulated platforms live, and the routes that serve it."""

from gateway.playground.server import Playground

__all__ = ["Playground"]
