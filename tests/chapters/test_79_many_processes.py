"""79_many_processes: what a team does when a worker dies, fails or never answers; nothing is left behind; what `plan` refuses and says."""
import ast
import importlib.util
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

torch = pytest.importorskip("torch")
dist = pytest.importorskip("torch.distributed")

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "79_many_processes.ipynb"

MORE = '''

@for_workers
def sleep(rank_that_sleeps):
    if rank == rank_that_sleeps:
        time.sleep(60)
    return pass_on(torch.zeros(1)).item()

@for_workers
def fail(rank_that_fails):
    if rank == rank_that_fails:
        raise ValueError("this one")
    return pass_on(torch.zeros(1)).item()

@for_workers
def hand_over(what):
    if what == "unpicklable":
        return lambda: 0
    raise {"exit": SystemExit, "interrupt": KeyboardInterrupt}[what](3)

@for_workers
def send_first():
    dist.send(torch.zeros(1), (rank + 1) % p)
    dist.recv(torch.zeros(1), (rank - 1) % p)

@for_workers
def slow(x, seconds):
    time.sleep(seconds)
    return x

@for_workers
def the_librarys_sum(arrays):
    dist.all_reduce(arrays[rank])

@for_workers
def kept_by_the_library(q, k, v):
    from torch.distributed.tensor.debug import CommDebugMode
    from torch.distributed.tensor.experimental import context_parallel
    mesh = dist.device_mesh.init_device_mesh("cpu", (p,))
    buffers = [t.clone() for t in (q, k, v)]
    with CommDebugMode() as messages, context_parallel(mesh, buffers=buffers, buffer_seq_dims=[2] * 3):
        output = torch.nn.functional.scaled_dot_product_attention(*buffers)
    return output.detach().numpy(), {str(name): count for name, count in messages.get_comm_counts().items()}
'''


def definitions():
    """The imports, functions, classes and constants of the notebook's cells, as text: a worker is handed the text of its functions."""
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        for node in ast.parse(text).body if cell["cell_type"] == "code" else ():
            constant = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
            if constant or isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)):
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
                yield "\n".join(text.splitlines()[first - 1:node.end_lineno])


