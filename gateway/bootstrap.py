"""Builds the objects a gateway consists of from its settings. Nothing is started here but emulators."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Self

from gateway.adapter import Adapter, AdapterContext, Cipher, Emulator, Platform
from gateway.chat.access import AccessHooks
from gateway.chat.attachments import FileRules
from gateway.chat.handlers import BotHandlers
from gateway.chat.registry import Callbacks
from gateway.data import BaseDataLayer
from gateway.disk import has_spare_room, is_full, make_folder, make_room
from gateway.egress import Sender
from gateway.errors import SettingsError
from gateway.fetching import Fetcher
from gateway.http.access import KeyedAccess
from gateway.http.admin.recent_turns import RecentTurns
from gateway.http.api.parts import ApiParts
from gateway.http.files import FileServer
from gateway.http.links import FileLinks
from gateway.http.vault import BlobFileVault
from gateway.ingress.acceptor import Acceptor
from gateway.ingress.activity import ConversationActivity
from gateway.ingress.decoder import EnvelopeDecoder
from gateway.ingress.dispatcher import Dispatcher
from gateway.ingress.failures import Failures
from gateway.ingress.guard import Guard
from gateway.ingress.housekeeping import Housekeeping
from gateway.ingress.policy import policy_of
from gateway.ingress.quotas import Quotas
from gateway.ingress.requests import Requests
from gateway.ingress.retention import Retention
from gateway.ingress.shared_activity import SharedActivity
from gateway.ingress.tasks import BackgroundTasks
from gateway.outbox import Deliverer, ElementFiles, LayerSource, LayerThreads, WithDeliveries
from gateway.ports import Blobs, Store, Threads
from gateway.proactive.broadcasts import Broadcasts
from gateway.proactive.destinations import Destinations
from gateway.proactive.messages import ProactiveMessages
from gateway.proactive.requests import IdempotencyKeys
from gateway.proactive.targets import Targets
from gateway.runtime.commands import CommandList
from gateway.runtime.contents import Contents
from gateway.runtime.deletion import Deletion
from gateway.runtime.endings import DeliveryEndings
from gateway.runtime.erasure import Erasure
from gateway.runtime.files import Files
from gateway.runtime.forms import Forms
from gateway.runtime.history import History, Place
from gateway.runtime.identity import StoredIdentity
from gateway.runtime.key_values import StoredKeyValues
from gateway.runtime.limits import Limits
from gateway.runtime.orphans import Orphans
from gateway.runtime.places import Places
from gateway.runtime.profiles import Profiles
from gateway.runtime.questions import OpenQuestions
from gateway.runtime.resources import SessionResources
from gateway.runtime.runner import Runner
from gateway.runtime.seals import Seals
from gateway.runtime.session import SessionPool
from gateway.runtime.turn import Services
from gateway.settings import LOOPBACK, GatewaySettings, PlatformSettings, playground_database
from gateway.store import open_store
from gateway.store.api_keys import has_api_keys
from gateway.store.blobs import open_blobs
from gateway.store.urls import is_postgresql, sqlite_file
from gateway.tables import Tables, read_tables
from gateway.telemetry.exporting import tracing
from gateway.telemetry.metrics import Counters
from gateway.telemetry.observer import Observers
from gateway.telemetry.prometheus import Metrics

if TYPE_CHECKING:
    from gateway.telemetry.tracing import Tracing

CREDENTIALS = "SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, DISCORD_BOT_TOKEN, or TEAMS_APP_ID and TEAMS_APP_PASSWORD"
"""The settings that switch a platform on, for error messages."""

Wrap = Callable[[Adapter, ConversationActivity], Adapter]
"""Takes an adapter, and what knows where turns run, and returns the adapter that is used in its place."""

CONTENT_LINK = 3_600.0
"""Seconds for which a link to the content of an element works that the HTTP API gives out."""


@dataclass(frozen=True, slots=True)
class FileParts:
    """What keeps files beyond a turn, and hands them out."""

    blobs: Blobs
    vault: BlobFileVault
    server: FileServer
    seals: Seals
    """The seals that the links are signed with: those of the same gateway."""


def file_parts(settings: GatewaySettings) -> FileParts:
    """Build what keeps files. Raises ``SettingsError`` for a ``BLOB_URL`` that cannot be used."""
    seals = Seals()
    blobs = open_blobs(settings.blob_url, folder=settings.data_dir / "blobs")
    links = FileLinks(key=lambda: seals.key("links to files"), public_url=settings.own_url)
    vault = BlobFileVault(blobs, links, quota=settings.file_quota(), former=settings.data_dir / "held")
    return FileParts(blobs, vault, FileServer(links, vault, blobs), seals)


@dataclass(frozen=True, slots=True)
class Given:
    """What adapters are given that the rest of the gateway is made around, too."""

    activity: ConversationActivity
    access: KeyedAccess
    deletion: Deletion

    @classmethod
    def of(cls, settings: GatewaySettings, store: Store, kept: FileParts) -> Self:
        """Build it for these settings on this store."""
        files = Files(settings.data_dir / "files", sender=Sender({}), limit=0, cluster=store.cluster)
        deletion = Deletion(store=store, blobs=kept.blobs, held=kept.vault, files=files)
        access = KeyedAccess(store, store, settings.plain_api_keys, rate=settings.api_rate, cluster=store.cluster)
        return cls(ConversationActivity(), access, deletion)


def adapter_context(settings: GatewaySettings, store: Store, kept: FileParts, given: Given) -> AdapterContext:
    """Return what the adapters of a gateway may know and use of it."""
    return AdapterContext(
        max_body_bytes=settings.max_body_bytes,
        max_file_bytes=settings.max_file_bytes,
        loopback=settings.host in LOOPBACK,
        files=kept.vault,
        store=StoredKeyValues(store),
        documents=store,
        access=given.access,
        idempotency=IdempotencyKeys(store),
        activity=SharedActivity(given.activity, inbox=store, cluster=store.cluster),
        conversations=given.deletion,
        cluster=store.cluster,
        identity=StoredIdentity(store),
        cipher=_cipher(settings),
        public_url=settings.own_url,
    )


def _cipher(settings: GatewaySettings) -> Cipher | None:
    """Return what encrypts secrets in the store; None where there is no key. Raises ``SettingsError``."""
    if not settings.plain_encryption_keys:
        return None
    from gateway.runtime.cipher import KeyedCipher  # cryptography is loaded only where it is needed

    return KeyedCipher(settings.plain_encryption_keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The objects one gateway consists of, built and not started. ``gateway.app.Gateway`` starts and ends them."""

    settings: GatewaySettings
    callbacks: Callbacks
    adapters: Mapping[str, Adapter]
    emulators: Mapping[str, Emulator]
    """The emulated platforms that the playground shows, by name; empty on real platforms. Whoever started them stops
    them."""
    files: FileParts
    store: Store
    counters: Counters
    observers: Observers
    """Those who are told of everything that happens; more of them can be added before the gateway is entered."""
    traces: "Tracing | None"
    """What makes traces; None where there are none."""
    metrics: Metrics | None
    """What is counted for Prometheus; None where nobody can read it."""
    limits: Limits
    questions: OpenQuestions
    seals: Seals
    history: History
    sessions: SessionPool
    resources: SessionResources | None
    """What sessions have beside them in memory; None where the bot asks for nothing of that kind."""
    dispatcher: Dispatcher
    acceptor: Acceptor
    housekeeping: Housekeeping
    layer: LayerSource
    deliverer: Deliverer
    requests: Requests
    messages: ProactiveMessages
    endings: DeliveryEndings
    broadcasts: Broadcasts
    access: KeyedAccess | None
    """What checks the API keys; None where there is no key, and therefore no HTTP API."""
    recent: RecentTurns | None
    """The last turns, for the pages of operators; None where there are no such pages."""
    api: ApiParts | None
    """What the HTTP API works with; None where there is no API key, and therefore no API."""


