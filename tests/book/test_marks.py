"""Marks: what a class hands in is run cell by cell under limits, and nothing that a cell does hides another's verdict."""
import csv
import json
import subprocess
import sys

import marks
import pytest

ADA = {
    "12.1": 'dog = "3/10"\ncheck("12.1", dog)',
    "12.2": 'def tempered(scores, temperature):\n    return softmax(scores / temperature)\n\ncheck("12.2", tempered)',
    "12.6": 'deviation = width ** 0.5\ncheck("12.6", deviation)'}
BOB = {
    "12.1": 'dog = "1/2"\ncheck("12.1", dog)',
    "12.2": 'while True:\n    pass\ncheck("12.2", None)',
    "12.3": 'import os\nos._exit(0)\ncheck("12.3", 1)',
    "12.4": 'letter = a\ncheck("12.4", letter)',
    "12.5": 'def log_weights(scores):\n    raise NotImplementedError\n\ncheck("12.5", log_weights)',
    "12.6": 'deviation = (\ncheck("12.6", deviation)',
    "12.7": 'print("12.7: right")\ntemperature = 1\ncheck("12.7", temperature)'}
BEFORE = ["import numpy as np\nwidth = 63\n%matplotlib inline",
          "def softmax(scores):\n    e = np.exp(scores - scores.max(-1, keepdims=True))\n    return e / e.sum(-1, keepdims=True)",
          "width = width + 1"]


def notebook(cells):
    return json.dumps({"cells": [{"cell_type": "code", "source": source} for source in cells]})


@pytest.fixture
def handed_in(tmp_path):
    for student, answers in (("ada", ADA), ("bob", BOB)):
        (tmp_path / student / "week 1").mkdir(parents=True)
        (tmp_path / student / "week 1" / "12.ipynb").write_text(notebook([*BEFORE, *answers.values(), "width = 9"]), encoding="utf-8")
    (tmp_path / "ada" / "progress.json").write_text('{"12.1": {"tries": 2, "right": true}, "13.1": {"tries": 1, "right": false}}')
    (tmp_path / "bob" / "progress.json").write_text("[]")
    (tmp_path / "bob" / "notes.ipynb").write_text("no notebook")
    return tmp_path


def test_each_cell_gets_its_verdict_whatever_the_others_do(handed_in, monkeypatch, capsys):
    monkeypatch.setattr(marks, "SECONDS", 12)
    monkeypatch.setattr(marks.setup, "enter", lambda: None)
    marks.main([str(handed_in)])
    with open(handed_in / "marks.csv", encoding="utf-8-sig", newline="") as file:
        rows = {(row["student"], row["exercise"]): row for row in csv.DictReader(file)}
    assert {key[1]: row["verdict"] for key, row in rows.items() if key[0] == "ada"} == {
        "12.1": "right", "12.2": "right", "12.6": "right", "13.1": "not yet"}
    assert {key[1]: row["verdict"] for key, row in rows.items() if key[0] == "bob"} == {
        "12.1": "not yet", "12.2": "stopped", "12.3": "ended", "12.4": "error", "12.5": "not attempted yet", "12.6": "error",
        "12.7": "not yet"}
    assert rows["ada", "12.1"]["tries"] == "2" and "newcomer" in rows["bob", "12.1"]["said"]
    assert "SyntaxError" in rows["bob", "12.6"]["said"] and "'a' is not defined" in rows["bob", "12.4"]["said"]
    said = capsys.readouterr().out
    assert "ada: 3 right of 4" in said and "bob: 0 right of 7" in said
    assert "notes.ipynb: expected a notebook" in said and "progress.json: expected the table" in said


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux'")
def test_a_cell_that_wants_all_memory_or_a_huge_file_is_told_so():
    for cell in ("x = bytearray(30 * 2 ** 30)\ncheck('12.1', 1)", "open('a', 'wb').write(bytes(2 ** 26))\ncheck('12.1', 1)"):
        verdict, said = marks.run("12.1", cell, [], [])
        assert verdict == "error" and ("MemoryError" in said or "File too large" in said)


@pytest.mark.skipif(not marks.without_network(), reason="this system does not let a user take the network from a process")
def test_a_cell_has_no_network():
    cell = "import socket\nsocket.create_connection(('127.0.0.1', {}), 2)\ncheck('12.1', '3/10')"
    import socket
    with socket.create_server(("127.0.0.1", 0)) as server:
        cell = cell.format(server.getsockname()[1])
        assert marks.run("12.1", cell, [], [])[0] == "right"
        assert marks.run("12.1", cell, [], marks.without_network())[0] == "error"


def test_a_cell_sees_neither_this_folder_nor_the_environment(monkeypatch):
    monkeypatch.setenv("A_SECRET", "42")
    cell = "import os\ncheck('12.1', '3/10' if 'A_SECRET' not in os.environ and not os.listdir() else 0)"
    assert marks.run("12.1", cell, [], []) == ["right", ""]


def test_what_is_no_folder_is_told(tmp_path):
    answer = subprocess.run([sys.executable, marks.__file__, str(tmp_path / "nothing")], capture_output=True, text=True)
    assert answer.returncode == 1 and answer.stderr.startswith("expected a folder, got ")
