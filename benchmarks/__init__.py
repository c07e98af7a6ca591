"""The harness behind ``make bench``: compares the cost of an event here with a minimal server and with the platform's
own SDK.

The modules of this package serve every platform. Each platform is a folder: its ``platform`` module says what is
measured and what the targets are; beside it are the fake platform, the events and the peers.
"""
