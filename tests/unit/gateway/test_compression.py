"""Compressed streams, read by the decoders that clients use, and their memory."""

import zlib

import pytest
import zstandard

from hubbub.gateway.domain.compression import SYNC_FLUSH_SUFFIX, encoder

PAYLOADS = [
    b'{"op":0,"s":%d,"t":"MESSAGE_CREATE","d":{"content":"%s"}}' % (index, b"word " * index) for index in range(200)
]


def test_plain_is_what_it_was_and_travels_as_text():
    plain = encoder(None)
    assert plain.encode(b"{}") == b"{}"
    assert plain.first_byte == 0x81


def test_each_zlib_message_ends_with_the_suffix_and_decodes_by_itself():
    stream, inflate = encoder("zlib-stream"), zlib.decompressobj()
    assert stream.first_byte == 0x82
    for payload in PAYLOADS:
        message = stream.encode(payload)
        assert message.endswith(SYNC_FLUSH_SUFFIX)
        assert inflate.decompress(message) == payload


def test_each_zstd_message_decodes_by_itself_within_one_frame():
    stream, inflate = encoder("zstd-stream"), zstandard.ZstdDecompressor().decompressobj()
    assert stream.first_byte == 0x82
    for payload in PAYLOADS:
        assert inflate.decompress(stream.encode(payload)) == payload


def test_the_zstd_window_is_16_kib():
    frame = encoder("zstd-stream").encode(b"x")
    assert zstandard.get_frame_parameters(frame).window_size == 16 * 1024


@pytest.mark.parametrize(("compression", "ratio"), [("zlib-stream", 0.3), ("zstd-stream", 0.3)])
def test_history_makes_similar_payloads_small(compression, ratio):
    stream = encoder(compression)
    sizes = [len(stream.encode(payload)) for payload in PAYLOADS]
    assert sum(sizes[100:]) < ratio * sum(map(len, PAYLOADS[100:]))
