"""Every REST route of the community, in the order in which the reference lists them."""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from hubbub.community.api.accounts import AccountsFace
from hubbub.community.api.applications import ApplicationsFace
from hubbub.community.api.attachment_files import AttachmentFilesFace
from hubbub.community.api.attachments import AttachmentsFace
from hubbub.community.api.channels import ChannelsFace
from hubbub.community.api.commands import CommandsFace
from hubbub.community.api.direct_messages import DirectMessagesFace
from hubbub.community.api.emojis import EmojisFace
from hubbub.community.api.guilds import GuildsFace
from hubbub.community.api.instance import InstanceFace
from hubbub.community.api.interactions import InteractionsFace
from hubbub.community.api.invites import InvitesFace
from hubbub.community.api.members import MembersFace
from hubbub.community.api.messages import MessagesFace
from hubbub.community.api.multipart import BodyReader
from hubbub.community.api.picture_files import PictureFilesFace
from hubbub.community.api.pins import PinsFace
from hubbub.community.api.reactions import ReactionsFace
from hubbub.community.api.read_states import ReadStatesFace
from hubbub.community.api.users import UsersFace
from hubbub.community.api.voice_states import VoiceStatesFace
from hubbub.community.service.community import Community


def route_handlers(community: Community) -> list[HTTPRouteHandler]:
    """Return the handlers of every route, relative to /api/v10."""
    reader = BodyReader(community.attachments, community.config.upload_bytes_total_max)
    return [
        *InstanceFace(community).routes(),
        *AccountsFace(community).routes(),
        *UsersFace(community).routes(),
        *ApplicationsFace(community).routes(),
        *GuildsFace(community).routes(),
        *ChannelsFace(community).routes(),
        *MembersFace(community).routes(),
        *VoiceStatesFace(community).routes(),
        *InvitesFace(community).routes(),
        *EmojisFace(community).routes(),
        *MessagesFace(community, reader).routes(),
        *AttachmentsFace(community).routes(),
        *PinsFace(community).routes(),
        *ReactionsFace(community).routes(),
        *ReadStatesFace(community).routes(),
        *DirectMessagesFace(community).routes(),
        *CommandsFace(community).routes(),
        *InteractionsFace(community, reader).routes(),
    ]


def file_handlers(community: Community) -> list[HTTPRouteHandler]:
    """Return the handlers of stored files, relative to the root."""
    return [*AttachmentFilesFace(community).routes(), *PictureFilesFace(community).routes()]
