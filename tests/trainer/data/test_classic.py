"""The classic sets of translation: read where they lie, and given up where their host does not answer."""

import gzip
import io
import socket
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.trainer.data.images import png
from tests.trainer.data.test_pairs import A, B, beside, levels
from trainer.data import DATASETS, classic, load
from trainer.data.base import Request
from trainer.util.errors import UserError

NAMES = {"facades": "", "maps": "ba", "edges2shoes": "", "horse2zebra": "zebras"}  # with an argument


@pytest.mark.parametrize("name", NAMES)
def test_a_host_that_never_answers_is_given_up(name, monkeypatch, tmp_path):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(classic, "HOST", f"http://127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(UserError, match=rf"^{name} \(.* is not in {tmp_path}.*\(.*timed out.*{name}\..*pairs:PATH"):
            DATASETS[name](Request(NAMES[name], tmp_path, None, patience=0.2))
    assert [*tmp_path.iterdir()] == []


def packed_facades() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for split, count in (("train", 3), ("test", 2)):
            for i in range(count):
                member, data = tarfile.TarInfo(f"./facades/{split}/{i}.png"), beside(A + i, B)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return gzip.compress(file.getvalue())


@pytest.fixture
def host(monkeypatch):
    """Serves the facades, cut short where `host.cut` says so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            data = packed_facades()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: self.server.cut])

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.cut = None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(classic, "HOST", f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    server.server_close()


def test_what_is_downloaded_is_kept_and_tells_its_licence(host, tmp_path):
    data = load("facades", resolution=8, data_dir=tmp_path, progress=False)
    assert levels(data) == [(A, B), (A + 1, B), (A + 2, B)]
    assert (data.name, data.licence) == ("facades", classic.FACADES.licence)
    host.cut = 0
    turned = load("facades:ba", resolution=8, data_dir=tmp_path, held_out=True, progress=False)
    assert levels(turned) == [(B, A), (B, A + 1)]


def test_a_download_that_breaks_off_leaves_nothing(host, tmp_path):
    host.cut = 50
    with pytest.raises(UserError, match=r"facades .* could not be downloaded"):
        load("facades", resolution=8, data_dir=tmp_path, progress=False)
    assert [*tmp_path.iterdir()] == []


def test_horses_and_zebras_are_two_collections(tmp_path):
    with zipfile.ZipFile(tmp_path / "horse2zebra.zip", "w") as archive:
        for folder, count in (("trainA", 2), ("trainB", 3), ("testA", 4), ("testB", 5)):
            for i in range(count):
                archive.writestr(f"horse2zebra/{folder}/{i}.png", png(10 * count + i))
    options = {"resolution": 8, "data_dir": tmp_path, "progress": False}
    assert len(load("horse2zebra:horses", **options)) == 2
    assert load("horse2zebra:zebras", **options).images[:, 0, 0, 0].tolist() == [30, 31, 32]
    assert len(load("horse2zebra:zebras", held_out=True, **options)) == 5


@pytest.mark.parametrize(
    ("name", "message"), [("horse2zebra", "horse2zebra:horses as --data-a"), ("maps:ab", "Write maps, or maps:ba")]
)
def test_an_unknown_part_names_those_that_there_are(name, message, tmp_path):
    with pytest.raises(UserError, match=message):
        load(name, resolution=8, data_dir=Path(tmp_path))