def compose(
    *,
    settings: GatewaySettings,
    callbacks: Callbacks,
    adapters: Mapping[str, Adapter],
    emulators: Mapping[str, Emulator] | None = None,
    kept: FileParts | None = None,
    store: Store | None = None,
    given: Given | None = None,
    tables: Tables | None = None,
    platforms: Sequence[str] = (),
) -> Parts:
    """Build the objects of a gateway around given adapters. Without ``store`` it is the one that
    ``settings.database_url`` names, not opened yet; without ``kept`` they are those that ``settings`` name; ``given``
    is what the adapters were given; ``tables`` are those of ``gateway.toml``, by default empty; ``platforms`` are the
    names of all there are. Raises ``SettingsError`` for a rule of access that cannot be."""
    store = store or open_store(settings.database_url)
    kept = kept or file_parts(settings)
    given = given or Given.of(settings, store, kept)
    counters = Counters()
    observers = Observers(counters)
    keyed = _has_keys(settings)
    metrics = Metrics() if keyed or settings.metrics_port is not None else None
    if metrics is not None:
        observers.add(metrics)
    traces = tracing(settings.traces)
    if traces is not None:
        observers.add(traces)
    store.observe(observers)
    limits = Limits(observers=observers)
    questions = OpenQuestions(per_person=settings.questions_per_person, limits=limits)
    seals = kept.seals
    tasks = BackgroundTasks()
    endings = DeliveryEndings(store.cluster)
    sender = Sender(adapters, cluster=store.cluster, observers=observers)
    profiles = Profiles(sender)
    files = Files(
        settings.data_dir / "files",
        sender=sender,
        limit=settings.max_file_bytes,
        quota=settings.file_quota(),
        cluster=store.cluster,
    )
    sessions = SessionPool(
        store,
        limit=settings.live_sessions,
        rest_after=settings.session_rest,
        now=lambda: store.cluster.now(),
        observers=observers,
    )
    history = History(_place_of_history(settings, callbacks))
    contents = _contents(settings, kept) if history.on else None
    layer = LayerSource(
        callbacks.data_layer,
        None if contents is None else _own_layer(settings, contents),
        timeout=settings.data_layer_timeout,
        made=kept.server.serve_storage_of,
    )
    resources = _mcp(settings, callbacks)
    if resources is not None:
        sessions.on_leave.append(resources.leave)
    handlers = BotHandlers(
        callbacks,
        keeps_history=history.on,
        reactions=settings.reaction_values,
        resources=resources,
        file_rules=FileRules(settings.max_files, settings.accepted_files),
    )
    decoder = EnvelopeDecoder(adapters, store, seals)
    services = Services(
        store=store,
        sender=sender,
        files=files,
        profile=profiles.get,
        spawn=tasks.spawn,
        questions=questions,
        seals=seals,
        commands=CommandList(store, sender, shared=store.cluster.shared),
        history=history,
        threads=_threads(history.place, store, layer, settings.data_layer_timeout),
        contents=contents,
        reactions=handlers.wants_reactions,
        author_rename=lambda: callbacks.author_rename,
        cot=settings.cot,
        fetcher=Fetcher(settings.fetch_allowed),
        feedback=lambda: _shows_thumbs(settings, callbacks),
        observers=observers,
    )
    places = Places(
        in_all=settings.running_turns,
        per_person=settings.turns_per_person,
        per_workspace=settings.turns_per_workspace,
        limits=limits,
    )
    dispatcher = Dispatcher(
        store=store,
        decoder=decoder,
        runner=Runner(services, sessions, handlers, places=places, timeout=settings.turn_timeout),
        pool=sessions,
        failures=Failures(
            store=store,
            pool=sessions,
            sender=sender,
            observers=observers,
            history=history,
            retries=settings.turn_retries,
        ),
        limits=limits,
        tasks=tasks,
        observers=observers,
        activity=given.activity,
        endings=endings,
    )
    forms = Forms(limits=sender.capabilities, sessions=sessions, store=store, seals=seals, judge=dispatcher.judge)
    tables = tables or Tables()
    guard = Guard(
        policy=policy_of(tables, adapters, platforms),
        quotas=Quotas(tables.limits, limits=limits, cluster=store.cluster),
        hooks=AccessHooks(callbacks),
        adapters=adapters,
        sender=sender,
        profile=profiles.get,
        spawn=tasks.spawn,
    )
    acceptor = Acceptor(
        inbox=store,
        sessions=store,
        decoder=decoder,
        dispatcher=dispatcher,
        handlers=handlers,
        observers=observers,
        forms=forms,
        cluster=store.cluster,
        guard=guard,
    )
    housekeeping = Housekeeping(
        store=store,
        pool=sessions,
        files=files,
        held=kept.vault,
        contents=_orphans(kept.blobs, store, contents),
        acceptor=acceptor,
        retention=Retention(store=store, blobs=kept.blobs, files=files, days=settings.retention_days),
        rest_after=settings.session_rest,
        end_after=settings.session_timeout,
        own_blobs=settings.blob_url is None,
    )
    deliverer = Deliverer(
        store,
        layer,
        ElementFiles(kept.blobs, settings.data_dir / "outbox"),
        timeout=settings.data_layer_timeout,
        cluster=store.cluster,
    )
    suspension = dispatcher.suspension(profiles=profiles, history=history)
    given.deletion.running = suspension
    keyed = _has_keys(settings)
    recent = RecentTurns() if keyed and settings.admin != "off" else None
    if recent is not None:
        observers.add(recent)
        suspension.on_forget.append(recent.forget)
    erasure = Erasure(
        store=store,
        blobs=kept.blobs,
        held=kept.vault,
        files=files,
        seals=seals,
        contents=contents,
        running=WithDeliveries(suspension, deliverer),
    )
    destinations = Destinations(store, sender, sessions, adapters)
    targets = Targets(store, destinations, tuple(adapters))
    messages = ProactiveMessages(store=store, destinations=destinations, take=acceptor.take, endings=endings)
    broadcasts = Broadcasts(store=store, targets=targets, take=acceptor.take, endings=endings, cluster=store.cluster)
    api = ApiParts(
        access=given.access,
        store=store,
        deletion=given.deletion,
        erasure=erasure,
        messages=messages,
        broadcasts=broadcasts,
        history=history.place,
        link=lambda key: kept.server.blob_url(key, seconds=CONTENT_LINK),
        links=kept.server.links,
        blobs=kept.blobs,
        public_url=settings.own_url,
        max_file_bytes=int(settings.max_file_mb * 1_000_000),
    )
    return Parts(
        settings=settings,
        callbacks=callbacks,
        adapters=adapters,
        emulators=emulators or {},
        files=kept,
        store=store,
        counters=counters,
        observers=observers,
        metrics=metrics,
        traces=traces,
        limits=limits,
        questions=questions,
        seals=seals,
        history=history,
        sessions=sessions,
        resources=resources,
        dispatcher=dispatcher,
        acceptor=acceptor,
        housekeeping=housekeeping,
        layer=layer,
        deliverer=deliverer,
        requests=Requests(store, erasure, store.cluster),
        messages=messages,
        endings=endings,
        broadcasts=broadcasts,
        access=given.access if keyed else None,
        recent=recent,
        api=api if keyed else None,
    )


