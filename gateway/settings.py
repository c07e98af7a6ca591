"""Settings: the environment, then ``.env``, then ``gateway.toml``. Each platform's block lives with its adapter."""

import os
import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.disk import Quota
from gateway.errors import SettingsError
from gateway.redaction import conceal, conceal_address, conceal_variables
from gateway.tables import TOML, read_document

_given_only: set[object] = set()
"""One object for each block of ``given_only`` that is entered: for the whole process, as the environment is."""


class _Settings(BaseSettings):
    """A block of settings: the environment wins over ``.env``, and that over ``gateway.toml``. Names are
    case-insensitive. Blanks around a value are dropped, because a token in a mounted file ends with a line break."""

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        populate_by_name=True,
        env_ignore_empty=True,
        str_strip_whitespace=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        if _given_only:
            return (init_settings,)
        return init_settings, env_settings, dotenv_settings, _Toml(settings_cls)

    def model_post_init(self, context: Any, /) -> None:
        """Keep every secret of this block out of all logs from now on."""
        for _, value in self:
            if isinstance(value, SecretStr):
                conceal(value.get_secret_value())
            elif isinstance(value, str) and "://" in value:
                conceal_address(value)

    @classmethod
    def read(cls, **overrides: Any) -> Self:
        """Return the settings as they are now, with ``overrides`` by field name before all else. Raises
        ``SettingsError``, naming the variable, for a value that does not fit."""
        try:
            return cls(**overrides)
        except ValidationError as error:
            first = error.errors()[0]
            raise SettingsError(f"setting {cls._variables(str(first['loc'][0]))[0]}: {first['msg']}") from None
        except UnicodeDecodeError as error:
            raise SettingsError(f".env is not UTF-8 text: {error.reason} at byte {error.start}") from None

    @classmethod
    def with_values(cls, values: Mapping[str, str]) -> Self:
        """Return the settings with ``values``, by the names of the variables, before those of the environment. Raises
        ``SettingsError``."""
        by_variable = {variable: field for field in cls.model_fields for variable in cls._variables(field)}
        return cls.read(**{by_variable[name]: value for name, value in values.items() if name in by_variable})

    @classmethod
    def variables(cls) -> frozenset[str]:
        """Return the names of the environment variables this block reads."""
        return frozenset(name for field in cls.model_fields for name in cls._variables(field))

    @classmethod
    def variable(cls, field: str) -> str:
        """Return the name of the environment variable that a field is read from."""
        return cls._variables(field)[0]

    @classmethod
    def _variables(cls, field: str) -> list[str]:
        info = cls.model_fields.get(field)
        alias = info.validation_alias if info is not None else field  # an error names the alias itself
        if isinstance(alias, AliasChoices):
            return [str(choice) for choice in alias.choices]
        return [alias if isinstance(alias, str) else f"{cls.model_config.get('env_prefix', '')}{field}".upper()]


class _Toml(EnvSettingsSource):
    """The settings in ``gateway.toml``, which have the same names there as in the environment, so that no two blocks
    read the same line."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in toml_settings().items()}


def toml_settings() -> Mapping[str, str]:
    """Return the values in ``gateway.toml`` of the working folder by the names of their variables, without its tables
    (see ``gateway.tables``); empty without such a file. Raises ``SettingsError`` for a file that is not TOML."""
    return {name.upper(): str(value) for name, value in read_document().settings.items()}


@contextmanager
def given_only() -> Generator[None]:
    """Let settings that are made in the block be read from nothing but the values they are given: not from the
    environment, ``.env`` or ``gateway.toml``. For tests and replays, which must be the same on every machine."""
    block = object()
    _given_only.add(block)
    try:
        yield
    finally:
        _given_only.discard(block)


def conceal_secrets() -> None:
    """Keep out of every log the values whose names in the environment, ``.env`` and ``gateway.toml`` are those of
    secrets: the platforms' credentials and the bot's own."""
    with suppress(UnicodeDecodeError):  # which is reported when the settings are read
        conceal_variables(dotenv_values(".env"))
    conceal_variables(toml_settings())
    conceal_variables(os.environ)


def unknown(blocks: Iterable[_Settings]) -> list[str]:
    """Return a line for each variable ``GATEWAY_...`` of the environment that no block reads, with the name that may
    have been meant. Raises ``SettingsError`` for such a name in ``gateway.toml``, where all names are the gateway's."""
    blocks = list(blocks)
    for problem in unknown_names(toml_settings(), blocks):
        raise SettingsError(f"{TOML}: {problem}")
    return unknown_names([name for name in os.environ if name.startswith("GATEWAY_")], blocks)


