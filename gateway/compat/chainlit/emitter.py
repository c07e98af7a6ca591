"""What an app written for Chainlit imports from ``chainlit.emitter``: the gateway's own objects."""

from gateway.chat.commands import Emitter

BaseChainlitEmitter = Emitter
ChainlitEmitter = Emitter

__all__ = ["BaseChainlitEmitter", "ChainlitEmitter"]
