"""Exercises that answer back.

check("12.2", mine)   says right, names the mistake, or shows the smallest input on which `mine` differs
solution("12.2")      prints the solution and its reasoning
progress("12")        prints the learner's table for one notebook; progress() for all

attention(fn), multi_head(layer), decoder(model), pooling(fn)   the tests of 82, from `doctor`, for attention of your own

The bank, `exercises/NN_slug.py`, states each exercise once: `function`, `number` or `choice`, then its `mistake`s.  How answers
are read, run and compared is in `answers`; what the learner has tried is kept by `record`.
"""
import contextlib
import importlib.util
import inspect
import os
import textwrap
import warnings
from pathlib import Path

import numpy as np

from attnlib import answers, record
from attnlib.answers import outcome, plain, same
from attnlib.doctor import attention, decoder, multi_head, pooling  # noqa: F401

FOLDER = Path(__file__).parent / "exercises"
BANK, SECONDS = {}, 10                                      # the exercises that were read; for one check


def function(name, draw, tries=200, rtol=1e-7, also=None):
    """Enter a solution; `draw(rng)` returns one tuple of arguments, and is asked for `tries` of them.

    `also(mine)` is asked last, of a function whose results are right: it returns what else is wrong with it, or None.
    """
    def enter(f):
        BANK[name] = {"answer": f, "draw": draw, "tries": tries, "rtol": rtol, "also": also, "why": inspect.getdoc(f), "mistakes": []}
        return f
    return enter


def number(name, answer, why, mistakes=(), first=""):
    """Enter an answer that is a number (an int is exact), with pairs of a wrong number and its hint.

    `first` is a first step, for whoever errs in a way that is not listed; it gives nothing away.
    """
    BANK[name] = {"answer": answer, "why": why, "mistakes": list(mistakes), "first": first}


choice = number                                             # an answer that is a letter, with a hint for each of the others


def mistake(name, hint):
    """Enter a wrong function: whoever behaves like it gets its hint."""
    def enter(f):
        BANK[name]["mistakes"].append((f, hint))
        return f
    return enter


def find(name):
    """The entry of one exercise; its notebook's part of the bank is read when it is first asked for."""
    if name not in BANK:
        for path in FOLDER.glob(f"{str(name).split('.')[0]}_*.py"):
            read(path)
    if name not in BANK:
        raise ValueError(f"exercise: expected a name in quotes such as \"11.2\", got {name!r}")
    return BANK[name]


