"""Rooms, participants and tracks as LiveKit's messages tell them, and the other way round."""

from __future__ import annotations

from typing import Any

from livekit.protocol import models, rtc

from hubbub.voice.domain.grant import Kind as ParticipantKind
from hubbub.voice.domain.permission import Permission, Source
from hubbub.voice.domain.room import Participant, Room, Track, TrackLayer
from hubbub.voice.domain.sdp.description import Kind

PROTOCOL = 16
"""Version of LiveKit's signalling that is served: moving between rooms is the last thing that it added."""
SERVER_VERSION = "1.9.0"
"""LiveKit's release with that protocol: clients choose their behaviour by it."""

_SOURCES = (
    Source.UNKNOWN,
    Source.CAMERA,
    Source.MICROPHONE,
    Source.SCREEN_SHARE,
    Source.SCREEN_SHARE_AUDIO,
)
_KINDS = {
    ParticipantKind.STANDARD: 0,
    ParticipantKind.INGRESS: 1,
    ParticipantKind.EGRESS: 2,
    ParticipantKind.SIP: 3,
    ParticipantKind.AGENT: 4,
    ParticipantKind.CONNECTOR: 7,
    ParticipantKind.BRIDGE: 8,
}


def enum(number: int) -> Any:
    """Return a number as one of protobuf's enums: its stubs want a type that at run time is the number."""
    return number


def source_of(number: int) -> Source:
    """Return a track's source by LiveKit's number."""
    return _SOURCES[number] if 0 <= number < len(_SOURCES) else Source.UNKNOWN


def room_message(room: Room, participants: list[Participant]) -> models.Room:
    """Return a room; hidden participants are not counted."""
    seen = [each for each in participants if not each.permission.hidden]
    return models.Room(
        sid=room.sid,
        name=room.name,
        empty_timeout=room.empty_timeout_s,
        departure_timeout=room.departure_timeout_s,
        max_participants=room.max_participants,
        creation_time=room.created_ms // 1000,
        creation_time_ms=room.created_ms,
        metadata=room.metadata,
        num_participants=len(seen),
        num_publishers=sum(bool(each.published()) for each in seen),
        enabled_codecs=[models.Codec(mime=mime) for mime in enabled_mimes()],
        version=models.TimedVersion(ticks=room.version, unix_micro=room.created_ms * 1000),
    )


def enabled_mimes() -> list[str]:
    """Return what may be published, as MIME types."""
    return ["audio/opus", "audio/red", "video/VP8", "video/H264", "video/VP9", "video/AV1", "video/rtx"]


def mime_of(track: Track) -> str:
    """Return the MIME type of what a track is published in; empty until it is known."""
    return f"{track.kind}/{track.codec}" if track.codec else ""


def participant_message(participant: Participant, *, region: str = "") -> models.ParticipantInfo:
    """Return a participant with its published tracks."""
    return models.ParticipantInfo(
        sid=participant.sid,
        identity=participant.identity,
        name=participant.name,
        metadata=participant.metadata,
        attributes=participant.attributes,
        state=enum(participant.state.value),
        tracks=[track_message(track) for track in participant.published()],
        joined_at=participant.joined_ms // 1000,
        joined_at_ms=participant.joined_ms,
        version=participant.version,
        permission=permission_message(participant.permission),
        is_publisher=bool(participant.published()),
        kind=enum(_KINDS[participant.kind]),
        region=region,
        disconnect_reason=enum(participant.disconnect_reason),
    )


def permission_message(permission: Permission) -> models.ParticipantPermission:
    """Return what a participant may do."""
    return models.ParticipantPermission(
        can_subscribe=permission.can_subscribe,
        can_publish=permission.can_publish,
        can_publish_data=permission.can_publish_data,
        can_publish_sources=[enum(_SOURCES.index(source)) for source in sorted(permission.can_publish_sources)],
        hidden=permission.hidden,
        recorder=permission.recorder,
        agent=permission.agent,
        can_update_metadata=permission.can_update_metadata,
        can_subscribe_metrics=permission.can_subscribe_metrics,
    )


