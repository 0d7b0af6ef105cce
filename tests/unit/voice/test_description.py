"""Session descriptions are read as endpoints write them, and written so that they read the same again."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.voice.domain.sdp.description import (
    Candidate,
    Codec,
    Description,
    Direction,
    Extension,
    Fingerprint,
    Kind,
    Media,
    Msid,
    Rid,
    Setup,
    Simulcast,
    Source,
    SourceGroup,
)
from hubbub.voice.domain.sdp.grammar import candidate, candidate_text
from hubbub.voice.domain.sdp.reader import read_description
from hubbub.voice.domain.sdp.writer import write_description
from hubbub.voice.errors import DescriptionRefused

OFFERS = Path(__file__).parent / "offers"
NAMES = sorted(path.stem for path in OFFERS.glob("*.sdp"))


def offer(name: str) -> str:
    return (OFFERS / f"{name}.sdp").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_what_real_endpoints_offer_is_read_and_survives_a_round_trip(name):
    description = read_description(offer(name))
    assert description.media
    assert read_description(write_description(description)) == description


def test_a_simulcast_offer_of_chromium_is_read_in_full():
    description = read_description(offer("chromium_simulcast"))
    assert description.bundle == ("0", "1", "2")
    assert description.extmap_allow_mixed
    audio, video, data = description.media
    assert (audio.kind, video.kind, data.kind) == (Kind.AUDIO, Kind.VIDEO, Kind.APPLICATION)
    assert audio.setup is Setup.ACTPASS
    assert audio.direction is Direction.SENDONLY
    assert [codec.name for codec in audio.codecs][:2] == ["opus", "red"]
    assert audio.codecs[0].channels == 2
    assert audio.codecs[0].parameter("minptime") == "10"
    assert [rid.id for rid in video.rids] == ["q", "h", "f"]
    assert video.simulcast == Simulcast(send=("q", "h", "f"))
    assert video.codecs[0].feedback == ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
    assert video.msids == (Msid("a1978aa2-6cac-4460-93bc-214353af9318", "afa76c1c-72fb-4450-81b5-0d7cd161c54a"),)
    assert (data.sctp_port, data.max_message_size) == (5000, 262144)
    assert {each.transport for each in data.candidates} == {"udp", "tcp"}


def test_retransmissions_are_paired_by_their_group():
    video = read_description(offer("chromium_ssrc")).media[1]
    (group,) = video.source_groups
    assert group.semantics == "FID"
    assert [source.ssrc for source in video.sources] == list(group.ssrcs)
    assert video.sources[0].cname


HEAD = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n"


def test_what_the_session_says_once_holds_for_every_section():
    text = HEAD + "a=ice-ufrag:abcd\r\na=setup:passive\r\na=ice-lite\r\na=recvonly\r\n" + AUDIO
    description = read_description(text)
    assert description.ice_lite
    assert description.media[0].ice_ufrag == "abcd"
    assert description.media[0].setup is Setup.PASSIVE
    assert description.media[0].direction is Direction.RECVONLY


def test_feedback_for_all_payload_types_is_given_to_each():
    media = read_description(HEAD + AUDIO + "a=rtcp-fb:* nack\r\na=rtcp-fb:111 transport-cc\r\n").media[0]
    assert media.codecs[0].feedback == ("transport-cc", "nack")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("v=1\r\n", 1),
        (HEAD + "nonsense\r\n", 5),
        (HEAD + "m=audio 9 RTP/AVP 0\r\n", 5),
        (HEAD + "m=text 9 UDP/TLS/RTP/SAVPF 0\r\n", 5),
        (HEAD + "m=audio 99999 UDP/TLS/RTP/SAVPF 0\r\n", 5),
        (HEAD + AUDIO + "a=ssrc:4294967296 cname:x\r\n", 8),
        (HEAD + AUDIO + "a=extmap:0 urn:x\r\n", 8),
        (HEAD + AUDIO + "a=extmap:1 urn:x\r\na=extmap:1 urn:y\r\n", 9),
        (HEAD + AUDIO + "a=setup:holdconn\r\n", 8),
        (HEAD + AUDIO + "a=fingerprint:sha-256 xx\r\n", 8),
        (HEAD + AUDIO + "a=candidate:1 1 udp\r\n", 8),
        (HEAD + AUDIO + "a=simulcast:send\r\n", 8),
        (HEAD + AUDIO + "a=rid:q sideways\r\n", 8),
        (HEAD + AUDIO + "a=ice-pwd:\x01\x02\x03\x04\r\n", 8),
        (HEAD + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n", 5),
        (HEAD + AUDIO + AUDIO, 8),
        (HEAD + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", 5),
        (HEAD + "m=audio 9 UDP/TLS/RTP/SAVPF 0 0\r\na=mid:0\r\n", 5),
    ],
)
def test_a_malformed_description_names_its_line(text, line):
    with pytest.raises(DescriptionRefused) as caught:
        read_description(text)
    assert caught.value.line == line


def test_bounds_hold():
    for text in (
        "v=0\r\n" + "a=x\r\n" * 40_000,
        HEAD + "".join(AUDIO.replace("mid:0", f"mid:{n}") for n in range(257)),
        HEAD + AUDIO + "a=ssrc-group:FID 1 2\r\n" * 65,
        HEAD + AUDIO + "a=rtcp-fb:111 nack\r\n" * 17,
        HEAD + "a=" + "x" * 5000,
        "x" * (1024 * 1024 + 1),
    ):
        with pytest.raises(DescriptionRefused):
            read_description(text)


def test_candidates_are_read_as_clients_trickle_them():
    text = "candidate:140810826 1 UDP 2122194687 192.0.2.2 40211 typ host generation 0 ufrag rweK network-id 1"
    assert candidate(text) == Candidate(foundation="140810826", priority=2122194687, address="192.0.2.2", port=40211)
    tcp = candidate("candidate:1 1 tcp 1518214911 fd00::2 9 typ host tcptype active")
    assert tcp.tcp_type == "active"
    assert candidate(candidate_text(tcp)) == tcp


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(DescriptionRefused):
        read_description(text)


@given(st.data(), st.sampled_from(NAMES))
@settings(max_examples=60, deadline=None)
def test_a_damaged_offer_is_read_or_refused(data, name):
    lines = offer(name).split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        cut = data.draw(st.integers(0, len(lines[place])))
        lines[place] = lines[place][:cut] + data.draw(st.text(max_size=12)) + lines[place][cut + 1 :]
    with contextlib.suppress(DescriptionRefused):
        read_description("\n".join(lines))


words = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=4, max_size=12)
ssrcs = st.integers(1, (1 << 32) - 1)
codecs = st.builds(
    Codec,
    payload_type=st.integers(35, 127),
    name=st.sampled_from(["opus", "VP8", "rtx", "H264"]),
    clock_rate=st.sampled_from([48000, 90000]),
    channels=st.integers(1, 2),
    parameters=st.sampled_from(["", "apt=96", "minptime=10;useinbandfec=1"]),
    feedback=st.lists(st.sampled_from(["nack", "nack pli", "transport-cc"]), unique=True).map(tuple),
)
medias = st.builds(
    Media,
    kind=st.sampled_from([Kind.AUDIO, Kind.VIDEO]),
    mid=words,
    port=st.integers(0, 65535),
    direction=st.sampled_from(list(Direction)),
    ice_ufrag=words,
    ice_pwd=words,
    ice_options=st.lists(words, max_size=2).map(tuple),
    fingerprints=st.just((Fingerprint("sha-256", ":".join(["AB"] * 32)),)),
    setup=st.sampled_from(list(Setup)),
    codecs=st.lists(codecs, min_size=1, max_size=6, unique_by=lambda codec: codec.payload_type).map(tuple),
    extensions=st.lists(
        st.builds(Extension, st.integers(1, 14), words), unique_by=lambda each: each.id, max_size=4
    ).map(tuple),
    rtcp_mux=st.booleans(),
    rtcp_rsize=st.booleans(),
    msids=st.lists(st.builds(Msid, words, words), max_size=2).map(tuple),
    sources=st.lists(st.builds(Source, ssrcs, words), unique_by=lambda each: each.ssrc, max_size=3).map(tuple),
    source_groups=st.lists(
        st.builds(SourceGroup, st.sampled_from(["FID", "SIM"]), st.lists(ssrcs, min_size=2, max_size=4).map(tuple)),
        max_size=2,
    ).map(tuple),
    rids=st.lists(st.builds(Rid, words, st.booleans()), max_size=3).map(tuple),
    simulcast=st.none() | st.builds(Simulcast, send=st.lists(words, min_size=1, max_size=3).map(tuple)),
    candidates=st.lists(
        st.builds(
            Candidate,
            foundation=words,
            priority=st.integers(0, (1 << 32) - 1),
            address=st.just("2001:db8::1"),
            port=st.integers(0, 65535),
        ),
        max_size=2,
    ).map(tuple),
    end_of_candidates=st.booleans(),
)
descriptions = st.builds(
    Description,
    session_id=st.integers(0, (1 << 63) - 1),
    version=st.integers(0, (1 << 63) - 1),
    ice_lite=st.booleans(),
    media=st.lists(medias, min_size=1, max_size=4, unique_by=lambda media: media.mid).map(tuple),
)


@given(descriptions)
@settings(max_examples=80, deadline=None)
def test_whatever_is_written_reads_the_same(description):
    assert read_description(write_description(description)) == description
