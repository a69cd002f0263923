"""The engine behind the exercises: whatever is handed in ends in a sentence, and what was tried is never lost."""
import importlib
import inspect
import json
import os
import subprocess
import sys
import threading
import time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from attnlib import answers, check, record
from attnlib.core import softmax

ROOT = Path(__file__).parents[2]
tempered = check.find("12.2")["answer"]
log_weights = check.find("12.5")["answer"]


@pytest.fixture(autouse=True)
def own_ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTNLIB_WORK", str(tmp_path))


# functions


def test_an_unknown_error_shows_the_smallest_input_under_its_names():
    said = check.verdict("12.5", lambda s: s - s[..., :1])
    assert said.startswith("not yet. The smallest input found on which it differs:\n    scores    [[") and said.count("\n") == 3
    said = check.verdict("01.2", lambda x, h, c, W, U, b: (c, h, c)).split("\n")
    assert [line.split()[0] for line in said[1:] if line[4] != " "] == ["x", "h", "c", "W", "U", "b", "yours", "expected"]


def test_a_forgotten_return_is_said_to_be_one():
    def forgot(scores, temperature):
        softmax(scores / temperature)
    assert "returned None: is there a `return`?" in check.verdict("12.2", forgot)
    assert "returned None" in check.verdict("12.2", lambda s, t: softmax(s / t) if s.shape[1] > 2 else None)


def test_a_stub_is_no_try_and_what_stands_before_its_last_line_is_one():
    def begun(scores, temperature):
        np.exp(scores / temperature)
        raise NotImplementedError
    assert "still there" in check.verdict("12.2", begun)


def test_an_operation_that_a_library_has_not_implemented_is_an_error_not_a_stub():
    def meta(scores, temperature):
        return torch.tensor(scores).to("meta").cpu()
    assert "NotImplementedError: Cannot copy out of meta tensor" in check.verdict("12.2", meta)


def test_an_error_names_its_line():
    def broken(scores, temperature):
        wide = scores / temperature
        return wide.reshape(3, 7)
    line = inspect.getsourcelines(broken)[1] + 2
    assert f"into shape (3,7), in line {line}: return wide.reshape(3, 7)\n" in check.verdict("12.2", broken)
    assert "yours        ZeroDivisionError: division by zero, in line" in check.verdict("12.2", lambda s, t: 1 / 0)
    assert "TypeError" in check.verdict("12.2", lambda s: s)
    assert "RuntimeError: your function leaves Python" in check.verdict("12.2", lambda s, t: sys.exit())
    assert "RecursionError" in check.verdict("12.2", recursive)


def recursive(s, t):
    return recursive(s, t)


def test_a_changed_argument_is_named_and_does_not_look_like_a_crash():
    def greedy(scores, temperature):
        scores /= temperature
        return softmax(scores)
    said = check.verdict("12.2", greedy)
    assert "changes its argument scores, which the caller still needs: work on a copy" in said and "Error" not in said
    assert "    yours        (changed)\n" in said


@pytest.mark.parametrize("mine, said", [
    (lambda s: log_weights(s).tolist(), "The numbers are right, but not their type: expected a (1, 2) array of float64, got a list of 1"),
    (lambda s: (log_weights(s), s), "One of the things that you return is the answer: return it alone."),
    (lambda s: log_weights(s)[None], "The numbers are right, but not their shape: expected a (1, 2) array of float64, got a (1, 1, 2)"),
    (lambda s: log_weights(s.astype(np.float32)), "Was something computed in float32 or less?"),
    (lambda s: log_weights(s) * (1 + 1e-4), "Nearly: the largest difference is 1e-04 of the largest number. A rounded constant"),
    (lambda s: log_weights(s) > 0, "not yet. The smallest"),
    (lambda s: log_weights(s) * np.nan, "Your result holds nan: 0/0, or infinity minus infinity?"),
    (lambda s: log_weights(s)[:, :1], "Expected a (1, 2) array of float64, got a (1, 1) array of float64."),
    (lambda s: log_weights, "Expected a (1, 2) array of float64, got a function."),
    (lambda s: "text", "Expected a (1, 2) array of float64, got a str."),
    (lambda s: {}, "Expected a (1, 2) array of float64, got a dict."),
    (lambda s: (x for x in s), "got a generator."),
    (lambda s: torch.tensor(s).bfloat16(), "cannot be compared with numbers: TypeError: Got unsupported ScalarType BFloat16"),
    (lambda s: torch.tensor(s).to_sparse(), "to_dense() first. The smallest input"),
    (lambda s: torch.tensor(s).to("meta"), "cannot be compared with numbers:"),
    (lambda s: [[1.0], [1.0, 2.0]], "Expected a (1, 2) array of float64, got a list of 2."),
    (lambda s: np.array([None]), "cannot be compared with numbers:"),
], ids=lambda x: x if isinstance(x, str) else "")
def test_every_result_gets_its_sentence(mine, said, capsys):
    check.check("12.5", mine)
    assert said in capsys.readouterr().out
    assert record.remembered() == {"12.5": {"tries": 1, "right": False}}


