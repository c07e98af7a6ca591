"""The command line: ``gateway run``, ``hello``, ``init`` and ``manifest``, and the groups of ``gateway.commands``."""

import asyncio
import gc
import os
import shlex
import sys
import traceback
import webbrowser
from contextlib import AsyncExitStack
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from gateway import __version__
from gateway.commands import backup, check, data, db, doctor, feedback, inbox, keys, outbox, replay, threads
from gateway.commands.common import fail, one_line_errors, read_settings, write_file
from gateway.errors import SettingsError
from gateway.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from socket import socket

    from gateway.adapter import Platform
    from gateway.app import Gateway
    from gateway.chat.registry import Callbacks
    from gateway.http.connections import Bounds
    from gateway.recording.replacing import Words
    from gateway.settings import GatewaySettings

app = typer.Typer(
    name="gateway",
    help="One Python bot, written once, that lives in Slack, Discord and Microsoft Teams.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help"]},
)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(check.check)
app.command()(doctor.doctor)
app.command()(replay.replay)
app.add_typer(data.app, name="data")
app.add_typer(db.app, name="db")
app.add_typer(feedback.app, name="feedback")
app.add_typer(inbox.app, name="inbox")
app.add_typer(keys.app, name="keys")
app.add_typer(outbox.app, name="outbox")
app.add_typer(threads.app, name="threads")

STARTER = '''"""A bot. Run it with: gateway run bot.py"""

import gateway as cl


@cl.on_message
async def main(message: cl.Message):
    await cl.Message(f"You said: {message.content}").send()
'''

STARTER_TEST = '''"""Tests of the bot, on all three platforms. Run them with: pytest"""

import pytest


@pytest.mark.asyncio
async def test_it_answers(user):
    await user.says("hello")
    await user.sees("You said: hello")
'''

ENV_EXAMPLE = """# Copy to .env and fill in. With none of these set, `gateway run bot.py` opens a playground.
SLACK_BOT_TOKEN=
SLACK_SIGNING_SECRET=

DISCORD_BOT_TOKEN=

TEAMS_APP_ID=
TEAMS_APP_PASSWORD=
TEAMS_APP_TENANT_ID=
"""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bot-gateway {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """One Python bot, written once, that lives in Slack, Discord and Microsoft Teams."""


Watch = Annotated[bool, typer.Option("-w", "--watch", help="Restart when a file next to the bot changes.")]
Headless = Annotated[bool, typer.Option("-h", "--headless", help="Do not open a browser.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on (GATEWAY_HOST, default 127.0.0.1).")]
Port = Annotated[int | None, typer.Option(help="Port to listen on (GATEWAY_PORT, default 8000); 0 for a free one.")]
Compat = Annotated[
    str | None, typer.Option(help="`chainlit`: run a file that says `import chainlit`, unchanged (GATEWAY_COMPAT).")
]
Debug = Annotated[bool, typer.Option("-d", "--debug", help="Log everything.")]
FakeModel = Annotated[
    bool, typer.Option("--fake-model", help="Answer OpenAI's and Mistral's clients by rules, on this machine.")
]

Record = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Write what arrives and goes out into this folder, without secrets and personal details."
    ),
]
RecordWords = Annotated[
    str, typer.Option(metavar="keep|mask", help="What becomes of the words in a recording: by default they are masked.")
]


@app.command()
def run(
    bot: Annotated[Path, typer.Argument(help="The bot's Python file.")],
    watch: Watch = False,
    headless: Headless = False,
    host: Host = None,
    port: Port = None,
    debug: Debug = False,
    fake_model: FakeModel = False,
    compat: Compat = None,
    record: Record = None,
    record_words: RecordWords = "mask",
) -> None:
    """Run a bot. Without credentials it opens a playground in the browser."""
    if record_words not in ("keep", "mask"):
        fail(f"--record-words is `keep` or `mask`, not {record_words!r}")
    if watch:
        recorded = ["--record", str(record), "--record-words", record_words] if record else []
        _watch(
            bot,
            headless=headless,
            host=host,
            port=port,
            debug=debug,
            fake_model=fake_model,
            compat=compat,
            more=recorded,
        )
        return
    _run(
        bot,
        headless=headless,
        host=host,
        port=port,
        debug=debug,
        fake_model=fake_model,
        compat=compat,
        record=record,
        words="keep" if record_words == "keep" else "mask",
    )


