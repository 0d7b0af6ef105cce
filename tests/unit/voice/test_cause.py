import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles.call_legs import digest_of, leg, sample
from hubbub.voice.domain.cause import Person, explain_call, explain_person
from hubbub.voice.domain.digest import Digest, Tally
from hubbub.voice.domain.quality import DOWN_LEGS_MAX, Leg, Sample, condense, mos_of
from hubbub.voice.domain.symptom import Source, Surroundings, Symptom, judge

ANNA, BEN, CLARA = 1, 2, 3
NAMES = {ANNA: "Anna", BEN: "Ben", CLARA: "Clara"}
VOICE = {"TR_a": Source(ANNA)}
CAMERA = {"TR_a": Source(ANNA, video=True)}


def person(digest, stay=BEN, **more):
    return Person(stay, NAMES[stay], digest, 60.0, **more)


def around(stay=BEN, sources=None, **more):
    return Surroundings(VOICE if sources is None else sources, stay=stay, **more)


def explained(made, surroundings, stay=BEN):
    return explain_person(person(digest_of(made, surroundings), stay), NAMES)


def test_a_good_call_is_fine():
    told = explained(sample(leg(), leg("TR_b", up=True)), around())
    assert (told.code, told.causes) == ("fine", [])
    assert told.sentence == "Nothing was wrong with Ben's connection."


def test_nothing_measured_is_said_to_be_so():
    assert explain_person(person(Digest()), NAMES).code == "unknown"
    assert explain_call([]).code == "unknown"


CASES = {
    "what the speaker sends is lost": (
        sample(leg(up=True, loss=0.12, residual_loss=0.08, mos=2.1)),
        around(ANNA),
        (Symptom.LOSS, "sends", "lost on the way to the server"),
    ),
    "what the listener is sent is lost": (
        sample(leg(loss=0.2, residual_loss=0.1, mos=2.0)),
        around(),
        (Symptom.LOSS, "hears", "lost on the way from the server for 1 min"),
    ),
    "the listener's link is too narrow": (
        sample(leg(video=True, loss=0.08, mos=2.5), estimate=150_000),
        around(sources=CAMERA, congested=True, narrowed=True),
        (Symptom.CONGESTION, "hears", "carried 150 kbit/s at worst"),
    ),
    "everything is paused by congestion": (
        sample(estimate=40_000),
        around(congested=True, narrowed=True),
        (Symptom.CONGESTION, "hears", "carried 40 kbit/s"),
    ),
    "packets come unevenly": (
        sample(leg(jitter_ms=80.0, mos=3.2)),
        around(),
        (Symptom.JITTER, "hears", "80 ms of jitter"),
    ),
    "the way is long": (sample(leg(), rtt_ms=640.0), around(), (Symptom.DELAY, "hears", "640 ms")),
    "only TCP gets through": (
        sample(leg(jitter_ms=200.0, mos=3.0)),
        around(over_tcp=True),
        (Symptom.TCP, "hears", "let no UDP through"),
    ),
    "the camera is slow": (
        sample(leg(up=True, video=True, freezes=3, frozen_ms=2400, mos=3.0)),
        around(ANNA, CAMERA),
        (Symptom.DEVICE, "sends", "Anna's camera or computer was too slow"),
    ),
    "the other's camera is slow": (
        sample(leg(video=True, freezes=3, frozen_ms=2400, mos=3.0)),
        around(sources={"TR_a": Source(ANNA, video=True, froze=True)}),
        (Symptom.DEVICE, "hears", "Anna's camera or computer was too slow"),
    ),
    "the microphone sends nothing": (
        sample(leg(up=True, packets=0, mos=0.0)),
        around(ANNA, own=("TR_a",)),
        (Symptom.NO_PACKETS, "sends", "was not muted, and yet nothing came"),
    ),
    "the other's uplink is bad": (
        sample(leg(loss=0.12, residual_loss=0.12, mos=2.0)),
        around(sources={"TR_a": Source(ANNA, loss=0.12)}),
        (Symptom.OTHERS_UPLINK, "hears", "Ben heard Anna badly"),
    ),
    "everybody is bad at once": (
        sample(leg(jitter_ms=90.0, mos=2.0)),
        around(server_busy=True),
        (Symptom.SERVER, "hears", "The server was overloaded"),
    ),
    "what is lost is heard and seen": (
        sample(
            leg(loss=0.2, concealed=0.04, measured=True, mos=2.0),
            leg("TR_v", video=True, loss=0.2, freezes=1, frozen_ms=1000, measured=True, mos=2.0),
        ),
        around(),
        (Symptom.LOSS, "hears", "Meanwhile 4 % of the sound was missing and pictures stood still for 12 s."),
    ),
    "what is lost is mended": (
        sample(leg(loss=0.1, residual_loss=0.02, concealed=0.001, measured=True)),
        around(),
        (Symptom.LOSS, "hears", "for 1 min. Nearly all of it was mended."),
    ),
    "what is not lost comes too late": (
        sample(leg(jitter_ms=25.0, concealed=0.06, measured=True, mos=3.0)),
        around(),
        (Symptom.JITTER, "hears", "25 ms of jitter on average, 25 ms at worst. Meanwhile 6 % of the sound"),
    ),
    "what feedback tells is of this way alone": (
        sample(leg(loss=0.12, concealed=0.12, measured=True, mos=2.0)),
        around(sources={"TR_a": Source(ANNA, loss=0.12)}),
        (Symptom.LOSS, "hears", "lost on the way from the server"),
    ),
    "what never came to us is the other's uplink": (
        sample(leg(concealed=0.12, measured=True, mos=2.0)),
        around(sources={"TR_a": Source(ANNA, loss=0.12, gone=0.12)}),
        (Symptom.OTHERS_UPLINK, "hears", "Ben heard Anna badly"),
    ),
    "nobody knows why": (sample(leg(mos=2.9)), around(), (Symptom.UNCLEAR, "hears", "rated 2.9 of 5")),
}