class Hostile:
    def __getattr__(self, name):
        raise RuntimeError(name)

    def __array__(self, *args, **kwargs):
        raise RuntimeError("no array")

    def __repr__(self):
        raise RuntimeError("no repr")


def test_an_object_that_cannot_be_looked_at_gets_a_reply():
    assert "an object of the class Hostile" in check.verdict("12.5", lambda s: Hostile())
    assert "an object of the class Hostile" in check.verdict("12.1", Hostile())
    loop = []
    loop.append(loop)
    assert check.verdict("12.5", lambda s: loop).startswith("not yet")


def test_booleans_are_told_from_numbers():
    said = check.verdict("14.5", lambda o, v: int(check.find("14.5")["answer"](o, v)))
    assert "not their type: expected a number (bool), got a number (int)" in said
    said = check.verdict("33.3", lambda lengths, n: check.find("33.3")["answer"](lengths, n).astype(int))
    assert "not their type: expected a (1, 2, 2) array of bool, got a (1, 2, 2) array of int64" in said


def test_a_tensor_that_wants_gradients_is_compared_like_any_other():
    assert check.verdict("12.5", lambda s: torch.tensor(s, requires_grad=True).log_softmax(-1)).startswith("right")
    assert "return it alone" in check.verdict("32.3", lambda x, real: (check.find("32.3")["answer"](x, real).requires_grad_(), real))


def test_of_several_results_the_wrong_one_is_named():
    right = check.find("01.2")["answer"]
    said = check.verdict("01.2", lambda *args: (right(*args)[0], right(*args)[1][None]))
    assert "Number 2 of the 2 results differs. The numbers are right, but not their shape: expected" in said
    assert "Expected a tuple of 2, got a (1,) array of float64." in check.verdict("01.2", lambda *args: right(*args)[0])
    assert "not their type: expected a tuple of 2, got a list of 2" in check.verdict("01.2", lambda *args: list(right(*args)))


def test_a_turned_table_is_said_to_be_turned():
    assert "Rows and columns have changed places." in check.verdict("12.5", lambda s: log_weights(s).T)


def test_equal_looking_results_are_shown_with_more_digits():
    said = check.verdict("12.5", lambda s: log_weights(s) + 3e-6).split("\n")
    yours, expected = (next(line for line in said if f"    {name} " in line) for name in ("yours", "expected"))
    assert yours.split()[1:] != expected.split()[1:]
    said = check.verdict("36.3", lambda x, lost: check.find("36.3")["answer"](x, lost).astype(np.float16))
    assert "yours     [0.199951171875 0.300048828125]\n    expected  [0.2 0.3]" in said and "in float32 or less?" in said


def test_infinities_in_their_places_do_not_hide_a_small_difference():
    said = check.verdict("15.3", lambda scores, mask: check.find("15.3")["answer"](1.0001 * scores, mask))
    assert "Nearly: the largest difference is 1e-04 of the largest number. A rounded constant" in said


