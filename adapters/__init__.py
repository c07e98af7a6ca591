"""The registry of platforms: the name of each, and where its parts live.

Importing this module imports no platform's SDK. Other packages add a platform by an entry point of the group
``gateway.adapters`` whose value is a ``gateway.adapter.Platform``.
"""

from gateway.adapter import Platform

PLATFORMS: tuple[Platform, ...] = (
    Platform(
        name="slack",
        settings_class="adapters.slack.settings:SlackSettings",
        adapter_class="adapters.slack.adapter:SlackAdapter",
        manifest_function="adapters.slack.manifest:app_manifest",
        doctor_function="adapters.slack.doctor:diagnosis",
        emulator_class="gateway.emulators.slack.emulator:SlackEmulator",
    ),
    Platform(
        name="discord",
        settings_class="adapters.discord.settings:DiscordSettings",
        adapter_class="adapters.discord.adapter:DiscordAdapter",
        manifest_function="adapters.discord.manifest:app_manifest",
        doctor_function="adapters.discord.doctor:diagnosis",
        emulator_class="gateway.emulators.discord.emulator:DiscordEmulator",
    ),
    Platform(
        name="teams",
        settings_class="adapters.teams.settings:TeamsSettings",
        adapter_class="adapters.teams.adapter:TeamsAdapter",
        manifest_function="adapters.teams.manifest:app_manifest",
        doctor_function="adapters.teams.doctor:diagnosis",
        emulator_class="gateway.emulators.teams.emulator:TeamsEmulator",
    ),
    Platform(
        name="chatkit",
        settings_class="adapters.chatkit.settings:ChatKitSettings",
        adapter_class="adapters.chatkit.adapter:ChatKitAdapter",
        by_key=True,
    ),
)
"""The platforms that come with the gateway, in the order they are listed to users."""
