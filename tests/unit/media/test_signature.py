"""An address is good for its path alone, for its time alone, and the same for everybody within a bucket."""

from __future__ import annotations

import pytest

from hubbub.media.domain.signature import NEVER, Signer
from hubbub.media.errors import AddressExpired, AddressForged

OLD, NEW = b"o" * 32, b"n" * 32
PATH = "/media/files/42/holiday.jpg"
NOW_MS = 1_767_225_600_000
SIGNER = Signer(NEW, lifetime_s=1000, bucket_s=100)


def query(signer: Signer = SIGNER, path: str = PATH, now_ms: int = NOW_MS) -> dict[str, str]:
    return dict(pair.split("=") for pair in signer.sign(path, now_ms).query.split("&"))


def test_an_address_is_good_for_its_lifetime_and_at_most_a_bucket_more():
    for second in range(250):
        now_ms = NOW_MS + second * 1000
        left_s = (SIGNER.check(PATH, query(now_ms=now_ms), now_ms) or 0) - now_ms // 1000
        assert 1000 < left_s <= 1100


def test_within_a_bucket_the_address_stays_the_same():
    assert len({SIGNER.sign(PATH, NOW_MS + second * 1000) for second in range(1000)}) in {10, 11}


def test_addresses_of_many_files_do_not_change_at_once():
    ends = {SIGNER.sign(f"/media/files/{each}/a", NOW_MS).expiry_s for each in range(200)}
    assert len(ends) > 50


def test_an_address_ends():
    signed = query()
    end_s = int(signed["ex"], 16)
    assert SIGNER.check(PATH, signed, end_s * 1000 - 1) == end_s
    with pytest.raises(AddressExpired):
        SIGNER.check(PATH, signed, end_s * 1000)


@pytest.mark.parametrize(
    "change",
    [
        {"ex": "ffffffff"},
        {"ex": ""},
        {"ex": "-1"},
        {"ex": "1" * 13},
        {"hm": "0" * 64},
        {"hm": ""},
        {"hm": "é" * 64},
    ],
)
def test_a_changed_signature_is_forged_before_it_is_expired(change: dict[str, str]):
    with pytest.raises(AddressForged):
        SIGNER.check(PATH, query() | change, NOW_MS + 10**12)


def test_a_signature_opens_no_other_path():
    for path in (PATH + "x", "/media/files/43/holiday.jpg", PATH.upper()):
        with pytest.raises(AddressForged):
            SIGNER.check(path, query(), NOW_MS)


def test_half_a_signature_is_forged_and_none_is_told_apart():
    assert SIGNER.check(PATH, {"width": "64"}, NOW_MS) is None
    for name in ("ex", "hm"):
        with pytest.raises(AddressForged):
            SIGNER.check(PATH, {name: query()[name]}, NOW_MS)


def test_the_key_before_is_good_and_the_one_before_that_is_not():
    turned = Signer(NEW, OLD)
    signed = query(Signer(OLD))
    assert turned.check(PATH, signed, NOW_MS)
    assert query(turned) == query(Signer(NEW))
    with pytest.raises(AddressForged):
        Signer(NEW).check(PATH, signed, NOW_MS)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        Signer(b"short")


def test_an_address_for_ever_is_good_at_any_time_and_for_its_path_alone() -> None:
    signer = Signer(b"k" * 32)
    endless = {"hm": signer.sign_for_ever("/media/files/1/a.png").removeprefix("hm=")}
    assert signer.check("/media/files/1/a.png", endless, 10**18) == NEVER
    with pytest.raises(AddressForged):
        signer.check("/media/files/1/b.png", endless, 0)
    with pytest.raises(AddressExpired):
        signer.check("/media/files/1/a.png", {**endless, "ex": "0"}, 0)


def test_an_address_that_ends_is_not_made_endless_by_leaving_its_end_out() -> None:
    signer = Signer(b"k" * 32)
    with pytest.raises(AddressForged):
        signer.check("/a", {"hm": signer.sign("/a", 0).mac}, 0)


def test_a_token_opens_one_upload_until_the_key_after_the_next() -> None:
    token = Signer(b"k" * 32).token(7)
    assert Signer(b"k" * 32).admits(7, token)
    assert Signer(b"n" * 32, b"k" * 32).admits(7, token)
    assert not Signer(b"n" * 32).admits(7, token)
    assert not Signer(b"k" * 32).admits(8, token)
    assert not Signer(b"k" * 32).admits(7, "ü\ud800")