def test_long_results_are_cut():
    for long in ([0.0] * 10**6, np.zeros(10**6), "x" * 10**6, dict.fromkeys(range(10**5)), torch.zeros(30, 30, 30),
                 [np.zeros((50, 50))] * 50):
        assert len(check.verdict("12.5", lambda s, long=long: long)) < 5000
    assert "... 999,988 more]" in check.verdict("12.5", lambda s, long=[0.0] * 10**6: long)
    assert "tensor" not in check.verdict("12.5", lambda s: torch.tensor(s))


def test_what_an_answer_prints_is_printed_once(capfd):
    def chatty(scores):
        print("shape", scores.shape)
        print("aside", file=sys.stderr)
        return log_weights(scores)
    assert check.verdict("12.5", chatty) == "right, on 200 random inputs"
    printed = capfd.readouterr()
    assert printed.out == "shape (1, 2)\n" and printed.err == "aside\n"
    check.verdict("12.5", lambda s: print(s.size) or log_weights(s) * (s.size < 3))
    assert capfd.readouterr().out == "3\n"


def test_no_function_no_reply_but_a_sentence():
    assert check.verdict("12.5", 3.0).startswith("not yet. Expected a function, got a number (float)")
    assert check.verdict("12.5", np.zeros(3)).startswith("not yet. Expected a function, got a (3,) array of float64")
    assert check.verdict("12.5", np.exp).startswith("not yet")


def test_an_answer_that_always_fails_is_no_listed_mistake():
    def failing(weights, states, j):
        raise RuntimeError
    assert "RuntimeError" in check.verdict("42.3", failing)


# time


def endless(s):
    while True:
        pass


def tight(s):
    while True: pass  # noqa: E701


def counting(s):
    n = 0
    while s is not None: n += 1  # noqa: E701


def sleepless(s):
    while True:
        try:
            time.sleep(0.001)
        except Exception:
            pass


@pytest.fixture
def half_a_second(monkeypatch):
    monkeypatch.setattr(check, "SECONDS", 0.5)


@pytest.mark.parametrize("mine", [endless, tight, counting, sleepless, lambda s: [x for x in iter(int, 1) if x],
                                  lambda s: print(*iter(lambda: "x", 1))],
                         ids=["while", "one line", "one line that counts", "try", "comprehension", "print"])
@pytest.mark.parametrize("thread", [False, True])
def test_an_endless_loop_ends(mine, thread, half_a_second):
    said = []
    start = time.monotonic()
    if thread:
        runner = threading.Thread(target=lambda: said.append(check.verdict("12.5", mine)))
        runner.start()
        runner.join()
    else:
        said.append(check.verdict("12.5", mine))
    assert "Stopped after 0.5 seconds, 0 of 200 inputs answered: does each loop end?" in said[0] and "    scores    [[" in said[0]
    assert time.monotonic() - start < 5 and sys.gettrace() is None


def test_a_slow_import_is_not_counted(half_a_second, tmp_path, monkeypatch):
    packages = tmp_path / "site-packages"
    packages.mkdir()
    (packages / "slow_to_come.py").write_text("import time\nend = time.thread_time() + 0.8\nwhile time.thread_time() < end:\n    pass\n")
    monkeypatch.syspath_prepend(packages)

    def mine(s):
        importlib.import_module("slow_to_come")
        return log_weights(s)
    assert check.verdict("12.5", mine).startswith("right")
    sys.modules.pop("slow_to_come")
    assert "Stopped after 0.5 seconds" in check.verdict("12.5", lambda s: mine(s) if s.size < 3 else endless(s))


def test_a_loop_that_ends_for_some_inputs_only_is_stopped_as_well(half_a_second):
    said = check.verdict("12.5", lambda s: log_weights(s) if s.size < 6 else endless(s))
    assert "inputs answered" in said and said.partition("scores")[2].count(".") == 6
    assert "differs" in check.verdict("12.5", lambda s: s if s.size < 6 else endless(s))


def test_the_stop_button_still_works(monkeypatch):
    def stop(s):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        check.verdict("12.5", stop)
    assert sys.gettrace() is None and sys.stdout.write("") == 0


