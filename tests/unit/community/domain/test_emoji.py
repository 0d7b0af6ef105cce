"""Which texts are one emoji, and which path segments name a reaction."""

import pytest

from hubbub.community.domain.reaction_emoji import parse
from hubbub.community.domain.unicode_emoji import is_emoji

EMOJIS = ["🔥", "👍🏽", "❤️", "❤", "1️⃣", "#️⃣", "🇩🇪", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏳️‍🌈", "🫡", "🤷🏾‍♀️", "☕", "㊗️", "©️"]
OTHERS = ["", "a", "1", "#", "🔥🔥", "🔥a", "\u200d", "🇩", "<:a:1>", "x" * 50, "\ufe0f", "日"]


@pytest.mark.parametrize("text", EMOJIS)
def test_an_emoji_is_known_by_its_grammar(text):
    assert is_emoji(text)
    assert parse(text).key == text


@pytest.mark.parametrize("text", OTHERS)
def test_other_text_is_none(text):
    assert not is_emoji(text)
    assert parse(text) is None


def test_a_custom_emoji_is_named_by_name_and_id():
    for text in ("party:123456789012345678", ":party:123456789012345678", "a:party:123456789012345678"):
        assert parse(text) == (123456789012345678, "party")
    assert parse("party:9999999999999999999") is None
    assert parse("par ty:123456789012345678") is None
