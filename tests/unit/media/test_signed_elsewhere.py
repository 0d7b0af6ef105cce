"""The how-to's code signs addresses and uploads as the server does."""

import re
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from hubbub.media.config import MediaConfig
from hubbub.media.domain.signature import Signer

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "media-alone.md"
NAME = "été & a+b (1).png"
UPLOAD = 1574016334281310209


def code(language):
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return found


def by_python():
    names = {}
    exec(code("python"), names)
    return names["signed"](5, NAME), names["upload_address"](UPLOAD)


def by_node():
    asked = f"console.log(signed('5', {NAME!r})); console.log(uploadAddress('{UPLOAD}'));"
    command = ["node", "--input-type=module", "--eval", code("js") + asked]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.split()


@pytest.mark.parametrize(
    "sign",
    [by_python, pytest.param(by_node, marks=pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"))],
)
def test_a_program_signs_as_the_how_to_says(sign):
    key = re.search(r'^KEY = b"(.*)"', code("python"), re.MULTILINE)[1]
    signer = Signer(MediaConfig(signing_key=key).signing_key.encode())
    address, upload = (urlsplit(each) for each in sign())
    now_s = int(time.time())
    query = dict(parse_qsl(address.query))
    assert unquote(address.path) == f"/media/files/5/{NAME}"
    assert now_s + 86_400 <= signer.check(unquote(address.path), query, now_s * 1000) <= now_s + 86_400 + 21_600
    assert upload.path == f"/media/uploads/{UPLOAD}"
    assert signer.admits(UPLOAD, dict(parse_qsl(upload.query))["token"])
