"""The harness behind ``make bench``: what an event costs here, beside the least it could and the platform's own SDK.

What serves every platform stands here. A platform is a folder: in ``platform`` what is measured and what is to be
reached, beside it the fake, the events and the peers.
"""