@pytest.mark.parametrize("name", CASES)
def test_the_likely_cause_is_named(name):
    made, surroundings, (code, side, words) = CASES[name]
    told = explained(made, surroundings, surroundings.stay)
    assert (told.code, told.causes[0].side) == (code, side)
    assert words in told.sentence
    assert told.causes[0].seconds == 60


def test_what_is_not_meant_to_come_is_no_fault():
    assert Source(ANNA).ought_to_arrive
    for source in (Source(ANNA, muted=True), Source(ANNA, wanted=False), Source(ANNA, is_screen=True, video=True)):
        assert not source.ought_to_arrive
    still = sample(leg(up=True, video=True, freezes=2, frozen_ms=4000))
    assert judge(still, around(ANNA, {"TR_a": Source(ANNA, video=True, is_screen=True)})) == []


def test_a_layer_lowered_by_the_viewers_own_wish_is_no_congestion():
    assert judge(sample(leg(video=True)), around(sources=CAMERA, narrowed=True)) == []


def test_a_hiccup_is_not_named():
    bad = sample(leg(loss=0.3, residual_loss=0.3, mos=1.5))
    assert explain_person(person(digest_of(bad, around(), times=1)), NAMES).code == "fine"


def test_whoever_never_connected_is_told_with_the_reason():
    digest = Digest(failure="no check arrived within 15 s.")
    told = explain_person(person(digest, connected=False), NAMES)
    assert told.code == Symptom.NEVER_CONNECTED
    assert "Ben never got a media connection (no check arrived within 15 s)" in told.sentence


def test_silence_and_changing_networks_are_told():
    told = explain_person(person(Digest(silent_s=42.0, path_changes=3)), NAMES)
    assert [cause.code for cause in told.causes] == [Symptom.SILENCE, Symptom.RECONNECTS]
    assert "for 42 s altogether" in told.sentence
    assert "changed its network 3 times" in told.causes[1].sentence
    assert explain_person(person(Digest(path_changes=1)), NAMES).causes == []


def test_a_speakers_bad_uplink_outweighs_one_listeners_bad_downlink():
    lossy = digest_of(sample(leg(up=True, loss=0.12, residual_loss=0.1, mos=2.1)), around(ANNA))
    hearing = {"TR_a": Source(ANNA, loss=0.12)}
    ben = digest_of(sample(leg(loss=0.12, residual_loss=0.1, mos=2.1)), around(sources=hearing))
    clara = digest_of(sample(leg(loss=0.3, residual_loss=0.3, mos=1.5)), around(CLARA))
    told = explain_call([person(lossy, ANNA), person(ben, BEN), person(clara, CLARA)])
    assert (told.code, told.causes[0].person, told.causes[0].reached) == (Symptom.LOSS, ANNA, 2)
    # What Ben heard of it is told once, where it arises; what is Clara's own comes second.
    assert [cause.person for cause in told.causes] == [ANNA, CLARA]


