"""The event log in files of this machine: segments, group commit, and nothing to install beside it."""

from hubbub.events.log.embedded.config import Config
from hubbub.events.log.embedded.log import EmbeddedLog

__all__ = ["Config", "EmbeddedLog"]
