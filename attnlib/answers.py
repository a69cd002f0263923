"""How an answer to an exercise is read, run, compared and shown; `check` puts the pieces together.

Whatever a learner hands in ends in a sentence, never in a traceback of ours: what cannot be read, compared or printed is said
to be so.  What is typed as a number may be a formula; `formula` and `worth` read it, and know numbers, + - * / **, brackets,
ln, log, exp, sqrt, e and pi, and nothing else.
"""
import ast
import contextlib
import copy
import dis
import functools
import math
import operator
import re
import sys
import time
import traceback
import tracemalloc
import warnings

import numpy as np

TYPED = str.maketrans({"−": "-", "–": "-", "·": "*", "×": "*", "÷": "/", "^": "**", "²": "**2", "³": "**3", "√": "sqrt ", "π": "pi",
                       "%": "/100", "½": "(1/2)"})
KNOWN = {"ln": math.log, "log": math.log, "exp": math.exp, "sqrt": math.sqrt, "e": math.e, "pi": math.pi}
SIGNS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
         ast.UAdd: operator.pos, ast.USub: operator.neg}
STUB = NotImplementedError()                                # the outcome of a body that was not written yet


class Unread(ValueError):
    """What is to be said of an answer that is no number, or no letter."""


class Changed(Exception):
    """The outcome of a function that changed its argument; its text is the argument's name."""


class Late(BaseException):
    """Raised inside an answer whose time is over."""


def formula(text):
    """A typed number as Python would write it: 12,800 and −9 and 70% and (3/4)³ and 2 ln 3 and 2ln3."""
    text = re.sub(r"(\d+)½", r"(\1+½)", text).translate(TYPED).lower().strip(" =≈~'\"")
    text = re.sub(r"\b(np|numpy|math|torch)\.", "", text)
    text = re.sub(r"(?<![\d.,])[1-9]\d{0,2}(,\d{3})+(?![\d,])", lambda found: found[0].replace(",", ""), text)
    text = re.sub(r"(?<![a-z])(ln|log|exp|sqrt)\s*(\d+(?:\.\d+)?(?![\d.]*\s*\()|e\b|pi\b)", r"\1(\2)", text)
    return re.sub(r"(?<=[\d)])\s*(?=[a-z(])(?!e[-+]?\d)", "*", text)


