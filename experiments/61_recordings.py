"""Download the Free Spoken Digit Dataset for 61_speech: python experiments/61_recordings.py [ADDRESS]

Six people, 3,000 recordings of single digits (Zohar Jackson and others, CC BY-SA 4.0), about 16 MB; they go to work/recordings,
which git does not see.  A download that broke is gone on with at the next call.  What counts is the content: a SHA-256 over the names
and bytes of the recordings, whatever archive they came in.  The folder is there whole or not at all.
"""
import errno
import hashlib
import http.client
import re
import shutil
import sys
import tarfile
import urllib.error
import urllib.request
from contextlib import contextmanager

import common  # noqa: F401  (one thread, as in all experiments)

from attnlib.data import data_path
from attnlib.tasks.speech import RECORDINGS

ADDRESS = "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz"
CONTENT = data_path("61", "recordings.sha256").read_text(encoding="ascii").strip()
NUMBER, NAME = 3000, re.compile(r"(?:.*/)?recordings/(\d_[a-z]+_\d+\.wav)")
PIECE, PATIENCE, LARGEST = 1 << 16, 30, 200_000_000                              # bytes, seconds, bytes


class Failed(Exception):
    """What went wrong and what to do, in a sentence."""


def fingerprint(files):
    """SHA-256 of {name: bytes}: over the sorted names, each followed by a zero byte and the SHA-256 of its content."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return total.hexdigest()


@contextmanager
def disk(path):
    """What is done here reads or writes at the path; where that fails, Failed says why."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Failed(f"the disk is full: {path}. Make room (60 MB) and run this again; it goes on.") from None
        raise Failed(f"no reading or writing at {path} ({error.strerror or error}). Mend that and run this again; it goes on.") from None


def asked(address, have):
    """The server's answer to: the file, from byte `have` on; None if there is nothing behind that byte."""
    try:
        request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
        return urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:
            return None
        what = "is not there (404)" if error.code == 404 else f"was refused by the server ({error.code} {error.reason})"
        raise Failed(f"{address} {what}. Has the release moved? Another address can be given as an argument.") from None
    except urllib.error.URLError as error:
        kept = f" The {have:,} bytes that were got are kept." if have else ""
        raise Failed(f"no connection to {address} ({error.reason}). Is there a network?{kept}") from None
    except (ValueError, http.client.InvalidURL):
        raise Failed(f"expected an address such as {ADDRESS}, got {address!r}.") from None
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"{address} gave no answer that can be read ({type(error).__name__}). Try again, or another address.") from None


def pieces(answer, have):
    """What comes of an answer, piece by piece; `have` bytes were there before it."""
    length, got = answer.headers.get("Content-Length"), 0
    try:
        while piece := answer.read(PIECE):
            got += len(piece)
            yield piece
        if length and got < int(length):
            raise ConnectionError("it ended too soon")
    except (OSError, http.client.HTTPException) as error:
        why = f"{error}" if isinstance(error, OSError) else "it ended too soon"
        raise Failed(f"the connection broke after {have + got:,} bytes ({why}). Run this again; it goes on from there.") from None


def fetch(address, part):
    """Bring the file at the address to `part`; what lies there is the beginning of it, and is kept if the server can go on from there."""
    have = part.stat().st_size if part.is_file() else 0
    answer = asked(address, have)
    if answer is None:                                                           # what we have is whole, or not it
        return
    with answer:
        if have and answer.status != 206:
            print(f"the server cannot go on at byte {have:,}: from the beginning again")
            have = 0
        with disk(part), open(part, "ab" if have else "wb") as file:
            for piece in pieces(answer, have):
                file.write(piece)
                if file.tell() > LARGEST:
                    break
    if part.stat().st_size > LARGEST:
        part.unlink()
        raise Failed(f"expected at most {LARGEST:,} bytes, got more from {address}. What came was deleted.")


def recordings_in(archive):
    """{name: bytes} of the recordings in an archive, which may hold other files too."""
    files = {}
    try:
        with tarfile.open(archive) as entries:
            for entry in entries:
                found = NAME.fullmatch(entry.name)
                if found and entry.isfile():
                    files[found[1]] = entries.extractfile(entry).read()
    except Exception as error:                       # tarfile lets through what gzip and xz raise: EOFError, LZMAError, ...
        raise Failed(f"what came is no archive, or a damaged one ({type(error).__name__}). It was deleted; run this again.") from None
    return files


def checked(files, advice):
    if len(files) != NUMBER or fingerprint(files) != CONTENT:
        raise Failed(f"expected {NUMBER:,} recordings with the SHA-256 {CONTENT[:12]}…, got {len(files):,} with "
                     f"{fingerprint(files)[:12]}…. {advice}")
    return files


def get(address=ADDRESS, folder=RECORDINGS):
    """Download, check and unpack, unless the recordings are there; -> a sentence.  Failed says what did not work."""
    if folder.exists():
        with disk(folder):
            files = {path.name: path.read_bytes() for path in folder.glob("*.wav")}
        checked(files, f"Delete {folder} and run this again.")
        return f"{NUMBER:,} recordings are in {folder} already, checked."
    with disk(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
    part, unpacked = folder.with_name("recordings.part"), folder.with_name("recordings.unpacked")
    try:
        files = checked(recordings_in(part), "")                                 # whole from before: a full disk kept it packed
    except Failed:
        fetch(address, part)
        try:
            files = checked(recordings_in(part), "The archive was deleted. Run this again; if that does not help, the release has changed.")
        except Failed:
            part.unlink(missing_ok=True)
            raise
    try:
        with disk(folder):
            shutil.rmtree(unpacked, ignore_errors=True)
            unpacked.mkdir()
            for name, content in files.items():
                (unpacked / name).write_bytes(content)
            unpacked.rename(folder)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    part.unlink()
    return f"{NUMBER:,} recordings are in {folder}."


def main(arguments, folder=RECORDINGS):
    try:
        print(get(*(arguments[:1] or [ADDRESS]), folder))
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; what was got so far is kept. Run this again; it goes on.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
