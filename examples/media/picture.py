"""Sends a picture to media in two sittings, shows it in three formats, and takes it back. Written with tuspy.

hubbub key create media --json > media-key.json
python picture.py media-key.json
"""

import hashlib
import io
import json
import struct
import sys
import zlib
from pathlib import Path
from urllib.parse import urljoin

import requests
from tusclient.client import TusClient

WIDTH, HEIGHT = 1200, 800
SUN_X, SUN_Y, SUN_RADIUS = 950, 250, 120
PIECE_BYTES = 256 * 1024
TIMEOUT_S = 60


def landscape():
    """Return a PNG of a sun over a meadow: what matters is far from the middle, as in many a photo."""
    rows = []
    for y in range(HEIGHT):
        if y < HEIGHT * 3 // 5:
            row = bytearray(bytes((90 + y // 8, 140 + y // 6, 230)) * WIDTH)
        else:
            grass = hashlib.shake_128(b"%d" % y).digest(WIDTH * 3)
            row = bytearray(each // 3 + (0, 90, 20)[at % 3] for at, each in enumerate(grass))
        half = int(max(0, SUN_RADIUS**2 - (y - SUN_Y) ** 2) ** 0.5)
        row[(SUN_X - half) * 3 : (SUN_X + half) * 3] = bytes((255, 220, 60)) * (2 * half)
        rows.append(b"\0" + row)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def upload(key, content):
    """Send the first piece, forget all but the upload's address, and go on from there; return that address."""
    client = TusClient(key["url"], headers={"Authorization": f"Bearer {key['bearer']}"})
    begun = client.uploader(
        file_stream=io.BytesIO(content), chunk_size=PIECE_BYTES, metadata={"filename": "meadow.png"}
    )
    begun.upload_chunk()
    print(f"sent {begun.offset} of {len(content)} bytes, and begin anew", flush=True)
    resumed = client.uploader(file_stream=io.BytesIO(content), chunk_size=PIECE_BYTES, url=begun.url)
    print(f"the server has {resumed.offset} of them already")
    resumed.upload()
    return resumed.url


def ready(session, address):
    """Return what the picture turned out to be: the answer comes when it is known, or after half a minute."""
    while True:
        answer = session.get(address, params={"wait": 30}, timeout=TIMEOUT_S)
        answer.raise_for_status()
        facts = answer.json()
        if facts["state"] == "ready":
            return facts
        if facts["state"] == "parked":
            sys.exit(f"the file was refused: {facts['message']}")


def main(key):
    """Upload, show, purge, delete."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {key['bearer']}"
    address = upload(key, landscape())
    facts = ready(session, address)
    print(f"{facts['kind']} of {facts['width']} x {facts['height']}, placeholder {facts['thumbhash']}")

    # The address is signed; what is asked for behind it is not, and may be changed by whoever has it.
    square = f"{facts['url']}&width=512&height=512&fit=cover"
    print(square)
    for accept in ("image/avif,image/webp,*/*", "image/webp,*/*", "*/*"):
        picture = requests.get(square, headers={"Accept": accept}, timeout=TIMEOUT_S)
        picture.raise_for_status()
        print(f"{accept}: {picture.headers['Content-Type']}, {len(picture.content)} bytes")

    purged = session.post(urljoin(key["url"], "/media/purge"), json={"asset": facts["asset_id"]}, timeout=TIMEOUT_S)
    purged.raise_for_status()
    print(f"forgot {purged.json()['variants']} renditions; a CDN is told by {picture.headers['Surrogate-Key']}")
    session.delete(address, headers={"Tus-Resumable": "1.0.0"}, timeout=TIMEOUT_S).raise_for_status()
    print(f"gone: {session.get(address, timeout=TIMEOUT_S).status_code}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case [key_file]:
            main(json.loads(Path(key_file).read_text()))
        case _:
            sys.exit(__doc__)
