"""``chainlit.config``: what ``.chainlit/config.toml`` says. It is set in the file, or in the environment."""

from collections.abc import Mapping
from typing import Any, cast

from gateway.chat.registry import Callbacks, registered
from gateway.compat.config import current

_SET = "it is read once, at the start: set it in .chainlit/config.toml, or in the environment (README, Settings)"


class Section:
    """A table of the file: its values as attributes.

    Args:
        path: The table's name, with a dot behind it.
        values: What is in it.
    """

    def __init__(self, path: str, values: Mapping[str, Any]) -> None:
        self.__dict__["_path"], self.__dict__["_values"] = path, values

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._values:
            raise AttributeError(f"there is no {self._path}{name} in .chainlit/config.toml")
        value = self._values[name]
        if isinstance(value, Mapping):
            return Section(f"{self._path}{name}.", cast(Mapping[str, Any], value))
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"chainlit.config.config.{self._path}{name} cannot be set: {_SET}")


class ChainlitConfig:
    """What is configured. ``ui``, ``features`` and ``project`` are the tables of the file; ``code`` are the functions
    that are registered."""

    @property
    def ui(self) -> Section:
        """The table ``[UI]`` of ``.chainlit/config.toml``."""
        return Section("ui.", current().values["UI"])

    @property
    def features(self) -> Section:
        """The table ``[features]`` of ``.chainlit/config.toml``."""
        return Section("features.", current().values["features"])

    @property
    def project(self) -> Section:
        """The table ``[project]`` of ``.chainlit/config.toml``."""
        return Section("project.", current().values["project"])

    @property
    def code(self) -> Callbacks:
        """The functions of the bot."""
        return registered()

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"chainlit.config.config.{name} cannot be set: {_SET}")


class Overrides:
    """Settings of a web page for one chat profile: they are only kept.

    Args:
        values: The settings.
    """

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


ChainlitConfigOverrides = FeaturesSettings = UISettings = ProjectSettings = McpFeature = Overrides
AudioFeature = SlackFeature = SpontaneousFileUploadFeature = Overrides

config = ChainlitConfig()

__all__ = [
    "AudioFeature",
    "ChainlitConfig",
    "ChainlitConfigOverrides",
    "FeaturesSettings",
    "McpFeature",
    "ProjectSettings",
    "SlackFeature",
    "SpontaneousFileUploadFeature",
    "UISettings",
    "config",
]