def unknown_names(names: Iterable[str], blocks: Iterable[_Settings]) -> list[str]:
    """Return a line for each of these names that is no setting of the gateway or of one of the blocks, with the name
    that may have been meant."""
    known = GatewaySettings.variables().union(*(block.variables() for block in blocks))

    def described(name: str) -> str:
        close = get_close_matches(name, known, 1)
        return f"there is no setting {name}" + (f"; did you mean {close[0]}?" if close else "")

    return [described(name) for name in names if name not in known]


class PlatformSettings(_Settings):
    """The settings of one platform, which is on when ``configured``."""

    platform: ClassVar[str]
    """The platform's name, as in ``ConversationRef.platform``."""

    @property
    def configured(self) -> bool:
        """Whether all credentials of the platform are set."""
        raise NotImplementedError

    @property
    def missing(self) -> str | None:
        """One line naming what is still to be set, when only a part of the credentials is; None when all or none
        are."""
        raise NotImplementedError


def _listed(keys: SecretStr | None) -> Sequence[str]:
    """Return the keys in a setting that separates them by commas."""
    listed = "" if keys is None else keys.get_secret_value()
    return [key for key in (each.strip() for each in listed.split(",")) if key]


LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts on which only this machine can reach the gateway."""


def playground_database(settings: "GatewaySettings") -> str:
    """Return the address of the database for emulated platforms, apart from the real one so that what was said in a
    playground never reaches real people."""
    return f"sqlite:///{settings.data_dir}/playground.db"


class GatewaySettings(_Settings):
    """The settings that are not one platform's. Their environment variables carry the prefix ``GATEWAY_``, except
    ``DATABASE_URL`` and ``BLOB_URL``."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The TCP port to listen on; 0 for a free one."""
    log: Literal["json", "console"] = "console"
    """The form of log lines on standard error: ``json`` for machines, ``console`` for people."""
    debug: bool = False
    """Whether everything is logged, what libraries say included."""
    database_url: str = Field(default="sqlite:///.gateway/gateway.db", validation_alias="DATABASE_URL")
    """The database of the inbox and the sessions, as ``sqlite:///file``."""
    blob_url: str | None = Field(default=None, validation_alias="BLOB_URL")
    """Where contents of files are kept: ``file:///folder``, ``s3://bucket/prefix``, ``gs://bucket/prefix`` or
    ``az://container/prefix``; None for the folder ``blobs`` in ``data_dir``."""
    data_dir: Path = Path(".gateway")
    """The folder of downloaded attachments, each kept 7 days at most, and of blobs unless ``blob_url`` is set."""
    turn_retries: int = Field(default=2, ge=0, le=20)
    """Number of re-runs of a turn that failed, before its message becomes a dead letter; 0 to run it at most once."""
    turn_timeout: float = Field(default=0, ge=0)
    """Seconds a turn may run, waiting for answers included; 0 for no bound."""
    session_rest: float = Field(default=900, gt=0)
    """Seconds without an event after which a session leaves memory (its JSON part stays)."""
    session_timeout: float = Field(default=0, ge=0)
    """Seconds without an event after which a session ends, announced; 0 for never."""
    live_sessions: int = Field(default=10_000, ge=1)
    """Number of sessions kept in memory at most."""
    running_turns: int = Field(default=1_000, ge=1)
    """Number of turns running at the same time at most; those that wait for an answer do not count."""
    turns_per_person: int = Field(default=250, ge=1)
    """Number of turns of one person running at the same time at most; further ones wait."""
    turns_per_workspace: int = Field(default=0, ge=0)
    """Number of turns of one workspace running at the same time at most; further ones wait. 0 for no bound."""
    questions_per_person: int = Field(default=1_000, ge=1)
    """Number of questions to one person open at the same time; for each further one the oldest is closed as if its time
    were up."""
    drain_timeout: float = Field(default=25, ge=0)
    """Seconds running turns get to end after SIGTERM."""
    public_url: str | None = None
    """The address at which the world reaches the gateway (``https://bot.example``), for links to files it holds."""
    root_path: str = ""
    """The prefix (``/bot``) below which a proxy shows the gateway to the world."""
    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    """Bytes of the largest webhook body; a larger one is answered 413."""
    max_file_mb: float = Field(default=25, gt=0)
    """Megabytes (1,000,000 bytes) of the largest attachment the gateway downloads."""
    max_files: int | None = Field(default=None, ge=0)
    """Number of attachments of one message that are taken; 0 for none, None for all."""
    accept: str = ""
    """Media types and endings of attachments that are taken (``image/*, .csv``), separated by commas; empty for every
    kind."""
    max_connections: int = Field(default=1_000, ge=10)
    """Number of open connections of all peers at most."""
    connections_per_address: int = Field(default=256, ge=1)
    """Number of open connections of one address at most."""
    trusted_proxies: str = ""
    """Addresses and networks of load balancers (``10.0.0.0/8, 192.0.2.7``), to which only ``max_connections``
    applies."""
    max_header_bytes: int = Field(default=32_768, ge=1024, le=1_048_576)
    """Bytes of a request's largest headers; larger ones are answered 431."""
    header_timeout: float = Field(default=15, gt=0)
    """Seconds a peer gets to send a request's headers."""
    body_timeout: float = Field(default=30, gt=0)
    """Seconds a peer gets to send a request's body, after its headers."""
    idle_timeout: int = Field(default=75, ge=1)
    """Seconds a connection stays open without a request."""
    files_mb_per_conversation: float = Field(default=250, gt=0)
    """Megabytes (1,000,000 bytes) the attachments of one conversation may take on the disk; as much again for files
    held for it."""
    files_mb: float = Field(default=5_000, gt=0)
    """Megabytes (1,000,000 bytes) all attachments may take on the disk; as much again for all held files."""
    feedback: Literal["auto", "on", "off"] = "auto"
    """Whether thumbs are shown under the bot's answers: ``auto`` where an ``on_feedback`` handler or a data layer is
    registered."""
    feedback_reactions: str = ""
    """Reactions on the bot's messages that count as thumbs: ``thumbsup=1, thumbsdown=0, 👍=1``, by the names the
    platforms give them."""
    history: Literal["on", "off"] = "on"
    """Whether conversations are kept: messages, steps, elements and feedback."""
    history_file_mb: float = Field(default=100, gt=0)
    """Megabytes (1,000,000 bytes) of the largest content of an element that history keeps; a larger one is sent and not
    kept."""
    data_layer_timeout: float = Field(default=30, gt=0)
    """Seconds that one call of a registered data layer may take."""
    retention_days: float = Field(default=0, ge=0)
    """Days without use after which a conversation is deleted, with all that belongs to it; 0 for never."""
    api_keys: SecretStr | None = None
    """Keys of the HTTP interfaces, separated by commas, each with all scopes; None where only those that
    ``gateway keys create`` made are valid."""
    encryption_keys: SecretStr | None = None
    """Keys that secrets in the database are encrypted with (the tokens of Slack's workspaces), separated by commas,
    each 32 bytes in URL-safe base64: the first one encrypts, all of them decrypt. None where nothing is kept that needs
    one."""
    api_rate: int = Field(default=600, ge=0)
    """Requests a minute that one API key may make; 0 for no bound. Several replicas share it out: each allows an equal
    part of it."""
    api_origins: str = ""
    """Origins of web pages (``https://app.example, http://localhost:3000``) from which browsers may use the HTTP
    interfaces; ``*`` for all, empty for none."""
    admin: Literal["off", "read", "write"] = "read"
    """The pages for operators below ``/admin``, where there is an API key: none, pages that only show, or such from
    which a key with the scope ``admin`` can run dead letters again and drop them."""
    blocked_after: float = Field(default=5, ge=0)
    """Seconds for which code may block the event loop before ``gateway run`` logs where it does; 0 for never."""
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """The TCP port on which ``/metrics`` is served to anybody who reaches it; 0 for a free one, None for none, where
    ``/metrics`` needs an API key."""
    metrics_host: str | None = None
    """The address to listen on for metrics; None for ``host``."""
    traces: Literal["auto", "on", "off"] = "auto"
    """Whether traces are sent to an OpenTelemetry collector: ``auto`` where ``OTEL_EXPORTER_OTLP_ENDPOINT`` names
    one."""
    fetch_allow: str = ""
    """Hosts (``files.corp.example, 10.0.0.7:8080``) that ``cl.fetch`` may ask although they are not public."""
    mcp: Path | None = None
    """The JSON file that lists servers of tools (MCP); None for ``.mcp.json`` beside the bot."""
    mcp_executables: str = ""
    """Executables (``npx, uvx, /opt/tools/server``) that may be started as servers of tools; empty for those that
    ``.chainlit/config.toml`` allows, else ``npx`` and ``uvx``."""
    mcp_timeout: float = Field(default=20, gt=0)
    """Seconds that connecting with servers of tools, ``on_mcp_connect`` included, may hold up a turn."""
    mcp_connections: int = Field(default=100, ge=1)
    """Number of connections with servers of tools open at the same time at most, those of all conversations
    together."""
    compat: Literal["chainlit"] | None = None
    """``chainlit`` runs a bot file that says ``import chainlit``, unchanged; None imports what is installed."""
    cot: Literal["hidden", "tool_call", "full"] = "full"
    """Which steps people see (the chain of thought): none, those of type ``tool``, or all."""

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        conceal(*self.plain_api_keys, *self.plain_encryption_keys)

    @property
    def plain_api_keys(self) -> Sequence[str]:
        """The keys in ``api_keys``."""
        return _listed(self.api_keys)

    @property
    def plain_encryption_keys(self) -> Sequence[str]:
        """The keys in ``encryption_keys``."""
        return _listed(self.encryption_keys)

    @property
    def web_origins(self) -> Sequence[str]:
        """The origins in ``api_origins``."""
        return [origin for origin in (each.strip() for each in self.api_origins.split(",")) if origin]

    @property
    def mcp_allowed(self) -> Sequence[str]:
        """The executables in ``mcp_executables``."""
        return [each for each in (part.strip() for part in self.mcp_executables.split(",")) if each]

    @property
    def fetch_allowed(self) -> Sequence[str]:
        """The hosts in ``fetch_allow``."""
        return [each for each in (part.strip() for part in self.fetch_allow.split(",")) if each]

    @property
    def reaction_values(self) -> Mapping[str, Literal[0, 1]]:
        """What each reaction that counts as a thumb is worth: 1 up, 0 down."""
        return _reaction_values(self.feedback_reactions)

    @property
    def max_file_bytes(self) -> int:
        """``max_file_mb`` in bytes."""
        return int(self.max_file_mb * 1_000_000)

    @property
    def accepted_files(self) -> Sequence[str]:
        """The media types and endings in ``accept``; empty where every kind is taken."""
        return [each for each in (part.strip() for part in self.accept.split(",")) if each not in ("", "*/*")]

    def file_quota(self) -> Quota:
        """Return a new, empty count of kept files with the bounds of ``files_mb_per_conversation`` and ``files_mb``."""
        return Quota(
            each=int(self.files_mb_per_conversation * 1_000_000),
            total=int(self.files_mb * 1_000_000),
            settings=("GATEWAY_FILES_MB_PER_CONVERSATION", "GATEWAY_FILES_MB"),
        )

    @property
    def local_url(self) -> str:
        """The address at which this machine reaches the gateway, without ``root_path``."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def own_url(self) -> str | None:
        """The address at which those who use the bot reach the gateway, ``root_path`` included; None when the gateway
        listens beyond this machine and ``public_url`` is not set."""
        if self.public_url is not None:
            return self.below_root(self.public_url)
        return self.below_root(self.local_url) if self.host in LOOPBACK else None

    def below_root(self, url: str) -> str:
        """Return the URL with ``root_path`` behind it, which it may end with already, and without a slash at its
        end."""
        url = url.rstrip("/")
        return url if url.endswith(self.root_path) else url + self.root_path

    @field_validator("feedback", mode="before")
    @classmethod
    def _of_yes_or_no(cls, value: object) -> object:
        words = {"true": "on", "1": "on", "yes": "on", "false": "off", "0": "off", "no": "off"}
        return words.get(str(value).lower(), value)

    @field_validator("feedback_reactions")
    @classmethod
    def _checked_reactions(cls, value: str) -> str:
        _reaction_values(value)
        return value

    @field_validator("api_origins")
    @classmethod
    def _checked_origins(cls, value: str) -> str:
        for origin in filter(None, (each.strip() for each in value.split(","))):
            if origin != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^\s/?#@,]+", origin):
                raise ValueError(f"{origin!r} is no origin like https://app.example: no path, no slash at the end")
        return value

    @field_validator("fetch_allow")
    @classmethod
    def _checked_hosts(cls, value: str) -> str:
        for host in filter(None, (each.strip() for each in value.split(","))):
            if not re.fullmatch(r"[\w.-]+(:\d+)?|[0-9a-fA-F:]+", host):
                raise ValueError(f"{host!r} is no host like files.corp.example or 10.0.0.7:8080")
        return value

    @field_validator("root_path")
    @classmethod
    def _one_form_of(cls, path: str) -> str:
        path = path.strip("/")
        if re.search(r"[^\w.~/-]", path, re.ASCII) or "//" in path or ".." in path.split("/"):
            raise ValueError(f"{path!r} is no path like /bot")
        return f"/{path}" if path else ""


def _reaction_values(text: str) -> Mapping[str, Literal[0, 1]]:
    values: dict[str, Literal[0, 1]] = {}
    for each in filter(None, (part.strip() for part in text.split(","))):
        emoji, _, value = (part.strip() for part in each.rpartition("="))
        if not emoji or value not in ("0", "1"):
            raise ValueError(f"{each!r} is not EMOJI=1 (thumbs up) or EMOJI=0 (thumbs down)")
        values[emoji.strip(":")] = 1 if value == "1" else 0
    return values
