"""The parts of the Discord emulator. Import it from ``gateway.emulators.discord.emulator``."""
