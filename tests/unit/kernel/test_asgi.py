"""Small HTTP faces answer alike: JSON with its length, errors with all that a client may act on."""

import json

import pytest

from hubbub.kernel import asgi
from hubbub.kernel.errors import FieldProblem, HubbubError, InvalidForm, Overloaded, document


class Client:
    """Asks once, and keeps what was answered."""

    def __init__(self, method="GET"):
        self.scope = {"type": "http", "method": method}
        self.sent = []

    async def send(self, message):
        self.sent.append(message)

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self):
        return b"".join(message["body"] for message in self.sent[1:])


async def say(content):
    return content


async def fail(problem):
    raise problem


async def test_json_is_answered_with_its_length_and_kept_by_nobody():
    client = Client()
    await asgi.answer_json(client.scope, client.send, say({"calls": []}), "calls")
    assert (client.status, json.loads(client.body)) == (200, {"calls": []})
    assert client.headers["content-length"] == str(len(client.body))
    assert client.headers["cache-control"] == "no-store"


async def test_head_is_told_the_length_alone():
    client = Client("HEAD")
    await asgi.answer_json(client.scope, client.send, say([1, 2]), "numbers")
    assert (client.body, client.headers["content-length"]) == (b"", "5")


async def test_an_error_is_answered_as_one():
    client = Client()
    await asgi.answer_json(client.scope, client.send, fail(Overloaded(retry_after_s=1.2)), "calls")
    assert (client.status, client.headers["retry-after"]) == (503, "2")
    assert json.loads(client.body)["error"] == "overloaded"


async def test_what_nobody_foresaw_tells_no_detail():
    client = Client()
    await asgi.answer_json(client.scope, client.send, fail(KeyError("secret")), "calls")
    assert (client.status, json.loads(client.body)) == (500, document(HubbubError()))


@pytest.mark.parametrize("path", ["", "limit", "embeds.0.title"])
def test_the_fields_at_fault_are_nested_by_their_paths(path):
    told = document(InvalidForm(fields=[FieldProblem(path, "FIRST", "One."), FieldProblem(path, "SECOND", "Two.")]))
    node = told["errors"]
    for step in path.split(".") if path else ():
        node = node[step]
    assert [problem["code"] for problem in node["_errors"]] == ["FIRST", "SECOND"]