def test_a_debugger_is_left_alone(half_a_second):
    def trace(*_):
        return None
    sys.settrace(trace)
    try:
        assert answers.within(0.5, lambda: None) and sys.gettrace() is trace
    finally:
        sys.settrace(None)


# numbers and letters


@pytest.mark.parametrize("mine", ["3/10", "0.3", 0.3, " 3/10 ", "3 / 10", Fraction(3, 10), Decimal("0.3"), np.float32(0.3),
                                  np.array([[0.3]]), torch.tensor(0.3, requires_grad=True), "30%", "30 %", "(3/10)", "1 - 0.7",
                                  "−0.3 · (−1)", "= .3", [0.3], "3·10^(-1)", "sqrt(0.09)", "√0.09", "np.sqrt(0.09)",
                                  "exp(ln 0.3)", "e^(ln(0.3))", "0.3²/0.3", "3e-1"])
def test_numbers_may_be_typed_as_the_book_writes_them(mine):
    assert check.verdict("12.1", mine) == "right"


@pytest.mark.parametrize("name, mine", [("31.1", "12,800"), ("22.6", "1,024"), ("22.4", "−9"), ("01.1", "(3/4)**3"), ("01.1", "(3/4)^3"),
                                        ("32.5", "sqrt(7/54)"), ("12.7", "ln 24"), ("12.7", "ln(24)"), ("11.6", "512*512 - 2*512*64"),
                                        ("42.1", "68.75%"), ("16.4", "ln2"), ("23.2", "4 1/3".replace(" ", " + ")), ("36.5", "26/3"),
                                        ("33.5", "3 / (2e + 3)"), ("44.2", "0.1/np.log(3)"), ("41.1", "0.9⁵".replace("⁵", "**5"))])
def test_other_right_numbers_are_read(name, mine):
    assert check.verdict(name, mine) == "right"


@pytest.mark.parametrize("mine", ["many", "1/0", "import os", "__import__('os')", "().__class__", "x", "ln", "sqrt", "2(", "1 +", "",
                                  "0.3 dog", [], [1, 2], np.zeros((2, 2)), 1j, True, np.True_, {}, print, object(), b"0.3", [None],
                                  "lambda: 1", "[1][0]", "1 if 1 else 2", "'3'*9", "3 ** ", "(" * 150 + "1", "0.3" + " + 0" * 10**5])
def test_what_is_no_number_gets_a_sentence(mine):
    assert check.verdict("12.1", mine).startswith("not yet. Expected ")


@pytest.mark.parametrize("mine", [10**400, "1e400", "9" * 150 + "**9", "10**10**10", "10**400", np.nan, np.inf, -np.inf, "exp(1000)",
                                  "1e400-1e400", "(-8)**(1/3)", Decimal("1e999"), torch.tensor(float("nan"))])
def test_what_is_no_finite_number_gets_a_sentence_at_once(mine):
    start = time.monotonic()
    assert check.verdict("12.1", mine).startswith("not yet. Expected a finite real number, got ")
    assert time.monotonic() - start < 1


def test_the_sentence_says_what_is_expected():
    assert check.verdict("12.1", 1j).startswith('not yet. Expected a number such as 0.625, or a formula in quotes such as "5/8" or')
    assert check.verdict("12.1", [1, 2]) == "not yet. Expected one number, got [1, 2]"
    assert check.verdict("00.5", 7) == "not yet. Expected one of the letters a, b, c, d in quotes, got 7"


def test_a_decimal_comma_gets_a_sentence_and_thousands_are_read():
    assert check.verdict("12.1", "0,3").startswith("not yet. Expected a decimal point, as in 0.625, got '0,3'")
    assert check.verdict("12.7", "3,178").endswith("(Read as 3178.)")
    assert check.verdict("12.7", "log10(24)").startswith("not yet. Expected a number")       # and not the logarithm of 10, times 24
    assert check.verdict("12.1", "2/5").endswith("The question is about dog.")


def test_an_unlisted_number_gets_a_first_step_and_never_a_bare_no():
    for name in ("12.1", "14.6"):
        assert check.verdict(name, 17) == f"not yet. {check.find(name)['first']}"


