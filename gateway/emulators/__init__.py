"""Stand-ins that speak the platforms' own protocols on loopback, with their limits and their error bodies.

They import nothing of the adapters: both sides are written from the platforms' documents.
"""
