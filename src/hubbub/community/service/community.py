"""The community engine put together: every use case over one set of ports."""

from __future__ import annotations

import asyncio

from hubbub.community.config import CommunityConfig
from hubbub.community.service.accounts import Accounts
from hubbub.community.service.applications import Applications
from hubbub.community.service.attachment_uploads import AttachmentUploads
from hubbub.community.service.attachments import Attachments
from hubbub.community.service.authentication import Authentication
from hubbub.community.service.awaited_files import AwaitedFiles
from hubbub.community.service.bans import Bans
from hubbub.community.service.channels import Channels
from hubbub.community.service.commands import Commands
from hubbub.community.service.direct_messages import DirectMessages
from hubbub.community.service.emojis import Emojis
from hubbub.community.service.ephemeral import EphemeralEvents
from hubbub.community.service.files_port import FileLibrary
from hubbub.community.service.guild_directory import GuildDirectory
from hubbub.community.service.guilds import Guilds
from hubbub.community.service.history import History
from hubbub.community.service.interaction_answers import InteractionAnswers
from hubbub.community.service.interactions import Interactions
from hubbub.community.service.invites import Invites
from hubbub.community.service.link_previews import MessagePreviews
from hubbub.community.service.members import Members
from hubbub.community.service.mention_resolution import MentionResolution
from hubbub.community.service.message_edits import MessageEdits
from hubbub.community.service.message_reader import MessageReader
from hubbub.community.service.message_writer import MessageWriter
from hubbub.community.service.messages import Messages
from hubbub.community.service.passwords import Passwords
from hubbub.community.service.pictures import Pictures
from hubbub.community.service.pins import Pins
from hubbub.community.service.ports import Ports
from hubbub.community.service.profiles import Profiles
from hubbub.community.service.reactions import Reactions
from hubbub.community.service.read_states import ReadStates
from hubbub.community.service.roles import Roles
from hubbub.community.service.session_start import SessionStarts, untouched
from hubbub.community.service.sessions import Sessions
from hubbub.community.service.typing import Typing
from hubbub.community.service.user_directory import UserDirectory
from hubbub.community.service.voice_states import VoiceStates
from hubbub.community.service.welcome import Welcome
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
        gateway_url: str | None = None,
        files: FileLibrary,
        passwords: Passwords | None = None,
    ) -> None:
        """Compose the engine.

        Args:
            records: Rows and the outbox.
            objects: Pictures and files of old.
            cache: What may be forgotten.
            clock: Time.
            random: Secrets.
            snowflakes: Ids.
            config: The engine's settings.
            public_url: Address that links and files begin with, without a final slash.
            gateway_url: Address that `/gateway` names; None takes the path /gateway of `public_url`.
            files: What keeps files of messages, and pictures.
            passwords: What hashes and checks them; None makes one as `config` says. Closed with the engine.
        """
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
            files,
        )
        self.gateway_url = gateway_url or f"{public_url.replace('http', 'ws', 1)}/gateway"
        self.session_starts: SessionStarts = untouched
        self.authentication = Authentication(ports)
        self.passwords = passwords or Passwords(threads=config.password_threads, queue=config.password_queue)
        self.pictures = Pictures(ports)
        self.sessions = Sessions(ports, self.authentication)
        self.accounts = Accounts(ports, self.authentication, self.sessions, self.passwords)
        self.profiles = Profiles(ports, self.authentication, self.sessions, self.passwords, self.pictures)
        self.guilds = Guilds(ports, self.pictures)
        self.roles = Roles(ports)
        self.channels = Channels(ports)
        self.voice_states = VoiceStates(ports)
        self.members = Members(ports, self.voice_states)
        self.bans = Bans(ports, self.members)
        self.invites = Invites(ports, self.members)
        self.emojis = Emojis(ports, self.pictures)
        self.applications = Applications(ports, self.authentication, self.members)
        self._compose_messages(ports)

    def _compose_messages(self, ports: Ports) -> None:
        """Make what is about messages: they share one reader and one writer."""
        self.ephemeral = EphemeralEvents()
        self.attachments = Attachments(ports)
        self.message_reader = reader = MessageReader(ports)
        writer = MessageWriter(ports, reader)
        mentions = MentionResolution(ports)
        self.messages = Messages(ports, reader, writer, mentions, self.attachments)
        self.message_edits = edits = MessageEdits(ports, reader, writer, mentions, self.attachments)
        self.attachment_uploads = AttachmentUploads(ports, self.messages, reader)
        self.awaited_files = AwaitedFiles(ports, reader, writer)
        self.message_previews = MessagePreviews(ports, reader, writer)
        self.members.on_join = Welcome(writer).greet
        self.bans.erase_history = History(ports, writer).erase
        self.pins = Pins(ports, reader, writer)
        self.reactions = Reactions(ports, reader)
        self.typing = Typing(ports, self.ephemeral)
        self.read_states = ReadStates(ports)
        self.direct_messages = DirectMessages(ports)
        self.commands = Commands(ports)
        self.interactions = Interactions(ports, self.commands, reader, writer)
        self.interaction_answers = InteractionAnswers(ports, edits, reader, writer, mentions, self.attachments)

    async def close(self) -> None:
        """Finish what the use cases began; the ports stay open."""
        await asyncio.to_thread(self.passwords.close)
