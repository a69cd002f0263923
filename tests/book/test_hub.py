"""A class's hub, started as a teacher starts it, with two students who are users of the computer while the test lasts, and there alone.

The test makes itself a room (namespaces of mounts and processes): in it ada and bob have accounts and a home each, and whatever it
started there ends with it.  Folders that only root can enter, such as the home of root's own Python, are open there, for reading.
"""
import asyncio
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import book
import hub
import lab
import marks
import pytest
import setup
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

STUDENTS = {"ada": 60001, "bob": 60002}
OTHERS = {"eve": 60003}                                              # has an account, and is not of the class
HASH = "$6$attention$AvC6naP6ctAc2os/ohss2kkwqXi8kKHn3bzChjHI7//oG8IEMXh4VuOFD4OoANFJZy.J6nyUNWM7Rk8Pt79k4."         # of "attention"
ANSWERS = {"ada": 'check("00.2", lambda w: w.max(axis=1))', "bob": 'check("00.2", lambda w: w.max(axis=0))'}         # right, and wrong
FIRST = "work/00_start_here.ipynb"
ROOM = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Student:
    """A browser: cookies, forms and the tokens against forged requests."""

    def __init__(self, name, port):
        self.name, self.root, self.jar = name, f"http://127.0.0.1:{port}", CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar))

    def ask(self, path, data=None, method=None, **headers):
        """(status, address at the end, text) of a page."""
        request = urllib.request.Request(urllib.parse.urljoin(self.root, path), data, headers, method=method)
        try:
            with self.opener.open(request, timeout=60) as page:
                return page.status, urllib.parse.urlsplit(page.url).path, page.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, urllib.parse.urlsplit(error.url).path, error.read().decode()

    def cookies(self, path):
        return {c.name: c.value for c in sorted(self.jar, key=lambda c: len(c.path)) if path.startswith(c.path)}

    def log_in(self, password="attention"):
        _, _, page = self.ask("/hub/login")
        form = {"username": self.name, "password": password, "_xsrf": re.search(r'name="_xsrf" value="([^"]+)"', page)[1]}
        return self.ask("/hub/login?next=%2Fhub%2Fhome", urllib.parse.urlencode(form).encode())

    def server(self, path, data=None, method=None):
        """What the student's own server answers."""
        token = self.cookies(f"/user/{self.name}/")["_xsrf"]
        return self.ask(f"/user/{self.name}/{path}", data and json.dumps(data).encode(), method, **{"X-XSRFToken": token})

    def ask_to_start(self):
        self.ask(f"/hub/spawn/{self.name}")
        return self

    def wait(self):
        """Look for the server's page until it is there."""
        end, wanted = time.time() + 180, f"/user/{self.name}/lab"
        while time.time() < end:
            status, path, page = self.ask(wanted)
            if status == 200 and path.startswith(wanted):
                return self
            time.sleep(1)
        raise TimeoutError(f"{self.name}'s server did not start: {status} {path}")

    def run(self, *cells):
        """What cells print, run in a new kernel beside the student's notebooks."""
        status, _, said = self.server("api/kernels", {"name": "python3", "path": "work"})
        assert status == 201, said
        return asyncio.run(self.executed(json.loads(said)["id"], cells))

    async def executed(self, kernel, cells):
        path, printed = f"/user/{self.name}/api/kernels/{kernel}/channels", ""
        cookies = self.cookies(path)
        address = f"{self.root.replace('http', 'ws', 1)}{path}?_xsrf={urllib.parse.quote(cookies['_xsrf'])}"
        line = await websocket_connect(HTTPRequest(address, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}))
        for i, cell in enumerate(cells):
            header = {"msg_id": str(i), "msg_type": "execute_request", "session": kernel, "username": "", "version": "5.3", "date": ""}
            asked = {"code": cell, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
            request = {"header": header, "parent_header": {}, "metadata": {}, "content": asked, "channel": "shell"}
            await line.write_message(json.dumps(request))
            state = None
            while state != "idle":                                   # which the kernel says after all that a cell prints
                said = json.loads(await asyncio.wait_for(line.read_message(), 120))
                if said["parent_header"].get("msg_id") == str(i):
                    state = said["content"].get("execution_state")
                    printed += said["content"].get("text", "") + "\n".join(said["content"].get("traceback", []))
        line.close()
        return printed


class Hub:
    """The hub in its room; `folder` holds the homes, the accounts and what the hub keeps."""

    def __init__(self, folder):
        self.folder, (self.port, *inner) = folder, free_ports(3)
        command = [sys.executable, "tools/hub.py", f"--url=http://127.0.0.1:{self.port}", f"--JupyterHub.hub_port={inner[0]}",
                   f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{inner[1]}"]
        with open(folder / "log", "a") as log:
            self.process = subprocess.Popen(in_room(folder, f"exec {shlex.join(command)}"), cwd=book.ROOT, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        end = time.time() + 180
        while not self.answers():
            if time.time() > end or self.process.poll() is not None:
                self.stop()
                raise TimeoutError((folder / "log").read_text())
            time.sleep(0.5)

    def answers(self):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/hub/health", timeout=5).close()
        except OSError:
            return False
        return True

    def stop(self):
        """Ctrl-C, as a teacher ends it; what does not end by it is killed with its room."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        end = time.time() + 20
        while running(self.folder) and time.time() < end:
            time.sleep(0.2)

    def log_in(self):
        """Both students, their servers started."""
        students = [Student(name, self.port) for name in STUDENTS]
        for student in students:
            assert student.log_in()[:2] == (200, "/hub/home")
        return {student.name: student.wait() for student in [student.ask_to_start() for student in students]}


def in_room(folder, command):
    """A command of the shell, as the arguments that run it in the room."""
    closed = dict.fromkeys([*hub.closed(setup.PYTHON.resolve()), *hub.closed(book.ROOT / "notebooks")])
    scene = [f"mount -t overlay overlay -o lowerdir={folder / 'open'}:{place} {place}" for place in map(str, closed)]
    scene += [f"mount --bind {folder / name} /etc/{name}" for name in ("passwd", "group", "shadow")]
    return [*ROOM, "sh", "-e", "-c", "\n".join([*scene, f"mount --bind {folder / 'state'} {hub.STATE}", command])]


def lay(folder):
    """Accounts, homes and an empty state of the hub."""
    folder.chmod(0o755)
    (folder / "open").mkdir()
    (folder / "state").mkdir(mode=0o700)
    accounts = {"passwd": "", "group": f"students:x:60000:{','.join(STUDENTS)}\n", "shadow": ""}
    for name, number in (STUDENTS | OTHERS).items():
        (folder / name).mkdir(mode=0o755)
        os.chown(folder / name, number, number)
        accounts["passwd"] += f"{name}:x:{number}:{number}::{folder / name}:/bin/sh\n"
        accounts["group"] += f"{name}:x:{number}:\n"
        accounts["shadow"] += f"{name}:{HASH}:20000:0:99999:7:::\n"
    for name, lines in accounts.items():
        (folder / name).write_text(Path("/etc", name).read_text() + lines)
        (folder / name).chmod(0o600 if name == "shadow" else 0o644)


def of_the_book():
    """When the files of the checkout were last written."""
    files = [path for name in ("attnlib", "figures", "notebooks", "tools", "work") for path in (book.ROOT / name).rglob("*.*")]
    return {path: path.stat().st_mtime_ns for path in files if path.suffix in (".csv", ".ipynb", ".json", ".md", ".py", ".svg")}


def running(folder):
    """The processes of the students who live in a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):                           # it has ended meanwhile
            found += [place] if f"HOME={folder}/".encode() in (place / "environ").read_bytes() else []
    return found


@pytest.fixture(scope="module")
def room():
    """The folder of the room; what would be missing for it."""
    if not sys.platform.startswith("linux") or os.geteuid():
        pytest.skip("skipped, because students' accounts, even passing ones, need root of a Linux computer")
    if setup.missing(setup.FIRST):
        pytest.skip("skipped, because the book's packages are not in .venv")
    lacking = hub.fetch()
    if lacking:
        pytest.skip(f"skipped, because {lacking}")
    folder, new = Path(tempfile.mkdtemp(prefix="hub-", dir="/tmp")), not hub.STATE.exists()
    hub.STATE.mkdir(mode=0o700, exist_ok=True)
    try:
        lay(folder)
        if subprocess.run(in_room(folder, "true"), capture_output=True).returncode:
            pytest.skip("skipped, because this computer makes no namespaces for the students' accounts")
        yield folder
    finally:
        shutil.rmtree(folder)
        if new:
            hub.STATE.rmdir()


@pytest.fixture(scope="module")
def lesson(room):
    """A lesson: each student runs one exercise, and saves the notebook with the answer in it."""
    before, started = of_the_book(), Hub(room)
    try:
        students, printed = started.log_in(), {}
        for name, student in students.items():
            printed[name] = student.run("from attnlib.check import check", ANSWERS[name])
            _, _, said = student.server(f"api/contents/{FIRST}")
            page = json.loads(said)
            page["content"]["cells"].append({"cell_type": "code", "id": "mine", "metadata": {}, "outputs": [], "execution_count": None,
                                             "source": ANSWERS[name]})
            assert student.server(f"api/contents/{FIRST}", page, method="PUT")[0] == 200
        yield started, students, printed, before
    finally:
        started.stop()


def progress(room, name):
    return json.loads((room / name / "attention" / "work" / "progress.json").read_text())


TRIED = {"ada": {"00.2": {"tries": 1, "right": True}}, "bob": {"00.2": {"tries": 1, "right": False}}}


def test_each_student_has_an_answer_and_a_progress_of_their_own(room, lesson):
    _, students, printed, before = lesson
    assert "00.2: right" in printed["ada"] and "00.2: not yet. That is each column's largest" in printed["bob"]
    assert {name: progress(room, name) for name in students} == TRIED
    assert of_the_book() == before


def test_the_trap_is_real(lesson):
    """Without the variable, attnlib keeps the tries of all in the checkout that they share."""
    said = lesson[1]["ada"].run("import os; del os.environ['ATTNLIB_WORK']; from attnlib.record import ledger; print(ledger())")
    assert said.strip() == str(book.ROOT / "work" / "progress.json")


def test_a_student_reads_the_book_and_writes_neither_in_it_nor_at_a_fellows(room, lesson):
    """Through the hub, which answers 403, and with code, which the system stops."""
    _, students, _, _ = lesson
    assert students["bob"].ask("/user/ada/lab")[0] == students["bob"].ask(f"/user/ada/api/contents/{FIRST}")[0] == 403
    places = [book.NOTEBOOKS / "00_start_here.ipynb", book.ROOT / "work" / "progress.json", book.ROOT / "new", hub.STATE / "new",
              room / "ada" / "attention" / "work" / "progress.json", room / "ada" / "new"]
    cell = "\n".join(["import contextlib", f"for place in {list(map(str, places))}:", "    with contextlib.suppress(OSError):",
                      "        open(place, 'a')", "        print('written', place)"])
    said = students["bob"].run(cell, f"open({str(places[-2])!r})", "print(open('../figures/02_five_steps.svg').read()[-9:])")
    assert "written" not in said and "PermissionError" in said and "</svg>" in said, said


def test_only_the_class_comes_in_and_with_their_passwords(lesson):
    port = lesson[0].port
    assert [Student("eve", port).log_in()[0], Student("ada", port).log_in("guess")[0]] == [403, 403]


def test_a_server_begins_with_the_first_chapter_and_asks_nothing_of_the_network(lesson):
    ada = lesson[1]["ada"]
    assert ada.ask("/user/ada/")[1] == f"/user/ada/lab/tree/{FIRST}"
    assert ada.ask("/user/ada/custom/custom.css")[2] == (lab.CONFIG / "custom" / "custom.css").read_text()


def test_work_survives_the_hub_and_can_be_marked(room, lesson, tmp_path):
    started, students, _, before = lesson
    saved = {name: (room / name / "attention" / FIRST).read_text() for name in students}
    started.stop()
    assert not running(room)
    again = Hub(room)
    try:
        for name, student in again.log_in().items():
            page = json.loads(student.server(f"api/contents/{FIRST}")[2])["content"]
            assert page["cells"][-1]["source"] == ANSWERS[name] and (room / name / "attention" / FIRST).read_text() == saved[name]
    finally:
        again.stop()
    assert not running(room) and {name: progress(room, name) for name in students} == TRIED and of_the_book() == before
    for name in students:
        (tmp_path / name).mkdir()
        for file in ("00_start_here.ipynb", "progress.json"):
            shutil.copy(room / name / "attention" / "work" / file, tmp_path / name)
    work, tried, troubles = marks.handed_in(tmp_path)
    assert tried == {"ada": {"00.2": (1, True)}, "bob": {"00.2": (1, False)}} and not troubles
    assert {(name, cell) for name, exercise, cell, _ in work if cell in ANSWERS.values()} == set(ANSWERS.items())