def test_a_rounded_number_is_close():
    close = "not yet. Close: give three decimals, or a fraction or a formula in quotes."
    for name, mine in ("13.1", .33), ("13.1", "0.33"), ("22.1", .67), ("22.1", .66), ("01.1", .42), ("33.1", 0.94), ("37.6", 7):
        assert check.verdict(name, mine) == close, (name, mine)
    assert check.verdict("12.1", 0.4).endswith("The question is about dog.") and "Close" not in check.verdict("01.1", 0.4)
    assert check.verdict("22.7", 0.67) == check.verdict("22.7", 2 / 3)              # a listed mistake, rounded
    assert check.verdict("33.1", 1).endswith(check.find("33.1")["first"])           # a whole number is no rounded 256/257
    assert not answers.rounded(1e-13, 0.4)                                          # nothing is no rounded 0.4


def test_per_cent_of_a_share_is_said_to_be_per_cent():
    assert check.verdict("12.1", 30) == "not yet. In per cent that is right. Expected a share, between 0 and 1."


def test_whole_numbers_are_exact_and_others_are_not(monkeypatch):
    monkeypatch.setitem(check.BANK, "0.1", {"answer": 1024, "why": "", "mistakes": [], "first": "Count."})
    assert check.verdict("0.1", 1024.0) == check.verdict("0.1", "1024") == check.verdict("0.1", 1024 - 1e-9) == "right"
    assert check.verdict("0.1", 1025) == "not yet. Count."
    assert check.verdict("0.1", 1024.4) == "not yet. Expected a whole number. Count."
    assert check.verdict("12.1", 0.3001) == "right" and check.verdict("12.1", 0.31) != "right"


@pytest.mark.parametrize("mine", ["b", "B", "(b)", "b)", "b.", " b ", "b) (4, 2)", "(B) (4, 2)", "b: (4, 2)", "'b'",
                                  "b) four rows,\ntwo columns", np.str_("b")])
def test_a_letter_is_read_with_its_brackets_and_its_text(mine):
    assert check.verdict("00.5", mine) == "right"


def test_another_letter_gets_its_own_hint():
    hints = dict(check.find("00.5")["mistakes"])
    assert sorted(hints) == ["a", "c", "d"] and len(set(hints.values())) == 3
    assert [check.verdict("00.5", letter) for letter in hints] == [f"not yet. {hint}" for hint in hints.values()]


def test_the_most_bytes_at_a_time_are_measured():
    def twice(n):
        np.zeros(2 * n)
        return np.zeros(n)
    assert answers.memory(twice, 10**6) == pytest.approx(16e6, rel=0.01)


def test_the_formula_of_an_option_is_not_read_as_a_letter():
    assert check.verdict("16.5", "b(d) = -5d").startswith("not yet. Expected one of the letters")


@pytest.mark.parametrize("mine", ["(4, 2)", (4, 2), "card", "a card", "general", "e", "z", 2, 0.5, "", ["b"], b"b", np.zeros(3), "bb",
                                  check])
def test_what_is_no_letter_gets_a_sentence(mine):
    assert check.verdict("00.5", mine).startswith("not yet. Expected one of the letters a, b, c, d in quotes, got ")


def test_unknown_names_say_what_was_expected():
    with pytest.raises(ValueError, match="expected a name in quotes such as"):
        check.check("99.9", 1)
    with pytest.raises(ValueError, match="expected a name in quotes such as"):
        check.check(12.1, 1)
    with pytest.raises(ValueError, match="expected a number such as"):
        check.progress("99")


def test_same_knows_tuples_shapes_and_nan():
    a = np.array([1.0, np.nan])
    assert check.same((a, 1), (a.copy(), 1)) and not check.same((a, 1), (a, 2)) and not check.same(a, a[:, None])
    assert not check.same((a,), (a, a)) and not check.same((a, a), (a,)) and not check.same([a], (a,))
    assert not check.same((a,), a) and not check.same(None, 0.0) and not check.same(None, np.nan)
    assert check.same(Fraction(1, 3), 1 / 3) and not check.same(np.array([0, 1]), np.array([False, True]))


