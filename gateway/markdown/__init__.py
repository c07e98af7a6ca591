"""Reads Markdown in place: one scanner of blocks and one of inline markup, for every platform.

Theory. The gateway never renders Markdown by itself; it cuts it, closes what is open at the end of a growing text, and
respells the few constructs a platform shows otherwise. All of that needs to know *where* in the source a construct
begins and ends, and must leave every other character as the author wrote it. Parsers such as markdown-it-py build a
tree and render it anew: marks, blanks and escapes come back in a form of their own, positions of inline markup are not
kept, and a text that ends in the middle of a construct is read as if nobody had begun it. So the scanners are our own.

They follow CommonMark and GFM's tables, strikethrough and bare addresses as far as a reader of chat messages could tell
a difference, and are lenient where models are sloppy (a fence in a list item is one at any indent).

Everything here is pure and takes time linear in the text: no pattern backtracks, nothing recurses, nesting is bounded.
"""
