"""Accounts, guilds and all that belongs to them behave alike on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from doubles.community_api import PASSWORD, PNG, Api, community_api
from hubbub.community.domain.permissions import Permissions
from hubbub.storage.records.port import Records


@pytest.fixture
async def api(migrated_records: Records, tmp_path: Path) -> AsyncIterator[Api]:
    async with community_api(tmp_path, migrated_records) as made:
        yield made


async def test_accounts(api: Api) -> None:
    ada = await api.person("ada", email="ada@example.org")
    taken = {"username": "eve", "password": PASSWORD, "email": "ada@example.org"}
    assert "email" in (await api.anyone().ask("POST", "/auth/register", taken)).json()["errors"]
    assert await api.anyone().refused("POST", "/auth/register", {"username": "ada", "password": PASSWORD}) == (
        400,
        50035,
    )
    other = api.anyone()
    await other.ok("POST", "/auth/login", {"login": "ada@example.org", "password": PASSWORD})
    assert len(await ada.ok("GET", "/users/@me/sessions")) == 2
    await ada.ok("PATCH", "/users/@me", {"avatar": PNG, "password": "another password", "current_password": PASSWORD})
    assert len(await ada.ok("GET", "/users/@me/sessions")) == 1
    assert await ada.ok("PATCH", "/users/@me/settings", {"theme": "dark"}) == {"theme": "dark"}
    assert await ada.ok("PATCH", "/users/@me/settings", {"locale": "de"}) == {"theme": "dark", "locale": "de"}
    token = await api.community.accounts.link(int(ada.id), "reset")
    await other.ok("POST", "/auth/reset", {"token": token, "password": PASSWORD})
    assert await ada.refused("GET", "/users/@me") == (401, 40001)
    assert [user.username for user in await api.community.accounts.listed("D", 10)] == ["ada"]
    admin = await api.community.accounts.first_administrator()
    assert admin is not None
    assert admin.is_administrator


async def test_a_guild_with_all_that_belongs_to_it(api: Api) -> None:
    ada, bob = await api.person("ada"), await api.person("bob", display_name="Builder")
    guild = await api.guild(ada, bob)
    base = f"/guilds/{guild['id']}"
    await ada.ok("PATCH", base, {"name": "Meadow", "icon": PNG, "description": "x"})
    role = await ada.ok("POST", f"{base}/roles", {"name": "r", "permissions": str(Permissions.MANAGE_MESSAGES)})
    await ada.ok("PATCH", f"{base}/roles", [{"id": role["id"], "position": 1}])
    await ada.ok("PUT", f"{base}/members/{bob.id}/roles/{role['id']}")
    assert len(await ada.ok("GET", f"{base}/members/search?query=BUILD&limit=5")) == 1
    channel = await ada.ok("POST", f"{base}/channels", {"name": "room", "rate_limit_per_user": 5})
    await ada.ok("PUT", f"/channels/{channel['id']}/permissions/{role['id']}", {"type": 0, "deny": "1024"})
    assert await bob.refused("GET", f"/channels/{channel['id']}") == (403, 50001)
    await ada.ok("POST", f"/channels/{channel['id']}/messages", {"content": "hello"})
    emoji = await ada.ok("POST", f"{base}/emojis", {"name": "dot", "image": PNG})
    await ada.ok("PATCH", f"{base}/emojis/{emoji['id']}", {"name": "point", "roles": [role["id"]]})
    await ada.ok("DELETE", f"{base}/emojis/{emoji['id']}")
    invite = await ada.ok("POST", f"/channels/{guild['text']}/invites", {"max_uses": 1})
    bot = await api.bot(ada)
    await ada.ok("PUT", f"{base}/applications/{bot.id}", {"permissions": "8"})
    await bob.ok("POST", f"/channels/{guild['text']}/messages", {"content": "rude"})
    await ada.ok("PUT", f"{base}/bans/{bob.id}", {"delete_message_seconds": 60})
    assert [ban["user"]["id"] for ban in await ada.ok("GET", f"{base}/bans")] == [bob.id]
    assert await bob.refused("POST", f"/invites/{invite['code']}") == (403, 40007)
    await ada.ok("DELETE", f"{base}/bans/{bob.id}")
    await bob.ok("POST", f"/invites/{invite['code']}")
    assert await api.anyone().refused("GET", f"/invites/{invite['code']}") == (404, 10006)
    await bot.ok("DELETE", f"{base}/members/{bob.id}")
    await ada.ok("DELETE", f"{base}/roles/{role['id']}")
    await ada.ok("DELETE", f"/channels/{channel['id']}")
    await ada.ok("DELETE", base)
    assert await bot.ok("GET", "/users/@me/guilds") == []