def erasure_without_gateway(settings: GatewaySettings, store: Store, kept: FileParts) -> Erasure:
    """Build what erases people while no gateway runs. ``store`` is open, and so are the seals of ``kept``."""
    files = Files(settings.data_dir / "files", sender=Sender({}), limit=0)
    return Erasure(store=store, blobs=kept.blobs, held=kept.vault, files=files, seals=kept.seals)


def _shows_thumbs(settings: GatewaySettings, callbacks: Callbacks) -> bool:
    if settings.feedback != "auto":
        return settings.feedback == "on"
    return callbacks.on_feedback is not None or callbacks.data_layer is not None


def _mcp(settings: GatewaySettings, callbacks: Callbacks) -> SessionResources | None:
    """Return what connects conversations with servers of tools, None where the bot does not ask for it or no server is
    configured. Raises ``SettingsError``."""
    if callbacks.on_mcp_connect is None:
        return None
    from gateway.integrations.mcp import connections_of

    return connections_of(settings, callbacks)


def _own_layer(settings: GatewaySettings, contents: Contents) -> Callable[[], BaseDataLayer]:
    """Return a function that makes a data layer on the gateway's own database, with a connection of its own."""

    def make() -> BaseDataLayer:
        from sqlalchemy import URL

        from gateway.data.sql_alchemy import SQLAlchemyDataLayer
        from gateway.data.storage_clients.own import OwnStorageClient

        url = settings.database_url
        if not is_postgresql(url):
            file = URL.create("sqlite+aiosqlite", database=str(sqlite_file(url)))
            url = file.render_as_string(hide_password=False)
        return SQLAlchemyDataLayer(url, storage_provider=OwnStorageClient(contents))

    return make