@pytest.fixture(scope="module")
def chapter(tmp_path_factory):
    path = tmp_path_factory.mktemp("chapter") / "chapter_79.py"
    path.write_text("\n\n".join(definitions()) + MORE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("chapter_79", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["chapter_79"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["chapter_79"]


@pytest.fixture(autouse=True)
def float64(default_dtype):
    torch.set_default_dtype(torch.float64)


@pytest.fixture
def team(chapter):
    team = chapter.Team(3)
    yield team
    team.close()


def gone(pid):
    """Whether no process has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def assert_nothing_is_left(team, pids):
    assert not any(process.is_alive() for process in team.processes) and not Path(team.folder.name).exists()
    assert sys.platform == "win32" or all(map(gone, pids))


def test_a_killed_worker_is_named_within_seconds_and_nothing_is_left(chapter, team):
    pids = [pid for _, pid in chapter.run(team, chapter.introduce)[0]]
    q = torch.randn(1, 2, 6, 4)
    start = time.monotonic()
    Timer(0.3, team.processes[1].kill).start()
    with pytest.raises(RuntimeError, match="^rank 1 of 3 has died"):
        chapter.run(team, chapter.endless, q, q, q)
    assert time.monotonic() - start < 20                   # the limit of a wait is 60
    assert_nothing_is_left(team, pids)
    with pytest.raises(RuntimeError, match="has ended"):
        chapter.run(team, chapter.introduce)


def test_a_worker_that_never_sends_ends_the_run_after_its_seconds(chapter):
    team = chapter.Team(2)
    pids = [pid for _, pid in chapter.run(team, chapter.introduce)[0]]
    team.seconds, start = 1, time.monotonic()              # of `run`; the workers' own waits are longer
    with pytest.raises(RuntimeError, match="no answer from rank"):
        chapter.run(team, chapter.sleep, 1)
    assert time.monotonic() - start < 30
    assert_nothing_is_left(team, pids)


def test_if_all_wait_until_theirs_is_taken_before_they_receive_all_wait(chapter):
    team = chapter.Team(2)
    pids = [pid for _, pid in chapter.run(team, chapter.introduce)[0]]
    team.seconds = 2
    with pytest.raises(RuntimeError, match="no answer from rank"):
        chapter.run(team, chapter.send_first)
    assert_nothing_is_left(team, pids)


def test_the_error_of_a_worker_is_handed_on_with_its_rank(chapter, team):
    pids = [pid for _, pid in chapter.run(team, chapter.introduce)[0]]
    with pytest.raises(RuntimeError, match="^rank 2 failed, ValueError: this one"):
        chapter.run(team, chapter.fail, 2)
    assert_nothing_is_left(team, pids)


@pytest.mark.parametrize("what, error", [("unpicklable", ".*[Pp]ickle"), ("exit", "SystemExit: 3"), ("interrupt", "KeyboardInterrupt: 3")])
def test_what_a_worker_cannot_hand_over_is_said(chapter, what, error):
    team = chapter.Team(1)
    with pytest.raises(RuntimeError, match=f"^rank 0 failed, {error}"):
        chapter.run(team, chapter.hand_over, what)
    assert not any(process.is_alive() for process in team.processes)


def test_more_processes_than_there_are_are_refused(chapter, team):
    for p in (0, -1, 4, 1.5, "2"):
        with pytest.raises(ValueError, match="^p: expected 1 to 3, got "):
            chapter.run(team, chapter.introduce, p=p)
    assert len(chapter.run(team, chapter.introduce)[0]) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal as Jupyter does elsewhere")
def test_an_interrupt_ends_the_team_so_that_no_old_answer_comes_to_a_new_question(chapter, team):
    pids = [pid for _, pid in chapter.run(team, chapter.introduce)[0]]
    for pid in pids:                                       # Jupyter interrupts the whole group; workers that wait go on
        os.kill(pid, signal.SIGINT)
    assert chapter.run(team, chapter.slow, "first", 0)[0] == ["first"] * 3
    interrupt = Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        chapter.run(team, chapter.slow, "second", 30)
    assert_nothing_is_left(team, pids)
    with pytest.raises(RuntimeError, match="has ended"):
        chapter.run(team, chapter.slow, "third", 0)


@pytest.mark.skipif(sys.platform == "win32", reason="asks for processes by their numbers")
def test_workers_in_the_middle_of_a_job_end_with_the_process_that_started_them(chapter):
    text = textwrap.dedent(f"""
        import importlib.util, sys
        spec = importlib.util.spec_from_file_location("chapter_79", {chapter.__file__!r})
        chapter = importlib.util.module_from_spec(spec)
        sys.modules["chapter_79"] = chapter
        if __name__ == "__main__":
            spec.loader.exec_module(chapter)
            team = chapter.Team(2)
            print(*(pid for _, pid in chapter.run(team, chapter.introduce)[0]), flush=True)
            chapter.run(team, chapter.endless, *[chapter.torch.randn(1, 1, 4, 4)] * 3)
        """)
    main = Path(chapter.__file__).with_name("main_79.py")
    main.write_text(text, encoding="utf-8")
    root = str(NOTEBOOK.parents[1])
    with subprocess.Popen([sys.executable, str(main)], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "PYTHONPATH": root}) as process:
        pids = [int(pid) for pid in process.stdout.readline().split()]
        time.sleep(1)
        assert len(pids) == 2 and not any(map(gone, pids))
        process.kill()
    end = time.monotonic() + 20
    while not all(map(gone, pids)) and time.monotonic() < end:
        time.sleep(0.1)
    assert all(map(gone, pids))


def through_the_loopback():
    """Bytes that this computer has sent to itself, by the operating system's own count."""
    line = next(line for line in Path("/proc/net/dev").read_text(encoding="utf-8").splitlines() if line.strip().startswith("lo:"))
    return int(line.split(":")[1].split()[8])


@pytest.mark.skipif(not Path("/proc/net/dev").exists(), reason="needs Linux' count of bytes")
def test_the_operating_system_counts_the_same_bytes(chapter, team):
    """What 79 says of its count, and of the library's all-reduce; others may send meanwhile, so it waits for a quiet moment."""
    x = torch.randn(3, 900_000)
    q, k, v = (torch.randn(1, 3, 9_999, 32) for _ in range(3))
    ours, *_ = chapter.run(team, chapter.our_sum, x)[1]
    for job, sent in ((lambda: chapter.run(team, chapter.our_sum, x)[1], 3 * ours),
                      (lambda: chapter.run(team, chapter.the_librarys_sum, x)[1], 3 * ours),
                      (lambda: chapter.run(team, chapter.on_shares, "tokens_for_heads", q, k, v)[1], 4 * 2 * 9_999 * 96 * 8 // 3)):
        end = time.monotonic() + 120
        while True:
            before, told = through_the_loopback(), job()
            counted = through_the_loopback() - before
            assert sum(told) in (sent, 0) and counted >= sent          # the library tells us nothing
            if counted < 1.1 * sent:
                break
            assert time.monotonic() < end, f"{counted} bytes counted, {sent} expected, for two minutes"
            time.sleep(1)


def test_sizes_that_the_notebook_does_not_use(chapter, team):
    """Three processes, sharp scores, keys and values of other widths than one head's."""
    q, k, v = (torch.randn(2, 3, 9, e) for e in (5, 5, 5))
    wanted, _ = chapter.attend(20 * q, k, v)
    parts, sent = chapter.run(team, chapter.on_shares, "ring", 20 * q, k, v)
    np.testing.assert_allclose(torch.cat([part for part, _ in parts], dim=-2), wanted, atol=1e-12)
    assert sent == [2 * 2 * 2 * 3 * 3 * 5 * 8] * 3
    parts, sent = chapter.run(team, chapter.on_shares, "tokens_for_heads", 20 * q, k, v)
    np.testing.assert_allclose(torch.cat(parts, dim=-2), wanted, atol=1e-12)
    assert sent == [4 * 2 * 2 * 3 * 9 * 5 * 8 // 9] * 3


@pytest.mark.skipif(sys.platform != "linux", reason="tried on Linux only")
def test_without_a_mask_the_librarys_cut_by_tokens_gathers_and_is_zigzag(chapter):
    """What 79 says of `context_parallel`: it searches for long, then is right, with two all-gathers."""
    team = chapter.Team(2, seconds=240)
    try:
        q, k, v = (torch.randn(1, 2, 16, 4) for _ in range(3))
        answers, _ = chapter.run(team, chapter.kept_by_the_library, q, k, v)
    finally:
        team.close()
    wanted, tokens = chapter.attend(q, k, v)[0], np.arange(16).reshape(4, 4)
    for rank, (theirs, counts) in enumerate(answers):
        np.testing.assert_allclose(theirs, wanted[:, :, tokens[[rank, 3 - rank]].ravel()], atol=1e-12)
        assert counts == {"c10d_functional.all_gather_into_tensor": 2}


GOOD = {"n": 64, "d": 16, "heads": 4, "devices": 4}


@pytest.mark.parametrize("name, value", [
    *((name, value) for name in ("n", "d", "heads", "devices", "batch") for value in (0, -1, 1.5, "4", None, True, float("nan"))),
    *((name, value) for name in ("bandwidth", "speed", "latency", "w") for value in (0, -1, "4", None, True, float("nan"), float("inf"))),
    ("heads", 3)])
def test_sizes_that_mean_nothing_are_refused_by_name(chapter, name, value):
    with pytest.raises(ValueError, match=f"^{name}: expected .*, got "):
        chapter.plan(**GOOD | {name: value})


def test_a_plan_follows_the_formula_and_takes_numpys_numbers(chapter):
    table = chapter.plan(np.int64(64), 16, 4, 4, bandwidth=1e6, batch=4, speed=1e9, latency=1e-3, w=8)
    assert table["possible"].all() and table.index[0] == "sequences"
    numbers, operations = 4 * 64 * 16, 4 * (8 * 64 * 16**2 + 4 * 64**2 * 16) / 4
    assert table.loc["heads", "MB sent"] == pytest.approx(2 * 3 / 4 * numbers * 8 / 1e6)
    assert table.loc["tokens for heads", "MB sent"] == pytest.approx(4 * 3 / 16 * numbers * 8 / 1e6)
    assert table.loc["tokens, ring", "together ms"] == pytest.approx(operations / 1e6 + 1.5 * numbers * 8 / 1e3 + 3)
    large = dict(n=131_072, d=4096, heads=32, devices=64)
    narrow = chapter.plan(**{name: np.int32(value) for name, value in large.items()})       # 32 bits would overflow
    assert narrow.equals(chapter.plan(**large))
    alone = chapter.plan(**GOOD | {"devices": 1})
    assert (alone["MB sent"] == 0).all() and (alone["send ms"] == 0).all()
