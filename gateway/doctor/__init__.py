"""Looks whether a gateway can work: its settings, database, disk, address, and each platform's credentials."""
