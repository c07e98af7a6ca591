"""Recordings: what really arrived and went out, with secrets and personal details replaced, and playing it again.

``gateway run --record DIR`` writes one, ``gateway replay DIR`` plays it against emulated platforms. Nothing here is
imported unless one of the two is asked for.
"""
