"""Mentions: what content names, less what the request keeps from it."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.community.domain.form import Problems
from hubbub.community.domain.mention import EVERYTHING, USERS_ONLY, AllowedMentions, named_in

A, B, R = 100_000_000_000_000_001, 100_000_000_000_000_002, 200_000_000_000_000_001


@pytest.mark.parametrize(
    ("content", "users", "roles", "everyone"),
    [
        (f"<@{A}> <@!{B}> <@{A}>", (A, B), (), False),
        (f"<@&{R}>", (), (R,), False),
        ("@everyone", (), (), True),
        ("@here!", (), (), True),
        ("someone@everyones.example", (), (), False),
        (f"`<@{A}>` ```\n@everyone\n```", (), (), False),
        (f"``a`<@{A}>`b`` <@{B}>", (B,), (), False),
        ("<@1> <@99999999999999999999> <@abc>", (), (), False),
    ],
)
def test_content_names_whom_it_shows(content, users, roles, everyone):
    assert named_in(content, EVERYTHING) == (users, roles, everyone)


def test_a_request_lets_through_whom_it_lists():
    content = f"@everyone <@{A}> <@{B}> <@&{R}>"
    assert named_in(content, USERS_ONLY) == ((A, B), (), False)
    assert named_in(content, AllowedMentions()) == ((), (), False)
    assert named_in(content, AllowedMentions(users=[B, 5])) == ((B,), (), False)
    assert named_in(content, AllowedMentions(parse=["everyone"], roles=[R])) == ((), (R,), True)


@pytest.mark.parametrize(
    ("allowed", "path"),
    [
        (AllowedMentions(parse=["users"], users=[A]), "allowed_mentions"),
        (AllowedMentions(parse=["people"]), "allowed_mentions.parse.0"),
        (AllowedMentions(users=list(range(101))), "allowed_mentions.users"),
    ],
)
def test_contradictions_are_noted(allowed, path):
    problems = Problems()
    allowed.check("allowed_mentions", problems)
    assert [problem.path for problem in problems.found] == [path]


@given(st.text(alphabet=string.printable + "<@&!>`é", max_size=300))
def test_any_content_is_read_without_harm(content):
    named = named_in(content, EVERYTHING)
    assert all(str(user_id) in content for user_id in named.user_ids)
