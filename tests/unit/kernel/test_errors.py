"""Every error that reaches a client has a stable code of its own."""

import importlib
import pkgutil

import hubbub
from hubbub.kernel.errors import FieldProblem, HubbubError, InvalidForm, Overloaded


def every_error():
    for module in pkgutil.walk_packages(hubbub.__path__, "hubbub."):
        if module.name.endswith(".errors") or module.name.endswith(".port"):
            importlib.import_module(module.name)
    found, queue = [], [HubbubError]
    while queue:
        error = queue.pop()
        found.append(error)
        queue.extend(error.__subclasses__())
    return found


def test_codes_are_unique():
    # Other tests make errors too; a client never meets theirs.
    own = [error for error in every_error() if "code" in vars(error) and error.__module__.startswith("hubbub.")]
    codes = [error.code for error in own]
    assert sorted(set(codes)) == sorted(codes)


def test_an_error_carries_fields_and_a_sentence():
    problem = InvalidForm(fields=[FieldProblem("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")])
    assert problem.status == 400
    assert problem.fields[0].path == "content"
    assert str(problem) == "Invalid Form Body"


def test_overload_tells_when_to_come_back():
    assert Overloaded(retry_after_s=2.5).retry_after_s == 2.5
