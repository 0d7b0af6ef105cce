"""Offers of real endpoints are answered, and our own offers grow, rest and are used again."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doubles.voice_client import browser_answer
from hubbub.voice.domain.sdp import capability
from hubbub.voice.domain.sdp.capability import Capabilities
from hubbub.voice.domain.sdp.description import (
    Candidate,
    Codec,
    Description,
    Direction,
    Fingerprint,
    Kind,
    Media,
    Setup,
    Simulcast,
)
from hubbub.voice.domain.sdp.negotiated import OutgoingTrack, ssrcs_of
from hubbub.voice.domain.sdp.negotiation import Assignment, Wish, answer
from hubbub.voice.domain.sdp.offering import SubscriberOffer
from hubbub.voice.domain.sdp.reader import read_description
from hubbub.voice.domain.sdp.receiving import ReceivingSections
from hubbub.voice.domain.sdp.transport import LocalTransport
from hubbub.voice.domain.sdp.writer import write_description
from hubbub.voice.errors import DescriptionRefused

OFFERS = Path(__file__).parent / "offers"
NAMES = ("chromium_recvonly", "chromium_simulcast", "chromium_ssrc", "chromium_svc", "livekit_js_2.23_join")
LOCAL = LocalTransport(
    ufrag="hubb",
    pwd="a" * 22,
    fingerprint=Fingerprint("sha-256", ":".join(["0F"] * 32)),
    candidates=(Candidate(foundation="1", priority=2130706431, address="192.0.2.1", port=7882),),
)
CAPABILITIES = Capabilities()
MICROPHONE = OutgoingTrack(sid="TR_mic", kind=Kind.AUDIO, stream="PA_ada|camera", codecs=("opus",))
CAMERA = OutgoingTrack(sid="TR_cam", kind=Kind.VIDEO, stream="PA_ada|camera", codecs=("VP8",))


def offer(name: str) -> Description:
    return read_description((OFFERS / f"{name}.sdp").read_text())


@pytest.mark.parametrize("name", [*NAMES, "livekit_python_1.2_join"])
def test_every_answer_mirrors_its_offer(name):
    offered = offer(name)
    settled = answer(offered, LOCAL, CAPABILITIES, session_id=7)
    description = settled.description
    assert [media.mid for media in description.media] == [media.mid for media in offered.media]
    assert read_description(write_description(description)) == description
    assert description.ice_lite
    for ours, theirs in zip(description.media, offered.media, strict=True):
        assert ours.setup is Setup.PASSIVE
        assert not (ours.direction.sends and not theirs.direction.receives)
        assert not (ours.direction.receives and not theirs.direction.sends)
        assert {codec.payload_type for codec in ours.codecs} <= {codec.payload_type for codec in theirs.codecs}
        assert set(ours.extensions) <= set(theirs.extensions)
        assert ours.ice_ufrag == "hubb"


def test_simulcast_is_accepted_layer_by_layer():
    settled = answer(offer("chromium_simulcast"), LOCAL, CAPABILITIES, session_id=7)
    audio, video = settled.incoming
    assert settled.data
    assert video.rids == ("q", "h", "f")
    assert video.msid.track == "afa76c1c-72fb-4450-81b5-0d7cd161c54a"
    assert [(codec.name, codec.payload_type, codec.rtx_payload_type) for codec in video.codecs] == [
        ("VP8", 96, 97),
        ("H264", 102, 103),
        ("H264", 108, 109),
        ("H264", 116, 117),
        ("AV1", 45, 46),
        ("VP9", 98, 99),
    ]
    assert video.codecs[0].feedback == ("transport-cc", "ccm fir", "nack", "nack pli")
    assert {each.uri for each in video.extensions} >= {
        capability.MID,
        capability.RID,
        capability.REPAIRED_RID,
        capability.TRANSPORT_CC,
        capability.DEPENDENCY_DESCRIPTOR,
    }
    assert (audio.codecs[0].payload_type, audio.codecs[0].red_payload_type) == (111, 63)
    section = settled.description.media[1]
    assert section.simulcast == Simulcast(receive=("q", "h", "f"))
    assert section.direction is Direction.RECVONLY


def test_announced_ssrcs_are_paired_with_their_retransmissions():
    video = answer(offer("chromium_ssrc"), LOCAL, CAPABILITIES, session_id=7).incoming[1]
    ((source),) = video.sources
    assert (source.media, source.rtx) == (3223326231, 3829413186)
    assert video.rids == ()


def test_wishes_choose_codec_redundancy_and_channels():
    settled = answer(
        offer("chromium_simulcast"),
        LOCAL,
        CAPABILITIES,
        session_id=7,
        wishes={"0": Wish(red=False, stereo=True, dtx=False), "1": Wish(codec="vp9")},
    )
    audio, video = settled.incoming
    assert audio.codecs[0].red_payload_type is None
    assert "stereo=1" in audio.codecs[0].parameters
    assert "usedtx" not in audio.codecs[0].parameters
    assert video.codecs[0].name == "VP9"


def test_who_may_not_publish_is_received_from_nowhere():
    settled = answer(offer("chromium_simulcast"), LOCAL, CAPABILITIES, session_id=7, receive=False)
    assert settled.incoming == ()
    assert settled.description.media[0].direction is Direction.INACTIVE


def test_a_section_without_a_codec_of_ours_is_rejected_and_leaves_the_bundle():
    offered = offer("chromium_recvonly")
    audio = replace(offered.media[0], codecs=(Codec(payload_type=0, name="PCMU", clock_rate=8000),))
    settled = answer(replace(offered, media=(audio, *offered.media[1:])), LOCAL, CAPABILITIES, session_id=7)
    assert settled.description.media[0].rejected
    assert settled.description.bundle == ("1", "2")


@pytest.mark.parametrize(
    "change",
    [
        {"bundle": ()},
        {"media": ()},
        {"media": tuple(replace(media, fingerprints=()) for media in offer("chromium_ssrc").media)},
        {"media": tuple(replace(media, ice_pwd="") for media in offer("chromium_ssrc").media)},
        {"media": tuple(replace(media, rtcp_mux=False) for media in offer("chromium_ssrc").media)},
    ],
)
def test_an_offer_that_cannot_be_one_transport_is_refused(change):
    with pytest.raises(DescriptionRefused):
        answer(replace(offer("chromium_ssrc"), **change), LOCAL, CAPABILITIES, session_id=7)


# -- one peer connection -----------------------------------------------------------------------------------------------


def test_on_one_connection_tracks_take_the_sections_that_the_client_offers():
    sections = ReceivingSections()
    sections.subscribe(MICROPHONE)
    sections.subscribe(CAMERA)
    offered = offer("livekit_js_2.23_join")
    settled = answer(offered, LOCAL, CAPABILITIES, session_id=7, assignments=sections.plan(offered))
    assert sections.tracks() == {"0": "TR_mic", "3": "TR_cam"}
    assert sections.missing() == (0, 0)
    assert not sections.stale
    microphone, camera = settled.outgoing
    assert [codec.name for codec in camera.codecs] == ["VP8"]
    assert microphone.ssrcs != camera.ssrcs
    section = settled.description.media[3]
    assert section.direction is Direction.SENDONLY
    assert (section.msids[0].stream, section.msids[0].track) == ("PA_ada|camera", "TR_cam")
    assert section.source_groups[0].ssrcs == (camera.ssrcs.media, camera.ssrcs.rtx)
    assert settled.description.media[4].direction is Direction.INACTIVE


def test_a_section_that_only_receives_keeps_the_extensions_that_publishing_needs():
    """Chromium offers later sections only what earlier ones of their kind kept."""
    sections = ReceivingSections()
    sections.subscribe(CAMERA)
    offered = offer("livekit_js_2.23_join")
    settled = answer(offered, LOCAL, CAPABILITIES, session_id=7, assignments=sections.plan(offered))
    section = settled.description.media[3]
    assert section.direction is Direction.SENDONLY
    assert capability.RID in {each.uri for each in section.extensions}
    (outgoing,) = settled.outgoing
    assert capability.RID not in {each.uri for each in outgoing.extensions}


def test_missing_sections_are_asked_for_and_a_stopped_one_rests_before_it_is_used_again():
    sections = ReceivingSections()
    offered = offer("livekit_js_2.23_join")
    for number in range(5):
        sections.subscribe(replace(CAMERA, sid=f"TR_{number}"))
    sections.plan(offered)
    assert sections.missing() == (0, 2)
    assert sections.stale
    before = sections.assigned["3"].ssrcs
    sections.unsubscribe("TR_0")
    plan = sections.plan(offered)
    assert "3" not in plan
    assert sections.missing() == (0, 1)
    again = sections.plan(offered)
    assert again["3"].track.sid == "TR_3"
    assert again["3"].ssrcs != before
    assert sections.missing() == (0, 1)


def test_a_track_in_a_codec_that_the_client_lacks_is_told():
    offered = offer("livekit_js_2.23_join")
    assignment = Assignment(track=replace(CAMERA, codecs=("H265",)), ssrcs=ssrcs_of(3, 1))
    settled = answer(offered, LOCAL, CAPABILITIES, session_id=7, assignments={"3": assignment})
    assert settled.unsupported == ("TR_cam",)
    assert settled.outgoing == ()


# -- our offers --------------------------------------------------------------------------------------------------------


def test_the_first_offer_has_the_data_section_alone():
    subscriber = SubscriberOffer(CAPABILITIES, 9)
    assert subscriber.stale
    first = subscriber.renew(LOCAL)
    assert [media.kind for media in first.media] == [Kind.APPLICATION]
    assert first.media[0].setup is Setup.ACTPASS
    assert subscriber.accept(browser_answer(first)).outgoing == ()
    assert not subscriber.stale


def test_mids_stay_and_sections_are_used_again():
    subscriber = SubscriberOffer(CAPABILITIES, 9)
    assert subscriber.subscribe(MICROPHONE) == "1"
    assert subscriber.subscribe(CAMERA) == "2"
    first = subscriber.accept(browser_answer(subscriber.renew(LOCAL)))
    assert [(each.mid, each.track.sid) for each in first.outgoing] == [("1", "TR_mic"), ("2", "TR_cam")]
    assert first.outgoing[1].codecs[0].rtx_payload_type == 97

    assert subscriber.unsubscribe("TR_cam")
    assert subscriber.subscribe(replace(CAMERA, sid="TR_new")) == "3"
    second = subscriber.renew(LOCAL)
    assert second.version == 2
    assert second.media[2].direction is Direction.INACTIVE
    subscriber.accept(browser_answer(second))
    assert subscriber.subscribe(replace(CAMERA, sid="TR_last")) == "2"
    third = subscriber.accept(browser_answer(subscriber.renew(LOCAL)))
    assert third.outgoing[1].ssrcs != first.outgoing[1].ssrcs
    assert subscriber.tracks() == {"1": "TR_mic", "2": "TR_last", "3": "TR_new"}


def test_a_track_that_comes_while_an_offer_is_under_way_waits_for_the_next():
    subscriber = SubscriberOffer(CAPABILITIES, 9)
    first = subscriber.renew(LOCAL)
    subscriber.subscribe(MICROPHONE)
    assert subscriber.stale
    assert subscriber.accept(browser_answer(first)).outgoing == ()
    assert subscriber.stale
    assert len(subscriber.accept(browser_answer(subscriber.renew(LOCAL))).outgoing) == 1


def test_an_answer_to_nothing_or_to_something_else_is_refused():
    subscriber = SubscriberOffer(CAPABILITIES, 9)
    with pytest.raises(DescriptionRefused):
        subscriber.accept(browser_answer(SubscriberOffer(CAPABILITIES, 9).renew(LOCAL)))
    subscriber.subscribe(MICROPHONE)
    whole = browser_answer(subscriber.renew(LOCAL))
    with pytest.raises(DescriptionRefused):
        subscriber.accept(replace(whole, media=whole.media[:1]))


def test_what_the_peer_refuses_is_told():
    subscriber = SubscriberOffer(CAPABILITIES, 9)
    subscriber.subscribe(CAMERA)
    whole = browser_answer(subscriber.renew(LOCAL))
    refused = replace(whole, bundle=("0",), media=(whole.media[0], replace(whole.media[1], port=0)))
    assert subscriber.accept(refused).unsupported == ("TR_cam",)


steps = st.lists(st.tuples(st.sampled_from(["add", "drop", "round"]), st.integers(0, 5)), max_size=40)


@given(steps)
@settings(max_examples=60, deadline=None)
def test_sections_never_vanish_move_or_share_an_ssrc(actions):
    subscriber = SubscriberOffer(CAPABILITIES, 9)
    mids: list[str] = []
    seen: dict[int, str] = {}
    for action, number in actions:
        track = replace(CAMERA if number % 2 else MICROPHONE, sid=f"TR_{number}")
        if action == "add":
            subscriber.subscribe(track)
        elif action == "drop":
            subscriber.unsubscribe(track.sid)
        else:
            offered = subscriber.renew(LOCAL)
            now = [media.mid for media in offered.media]
            assert now[: len(mids)] == mids
            mids = now
            assert read_description(write_description(offered)) == offered
            accepted = subscriber.accept(browser_answer(offered))
            assert {each.track.sid for each in accepted.outgoing} == set(subscriber.tracks().values())
            ssrcs = [each.ssrcs.media for each in accepted.outgoing]
            assert len(set(ssrcs)) == len(ssrcs)
            seen.update({each.ssrcs.media: each.track.sid for each in accepted.outgoing})
    assert len(subscriber.sections) <= 1 + 12


def test_h264_is_matched_by_profile_and_packetization_mode():
    def format_of(parameters: str) -> str | None:
        codec = Codec(payload_type=100, name="h264", clock_rate=90000, parameters=parameters)
        found = CAPABILITIES.format_of(Kind.VIDEO, codec)
        return found.parameters[-6:] if found else None

    assert format_of("packetization-mode=1;profile-level-id=42e034") == "42e01f"
    assert format_of("packetization-mode=1;profile-level-id=42001f") == "42001f"
    assert format_of("profile-level-id=640c1f; packetization-mode=1") == "640032"
    assert format_of("packetization-mode=0;profile-level-id=42e01f") is None
    assert format_of("packetization-mode=1;profile-level-id=zz") is None


def test_a_rejected_section_stays_rejected():
    offered = offer("chromium_ssrc")
    dead = Media(kind=Kind.AUDIO, mid="0", port=0, codecs=offered.media[0].codecs)
    settled = answer(replace(offered, bundle=("1",), media=(dead, offered.media[1])), LOCAL, CAPABILITIES, session_id=7)
    assert settled.description.media[0].rejected
    assert [each.mid for each in settled.incoming] == ["1"]


def test_the_answer_of_chromium_to_our_offer_is_accepted():
    subscriber = SubscriberOffer(CAPABILITIES, 9)
    subscriber.subscribe(MICROPHONE)
    subscriber.subscribe(CAMERA)
    subscriber.subscribe(replace(CAMERA, sid="TR_av1", codecs=("AV1",)))
    subscriber.subscribe(replace(CAMERA, sid="TR_h264", codecs=("H264", "VP8")))
    subscriber.renew(LOCAL)
    accepted = subscriber.accept(offer("chromium_answer"))
    assert [each.codecs[0].name for each in accepted.outgoing] == ["opus", "VP8", "AV1", "H264"]
    assert accepted.outgoing[0].codecs[0].red_payload_type == 63
    assert accepted.remote.active
