"""Drives the emulated Teams."""
