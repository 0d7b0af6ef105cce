"""Permission resolution equals that of discord.py, over guilds of any shape."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import discord
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.community.domain.guild import Channel, Guild, GuildState, Member, Role, encode_ids, encode_overwrites
from hubbub.community.domain.permissions import ALL, BIT_NAMES, Overwrite, base_permissions

GUILD, OWNER, USER, OTHER, CHANNEL = 10, 20, 30, 40, 50
ROLES = (101, 102, 103, 104)
NOW_MS = 4_102_444_800_000
"""2100-01-01: discord.py compares timeouts with the real clock, so both must lie on the same side of it."""

TYPES = {0: discord.TextChannel, 2: discord.VoiceChannel, 4: discord.CategoryChannel, 13: discord.StageChannel}

bits = st.one_of(
    st.integers(0, ALL).map(lambda value: value & ALL),
    st.sets(st.sampled_from(sorted(BIT_NAMES)), max_size=4).map(sum),
    st.just(0),
)


@st.composite
def overwrites(draw: st.DrawFn) -> tuple[Overwrite, ...]:
    role_targets = draw(st.sets(st.sampled_from((GUILD, *ROLES))))
    member_targets = draw(st.sets(st.sampled_from((USER, OTHER))))
    found = [Overwrite(target, 0, draw(bits), draw(bits)) for target in role_targets]
    found += [Overwrite(target, 1, draw(bits), draw(bits)) for target in member_targets]
    return tuple(draw(st.permutations(found)))


class _State(SimpleNamespace):
    """As much of discord.py's connection state as its models touch."""

    def __getattr__(self, name: str) -> Any:
        return None


def by_discord_py(state: GuildState, member: Member, channel: Channel, *, timed_out: bool) -> int:
    connection = _State(self_id=999, shard_count=None, member_cache_flags=discord.MemberCacheFlags.none())
    connection.store_user = lambda data, cache=True: discord.User(state=connection, data=data)
    guild = discord.Guild._create_unavailable(state=connection, guild_id=GUILD, data=None)
    guild.owner_id = state.guild.owner_id
    for role in state.roles.values():
        data = {"id": str(role.id), "name": role.name, "permissions": str(role.permissions), "position": role.position}
        guild._add_role(discord.Role(guild=guild, state=connection, data=data))
    user = {"id": str(member.user_id), "username": "u", "discriminator": "0", "avatar": None, "global_name": None}
    joined = discord.Member(
        guild=guild,
        state=connection,
        data={
            "user": user,
            "roles": [str(role_id) for role_id in member.role_ids],
            "joined_at": "2020-01-01T00:00:00+00:00",
            "communication_disabled_until": "2999-01-01T00:00:00+00:00" if timed_out else None,
            "flags": 0,
        },
    )
    data = {
        "id": str(channel.id),
        "type": channel.type,
        "name": "c",
        "position": 0,
        "permission_overwrites": [
            {"id": str(o.id), "type": o.type, "allow": str(o.allow), "deny": str(o.deny)} for o in channel.overwrites
        ],
        "bitrate": 64000,
        "user_limit": 0,
    }
    theirs = TYPES[channel.type](state=connection, guild=guild, data=data)
    return int(theirs.permissions_for(joined).value)


@settings(max_examples=400, deadline=None)
@given(
    everyone=bits,
    roles=st.dictionaries(st.sampled_from(ROLES), bits),
    held=st.sets(st.sampled_from(ROLES)),
    owner=st.sampled_from((OWNER, USER)),
    found=overwrites(),
    kind=st.sampled_from(sorted(TYPES)),
    timed_out=st.booleans(),
)
def test_a_members_permissions_in_a_channel_are_those_of_discord_py(
    everyone, roles, held, owner, found, kind, timed_out
):
    guild = Guild(GUILD, "g", None, None, owner, None, 0, None, None, 300, 0, 0, 0, "en-US")
    made = {GUILD: everyone, **roles}
    state = GuildState(
        guild,
        {i: Role(i, GUILD, "r", 0, False, int(i != GUILD), value, None, False) for i, value in made.items()},
        {},
        {},
    )
    until_ms = NOW_MS + 1 if timed_out else None
    member = Member(GUILD, USER, None, encode_ids(tuple(held)), 0, False, False, until_ms, False)
    channel = Channel(
        CHANNEL, GUILD, kind, "c", 0, None, None, False, 0, 64000, 0, encode_overwrites(found), None, None
    )
    ours = state.permissions(member, channel, NOW_MS)
    assert ours == by_discord_py(state, member, channel, timed_out=timed_out)


@given(everyone=bits, roles=st.lists(bits, max_size=4))
def test_a_timeout_takes_all_but_seeing_and_reading(everyone, roles):
    free = base_permissions(is_owner=False, everyone=everyone, roles=roles)
    held = base_permissions(is_owner=False, everyone=everyone, roles=roles, timed_out=True)
    if free == ALL:
        assert held == ALL
    else:
        assert held == free & ((1 << 10) | (1 << 16))


def test_the_bits_are_those_that_discord_py_knows():
    assert discord.Permissions.all().value == ALL
