"""A class's hub, started as a teacher starts it, with two students who are users of the computer while the test lasts, and there alone.

The test makes itself a room (namespaces of mounts and processes): in it ada and bob have accounts and a home each, and whatever it
started there ends with it.  Folders that only root can enter, such as the home of root's own Python, are open there, for reading.
"""
import asyncio
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

STUDENTS = {"ada": 60001, "bob": 60002, "eve": 60003}                 # eve has an account, and is not of the class
HASH = "$6$attention$AvC6naP6ctAc2os/ohss2kkwqXi8kKHn3bzChjHI7//oG8IEMXh4VuOFD4OoANFJZy.J6nyUNWM7Rk8Pt79k4."         # of "attention"
ANSWERS = {"ada": "lambda w: w.max(axis=1)", "bob": "lambda w: w.max(axis=0)"}                                      # right, and wrong
TRIED = {"ada": {"00.2": {"tries": 1, "right": True}}, "bob": {"00.2": {"tries": 1, "right": False}}}
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

    def ask(self, path, data=None, **headers):
        """(status, address at the end, text) of a page."""
        request = urllib.request.Request(urllib.parse.urljoin(self.root, path), data, headers)
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

    def server(self, path, data=None, **headers):
        """What the student's own server answers."""
        token = self.cookies(f"/user/{self.name}/").get("_xsrf", "")
        return self.ask(f"/user/{self.name}/{path}", data if data is None else json.dumps(data).encode(), **{"X-XSRFToken": token, **headers})

    def start(self):
        """Open the server's page, as the hub's button does, until it is there."""
        end, wanted = time.time() + 120, f"/user/{self.name}/lab"
        self.ask(f"/hub/spawn/{self.name}")
        while time.time() < end:
            status, path, page = self.ask(wanted)
            if status == 200 and path.startswith(wanted):
                return page
            time.sleep(1)
        raise TimeoutError(f"{self.name}'s server did not start: {status} {path}")

    def run(self, *cells, notebook="work/00_start_here.ipynb"):
        """What cells print, run in a new kernel of the notebook."""
        status, _, said = self.server("api/sessions", {"path": notebook, "name": "x", "type": "notebook", "kernel": {"name": "python3"}})
        assert status == 201, said
        return asyncio.run(self.executed(json.loads(said)["kernel"]["id"], cells))

    async def executed(self, kernel, cells):
        path, printed = f"/user/{self.name}/api/kernels/{kernel}/channels", ""
        cookies = self.cookies(path)
        address = f"{self.root.replace('http', 'ws', 1)}{path}?_xsrf={urllib.parse.quote(cookies['_xsrf'])}"
        line = await websocket_connect(HTTPRequest(address, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}))
        for i, cell in enumerate(cells):
            header = {"msg_id": f"{kernel}-{i}", "msg_type": "execute_request", "session": "x", "username": "", "version": "5.3", "date": ""}
            content = {"code": cell, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
            await line.write_message(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}))
            while True:
                said = json.loads(await asyncio.wait_for(line.read_message(), 60))
                if said["parent_header"].get("msg_id") != header["msg_id"]:
                    continue
                content = said["content"]
                printed += content.get("text", "") + "\n".join(content.get("traceback", []))
                if said["msg_type"] == "execute_reply":
                    break
        line.close()
        return printed


class Hub:
    """The hub in its room."""

    def __init__(self, folder):
        self.folder, (self.port, *inner) = folder, free_ports(3)
        command = [sys.executable, "tools/hub.py", f"--url=http://127.0.0.1:{self.port}", f"--JupyterHub.hub_port={inner[0]}",
                   f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{inner[1]}"]
        opened = dict.fromkeys([*hub.closed(setup.PYTHON.resolve()), *hub.closed(book.ROOT / "notebooks")])
        scene = [f"mount -t overlay overlay -o lowerdir={folder / 'open'}:{place} {place}" for place in map(str, opened)]
        scene += [f"mount --bind {folder / name} /etc/{name}" for name in ("passwd", "group", "shadow")]
        scene += [f"mount --bind {folder / 'state'} {hub.STATE}", f"exec {shlex.join(command)}"]
        with open(folder / "log", "a") as log:
            self.process = subprocess.Popen([*ROOM, "sh", "-e", "-c", "\n".join(scene)], cwd=book.ROOT, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True)

    def ready(self):
        end = time.time() + 60
        while time.time() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/hub/health", timeout=5).close()
                return self
            except OSError:
                time.sleep(0.2)
        raise TimeoutError((self.folder / "log").read_text())

    def stop(self):
        """Ctrl-C; what does not end by it is killed with its room."""
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            return self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
