"""The script that downloads real recordings, against a server on this machine: it resumes, checks, and says what failed."""
import errno
import gzip
import importlib
import io
import lzma
import socket
import tarfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

script = importlib.import_module("61_recordings")
COPY = Path(__file__).parents[3] / "shared" / "data" / "fsdd_recordings.tar.xz"


def packed(files, top="free-spoken-digit-dataset-1.0.10/"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(top + name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


FILES = {f"{d}_ada_{t}.wav": bytes([d, t]) * 30_000 + str(d * t).encode() for d in range(10) for t in range(2)}
ARCHIVE = packed({f"recordings/{name}": content for name, content in FILES.items()}
                 | {"README.md": b"# digits", "recordings/../../0_ada_7.wav": b"x"})


@contextmanager
def served(content, ranges=True, stop_after=None, status=200):
    """A server of one file; `stop_after` bytes of its first answer the connection breaks.  -> its address, the Range headers that came."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers.get("Range"))
            if status != 200:
                return self.send_error(status)
            first = int(asked[-1].removeprefix("bytes=").rstrip("-")) if asked[-1] and ranges else 0
            if first >= len(content):
                return self.send_error(416)
            self.send_response(206 if first else 200)
            self.send_header("Content-Length", str(len(content) - first))
            self.end_headers()
            last = stop_after if stop_after and len(asked) == 1 else None
            self.wfile.write(content[first:last])

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1.tar.gz", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "NUMBER", len(FILES))
    monkeypatch.setattr(script, "CONTENT", script.fingerprint(FILES))
    return tmp_path / "work" / "recordings"


def left(folder):
    """What lies where the recordings should be, and beside it."""
    return sorted(path.name for path in folder.parent.iterdir()) if folder.parent.exists() else []


def test_it_brings_the_recordings_and_nothing_else(folder):
    with served(ARCHIVE) as (address, asked):
        assert "20 recordings are in" in script.get(address, folder)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
        assert left(folder) == ["recordings"] and asked == [None]
        assert "already" in script.get(address, folder) and len(asked) == 1


@pytest.mark.parametrize("ranges", [True, False])
def test_it_goes_on_where_it_broke_or_begins_again(folder, ranges, capsys):
    half = len(ARCHIVE) // 2
    with served(ARCHIVE, ranges, stop_after=half) as (address, asked):
        with pytest.raises(script.Failed, match="broke after .* Run this again"):
            script.get(address, folder)
        assert left(folder) == ["recordings.part"] and 0 < (folder.parent / "recordings.part").stat().st_size <= half
        script.get(address, folder)
    assert asked == [None, f"bytes={half}-"] and left(folder) == ["recordings"]
    assert ("from the beginning" in capsys.readouterr().out) == (not ranges)


def test_a_download_that_was_whole_is_not_fetched_twice(folder):
    folder.parent.mkdir()
    (folder.parent / "recordings.part").write_bytes(ARCHIVE)
    with served(ARCHIVE) as (address, _):
        script.get(address, folder)
    assert left(folder) == ["recordings"]


@pytest.mark.parametrize(("content", "status", "says"), [
    (ARCHIVE, 404, "is not there \\(404\\)"), (ARCHIVE, 503, "refused by the server \\(503"),
    (b"<html>log in first</html>", 200, "no archive"), (ARCHIVE[:-3000], 200, "damaged"),
    (packed({"recordings/0_ada_0.wav": b"other"}), 200, "SHA-256"), (packed({"README.md": b"moved"}), 200, "got 0"),
    (packed({f"recordings/{name}": content + b"!" for name, content in FILES.items()}), 200, "expected 20 .* got 20"),
])
def test_it_says_what_failed_and_leaves_nothing(folder, content, status, says):
    with served(content, status=status) as (address, _):
        with pytest.raises(script.Failed, match=says):
            script.get(address, folder)
    assert left(folder) == []


def test_no_network(folder):
    with served(ARCHIVE) as (address, _):
        pass                                                                     # nobody listens there any more
    with pytest.raises(script.Failed, match="no connection to .* Is there a network"):
        script.get(address, folder)
    assert left(folder) == []


@pytest.mark.parametrize("address", ["", "digits.tar.gz", "http://a b/c", "--help"])
def test_what_is_no_address_is_told(folder, address):
    with pytest.raises(script.Failed, match="expected an address such as https://"):
        script.get(address, folder)
    assert left(folder) == []


@pytest.mark.parametrize("reply", [b"", b"220 mail.example ready\r\n"])
def test_a_server_of_another_kind(folder, reply):
    def answers():
        connection, _ = server.accept()
        connection.recv(1 << 16)
        connection.sendall(reply)
        connection.close()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answers, daemon=True).start()
        with pytest.raises(script.Failed, match="no answer that can be read"):
            script.get(f"http://127.0.0.1:{server.getsockname()[1]}/v1.tar.gz", folder)
    assert left(folder) == []


@pytest.mark.parametrize("at", [3, 2])
def test_an_archive_with_a_flaw_in_the_middle_is_deleted(folder, at):
    """xz tells of a flaw by an error of its own kind, which tarfile lets through."""
    content = bytearray(lzma.compress(gzip.decompress(ARCHIVE)))
    content[len(content) // at] ^= 255
    with served(bytes(content)) as (address, _):
        with pytest.raises(script.Failed, match="damaged .* deleted"):
            script.get(address, folder)
    assert left(folder) == []


def test_half_of_another_file_does_no_lasting_harm(folder):
    folder.parent.mkdir()
    (folder.parent / "recordings.part").write_bytes(b"<html>log in first</html>" * 9)
    with served(ARCHIVE) as (address, _):
        with pytest.raises(script.Failed, match="deleted"):
            script.get(address, folder)
        assert left(folder) == []
        assert "20 recordings" in script.get(address, folder)


def test_a_file_that_is_too_large_is_deleted(folder, monkeypatch):
    monkeypatch.setattr(script, "LARGEST", 1000)
    with served(ARCHIVE) as (address, _):
        with pytest.raises(script.Failed, match="at most 1,000 bytes"):
            script.get(address, folder)
    assert left(folder) == []


def test_a_download_that_was_whole_needs_no_network(folder):
    folder.parent.mkdir()
    (folder.parent / "recordings.part").write_bytes(ARCHIVE)
    with served(ARCHIVE) as (address, _):
        pass
    assert "20 recordings" in script.get(address, folder) and left(folder) == ["recordings"]


@pytest.mark.parametrize("taken", ["work", "part"])
def test_where_nothing_can_be_written(folder, taken):
    """A file stands where the folder should be, or a folder where the download should be: an error of the same kind as a missing right."""
    if taken == "work":
        folder.parent.write_text("mine")
    else:
        (folder.parent / "recordings.part").mkdir(parents=True)
    with served(ARCHIVE) as (address, _):
        with pytest.raises(script.Failed, match="no reading or writing at .*(File exists|Is a directory)"):
            script.get(address, folder)
    assert not folder.exists()


def test_stopped_while_unpacking_leaves_the_download_alone(folder, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt
    monkeypatch.setattr(type(folder), "write_bytes", stop)
    with served(ARCHIVE) as (address, _):
        assert script.main([address], folder) == 1
    assert "stopped" in capsys.readouterr().err and left(folder) == ["recordings.part"]


@pytest.mark.parametrize("where", ["download", "unpacking"])
def test_a_full_disk(folder, monkeypatch, where):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")
    if where == "download":
        monkeypatch.setattr("builtins.open", full)
    else:
        monkeypatch.setattr(type(folder), "write_bytes", full)
    with served(ARCHIVE) as (address, _):
        with pytest.raises(script.Failed, match="the disk is full"):
            script.get(address, folder)
        monkeypatch.undo()
    assert "recordings" not in left(folder) and "recordings.unpacked" not in left(folder)


def test_a_folder_that_was_changed_is_told(folder):
    with served(ARCHIVE) as (address, _):
        script.get(address, folder)
        (folder / "0_ada_0.wav").write_bytes(b"")
        with pytest.raises(script.Failed, match="SHA-256.*Delete"):
            script.get(address, folder)


def test_the_command_prints_and_returns_1(folder, capsys):
    with served(ARCHIVE, status=404) as (address, _):
        assert script.main([address], folder) == 1
    assert "404" in capsys.readouterr().err


@pytest.mark.skipif(not COPY.exists(), reason="no copy of the recordings beside this checkout")
def test_the_hash_is_that_of_the_recordings(tmp_path):
    with served(COPY.read_bytes(), stop_after=5_000_000) as (address, asked):
        with pytest.raises(script.Failed, match="broke"):
            script.get(address, tmp_path / "recordings")
        assert "3,000" in script.get(address, tmp_path / "recordings")
    assert asked[1] == "bytes=5000000-" and len(list((tmp_path / "recordings").glob("*.wav"))) == 3000