def permission_of(message: models.ParticipantPermission) -> Permission:
    """Return what an administrator sets."""
    return Permission(
        can_subscribe=message.can_subscribe,
        can_publish=message.can_publish,
        can_publish_data=message.can_publish_data,
        can_publish_sources=frozenset(source_of(each) for each in message.can_publish_sources),
        hidden=message.hidden,
        recorder=message.recorder,
        agent=message.agent,
        can_update_metadata=message.can_update_metadata,
        can_subscribe_metrics=message.can_subscribe_metrics,
    )


def track_message(track: Track) -> models.TrackInfo:
    """Return a track."""
    layers = [
        models.VideoLayer(
            quality=enum(layer.quality),
            width=layer.width,
            height=layer.height,
            bitrate=layer.bitrate,
            ssrc=layer.ssrc,
            spatial_layer=layer.spatial,
            rid=layer.rid,
        )
        for layer in track.layers
    ]
    codec = models.SimulcastCodecInfo(
        mime_type=mime_of(track), mid=track.mid, cid=track.cid, layers=layers, video_layer_mode=enum(track.mode)
    )
    return models.TrackInfo(
        sid=track.sid,
        type=models.AUDIO if track.kind is Kind.AUDIO else models.VIDEO,
        name=track.name,
        muted=track.muted,
        width=track.width,
        height=track.height,
        simulcast=track.simulcast,
        disable_dtx=not track.dtx,
        source=enum(_SOURCES.index(track.source)),
        layers=layers,
        mime_type=mime_of(track),
        mid=track.mid,
        codecs=[codec] if track.codec else [],
        stereo=track.stereo,
        disable_red=not track.red,
        encryption=enum(track.encryption),
        stream=track.stream,
        audio_features=[enum(each) for each in track.features],
    )


def track_of(request: rtc.AddTrackRequest, sid: str) -> Track:
    """Return the track that a client is about to publish."""
    codec = request.simulcast_codecs[0] if request.simulcast_codecs else None
    layers = list((codec.layers if codec is not None and codec.layers else None) or request.layers)
    features = tuple(request.audio_features)
    source = source_of(request.source)
    return Track(
        sid=sid,
        cid=(codec.cid if codec is not None and codec.cid else "") or request.cid,
        kind=Kind.AUDIO if request.type == models.AUDIO else Kind.VIDEO,
        source=source,
        name=request.name,
        stream=request.stream or _stream_of(source),
        muted=request.muted,
        width=request.width,
        height=request.height,
        layers=[
            TrackLayer(
                quality=layer.quality,
                width=layer.width,
                height=layer.height,
                bitrate=layer.bitrate,
                rid=layer.rid,
                ssrc=layer.ssrc,
                spatial=layer.spatial_layer,
            )
            for layer in layers[:8]
        ],
        codec=_codec_of(request, codec),
        mode=0 if codec is None else codec.video_layer_mode,
        encryption=request.encryption,
        features=features,
        stereo=request.stereo or models.TF_STEREO in features,
        dtx=not (request.disable_dtx or models.TF_NO_DTX in features),
        red=not request.disable_red,
        simulcast=len(layers) > 1,
    )


def _codec_of(request: rtc.AddTrackRequest, codec: rtc.SimulcastCodec | None) -> str:
    """Return the codec that a track is announced in; audio is Opus whatever the client says."""
    if request.type == models.AUDIO:
        return "opus"
    return "" if codec is None else codec.codec.rpartition("/")[2][:16]


def _stream_of(source: Source) -> str:
    """Return the stream that bundles a camera with its microphone, and a screen with its sound."""
    if source in {Source.SCREEN_SHARE, Source.SCREEN_SHARE_AUDIO}:
        return "screen"
    return "camera"


def server_info(region: str, node_id: str) -> models.ServerInfo:
    """Return what clients are told of this server."""
    return models.ServerInfo(version=SERVER_VERSION, protocol=PROTOCOL, region=region, node_id=node_id)
