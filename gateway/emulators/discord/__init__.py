"""The parts of the Discord emulator."""
