"""Complete Markdown documents in which every word of interest is unique, so that words can be counted."""

from hypothesis import strategies as st

_words = st.lists(st.sampled_from(["lorem", "ipsum", "dolor", "**bold**", "`code`", "a_b"]), min_size=1, max_size=30)


@st.composite
def documents(draw: st.DrawFn) -> str:
    count = 0

    def word() -> str:
        nonlocal count
        count += 1
        return f"w{count}w"

    def sentence() -> str:
        return " ".join(f"{each} {word()}" for each in draw(_words)) + draw(st.sampled_from([".", "", "!"]))

    def block() -> str:
        kind = draw(st.sampled_from(["text", "text", "code", "table", "list", "steps", "heading", "quote"]))
        size = draw(st.integers(1, 12))
        match kind:
            case "text":
                return "\n".join(sentence() for _ in range(min(size, 3)))
            case "code":
                mark = draw(st.sampled_from(["```", "~~~", "````"]))
                return f"{mark}py\n" + "\n".join(f"    x = {word()}" for _ in range(size)) + f"\n{mark}"
            case "table":
                return "| H |\n|---|\n" + "\n".join(f"| {word()} |" for _ in range(size))
            case "list":
                return "\n".join(f"{'  ' * draw(st.integers(0, 2))}- {sentence()}" for _ in range(size))
            case "steps":
                return "\n".join(f"{n}. {sentence()}" for n in range(1, size + 1))
            case "heading":
                return f"## {word()}"
            case _:
                return "\n".join(f"> {sentence()}" for _ in range(min(size, 3)))

    return "\n\n".join(block() for _ in range(draw(st.integers(1, 8))))
