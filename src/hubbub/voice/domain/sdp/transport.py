"""The two ends of a transport as descriptions tell them: ICE credentials, certificate, candidates."""

from __future__ import annotations

from dataclasses import dataclass

from hubbub.voice.domain.sdp.description import Candidate, Description, Fingerprint, Kind, Setup
from hubbub.voice.errors import DescriptionRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTransport:
    """Our end: an ICE-lite agent, reachable at every candidate from the beginning."""

    ufrag: str
    pwd: str
    fingerprint: Fingerprint
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTransport:
    """The peer's end, as its description tells."""

    ufrag: str
    pwd: str
    fingerprints: tuple[Fingerprint, ...]
    active: bool
    """Whether the peer opens the DTLS handshake."""


def remote_transport(description: Description) -> RemoteTransport:
    """Return the one transport that all live sections share.

    Raises:
        DescriptionRefused: The sections are not bundled, or the credentials, the certificate's hash or `setup` are
            missing.
    """
    live = [media for media in description.media if not media.rejected]
    if not live:
        raise DescriptionRefused("The session description has no section in use.")
    outside = [media for media in live if media.mid not in description.bundle]
    if outside and len(live) > 1:
        raise DescriptionRefused(f"The section {outside[0].mid} is not in the bundle. Offer one transport for all.")
    for media in live:
        if media.kind is not Kind.APPLICATION and not media.rtcp_mux:
            raise DescriptionRefused(f"The section {media.mid} does not multiplex RTP and RTCP.")
    # Sections after the first may leave out what the bundle shares (RFC 8843, 7.1.3).
    first = next((media for media in live if media.ice_ufrag and media.fingerprints), live[0])
    if not (first.ice_ufrag and first.ice_pwd and first.fingerprints):
        raise DescriptionRefused("ICE credentials or the certificate's fingerprint are missing.")
    # An offer's actpass becomes active in practice: we answer passive, so that no round trip waits for us.
    return RemoteTransport(
        ufrag=first.ice_ufrag,
        pwd=first.ice_pwd,
        fingerprints=first.fingerprints,
        active=first.setup is not Setup.PASSIVE,
    )