def read(path):
    spec = importlib.util.spec_from_file_location(f"exercises_{path.stem}", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def verdict(name, mine):
    """What `check` prints after the name."""
    exercise = find(name)
    if mine is None or mine is ...:
        return "not attempted yet"
    try:
        return (of_function if "draw" in exercise else of_letter if isinstance(exercise["answer"], str) else of_number)(exercise, mine)
    except answers.Unread as unread:
        return f"not yet. {unread}"


def of_letter(exercise, mine):
    hints = dict(exercise["mistakes"])
    letter = answers.read_letter(mine, "".join(sorted({exercise["answer"], *hints})))
    return "right" if letter == exercise["answer"] else f"not yet. {hints[letter]}"


def of_number(exercise, mine):
    value, answer, mistakes = answers.read_number(mine), exercise["answer"], exercise["mistakes"]
    exact = isinstance(answer, int)

    def equal(other):
        return bool(abs(value - other) <= (1e-6 if exact else 5e-4 if abs(other) < 0.1 else 1e-3) * max(1, abs(other)))
    if equal(answer):
        return "right"
    hint, *_ = [*(hint for wrong, hint in mistakes if equal(wrong)),
                *[f"Expected a whole number. {exercise['first']}"] * (exact and value != round(value)),
                *["Close: give three decimals, or a fraction or a formula in quotes."] * (not exact and answers.rounded(value, answer)),
                *["In per cent that is right. Expected a share, between 0 and 1."] * bool(0 < answer < 1 and equal(100 * answer)),
                *(hint for wrong, hint in mistakes if value % 1 and answers.rounded(value, wrong)), exercise["first"]]
    typed = isinstance(mine, str) and mine.strip("-0123456789./ ")
    return f"not yet. {hint}{f' (Read as {value:.6g}.)' if typed else ''}"


def cases(exercise):
    """The random inputs of an exercise, smallest first, and what its solution makes of each."""
    def size(args):
        def most(a):
            return len(str(a)) if a.dtype.kind in "US" else np.nan_to_num(np.abs(a)).sum()
        return [sum(measure(plain(a)) for a in args) for measure in (np.size, most)]
    if "cases" not in exercise:
        rng = np.random.default_rng(0)
        inputs = sorted((exercise["draw"](rng) for _ in range(exercise["tries"])), key=size)
        exercise["cases"] = inputs, [outcome(exercise["answer"], args) for args in inputs]
    return exercise["cases"]


def of_function(exercise, mine):
    names, (inputs, right), got, also = list(inspect.signature(exercise["answer"]).parameters), cases(exercise), [], []
    if not callable(mine):
        return f"not yet. Expected a function, got {answers.kind(mine)}: hand over its name, without brackets or quotes"

    def run():
        got.clear()                                         # `within` may call it twice
        got.extend(outcome(mine, args, names) for args in inputs)
        if exercise["also"] and all(same(g, w, exercise["rtol"]) for g, w in zip(got, right)):
            with contextlib.suppress(Exception):            # it may fail on what `also` hands it
                also.append(exercise["also"](mine))

    with open(os.devnull, "w") as sink, contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        in_time = answers.within(SECONDS, run)
    bad = [i for i, (g, w) in enumerate(zip(got, right)) if not same(g, w, exercise["rtol"])]
    at = bad[0] if bad else 0 if in_time else min(len(got), len(inputs) - 1)
    if in_time:                                             # once more, and now whatever it prints is seen
        answers.within(SECONDS, lambda: outcome(mine, inputs[at]))
    if in_time and all(g is answers.STUB for g in got):
        alone = set(getattr(getattr(mine, "__code__", None), "co_names", ())) <= {"NotImplementedError"}
        return "not attempted yet" if alone else "not yet. `raise NotImplementedError` is still there: put a `return` in its place."
    if not in_time and not bad:
        return (f"not yet. Stopped after {SECONDS} seconds, {len(got)} of {len(inputs)} inputs answered: does each loop end? "
                "It was at work on\n" + table([*zip(names, map(answers.show, inputs[at]))]))
    if not bad:
        return f"not yet. {also[0]}" if any(also) else f"right, on {len(inputs)} random inputs"
    if in_time and not all(isinstance(g, Exception) and not isinstance(g, answers.Changed) for g in got):
        for wrong, hint in exercise["mistakes"]:
            if all(same(outcome(wrong, args), g) for args, g in zip(inputs, got)):
                return f"not yet. {hint}"
    texts = [answers.show(x) for x in (*inputs[at], got[at], right[at])]
    if isinstance(got[at], Exception):
        texts[-2] = "(changed)" if isinstance(got[at], answers.Changed) else answers.described(got[at], inspect.unwrap(mine))
    elif texts[-2] == texts[-1]:
        texts[-2:] = answers.show(got[at], 12), answers.show(right[at], 12)
    why = ""
    with contextlib.suppress(Exception), warnings.catch_warnings(action="ignore"):     # an object that cannot even be looked at
        why = answers.explain([(got[i], right[i]) for i in bad[::len(bad) // 30 + 1]])
    rows = table([*zip([*names, "yours", "expected"], texts)])
    return f"not yet. {why}{' ' * bool(why)}The smallest input found on which it differs:\n{rows}"


def table(lines):
    """Names and texts, one below the other."""
    width = max(8, *(len(name) for name, _ in lines)) + 2
    return "\n".join(f"    {name:{width}}{textwrap.indent(text, ' ' * (4 + width)).lstrip()}" for name, text in lines)


def check(name, mine):
    """Print what is to be said of an answer, and remember whether it was right."""
    said = verdict(name, mine)
    print(f"{name}: {said}")
    if said != "not attempted yet":
        record.remember(name, said.startswith("right"))


def solution(name):
    """Print the solution of an exercise and its reasoning."""
    answer, why = find(name)["answer"], find(name)["why"]
    print(inspect.getsource(answer).partition("\n")[2] if callable(answer) else f"{name}: {answer}\n{why}")


def progress(notebook=""):
    """Print one line for each exercise of a notebook (its number, such as "12"), or of all of them."""
    paths = sorted(FOLDER.glob(f"{notebook}*.py"))
    if not paths:
        raise ValueError(f"notebook: expected a number such as \"12\", got {notebook!r}")
    try:
        tried = record.remembered()
    except OSError as error:
        tried = {}
        print(f"progress.json could not be read ({error.strerror or error}); what you tried is not shown")
    for path in paths:
        number_ = path.stem.split("_")[0]
        if not any(name.startswith(f"{number_}.") for name in BANK):
            read(path)
        states = {n: tried.get(n) for n in sorted(BANK, key=lambda n: int(n.split(".")[1])) if n.startswith(f"{number_}.")}
        print(f"{path.stem}: {sum(bool(state) and state['right'] for state in states.values())} of {len(states)} right")
        for name, state in states.items():
            print(f"    {name:6}", "not attempted yet" if not state else f"{'right' if state['right'] else 'not yet'}, "
                  f"{state['tries']} {'try' if state['tries'] == 1 else 'tries'}")
