"""Settings: the environment, then ``.env``, then ``gateway.toml``. Each platform's block lives with its adapter."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.disk import Quota
from gateway.errors import SettingsError
from gateway.redaction import conceal, conceal_address, conceal_variables

_TOML = Path("gateway.toml")


class _Settings(BaseSettings):
    """Reads the environment, then ``.env``, then ``gateway.toml``; names are case-insensitive. Blanks around a value
    are none of it: a token out of a mounted file ends with a line break."""

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
        return init_settings, env_settings, dotenv_settings, _Toml(settings_cls)

    def model_post_init(self, context: Any, /) -> None:
        """Whatever is a secret here is kept out of every log from now on."""
        for _, value in self:
            if isinstance(value, SecretStr):
                conceal(value.get_secret_value())
            elif isinstance(value, str) and "://" in value:
                conceal_address(value)

    @classmethod
    def read(cls, **overrides: Any) -> Self:
        """Read them; a value that does not fit is a ``SettingsError`` naming the variable."""
        try:
            return cls(**overrides)
        except ValidationError as error:
            first = error.errors()[0]
            raise SettingsError(f"setting {cls._variables(str(first['loc'][0]))[0]}: {first['msg']}") from None
        except UnicodeDecodeError as error:
            raise SettingsError(f".env is not UTF-8 text: {error.reason} at byte {error.start}") from None

    @classmethod
    def with_values(cls, values: Mapping[str, str]) -> Self:
        """Read them, with ``values`` (by the names of the variables) before those of the environment."""
        by_variable = {variable: field for field in cls.model_fields for variable in cls._variables(field)}
        return cls.read(**{by_variable[name]: value for name, value in values.items() if name in by_variable})

    @classmethod
    def variables(cls) -> frozenset[str]:
        """The names of the environment variables it reads."""
        return frozenset(name for field in cls.model_fields for name in cls._variables(field))

    @classmethod
    def _variables(cls, field: str) -> list[str]:
        info = cls.model_fields.get(field)
        alias = info.validation_alias if info is not None else field  # an error names the alias itself
        if isinstance(alias, AliasChoices):
            return [str(choice) for choice in alias.choices]
        return [alias if isinstance(alias, str) else f"{cls.model_config.get('env_prefix', '')}{field}".upper()]


class _Toml(EnvSettingsSource):
    """``gateway.toml``: the same names as the environment's, so that no two blocks read the same line."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in toml_settings().items()}


def toml_settings() -> Mapping[str, str]:
    """What ``gateway.toml`` in the working folder says, by the name of the variable."""
    try:
        values = tomllib.loads(_TOML.read_text(encoding="utf-8")) if _TOML.is_file() else {}
    except ValueError as error:
        raise SettingsError(f"{_TOML} is not TOML: {error}") from None
    return {name.upper(): str(value) for name, value in values.items()}


def conceal_secrets() -> None:
    """Keep out of every log what the environment, ``.env`` and ``gateway.toml`` call a secret: the platforms' and the
    bot's own."""
    with suppress(UnicodeDecodeError):  # which is reported when the settings are read
        conceal_variables(dotenv_values(".env"))
    conceal_variables(toml_settings())
    conceal_variables(os.environ)


def unknown(blocks: Iterable[_Settings]) -> list[str]:
    """The variables ``GATEWAY_...`` that are set and that nothing reads, each with the name that may have been meant.
    In ``gateway.toml``, where all names are ours, such a one is a ``SettingsError``."""
    known = GatewaySettings.variables().union(*(block.variables() for block in blocks))

    def described(name: str) -> str:
        close = get_close_matches(name, known, 1)
        return f"there is no setting {name}" + (f"; did you mean {close[0]}?" if close else "")

    for name in toml_settings():
        if name not in known:
            raise SettingsError(f"{_TOML}: {described(name)}")
    return [described(name) for name in os.environ if name.startswith("GATEWAY_") and name not in known]


class PlatformSettings(_Settings):
    """A platform's own block. The platform is on when ``configured``."""

    platform: ClassVar[str]

    @property
    def configured(self) -> bool:
        """Whether the credentials are there."""
        raise NotImplementedError

    @property
    def missing(self) -> str | None:
        """What is still to be set, when only a part of the credentials is."""
        raise NotImplementedError


LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts on which only this machine can reach the gateway."""


def playground_database(settings: "GatewaySettings") -> str:
    """Where emulated platforms are remembered: what was said in a playground never reaches real people."""
    return f"sqlite:///{settings.data_dir}/playground.db"


class GatewaySettings(_Settings):
    """Everything that is not one platform's. Environment variables carry the prefix ``GATEWAY_`` except where named."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    log: Literal["json", "console"] = "console"
    debug: bool = False
    database_url: str = Field(default="sqlite:///.gateway/gateway.db", validation_alias="DATABASE_URL")
    data_dir: Path = Path(".gateway")
    turn_retries: int = Field(default=2, ge=0, le=20)
    """Re-runs of a turn that failed, before it becomes a dead letter. 0: at most once."""
    turn_timeout: float = Field(default=0, ge=0)
    """Seconds a turn may run, waiting for answers included; 0 for no bound."""
    session_rest: float = Field(default=900, gt=0)
    """Seconds without an event after which a session leaves memory (its JSON part stays)."""
    session_timeout: float = Field(default=0, ge=0)
    """Seconds without an event after which a session ends, announced; 0 for never."""
    live_sessions: int = Field(default=10_000, ge=1)
    """Sessions kept in memory at most."""
    running_turns: int = Field(default=1_000, ge=1)
    """Turns running at the same time at most."""
    turns_per_person: int = Field(default=250, ge=1)
    """Turns of one person running at the same time at most; others wait."""
    questions_per_person: int = Field(default=1_000, ge=1)
    """Questions to one person open at the same time; beyond that the oldest is closed as if its time were up."""
    drain_timeout: float = Field(default=25, ge=0)
    """Seconds running turns get to end after SIGTERM."""
    public_url: str | None = None
    """Where the world reaches the gateway (``https://bot.example``), for links to files it holds."""
    root_path: str = ""
    """The prefix (``/bot``) below which a proxy shows the gateway to the world."""
    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    """The largest webhook body; more is answered 413."""
    max_file_mb: float = Field(default=25, gt=0)
    """The largest attachment the gateway downloads, in MB."""
    max_connections: int = Field(default=1_000, ge=10)
    """Open connections of all peers at most."""
    connections_per_address: int = Field(default=256, ge=1)
    """Open connections of one address at most."""
    trusted_proxies: str = ""
    """Addresses and networks of load balancers, to which only ``max_connections`` applies."""
    max_header_bytes: int = Field(default=32_768, ge=1024, le=1_048_576)
    """The largest headers of a request; more is answered 431."""
    header_timeout: float = Field(default=15, gt=0)
    """Seconds until a request's headers are whole."""
    body_timeout: float = Field(default=30, gt=0)
    """Seconds until a request's body is whole."""
    idle_timeout: int = Field(default=75, ge=1)
    """Seconds a connection stays open without a request."""
    files_mb_per_conversation: float = Field(default=250, gt=0)
    """What the attachments of one conversation may take on the disk, in MB; so may the files held for it."""
    files_mb: float = Field(default=5_000, gt=0)
    """What all attachments may take on the disk, in MB; so may all held files."""
    feedback: bool = True
    """Thumbs under the bot's answers, when an ``on_feedback`` handler is registered."""

    def file_quota(self) -> Quota:
        """A new count of kept files, within what the settings allow."""
        return Quota(
            each=int(self.files_mb_per_conversation * 1_000_000),
            total=int(self.files_mb * 1_000_000),
            settings=("GATEWAY_FILES_MB_PER_CONVERSATION", "GATEWAY_FILES_MB"),
        )

    @property
    def local_url(self) -> str:
        """Where this machine reaches the gateway."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def own_url(self) -> str | None:
        """Where those who use the bot reach the gateway; None when that was not said."""
        if self.public_url is not None:
            return self.below_root(self.public_url)
        return self.below_root(self.local_url) if self.host in LOOPBACK else None

    def below_root(self, url: str) -> str:
        """The URL with the prefix, which may be in it already, and without a slash at its end."""
        url = url.rstrip("/")
        return url if url.endswith(self.root_path) else url + self.root_path

    @field_validator("root_path")
    @classmethod
    def _one_form_of(cls, path: str) -> str:
        path = path.strip("/")
        if re.search(r"[^\w.~/-]", path, re.ASCII) or "//" in path or ".." in path.split("/"):
            raise ValueError(f"{path!r} is no path like /bot")
        return f"/{path}" if path else ""