def _threads(place: Place, store: Store, layer: LayerSource, timeout: float) -> Threads | None:
    """Return what reads threads back from where they are kept."""
    match place:
        case "store":
            return store
        case "layer":
            return LayerThreads(layer, timeout=timeout)
        case "off":
            return None


def _contents(settings: GatewaySettings, kept: FileParts) -> Contents:
    def link(key: str, seconds: float) -> str | None:
        return kept.server.blob_url(key, seconds=seconds)

    def has_room(size: int) -> bool:
        in_cloud = settings.blob_url is not None and not settings.blob_url.startswith("file:")
        return in_cloud or has_spare_room(settings.data_dir, size)

    limit = int(settings.history_file_mb * 1_000_000)
    return Contents(kept.blobs, limit=limit, link=link, has_room=has_room)


def _orphans(blobs: Blobs, store: Store, contents: Contents | None) -> Orphans:
    async def referenced(keys: Collection[str]) -> Collection[str]:
        running = () if contents is None else contents.held(keys)
        return {*running, *await store.referenced(keys)}

    return Orphans(blobs, referenced=referenced)


def _place_of_history(settings: GatewaySettings, callbacks: Callbacks) -> Place:
    if settings.history == "off":
        return "off"
    return "store" if callbacks.data_layer is None else "layer"


