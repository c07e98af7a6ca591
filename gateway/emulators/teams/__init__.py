"""The parts of the emulated Teams; ``gateway.emulators.teams.emulator`` puts them together."""