def test_an_overloaded_server_is_told_once_for_all():
    bad = sample(leg(jitter_ms=90.0, mos=2.0))
    people = [person(digest_of(bad, around(stay, server_busy=True)), stay) for stay in NAMES]
    told = explain_call(people)
    assert [(cause.code, cause.reached, cause.person) for cause in told.causes] == [(Symptom.SERVER, 3, 0)]
    assert "3 of them in this call" in told.sentence


def test_the_worst_opinion_is_that_of_ten_seconds():
    digest = Digest()
    for at, mos in enumerate((4.4, 1.0, 4.4, 3.0, 3.2)):
        digest.take(sample(leg(mos=mos), at_ms=at * 5000), ())
    assert digest.worst_mos == pytest.approx(2.7)
    assert digest.hears.mean == pytest.approx(3.2)


def test_an_opinion_is_that_of_the_worse_of_sound_and_pictures():
    assert mos_of([leg(mos=4.0), leg(video=True, mos=2.0), leg(up=True, mos=1.0)], up=False) == 2.0
    assert mos_of([leg(packets=0, mos=1.0)], up=False) == 0.0


def test_of_many_legs_the_worst_are_kept_and_the_rest_is_summed_up():
    legs = [leg(f"TR_{index}", mos=4.0 + index / 1000) for index in range(50)]
    kept = condense([leg("TR_own", up=True), leg("TR_idle", packets=0), *legs, leg("TR_bad", mos=2.0)])
    assert [each.track for each in kept[:2]] == ["TR_own", "TR_bad"]
    assert len(kept) == 2 + DOWN_LEGS_MAX
    assert (kept[-1].legs, kept[-1].packets, kept[-1].track) == (43, 43 * 250, "")


def test_many_different_findings_stay_few():
    digest = Digest()
    for owner in range(500):
        heard = sample(leg(loss=0.2, residual_loss=0.2, mos=2.0), at_ms=owner * 5000)
        digest.take(heard, judge(heard, around(sources={"TR_a": Source(1000 + owner, loss=0.2)})))
    assert len(digest.tallies) <= 65


_numbers = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 1) | st.integers(-5, 2**40).map(float)
_legs = st.builds(
    Leg,
    track=st.sampled_from(["TR_a", "TR_b", ""]),
    up=st.booleans(),
    video=st.booleans(),
    packets=st.integers(0, 2**40),
    loss=_numbers,
    residual_loss=_numbers,
    jitter_ms=_numbers,
    bits_per_second=st.integers(0, 2**40),
    freezes=st.integers(0, 9),
    frozen_ms=st.integers(0, 2**32),
    mos=_numbers,
    legs=st.integers(1, 99),
    concealed=_numbers,
    measured=st.booleans(),
)
_samples = st.builds(
    Sample,
    at_ms=st.integers(0, 2**42),
    transport_id=st.just(1),
    rtt_ms=_numbers,
    estimate=st.integers(0, 2**40),
    legs=st.lists(_legs, max_size=12),
)
_tallies = st.builds(
    Tally,
    symptom=st.sampled_from([*[each.value for each in Symptom], "of a newer version"]),
    side=st.sampled_from(["sends", "hears", "", "{"]),
    about=st.integers(0, 4),
    seconds=_numbers,
    first_ms=st.integers(0, 2**42),
    last_ms=st.integers(0, 2**42),
    mean=_numbers,
    worst=_numbers,
)


@given(st.lists(_samples, max_size=6), st.lists(_tallies, max_size=6), st.text(string.printable), st.booleans())
def test_whatever_was_measured_is_explained(samples, tallies, name, connected):
    digest = Digest(tallies=tallies)
    sources = {"TR_a": Source(ANNA, loss=0.1), "TR_b": Source(BEN, video=True)}
    for made in samples:
        condensed = Sample(made.at_ms, 1, made.rtt_ms, made.estimate, condense(made.legs))
        digest.take(condensed, judge(condensed, around(sources=sources, congested=True, own=("TR_a",))))
    someone = Person(BEN, name, digest, 60.0, connected=connected)
    assert explain_person(someone, {}).sentence
    assert explain_call([someone, person(Digest(), ANNA)]).sentence
