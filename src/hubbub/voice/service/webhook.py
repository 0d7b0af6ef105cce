"""Webhooks as LiveKit sends them: an event as JSON, vouched for by a token that holds the body's hash.

Calling contract: give `Webhooks` to `Rooms` as its listener; whoever owns the network takes events from `take`, signs
each with `sign_event`, and posts it to every address.

Source: livekit/protocol, webhook (event names, signature, content type).
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from google.protobuf import json_format
from livekit.protocol import models
from livekit.protocol.webhook import WebhookEvent

from hubbub.kernel.clock import Clock
from hubbub.kernel.randomness import RandomSource
from hubbub.voice.domain.grant import Claims
from hubbub.voice.domain.token import sign_token, verify_token
from hubbub.voice.errors import TokenRefused

CONTENT_TYPE = "application/webhook+json"
TOKEN_LIFETIME_S = 300


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP request that tells a receiver of an event."""

    headers: Mapping[str, str]
    body: bytes


def sign_event(event: WebhookEvent, key: str, secret: str, *, now_s: int) -> Post:
    """Return the request that carries `event`, signed with an API key."""
    body = json_format.MessageToJson(event, indent=None).encode()
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    token = sign_token(Claims(sha256=digest), key, secret, now_s=now_s, lifetime_s=TOKEN_LIFETIME_S)
    return Post({"authorization": token, "content-type": CONTENT_TYPE, "user-agent": "Hubbub"}, body)


def read_event(post: Post, secrets: Mapping[str, str], *, now_s: float) -> WebhookEvent:
    """Return the event of a request that was signed with one of our keys.

    Raises:
        TokenRefused: The token is not good, or not for this body.
    """
    claims = verify_token(post.headers.get("authorization", ""), secrets, now_s=now_s).claims
    if claims.sha256 != base64.b64encode(hashlib.sha256(post.body).digest()).decode():
        raise TokenRefused("The token vouches for another body.")
    return json_format.Parse(post.body, WebhookEvent(), ignore_unknown_fields=True)


@dataclass(slots=True)
class Webhooks:
    """Events that wait to be sent: a bounded queue whose oldest gives way, counted."""

    clock: Clock
    random: RandomSource
    events_max: int
    dropped: int = 0
    """Events that gave way since the start."""
    on_queued: Callable[[], None] | None = None
    """Called when an event waits."""
    _waiting: deque[WebhookEvent] = field(default_factory=deque)

    def happened(
        self,
        event: str,
        room: models.Room,
        participant: models.ParticipantInfo | None,
        track: models.TrackInfo | None,
    ) -> None:
        """Queue an event."""
        if len(self._waiting) >= self.events_max:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(
            WebhookEvent(
                event=event,
                room=room,
                participant=participant,
                track=track,
                id=f"EV_{uuid.UUID(bytes=self.random.token_bytes(16), version=4)}",
                created_at=self.clock.unix_ms() // 1000,
            )
        )
        if self.on_queued is not None:
            self.on_queued()

    def take(self) -> list[WebhookEvent]:
        """Return what waits, in order, and forget it."""
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting

    def __len__(self) -> int:
        """Return how many events wait."""
        return len(self._waiting)
