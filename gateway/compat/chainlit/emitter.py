"""``chainlit.emitter``."""

from gateway.chat.commands import Emitter

BaseChainlitEmitter = Emitter
ChainlitEmitter = Emitter

__all__ = ["BaseChainlitEmitter", "ChainlitEmitter"]
