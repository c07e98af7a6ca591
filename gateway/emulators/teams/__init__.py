"""The parts of the Teams emulator. Import it from ``gateway.emulators.teams.emulator``."""