def test_memory_is_not_needed_for_the_whole_of_a_long_reply():
    assert len(answers.show([list(range(10**6))] * 10**6)) < 2000


# the record


def test_progress_is_kept_and_never_undone(tmp_path, capsys):
    check.check("12.1", 1 / 2)
    check.check("12.1", "3/10")
    check.check("12.1", 1 / 2)
    check.check("12.2", ...)
    check.progress("12")
    said = capsys.readouterr().out
    assert "12.1   right, 3 tries" in said and "12.2   not attempted yet" in said and "1 of" in said
    assert json.loads((tmp_path / "progress.json").read_text()) == {"12.1": {"tries": 3, "right": True}}
    assert [p.name for p in tmp_path.iterdir()] == ["progress.json"]


def test_solution_prints(capsys):
    for path in check.FOLDER.glob("*.py"):
        check.read(path)
    for name, exercise in check.BANK.items():
        check.solution(name)
        said = capsys.readouterr().out
        assert len(said) > 20
        if "draw" in exercise:
            assert said.startswith("def ") and inspect.getdoc(exercise["answer"]).split("\n")[0] in said


@pytest.mark.parametrize("broken", [b"{half", b"", b"[1, 2]", b"null", b"3", b'"text"', b"\xff\xfe", b"[" * 10**5, b'{"12.1": 3}',
                                    b'{"12.1": {}}', b'{"12.1": {"tries": "3", "right": true}}'], ids=lambda b: str(b[:40]))
def test_an_unreadable_table_is_set_aside_not_lost(broken, tmp_path, capsys):
    (tmp_path / "progress.json").write_bytes(broken)
    check.progress("12")
    check.check("12.1", "3/10")
    assert "12.1: right" in (said := capsys.readouterr().out) and said.count("progress.unreadable.json") == 1
    assert (tmp_path / "progress.unreadable.json").read_bytes() == broken
    assert json.loads((tmp_path / "progress.json").read_text()) == {"12.1": {"tries": 1, "right": True}}


