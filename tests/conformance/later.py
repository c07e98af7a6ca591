"""Samples that cannot run here, and why."""

LATER = {
    "107": "needs LangChain's first version, with Chroma",
    "127": "needs LlamaIndex's clients of OpenAI, which take no current `openai`",
    "131": "needs Semantic Kernel, whose filter `make test-integrations` tests in an environment of its own",
}
"""Each of them, and why."""
