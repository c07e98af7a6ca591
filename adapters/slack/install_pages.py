"""The page that a person sees after an installation: one file, without scripts."""

from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 0; min-height: 100vh; display: grid; grid-template-columns: minmax(0, 1fr);
  place-items: center; overflow-wrap: anywhere; font: 1rem/1.5 system-ui, sans-serif;
  background: Canvas; color: CanvasText }}
main {{ box-sizing: border-box; max-width: min(36rem, 100%); padding: 2rem }}
h1 {{ font-size: 1.6rem; margin: 0 0 .5rem }}
a {{ display: inline-block; margin-top: 1rem; padding: .6rem 1.2rem; border-radius: .4rem; background: #611f69;
  color: #fff; text-decoration: none }}
a:focus-visible {{ outline: 3px solid #1264a3; outline-offset: 2px }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{words}</p>
{link}</main>
</body>
</html>
"""


def page(title: str, words: str, *, link: str = "", label: str = "") -> str:
    """Return a page with a heading, a paragraph and, if ``link`` is given, a link with a label."""
    anchor = f'<p><a href="{escape(link)}">{escape(label)}</a></p>\n' if link else ""
    return _PAGE.format(title=escape(title), words=escape(words), link=anchor)