def test_what_can_be_read_of_a_broken_table_is_kept(tmp_path, capsys):
    good = {"12.1": {"tries": 2, "right": True, "since": "2026"}}
    (tmp_path / "progress.json").write_text(json.dumps({**good, "12.2": 3}))
    check.progress("12")
    assert "12.1   right, 2 tries" in capsys.readouterr().out
    assert json.loads((tmp_path / "progress.json").read_text()) == good
    (tmp_path / "progress.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(good).encode())       # saved by an editor on Windows
    check.check("12.1", 1)
    assert json.loads((tmp_path / "progress.json").read_text())["12.1"] == {"tries": 3, "right": True, "since": "2026"}


def test_a_second_corruption_does_not_overwrite_the_first(tmp_path):
    for i in range(3):
        (tmp_path / "progress.json").write_text(f"{{broken {i}")
        check.check("12.1", "3/10")
    kept = sorted(p.read_text() for p in tmp_path.glob("progress.unreadable*.json"))
    assert kept == ["{broken 0", "{broken 1", "{broken 2"]


def test_a_crash_while_writing_leaves_the_old_table(tmp_path, monkeypatch):
    check.check("12.1", "3/10")
    before = (tmp_path / "progress.json").read_text()
    monkeypatch.setattr(record.os, "replace", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        check.check("12.1", "3/10")
    assert (tmp_path / "progress.json").read_text() == before and len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of a file")
def test_a_full_disk_costs_a_sentence_and_leaves_the_old_table(tmp_path):
    check.check("12.1", 1 / 2)
    before = (tmp_path / "progress.json").read_text()
    code = """import resource; from attnlib.check import check; check("12.2", ...)
resource.setrlimit(resource.RLIMIT_FSIZE, (30, 30)); check("12.1", "3/10")"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "12.1: right\n" in done.stdout and "progress.json could not be kept: File too large" in done.stdout and not done.stderr
    assert (tmp_path / "progress.json").read_text() == before and [p.name for p in tmp_path.iterdir()] == ["progress.json"]


def test_a_folder_that_cannot_be_written_costs_a_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ATTNLIB_WORK", str(tmp_path / "file" / "work"))
    check.check("12.1", "3/10")
    check.progress("12")
    said = capsys.readouterr().out
    assert said.startswith("12.1: right\n    (The answer stands, but progress.json could not be kept: ")
    assert "progress.json could not be read" in said and "12.1   not attempted yet" in said


def test_a_read_only_folder_costs_a_sentence(tmp_path, monkeypatch, capsys):
    check.check("12.1", 1 / 2)
    before = (tmp_path / "progress.json").read_text()

    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")
    monkeypatch.setattr(Path, "write_text", refuse)
    check.check("12.1", "3/10")
    assert "(The answer stands, but progress.json could not be kept: Permission denied.)" in capsys.readouterr().out
    assert (tmp_path / "progress.json").read_text() == before


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="an administrator may write anywhere")
def test_a_folder_of_somebody_else_costs_a_sentence(tmp_path, capsys):
    check.check("12.1", 1 / 2)
    tmp_path.chmod(0o500)
    check.check("12.1", "3/10")
    tmp_path.chmod(0o700)
    assert "12.1: right\n" in (said := capsys.readouterr().out) and "could not be kept" in said


def test_a_table_that_may_not_be_read_is_not_replaced(tmp_path, monkeypatch, capsys):
    check.check("12.1", 1 / 2)
    before = (tmp_path / "progress.json").read_bytes()
    monkeypatch.setattr(Path, "read_text", lambda *a, **k: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    check.check("12.1", "3/10")
    assert "could not be kept" in capsys.readouterr().out and (tmp_path / "progress.json").read_bytes() == before


def test_the_record_lies_in_the_book_or_where_python_runs(tmp_path, monkeypatch):
    monkeypatch.delenv("ATTNLIB_WORK")
    monkeypatch.chdir(tmp_path)
    assert record.ledger() == ROOT / "work" / "progress.json"
    monkeypatch.setattr(record, "ROOT", tmp_path / "site-packages")
    assert record.ledger() == tmp_path / "work" / "progress.json"
    monkeypatch.setenv("ATTNLIB_WORK", str(tmp_path / "own"))
    assert record.ledger() == tmp_path / "own" / "progress.json"


@pytest.mark.parametrize("name, mine", [
    ("12.5", lambda s: np.log(np.exp(s) / np.exp(s).sum(-1, keepdims=True))),
    ("02.2", lambda q, k, v, r: ((q[:, None] - k) ** 2 <= r) @ v / ((q[:, None] - k) ** 2 <= r).sum(axis=1))])
def test_a_result_with_nan_here_and_there_is_not_said_to_be_near(name, mine):
    said = check.verdict(name, mine)
    assert said.startswith("not yet. ") and "nan of the largest" not in said and "Nearly" not in said, said


@pytest.mark.parametrize("mine, said", [(".0760", "not yet"), (".0779", "not yet"), (".0769", "right"), ("1/13", "right")])
def test_a_small_number_is_wanted_to_half_a_thousandth(mine, said):
    assert check.verdict("16.1", mine).startswith(said)


def test_two_decimals_of_a_small_number_are_close():
    assert "Close: give three decimals" in check.verdict("44.2", ".09")


def test_one_sentence_and_keys_between_whole_numbers_are_tried():
    """squeeze() takes the axis of a batch of one, too; with whole numbers alone, at most r is less than r + 1."""
    import torch
    F = torch.nn.functional
    squeezed = check.verdict("32.2", lambda X, q, m: F.scaled_dot_product_attention(q[:, None], X, X, m[:, None]).squeeze())
    assert squeezed.startswith("not yet")

    def wide(q, k, v, r):
        near = abs(q[:, None] - k) < r + 1
        with np.errstate(invalid="ignore"):
            return near @ v / near.sum(axis=1)
    assert check.verdict("02.2", wide).startswith("not yet")