def on_real_platforms(
    settings: GatewaySettings, callbacks: Callbacks, platforms: Mapping[str, Platform], *, wrap: Wrap | None = None
) -> Parts:
    """Build a gateway on every platform that has credentials, with its adapters as ``wrap`` makes them. Raises
    ``SettingsError`` when none has, or only a part of its own."""
    blocks = _read(settings, platforms)
    if not _any_configured(blocks):
        raise SettingsError(
            f"no platform is on: set {CREDENTIALS}; the playground, which needs none, opens with `gateway run`"
        )
    return on_platforms(settings, callbacks, platforms, blocks, wrap=wrap)


async def on_real_or_emulated_platforms(
    settings: GatewaySettings,
    callbacks: Callbacks,
    platforms: Mapping[str, Platform],
    stack: AsyncExitStack,
    *,
    wrap: Wrap | None = None,
) -> Parts:
    """Build a gateway on every platform that has credentials; when none has, on emulators of all, shown in the
    playground. Emulators are started here and end with ``stack``. The adapters are as ``wrap`` makes them. Raises
    ``SettingsError``."""
    if has_credentials(settings, platforms):
        return on_real_platforms(settings, callbacks, platforms, wrap=wrap)
    if settings.host not in LOOPBACK:
        raise SettingsError(
            f"no platform's credentials are set ({CREDENTIALS}), and the playground that stands in for them runs "
            f"on this machine only, not on {settings.host}"
        )
    parts = await on_emulated_platforms(settings, callbacks, platforms, stack, wrap=wrap)
    for emulator in parts.emulators.values():
        emulator.deliver_to(settings.local_url)
    return parts