def worth(node):
    """The value of a formula's syntax tree.  All numbers are floats, so that none can grow for long."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)
    if isinstance(node, ast.BinOp):
        return SIGNS[type(node.op)](worth(node.left), worth(node.right))
    if isinstance(node, ast.UnaryOp):
        return SIGNS[type(node.op)](worth(node.operand))
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        return KNOWN[node.func.id](worth(node.args[0]))
    return KNOWN[node.id] + 0.0


def read_number(mine):
    """A float for what was handed in; Unread where it is no finite real number."""
    expected = 'a number such as 0.625, or a formula in quotes such as "5/8" or "sqrt(2)/3"'
    try:
        if isinstance(mine, str):
            if re.search(r"\d,\d", text := formula(mine[:300])):
                expected = "a decimal point, as in 0.625"
            value = worth(ast.parse(text if len(mine) < 200 else "", mode="eval").body)
        else:
            expected, array = expected if np.size(mine) == 1 else "one number", plain(mine)
            value = float(array.item()) if array.dtype.kind in "iuf" else KNOWN[array.dtype]
    except OverflowError:
        value = math.inf
    except Exception:
        raise Unread(f"Expected {expected}, got {show(mine)}") from None
    if isinstance(value, complex) or not math.isfinite(value):
        raise Unread(f"Expected a finite real number, got {show(mine)}")
    return value


def read_letter(mine, letters):
    """The letter of "b", "(B)", "b." or "b) with its text"; Unread where there is none."""
    if isinstance(mine, str) and (found := re.fullmatch(rf"[\s('\"]*([{letters}])[\s'\"]*([).:].*)?", mine.lower(), re.S)):
        return found[1]
    raise Unread(f"Expected one of the letters {', '.join(letters)} in quotes, got {show(mine)}")


def rounded(mine, value):
    """Whether `mine` is `value`, cut or rounded to two or more digits or decimals that are too few: 0.67 or 0.66 for 2/3."""
    written = repr(float(mine))
    enough = "e" not in written and (len(written.replace(".", "").strip("-0")) + written.endswith("0") >= 2
                                     or len(written.partition(".")[2]) >= 2)
    scale = 10 ** len(written.partition(".")[2])
    return enough and any(abs(shorten(value * scale) / scale - mine) < 1e-12 for shorten in (round, math.trunc))


def plain(x):
    """An array, whichever library x is from; exact fractions become floats."""
    array = np.asarray(x.detach().cpu() if hasattr(x, "detach") else x)
    return np.vectorize(float, otypes=[float])(array) if array.dtype == object else array


def same(a, b, rtol=1e-7):
    """Equal for a teacher: the same error, or the same shape and the same numbers, nan where nan."""
    try:
        if isinstance(a, Exception) or isinstance(b, Exception):
            return type(a) is type(b)
        if isinstance(a, (tuple, list)) or isinstance(b, (tuple, list)):
            return type(a) is type(b) and len(a) == len(b) and all(same(x, y, rtol) for x, y in zip(a, b))
        a, b = plain(a), plain(b)
        kinds = (a.dtype == bool) == (b.dtype == bool)      # a mask of 0 and 1 is no mask
        return a.shape == b.shape and kinds and (np.array_equal(a, b) or np.allclose(a, b, rtol=rtol, atol=1e-12, equal_nan=True))
    except Exception:                                       # whatever it is, it is not this
        return False


def outcome(f, args, names=()):
    """What f makes of a copy of the arguments: a value, or the error it raised."""
    own = copy.deepcopy(args)
    try:
        with warnings.catch_warnings(action="ignore"):
            result = f(*own)
    except SystemExit:
        return RuntimeError("your function leaves Python")
    except Exception as error:
        return STUB if type(error) is NotImplementedError and not error.args else error
    changed = [i for i, pair in enumerate(zip(own, args)) if not same(*pair)]
    return Changed(" and ".join(names[i] for i in changed if names)) if changed else result


@functools.cache
def turns_in_one_line(code):
    """Whether a while-loop of this code begins no line anew as it turns."""
    steps = {step.offset: step for step in dis.get_instructions(code)}
    back = ((step, steps[step.argval]) for step in steps.values() if "JUMP_BACKWARD" in step.opname)
    return any(first.opname != "FOR_ITER" and first.positions.lineno == step.positions.lineno for step, first in back)


def within(seconds, work):
    """Run work() and return True, or stop it after so many seconds of computing, or six times as many on the clock, and return False.

    The clock is looked at before each line of Python, and at each step of a while-loop that stands in one line, on every system and
    in every thread alike. Where modules were imported meanwhile, work() is called again.  So a single call of compiled code (a
    product of huge matrices, time.sleep) ends before it is stopped; a loop that catches every error by a bare `except:` is not
    stopped, and one may fill the memory sooner. Under a debugger there is no limit.
    """
    end, computed = time.monotonic() + seconds, time.thread_time() + seconds         # a busy computer is no fault of the answer's

    def look(frame, *_):
        # not this file, nor a package, nor Python's own library (where ast.py lies): an import is not stopped half-way
        theirs = not any(x in frame.f_code.co_filename for x in ("site-packages", "<frozen", ast.__file__.removesuffix("ast.py"), __file__))
        if theirs and time.monotonic() > end and (time.thread_time() > computed or time.monotonic() > end + 5 * seconds):
            raise Late
        frame.f_trace_opcodes = theirs and turns_in_one_line(frame.f_code)
        return look if theirs else None

    before, known = sys.gettrace(), len(sys.modules)
    sys.settrace(before or look)
    try:
        work()
        return True
    except Late:                                            # after an import, which may take seconds, the time begins anew
        sys.settrace(before)
        return len(sys.modules) > known and within(seconds, work)
    finally:
        sys.settrace(before)


def memory(f, *args):
    """The most bytes that f(*args) holds at a time.  Arrays of NumPy count, tensors of PyTorch do not."""
    tracemalloc.start()
    try:
        f(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def described(error, f=None):
    """An error in one line, with the line of f's source in which it was raised."""
    file = getattr(getattr(f, "__code__", None), "co_filename", None)
    steps = [step for step in traceback.extract_tb(error.__traceback__) if step.filename == file]
    line = f", in line {steps[-1].lineno}: {steps[-1].line}".rstrip(": ") if steps else ""
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}".rstrip(": ") + line


