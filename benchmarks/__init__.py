"""The harness behind ``make bench``: what an event costs here, beside the least it could and raw slack-bolt."""
