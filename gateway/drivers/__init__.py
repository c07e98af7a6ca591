"""Drives an emulated platform as a person does: the same words for all of them, each turned into the emulator's own."""