async def on_emulated_platforms(
    settings: GatewaySettings,
    callbacks: Callbacks,
    platforms: Mapping[str, Platform],
    stack: AsyncExitStack,
    *,
    wrap: Wrap | None = None,
) -> Parts:
    """Build a gateway on emulators of all platforms, which are started here and end with ``stack``. The caller lets
    them deliver to where the gateway is served. The adapters are as ``wrap`` makes them. Raises ``SettingsError``."""
    blocks = _read(settings, platforms)
    emulators: dict[str, Emulator] = {}
    for name, platform in platforms.items():
        if (emulator := platform.emulator()) is None:
            continue
        await emulator.start()
        stack.push_async_callback(emulator.stop)
        emulators[name] = emulator
        blocks[name] = platform.settings(emulator.environment())
    if "database_url" not in settings.model_fields_set:
        settings = settings.model_copy(update={"database_url": playground_database(settings)})
    if not _any_configured(blocks):
        raise SettingsError(f"no platform is on: set {CREDENTIALS}")
    return on_platforms(settings, callbacks, platforms, blocks, emulators, wrap=wrap)


def has_credentials(settings: GatewaySettings, platforms: Mapping[str, Platform]) -> bool:
    """Return whether any platform has credentials. Raises ``SettingsError`` for one that has only a part of its own."""
    return _any_configured(_read(settings, platforms))


def check_data_folder(folder: Path) -> None:
    """Create the folder of attachments and write into it once, so that a full or read-only disk is known at the start
    and not when somebody sends the first file. Raises ``SettingsError``."""
    try:
        make_folder(folder)
        with TemporaryFile(dir=folder, buffering=0) as probe:
            probe.write(b"x" * 4096)
    except OSError as error:
        fix = make_room(folder) if is_full(error) else "make it writable"
        raise SettingsError(f"cannot write into {folder}: {error.strerror}; {fix}, or set GATEWAY_DATA_DIR") from error


def _read(settings: GatewaySettings, platforms: Mapping[str, Platform]) -> dict[str, PlatformSettings]:
    """Read the settings of each platform that can be on: one that programs reach with an API key can only where there
    is a key. Raises ``SettingsError`` for one that has only a part of its credentials."""
    keys = _has_keys(settings)
    blocks = {name: platform.settings() for name, platform in platforms.items() if keys or not platform.by_key}
    for block in blocks.values():
        if block.missing is not None:
            raise SettingsError(block.missing)
    return blocks


def _has_keys(settings: GatewaySettings) -> bool:
    return bool(settings.plain_api_keys) or has_api_keys(settings.database_url)


def _any_configured(blocks: Mapping[str, PlatformSettings]) -> bool:
    return any(block.configured for block in blocks.values())


def on_platforms(
    settings: GatewaySettings,
    callbacks: Callbacks,
    platforms: Mapping[str, Platform],
    blocks: Mapping[str, PlatformSettings],
    emulators: Mapping[str, Emulator] | None = None,
    *,
    wrap: Wrap | None = None,
    tables: Tables | None = None,
) -> Parts:
    """Build the adapters of the configured platforms, and everything around them.

    Args:
        settings: The gateway's settings.
        callbacks: The bot's handlers.
        platforms: The platforms there are, by name.
        blocks: The settings of each platform, by name; one that is not configured is left out.
        emulators: The emulated platforms, by name, which are started already; none on real platforms.
        wrap: Takes each adapter and returns the one that is used in its place.
        tables: The tables of ``gateway.toml``; by default those of the file in the working folder.

    Raises ``SettingsError``.
    """
    tables = read_tables() if tables is None else tables
    kept = file_parts(settings)
    store = open_store(settings.database_url)
    given = Given.of(settings, store, kept)
    context = adapter_context(settings, store, kept, given)
    if emulators:
        context = replace(context, identity=None)  # emulated bots are others at each start
    adapters = {name: platforms[name].adapter(block, context) for name, block in blocks.items() if block.configured}
    if wrap is not None:
        adapters = {name: wrap(adapter, given.activity) for name, adapter in adapters.items()}
    return compose(
        settings=settings,
        callbacks=callbacks,
        adapters=adapters,
        emulators=emulators,
        kept=kept,
        store=store,
        given=given,
        tables=tables,
        platforms=tuple(platforms),
    )