@app.command()
def hello(headless: Headless = False, host: Host = None, port: Port = None, debug: Debug = False) -> None:
    """Run the demo bot."""
    here = Path(__file__).parent
    bot = next(path for path in (here / "hello.py", here.parent / "examples" / "hello.py") if path.is_file())
    _run(bot, headless=headless, host=host, port=port, debug=debug)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where to write it.")] = Path()) -> None:
    """Write a first bot (bot.py), its test (test_bot.py) and an .env.example. Existing files are left alone."""
    for name, text in (("bot.py", STARTER), ("test_bot.py", STARTER_TEST), (".env.example", ENV_EXAMPLE)):
        path = folder / name
        if path.exists():
            typer.echo(f"{path} is there already, left as it is")
        else:
            write_file(path, text.encode())
    typer.echo(f"\nNow: gateway run {shlex.quote(str(folder / 'bot.py'))}")
    typer.echo(f"Test it: pytest {shlex.quote(str(folder))}  (pip install 'bot-gateway[testing]')")


@app.command()
def manifest(
    platform: Annotated[str, typer.Argument(help="slack, discord or teams")],
    name: Annotated[str, typer.Option(help="The app's name.")] = "Gateway bot",
    url: Annotated[str, typer.Option(help="Where the bot can be reached.")] = "https://YOUR-HOST",
    socket_mode: Annotated[
        bool, typer.Option("--socket-mode", help="Slack: for Socket Mode, no public address.")
    ] = False,
    distributed: Annotated[
        bool, typer.Option("--distributed", help="Slack: for many workspaces, which install the app at /slack/install.")
    ] = False,
    app_id: Annotated[str | None, typer.Option(help="Discord, Teams: the id of the application.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write it to this file.")] = None,
) -> None:
    """Make the platform's app manifest: scopes and events from the table the adapter is built on."""
    from gateway.adapter import AppOptions
    from gateway.platforms import registry

    platforms = registry()
    if platform not in platforms:
        fail(f"there is no platform {platform!r}; there are: {', '.join(platforms)}")
    try:
        url = read_settings().below_root(url)
        made = platforms[platform].manifest(AppOptions(name, url, socket_mode, distributed, app_id))
    except SettingsError as error:
        fail(str(error))
    if made is None:
        fail(f"{platform} has no app manifest: programs reach it with an API key (docs/api.md)")
    if output is not None:
        write_file(output, made if isinstance(made, bytes) else made.encode())
    elif isinstance(made, bytes):
        fail(f"the manifest of {platform} is an archive: say where to write it, with -o {platform}.zip")
    else:
        typer.echo(made, nl=False)


def _run(
    bot: Path,
    *,
    headless: bool,
    host: str | None,
    port: int | None,
    debug: bool,
    fake_model: bool = False,
    compat: str | None = None,
    record: Path | None = None,
    words: "Words" = "mask",
) -> None:
    """Load the bot and serve it until a signal. The bot's file is imported before the event loop runs, as a script
    would be."""
    import uvloop
    from dotenv import load_dotenv

    from gateway.bootstrap import check_data_folder
    from gateway.loading import load_bot
    from gateway.platforms import registry
    from gateway.serving.fake_model import fake_model as serving_fake_model
    from gateway.serving.server import bind, run_until_done
    from gateway.settings import unknown
    from gateway.telemetry.logs import configure_logging, log_what_the_interpreter_prints

    with one_line_errors():
        settings = read_settings(host=host, port=port, debug=debug or None, compat=compat)
        load_dotenv(".env")  # the bot's own variables; those of the environment win
        configure_logging(form=settings.log, debug=settings.debug)
        log_what_the_interpreter_prints()
        platforms = registry()
        for problem in unknown(platform.settings() for platform in platforms.values()):
            typer.echo(f"gateway: {problem}", err=True)  # no error: a cluster sets GATEWAY_SERVICE_HOST by itself
        with bind(settings.host, settings.port) as listener, serving_fake_model(fake_model):
            settings = settings.model_copy(update={"port": listener.getsockname()[1]})
            if settings.compat == "chainlit":
                callbacks, settings = _load_chainlit(bot, settings)
            else:
                callbacks = load_bot(bot)
            check_data_folder(settings.data_dir)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                served = _serve(
                    settings,
                    callbacks,
                    platforms,
                    listener,
                    folder=bot.parent,
                    headless=headless,
                    record=record,
                    words=words,
                )
                run_until_done(runner, served)


def _load_chainlit(bot: Path, settings: "GatewaySettings") -> "tuple[Callbacks, GatewaySettings]":
    """Load a file that was written for Chainlit, with what its ``.chainlit/config.toml`` says."""
    from gateway.app import loaded

    return loaded(bot, settings, say=lambda line: typer.echo(line, err=True))


