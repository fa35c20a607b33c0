"""Where the model comes from, and what is refused: no network beyond this machine is used."""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from jackfield_yamnet import Yamnet, _weights
from jackfield_yamnet._download import fetch

from jackfield import PluginError

CONTENT = bytes(range(256)) * 4000  # 1 MB
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server:
    """A server on this machine that answers as `answer(handler, start)` says; `asked` are the ranges asked for."""

    def __init__(self) -> None:
        self.answer: Callable[[BaseHTTPRequestHandler, int], None] = whole
        self.asked: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range")
                outer.asked.append(asked)
                start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
                outer.answer(self, start)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()
        self.base = f"http://127.0.0.1:{self.http.server_port}/"


def head(handler: BaseHTTPRequestHandler, length: int, start: int = 0) -> None:
    handler.send_response(206 if start else 200)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()


def whole(handler: BaseHTTPRequestHandler, start: int) -> None:
    head(handler, len(CONTENT) - start, start)
    handler.wfile.write(CONTENT[start:])


def missing(handler: BaseHTTPRequestHandler, start: int) -> None:
    handler.send_error(404)


def another(handler: BaseHTTPRequestHandler, start: int) -> None:
    head(handler, 5000)
    handler.wfile.write(b"x" * 5000)


def stalled(handler: BaseHTTPRequestHandler, start: int) -> None:
    head(handler, len(CONTENT) - start, start)
    time.sleep(2)


def cut_off(handler: BaseHTTPRequestHandler, start: int) -> None:
    """A quarter of a megabyte at a time, then the connection breaks."""
    head(handler, len(CONTENT) - start, start)
    handler.wfile.write(CONTENT[start : start + 262_144])


def cut_off_for_good(handler: BaseHTTPRequestHandler, start: int) -> None:
    head(handler, len(CONTENT) - start, start)
    handler.wfile.write(b"" if start else CONTENT[:262_144])


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No model anywhere, and nobody answers where it is published; the cache."""
    monkeypatch.delenv("JACKFIELD_YAMNET", raising=False)
    monkeypatch.setattr(_weights, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(_weights, "BASE", "http://127.0.0.1:9/")
    return tmp_path / "cache"


def test_fetched_whole(server, tmp_path):
    path = fetch(tmp_path / "new/yamnet.tflite", server.base, DIGEST)
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["yamnet.tflite"]


def test_resumed_where_it_broke_off(server, tmp_path):
    server.answer = cut_off
    assert fetch(tmp_path / "yamnet.tflite", server.base, DIGEST).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=262144-", "bytes=524288-", "bytes=786432-"]


def test_begun_again_where_the_server_does_not_resume(server, tmp_path):
    answers = iter([cut_off, lambda handler, start: whole(handler, 0)])
    server.answer = lambda handler, start: next(answers)(handler, start)
    assert fetch(tmp_path / "yamnet.tflite", server.base, DIGEST).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (missing, "the server says 404"),
        (another, "SHA-256 is not the published one"),
        (stalled, "the server does not answer"),
        (cut_off_for_good, "it broke off"),
    ],
)
def test_a_broken_download_leaves_nothing_behind(server, tmp_path, answer, words):
    server.answer = answer
    with pytest.raises(PluginError, match=words) as error:
        fetch(tmp_path / "new/yamnet.tflite", server.base, DIGEST, timeout=0.3)
    assert "JACKFIELD_YAMNET" in error.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_broken_download_keeps_what_was_there(server, tmp_path):
    (tmp_path / "yamnet.tflite").write_bytes(b"old")
    server.answer = another
    with pytest.raises(PluginError):
        fetch(tmp_path / "yamnet.tflite", server.base, DIGEST)
    assert (tmp_path / "yamnet.tflite").read_bytes() == b"old"


def test_fetched_once(server, offline, monkeypatch, shared):
    content = (shared / "models/yamnet_official_int8.tflite").read_bytes()
    server.answer = lambda handler, start: (head(handler, len(content)), handler.wfile.write(content))
    monkeypatch.setattr(_weights, "BASE", server.base)
    first, again = Yamnet(), Yamnet()
    first.prepare()
    assert first.identity() == again.identity()
    assert first.identity().startswith(_weights.SHA256)
    assert len(server.asked) == 1
    # a damaged copy is fetched anew
    (offline / _weights.NAME).write_bytes(content[:1000])
    Yamnet().prepare()
    assert len(server.asked) == 2


@pytest.mark.parametrize("words", [["tag", "clip.npy"], ["features", "yamnet", ".", "-o", "run"]])
def test_without_model_and_network_the_command_ends_with_3_and_the_ways(tmp_path, words):
    np.save(tmp_path / "clip.npy", np.zeros(16_000, np.float32))
    env = {k: v for k, v in os.environ.items() if k != "JACKFIELD_YAMNET" and not k.lower().endswith("_proxy")}
    env |= {"HTTPS_PROXY": "http://127.0.0.1:9", "XDG_CACHE_HOME": str(tmp_path / "cache")}  # where nobody answers
    command = [sys.executable, "-m", "jackfield.cli", *words]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3, done.stderr
    for part in ("could not be fetched", "no connection", "model=", "JACKFIELD_YAMNET", _weights.NAME):
        assert part in done.stderr
    assert not (tmp_path / "cache").exists()


def test_named_by_parameter_or_variable(shared, monkeypatch, offline):
    path = shared / "models/yamnet_official_int8.tflite"
    monkeypatch.setenv("JACKFIELD_YAMNET", str(path))
    assert Yamnet().identity() == Yamnet(model=str(path)).identity()
    with pytest.raises(PluginError, match="no YAMNet model at nowhere"):
        Yamnet(model="nowhere").prepare()


@pytest.mark.parametrize("file", ["yamnet_official_int8.tflite", "yamnet_net_int8w.onnx"])
@pytest.mark.parametrize("share", [0.0001, 0.01, 0.5, 0.99, 0.999, 0.9999])
def test_a_truncated_file_is_refused(shared, tmp_path, file, share):
    content = (shared / "models" / file).read_bytes()
    path = tmp_path / file
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(PluginError, match=r"is broken|is cut off|is no model"):
        Yamnet(model=str(path)).prepare()


def test_a_web_page_or_another_network_is_refused(tmp_path):
    page = tmp_path / "yamnet.tflite"
    page.write_text("<!DOCTYPE html><html>" + "Sign in. " * 1000)
    with pytest.raises(PluginError, match="is a web page, not a model"):
        Yamnet(model=str(page)).prepare()
    page.write_bytes(bytes(5000))
    with pytest.raises(PluginError, match=r"is broken|no YAMNet"):
        Yamnet(model=str(page)).prepare()


@pytest.mark.parametrize(
    ("module", "file", "extra"),
    [
        ("ai_edge_litert.interpreter", "yamnet_official_int8.tflite", "litert"),
        ("onnxruntime", "yamnet_net_int8w.onnx", "onnx"),
    ],
)
def test_a_missing_runtime_is_named(shared, monkeypatch, module, file, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PluginError, match=rf"jackfield-yamnet\[{extra}\]"):
        Yamnet(model=str(shared / "models" / file)).prepare()


def test_kind_is_probed_not_named(shared, tmp_path):
    odd = tmp_path / "notes.txt"
    shutil.copyfile(shared / "models/yamnet_net_int8w.onnx", odd)
    assert Yamnet(model=str(odd))._network.kind == "patches"
