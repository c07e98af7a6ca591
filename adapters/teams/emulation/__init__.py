"""The parts of the emulated Teams; ``adapters.teams.emulator`` puts them together."""
