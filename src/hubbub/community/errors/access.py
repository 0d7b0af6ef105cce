"""Who may do what: credentials that are missing or wrong, and acts that are not the caller's."""

from __future__ import annotations

from hubbub.kernel.errors import HubbubError


class Unauthorized(HubbubError):
    """The request carries no credential, or one that is not valid."""

    code = "auth.unauthorized"
    status = 401
    json_code = 40001
    default_sentence = "401: Unauthorized. Sign in, or send a valid bot token."


class WrongLogin(HubbubError):
    """Name and password do not belong together; it does not tell which is wrong."""

    code = "auth.wrong_login"
    status = 401
    json_code = 40001
    default_sentence = "This name and password do not belong together."


class Throttled(HubbubError):
    """Too many attempts; `retry_after_s` says how long to wait."""

    code = "auth.throttled"
    status = 429
    json_code = 40062
    default_sentence = "Too many attempts. Wait a little and try again."


class WrongOrigin(HubbubError):
    """A browser sent a changing request from another site, or without the client's header."""

    code = "auth.wrong_origin"
    status = 403
    json_code = 50067
    default_sentence = "Invalid request origin."


class Forbidden(HubbubError):
    """The caller may not do this."""

    code = "access.forbidden"
    status = 403
    json_code = 50001
    default_sentence = "Missing Access"


class MissingAccess(Forbidden):
    """The caller cannot see what it names."""

    code = "access.missing"


class MissingPermissions(Forbidden):
    """The caller sees it, but lacks the permission for the act."""

    code = "access.permissions"
    json_code = 50013
    default_sentence = "Missing Permissions"


class BotsOnly(Forbidden):
    """Only a bot's token may do this."""

    code = "access.bots_only"
    json_code = 20002
    default_sentence = "Only bots can use this endpoint"


class PeopleOnly(Forbidden):
    """A bot may not do this."""

    code = "access.people_only"
    json_code = 20001
    default_sentence = "Bots cannot use this endpoint"


class AdministratorsOnly(Forbidden):
    """Only an administrator of the installation may do this."""

    code = "access.administrators_only"
    default_sentence = "Only an administrator of this installation can do this."


class OwnersOnly(Forbidden):
    """Only the owner of the guild may do this."""

    code = "access.owners_only"
    json_code = 20018
    default_sentence = "Only the owner can do this."


class NotYourApplication(Forbidden):
    """An application's own token is needed."""

    code = "application.not_yours"
    json_code = 20012
    default_sentence = "You are not authorized to perform this action on this application"


class UsersOnlyPermissions(Forbidden):
    """Command permissions are set by people, not by a bot's token."""

    code = "command.permissions_bearer"
    json_code = 20001
    default_sentence = "Bots cannot use this endpoint"


class RegistrationClosed(Forbidden):
    """The installation takes no new accounts, or only with an invite."""

    code = "auth.registration_closed"
    default_sentence = "Sign-up is closed here. Ask for an invite, or ask the operator."


class Banned(Forbidden):
    """The caller is banned from the guild."""

    code = "access.banned"
    json_code = 40007
    default_sentence = "You are banned from this guild."