def show(x, digits=4, depth=3):
    """A short text for anything: arrays and tensors to four decimals, long ones and other objects cut."""
    if isinstance(x, (tuple, list)) and depth:
        parts = [show(part, digits, depth - 1) for part in x[:12]] + [f"... {len(x) - 12:,} more"] * (len(x) > 12)
        text = (",\n" if any("\n" in part for part in parts) else ", ").join(parts)
        return f"[{text}]" if isinstance(x, list) else f"({text}{',' * (len(x) == 1)})"
    with contextlib.suppress(Exception):
        if hasattr(x, "dtype") or isinstance(x, (int, float, complex)):
            array = plain(x)
            return np.array2string(array.astype(float) if array.dtype.kind == "f" else array, precision=digits, threshold=100)
    try:
        text = described(x) if isinstance(x, Exception) else repr(x)
    except Exception:
        text = f"an object of the class {type(x).__name__}"
    return text if len(text) <= 200 else text[:200] + " ..."


def kind(x):
    """The type of a result as a learner would say it."""
    if isinstance(x, (tuple, list)):
        return f"a {type(x).__name__} of {len(x)}"
    if hasattr(x, "dtype") or isinstance(x, (int, float, complex)):
        dtype = getattr(x, "dtype", type(x).__name__)
        return f"a {tuple(x.shape)} array of {dtype}" if np.ndim(x) else f"a number ({dtype})"
    return f"a {type(x).__name__}"


def apart(y, e):
    """The largest difference of two results over the largest expected number; infinity where nan and infinities differ."""
    finite = np.isfinite(e)
    if not same(y[~finite], e[~finite]) or not np.isfinite(y[finite]).all():
        return math.inf
    return np.abs(y * 1.0 - e)[finite].max() / np.abs(e[finite]).max()


def spoilt(y, e):
    """Whether a result holds nan and the expected one does not."""
    return bool(np.isnan(plain(y)).any() > np.isnan(plain(e)).any())


NEAR = {                                                    # what is to be said of a result that is right but for one thing
    "The numbers are right, but not their type: expected {e}, got {y}.":
        lambda y, e: same(type(e)(y), e) if type(e) in (tuple, list) else same(plain(y) * 1.0, plain(e) * 1.0),
    "One of the things that you return is the answer: return it alone.": lambda y, e: type(y) is tuple and any(same(x, e) for x in y),
    "The numbers are right, but not their shape: expected {e}, got {y}.": lambda y, e: same(plain(y).squeeze(), plain(e).squeeze()),
    "Rows and columns have changed places.": lambda y, e: same(plain(y).mT, e),
    "Your result holds nan: 0/0, or infinity minus infinity?": lambda y, e: spoilt(y, e)}


def explain(pairs):
    """One sentence on how all the wrong results differ, "" where none fits; pairs of yours and expected, the shown one first."""
    y, e = pairs[0]
    if isinstance(y, Exception):
        return f"Your function changes its argument {y}, which the caller still needs: work on a copy." * isinstance(y, Changed)
    if y is None:
        return "Your function returned None: is there a `return`?"
    for said, fits in NEAR.items():
        with contextlib.suppress(Exception):
            if all(fits(y, e) for y, e in pairs):
                return said.format(y=kind(y), e=kind(e))
    if type(y) is type(e) is tuple and len(y) == len(e):
        i = next(i for i in range(len(e)) if not same(y[i], e[i]))
        return f"Number {i + 1} of the {len(e)} results differs. {explain([(y[i], e[i])])}".strip()
    if {type(y), type(e)} & {tuple, list} or kind(y) == f"a {type(y).__name__}":
        return f"Expected {kind(e)}, got {kind(y)}."
    try:
        y, e = plain(y), plain(e)
    except Exception as error:
        return f"Your result cannot be compared with numbers: {described(error).rstrip('.')}."
    if y.shape != e.shape:
        return f"Expected {kind(e)}, got {kind(y)}."
    if spoilt(y, e):
        return "For this input your result holds nan: 0/0, or infinity minus infinity?"
    if max(apart(plain(y), plain(e)) for y, e in pairs) > 1e-3:
        return ""
    low = apart(y, e) < 2e-6 or y.dtype.kind == "f" and y.dtype.itemsize < 8
    cause = "Was something computed in float32 or less?" if low else "A rounded constant, a small term too many, a loop that stops early?"
    return f"Nearly: the largest difference is {apart(y, e):.0e} of the largest number. {cause}"