async def _serve(
    settings: "GatewaySettings",
    callbacks: "Callbacks",
    platforms: "Mapping[str, Platform]",
    listener: "socket",
    *,
    folder: Path,
    headless: bool,
    record: Path | None,
    words: "Words",
) -> None:
    from gateway.app import Gateway
    from gateway.bootstrap import on_real_or_emulated_platforms
    from gateway.serving.server import Server
    from gateway.serving.watchdog import Watchdog

    async with AsyncExitStack() as stack:
        wrap = None
        if record is not None:
            from gateway.recording.recorder import Recorder  # nobody else pays for it

            blocks = [platform.settings() for platform in platforms.values()]
            recorder = stack.enter_context(Recorder.into(record, settings, blocks, version=__version__, words=words))
            wrap = recorder.wrap
            typer.echo(f"Recording into {recorder.path}", err=True)
        gateway = Gateway(await on_real_or_emulated_platforms(settings, callbacks, platforms, stack, wrap=wrap))
        server = Server(gateway, _bounds(settings), idle=settings.idle_timeout)
        with server.taking_signals():
            if gateway.traces is not None:
                from gateway.serving.tracing import share

                share(gateway.traces)
            if settings.metrics_port is not None:
                await stack.enter_async_context(_metrics(settings, gateway))
            async with gateway:
                _announce(settings, playground=gateway.is_emulated, headless=headless)
                if gateway.serves_api:
                    typer.echo("Programs with an API key are served below /v1", err=True)
                if settings.blocked_after:
                    stack.enter_context(Watchdog(settings.blocked_after, folder, gateway.observers).watching())
                await server.serve(sockets=[listener])


def _metrics(settings: "GatewaySettings", gateway: "Gateway") -> "AbstractAsyncContextManager[None]":
    from gateway.serving.metrics import listen, serving_metrics

    listener = listen(settings)
    host, port = listener.getsockname()[:2]
    typer.echo(f"Metrics are served at http://{f'[{host}]' if ':' in host else host}:{port}/metrics", err=True)
    return serving_metrics(gateway.metrics_route(), listener)


def _bounds(settings: "GatewaySettings") -> "Bounds":
    from gateway.http.connections import Bounds, networks

    try:
        proxies = networks(settings.trusted_proxies)
    except ValueError as error:
        raise SettingsError(
            f"setting GATEWAY_TRUSTED_PROXIES: {error}; write addresses or networks like 10.0.0.0/8"
        ) from None
    return Bounds(
        connections=settings.max_connections,
        per_address=settings.connections_per_address,
        proxies=proxies,
        header_bytes=settings.max_header_bytes,
        header_seconds=settings.header_timeout,
        body_seconds=settings.body_timeout,
    )


def _announce(settings: "GatewaySettings", *, playground: bool, headless: bool) -> None:
    everywhere = settings.host in ("0.0.0.0", "::")  # noqa: S104 (compared, not bound)
    url = settings.below_root(f"http://127.0.0.1:{settings.port}" if everywhere else settings.local_url)
    if playground:
        typer.echo("No credentials are set, so the platforms are emulated, on this machine only.", err=True)
        typer.echo(f"Talk to your bot at {url}  (Ctrl-C ends it)", err=True)
        again = os.environ.get("WATCHFILES_CHANGES", "[]") != "[]"  # set by ``_watch``: the page connects again itself
        if not headless and not again:
            Thread(
                target=webbrowser.open, args=(url,), daemon=True
            ).start()  # some browsers return when they are closed
    else:
        typer.echo(f"Listening on {url}", err=True)


def _watch(
    bot: Path,
    *,
    headless: bool,
    host: str | None,
    port: int | None,
    debug: bool,
    fake_model: bool,
    compat: str | None,
    more: "Sequence[str]" = (),
) -> None:
    from watchfiles import PythonFilter, run_process

    if not bot.is_file():
        fail(f"there is no bot file at {bot}: check the path, or write one with `gateway init`")
    command = [sys.executable, "-P", "-m", "gateway.cli", "run", str(bot)]
    command += ["--headless"] if headless else []
    command += ["--host", host] if host else []
    command += ["--port", str(port)] if port is not None else []
    command += ["--debug"] if debug else []
    command += ["--fake-model"] if fake_model else []
    command += ["--compat", compat] if compat else []
    command += more
    run_process(
        bot.resolve().parent,
        target=shlex.join(command),
        target_type="command",
        watch_filter=PythonFilter(extra_extensions=(".env", ".toml")),
        callback=lambda _: typer.echo("changed, restarting", err=True),
    )


def main() -> None:
    """Run the ``gateway`` command; an unexpected error is printed with its traceback, redacted, and exit code 1."""
    gc.disable()  # what is made while starting stays; ``serving.garbage`` turns it on
    try:
        app()
    except Exception as error:
        # A bug of ours, or of the bot's in a place where nobody expected one: shown like Python would, but for secrets.
        sys.stderr.write(redact("".join(traceback.format_exception(error))))
        sys.exit(1)


if __name__ == "__main__":
    main()
