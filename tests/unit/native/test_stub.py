"""The stub of the compiled module says what the module has."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from hubbub import native

_native = pytest.importorskip("hubbub.native._native", reason="the native core is not built")

STUB = ast.parse((Path(native.__file__).parent / "_native.pyi").read_text())
CLASSES = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}
FUNCTIONS = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}


def public(names: object) -> set[str]:
    return {name for name in dir(names) if not name.startswith("_")}


def test_every_name_of_the_module_is_in_the_stub_and_none_beside() -> None:
    constants = {node.target.id for node in STUB.body if isinstance(node, ast.AnnAssign) and hasattr(node.target, "id")}
    assert public(_native) == {*CLASSES, *FUNCTIONS, *constants}


@pytest.mark.parametrize("name", CLASSES)
def test_every_method_has_the_parameters_that_the_stub_names(name: str) -> None:
    built = getattr(_native, name)
    methods = {node.name: node for node in CLASSES[name].body if isinstance(node, ast.FunctionDef)}
    assert public(built) == set(methods)
    for method, node in methods.items():
        found = inspect.signature(getattr(built, method)).parameters
        assert [each for each in found if each != "self"] == [arg.arg for arg in node.args.args if arg.arg != "self"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_the_parameters_that_the_stub_names(name: str) -> None:
    found = inspect.signature(getattr(_native, name)).parameters
    assert list(found) == [arg.arg for arg in FUNCTIONS[name].args.args]


def test_every_name_is_documented() -> None:
    nodes = [*CLASSES.values(), *FUNCTIONS.values(), *(node for each in CLASSES.values() for node in ast.walk(each))]
    documented = [node for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    assert all(ast.get_docstring(node) for node in documented)
