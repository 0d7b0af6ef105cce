import pytest

from hubbub.app.config import Config
from hubbub.app.errors import UnknownGuildRole
from hubbub.app.folder import DataFolder
from hubbub.app.house import open_house
from hubbub.app.operations.perform import Operations
from hubbub.app.operations.requests import (
    CreateBot,
    CreateUser,
    DeleteGuild,
    ListGuilds,
    ListRoles,
    ListUsers,
    SetAdministrator,
    SetDisabled,
    SetRole,
    TransferGuild,
)
from hubbub.community.errors import UnknownGuild, UnknownMember
from hubbub.community.service.actor import Actor
from hubbub.community.service.roles import RoleChange


@pytest.fixture
async def house(tmp_path):
    with DataFolder(tmp_path / "data") as folder:
        async with open_house(Config(data=tmp_path / "data"), folder) as house:
            yield house


@pytest.fixture
def perform(house):
    operations = Operations(house)

    async def perform(request):
        return await operations.perform(request, lambda _: None)

    return perform


@pytest.fixture
async def guild_id(perform):
    return int((await perform(CreateBot(name="helper")))["guild_id"])


async def test_an_account_is_made_with_a_link_or_a_password_and_listed(perform):
    linked = await perform(CreateUser(username="ada"))
    assert "/#reset=" in linked["link"]
    assert "link" not in await perform(CreateUser(username="grace", password="a long password"))
    assert [user["username"] for user in (await perform(ListUsers()))["users"]] == ["ada", "grace"]


async def test_rights_are_given_and_taken(perform):
    await perform(CreateUser(username="ada"))
    await perform(SetAdministrator(username="ada", administrator=True))
    await perform(SetDisabled(username="ada", disabled=True))
    (ada,) = (await perform(ListUsers(query="ada")))["users"]
    assert (ada["administrator"], ada["disabled"]) == (True, True)


async def test_a_bots_facts_name_its_guild_and_channels(perform):
    facts = await perform(CreateBot(name="helper"))
    assert facts["user_id"] == facts["application_id"]
    assert facts["channel_id"] != facts["voice_channel_id"]
    (guild,) = (await perform(ListGuilds()))["guilds"]
    assert (guild["id"], guild["members"]) == (facts["guild_id"], 2)


async def test_a_guild_is_handed_to_a_member_only(perform, house, guild_id):
    ada = await perform(CreateUser(username="ada"))
    with pytest.raises(UnknownMember, match="ada is no member of helper's guild"):
        await perform(TransferGuild(guild_id=guild_id, username="ada"))
    await house.community.members.join(guild_id, int(ada["id"]))
    await perform(TransferGuild(guild_id=guild_id, username="ada"))
    assert (await perform(ListGuilds()))["guilds"][0]["owner"] == "ada"


async def test_a_role_is_given_by_name_or_id_and_taken(perform, house, guild_id):
    ada = await perform(CreateUser(username="ada"))
    owner_id = (await house.community.ports.guilds.guild(guild_id)).guild.owner_id
    made = await house.community.roles.create(Actor(owner_id), guild_id, RoleChange(name="Keepers"))
    await house.community.members.join(guild_id, int(ada["id"]))
    for named, has in (("Keepers", True), (made.id, False), (made.id, True)):
        await perform(SetRole(guild_id=guild_id, role=named, username="ada", has=has))
        member = await house.community.ports.guilds.other_member(guild_id, int(ada["id"]))
        assert (int(made.id) in member.role_ids) is has
    with pytest.raises(UnknownGuildRole, match="has no role called 'Nobody'"):
        await perform(SetRole(guild_id=guild_id, role="Nobody", username="ada", has=True))


async def test_roles_are_listed_highest_first(perform, guild_id):
    roles = (await perform(ListRoles(guild_id=guild_id)))["roles"]
    assert [(role["name"], role["managed"]) for role in roles] == [("helper", True), ("@everyone", False)]


async def test_a_deleted_guild_is_gone_and_says_so(perform, guild_id):
    await perform(DeleteGuild(guild_id=guild_id))
    assert (await perform(ListGuilds()))["guilds"] == []
    with pytest.raises(UnknownGuild, match=f"There is no guild {guild_id}"):
        await perform(DeleteGuild(guild_id=guild_id))
