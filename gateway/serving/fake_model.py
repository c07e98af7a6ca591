"""Stands in for the providers of models: the process's variables lead to a model that answers by written rules."""

import os
from collections.abc import Generator
from contextlib import contextmanager

import typer

PACE = 0.03
"""Seconds between two words of a stream, so that people see it stream."""


@contextmanager
def fake_model(wanted: bool) -> Generator[None]:
    """Serve the fake model during the block, and say so on stderr.

    Sets ``OPENAI_BASE_URL``, ``OPENAI_API_KEY``, ``MISTRAL_SERVER_URL`` and ``MISTRAL_API_KEY`` where they are not set.

    Args:
        wanted: Whether to serve it; else nothing happens.
    """
    if not wanted:
        yield
        return
    from gateway.emulators.models.server import FakeModelServer

    with FakeModelServer(pace=PACE) as server:
        addresses = {"OPENAI_BASE_URL": server.url, "MISTRAL_SERVER_URL": server.origin}
        taken = [name for name in addresses if os.environ.get(name)]
        for name, value in {**addresses, "OPENAI_API_KEY": "fake", "MISTRAL_API_KEY": "fake"}.items():
            if not os.environ.get(name):
                os.environ[name] = value
        typer.echo(
            f"The fake model answers at {server.url}: by rules (docs/models.md), on this machine only.", err=True
        )
        for name in taken:
            typer.echo(f"gateway: {name} is set, so its clients do not ask the fake model; unset it to do so", err=True)
        yield
