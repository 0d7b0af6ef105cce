"""What is kept of a minute reads as it was, also when a version before wrote it."""

import msgspec
import zstandard

from doubles.call_legs import START_MS, leg
from hubbub.voice.adapters.call_minute import pack_minute, unpack_minute
from hubbub.voice.domain.quality import Minute, Moment, Refused, Sample


def test_a_minute_reads_as_it_was():
    legs = [
        leg("TR_a", concealed=0.0312, measured=True, r=81.5),
        leg("TR_b", video=True, freezes=2, frozen_ms=900),
        leg("TR_c", up=True, concealed=0.0),
    ]
    sample = Sample(START_MS, 7, 21.5, 900_000, legs, Refused(unauthentic=3, malformed=1))
    minute = Minute([sample, Sample(START_MS + 5000, 7, -1.0, 0, [])], [Moment(START_MS + 9, "joined", "TR_a", 4, "x")])
    assert unpack_minute(pack_minute(minute)) == minute


def test_what_an_older_version_wrote_is_read():
    old_leg = [0, 0, 250, 1200, 300, 35, 32_000, 4, 0, 0, 0, 255, 255, 815, 401, 1]
    document = [START_MS, ["TR_a"], [[0, 7, 215, 900_000, [old_leg]]], []]
    (sample,) = unpack_minute(zstandard.compress(msgspec.msgpack.encode(document))).samples
    (old,) = sample.legs
    assert (old.loss, old.residual_loss, old.mos, old.concealed, old.measured) == (0.12, 0.03, 4.01, -1.0, False)
    assert (old.gone, sample.refused) == (0.03, Refused())
