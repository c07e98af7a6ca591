"""An anonymizer that puts a word for each place that was found."""

from types import SimpleNamespace


class AnonymizerEngine:
    """The anonymizer."""

    def anonymize(self, *, text: str, analyzer_results: list[int]) -> SimpleNamespace:
        """Return the text without what was found."""
        return SimpleNamespace(
            text="".join("<AT>" if place in analyzer_results else each for place, each in enumerate(text))
        )
