"""Tests of the emulators against the platforms' documents, without the gateway."""
