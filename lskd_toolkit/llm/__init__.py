"""Talking with chat models: requests and replies, their keys, the ledger, the budget."""

from .budget import Budget
from .door import Door
from .ledger import Ledger
from .messages import ChatReply, ChatRequest, Message, Sight

__all__ = ["Budget", "ChatReply", "ChatRequest", "Door", "Ledger", "Message", "Sight"]
