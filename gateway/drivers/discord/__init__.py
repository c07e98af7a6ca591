"""Drives the emulated Discord."""
