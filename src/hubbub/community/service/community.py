"""The community engine put together: every use case over one set of ports."""

from __future__ import annotations

from hubbub.community.config import CommunityConfig
from hubbub.community.service.attachments import Attachments
from hubbub.community.service.authentication import Authentication
from hubbub.community.service.commands import Commands
from hubbub.community.service.direct_messages import DirectMessages
from hubbub.community.service.ephemeral import EphemeralEvents
from hubbub.community.service.guild_directory import GuildDirectory
from hubbub.community.service.interaction_answers import InteractionAnswers
from hubbub.community.service.interactions import Interactions
from hubbub.community.service.mention_resolution import MentionResolution
from hubbub.community.service.message_reader import MessageReader
from hubbub.community.service.message_writer import MessageWriter
from hubbub.community.service.messages import Messages
from hubbub.community.service.pins import Pins
from hubbub.community.service.ports import Ports
from hubbub.community.service.reactions import Reactions
from hubbub.community.service.read_states import ReadStates
from hubbub.community.service.typing import Typing
from hubbub.community.service.user_directory import UserDirectory
from hubbub.kernel.clock import Clock
from hubbub.kernel.randomness import RandomSource
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.storage.cache import Cache
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records


class Community:
    """The use cases, one attribute each, and the ports that they share."""

    def __init__(
        self,
        *,
        records: Records,
        objects: Objects,
        cache: Cache,
        clock: Clock,
        random: RandomSource,
        snowflakes: SnowflakeGenerator,
        config: CommunityConfig,
        public_url: str,
    ) -> None:
        """Compose the engine; `public_url` is the address that links and files begin with, without a final slash."""
        self.config = config
        self.ports = ports = Ports(
            records,
            objects,
            cache,
            clock,
            random,
            snowflakes,
            config,
            public_url,
            GuildDirectory(records, clock),
            UserDirectory(records),
        )
        self.authentication = Authentication(ports)
        self._compose_messages(ports)

    def _compose_messages(self, ports: Ports) -> None:
        """Make what is about messages: they share one reader and one writer."""
        self.ephemeral = EphemeralEvents()
        self.attachments = Attachments(ports)
        self.message_reader = reader = MessageReader(ports)
        writer = MessageWriter(ports, reader)
        mentions = MentionResolution(ports)
        self.messages = Messages(ports, reader, writer, mentions)
        self.pins = Pins(ports, reader, writer)
        self.reactions = Reactions(ports, reader)
        self.typing = Typing(ports, self.ephemeral)
        self.read_states = ReadStates(ports)
        self.direct_messages = DirectMessages(ports)
        self.commands = Commands(ports)
        self.interactions = Interactions(ports, self.commands, reader, writer)
        self.interaction_answers = InteractionAnswers(ports, self.messages, reader, writer, mentions)

    async def close(self) -> None:
        """Finish what the use cases began; the ports stay open."""
