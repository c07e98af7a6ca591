"""The registry: which platforms there are and where they live.

Nothing here imports a platform's SDK: a name is resolved only when that platform is on. Third parties add theirs by
an entry point of the group ``gateway.adapters`` whose value has the same form as a line of ``PLATFORMS``.
"""

from typing import NamedTuple


class Platform(NamedTuple):
    """Where a platform's public names are, as ``module:name``."""

    settings: str
    adapter: str
    emulator: str
    manifest: str
    """A function from ``AppOptions`` to the platform's app manifest: text, or an archive."""


PLATFORMS: dict[str, Platform] = {
    "slack": Platform(
        settings="adapters.slack.settings:SlackSettings",
        adapter="adapters.slack.adapter:SlackAdapter",
        emulator="gateway.emulators.slack.emulator:SlackEmulator",
        manifest="adapters.slack.manifest:app_manifest",
    ),
    "discord": Platform(
        settings="adapters.discord.settings:DiscordSettings",
        adapter="adapters.discord.adapter:DiscordAdapter",
        emulator="gateway.emulators.discord.emulator:DiscordEmulator",
        manifest="adapters.discord.manifest:app_manifest",
    ),
    "teams": Platform(
        settings="adapters.teams.settings:TeamsSettings",
        adapter="adapters.teams.adapter:TeamsAdapter",
        emulator="gateway.emulators.teams.emulator:TeamsEmulator",
        manifest="adapters.teams.manifest:app_manifest",
    ),
}
