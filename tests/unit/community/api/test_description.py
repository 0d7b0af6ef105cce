"""The OpenAPI description names every route with its parameters, bodies, answers and errors."""

import re
from pathlib import Path

import pytest
import pytest_asyncio

from doubles.community_api import community_api
from hubbub.kernel.errors import HubbubError

REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "errors.md"
UNDESCRIBED = {("GET", "/api/v10/openapi.json")}
METHODS = {"get", "post", "put", "patch", "delete"}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory):
    """The application's routes by method and path, and the description that it serves."""
    async with community_api(tmp_path_factory.mktemp("served")) as api:
        document = (await api.anyone().ask("GET", "/openapi.json")).json()
        handlers = {
            (str(getattr(method, "value", method)), re.sub(r":\w+}", "}", path)): handler
            for route in api.app.routes
            for handler in route.route_handlers
            for path in handler.paths
            for method in handler.http_methods
            if path.startswith("/api/v10") and handler.opt.get("terms") is not None
        }
        yield handlers, document


def operations(document):
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


async def test_every_route_is_described_and_nothing_else(served):
    handlers, document = served
    routes = {(method, path) for method, path in handlers if method not in {"HEAD", "OPTIONS"}} - UNDESCRIBED
    assert routes == set(operations(document))
    assert len(routes) > 100
    ids = [operation["operationId"] for operation in operations(document).values()]
    assert len(ids) == len(set(ids))


async def test_every_parameter_is_described(served):
    handlers, document = served
    for (method, path), operation in operations(document).items():
        described = {(each["in"], each["name"]): each for each in operation["parameters"]}
        in_path = set(re.findall(r"{(\w+)}", path))
        assert {name for place, name in described if place == "path"} == in_path, path
        assert all(described["path", name]["required"] for name in in_path)
        fields = handlers[method, path].parsed_fn_signature.parameters
        asked = set(fields) - in_path - {"request", "data", "self"}
        assert len([name for place, name in described if place == "query"]) == len(asked), (path, asked, described)


async def test_every_body_answer_and_error_is_described(served):
    handlers, document = served
    known = set(re.findall(r"^\| `([\w.]+)` \|", REFERENCE.read_text(), re.MULTILINE))
    for (method, path), operation in operations(document).items():
        handler = handlers[method, path]
        reads = "data" in handler.parsed_fn_signature.parameters or handler.opt["body"] is not None
        assert ("requestBody" in operation) == reads, path
        responses = operation["responses"]
        assert str(handler.status_code) in responses, path
        for error in (*handler.opt["errors"], HubbubError):
            assert f"`{error.code}`" in responses[str(error.status)]["description"], (path, error)
        for status, response in responses.items():
            if status >= "400":
                assert "application/json" in response["content"], (path, status)
                codes = re.findall(r"`([\w.]+)`", response["description"])
                assert codes
                assert set(codes) <= known, set(codes) - known
        if handler.opt["terms"].limit is not None:
            assert "X-RateLimit-Bucket" in responses[str(handler.status_code)]["headers"], path


async def test_every_reference_leads_somewhere_and_every_schema_is_used(served):
    _, document = served
    references = set(re.findall(r"#/components/schemas/([\w.]+)", str(document)))
    assert references == set(document["components"]["schemas"])
