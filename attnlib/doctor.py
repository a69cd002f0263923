"""Tests to take home: point them at attention of your own and read one line a test.

    attention(fn)       a function or layer of queries, keys and values:   fn(q, k, v, mask) -> output, or output and weights
    multi_head(layer)   a layer with projections:   layer(q, k, v, mask), layer(x, memory, mask) or layer(x, mask)
    decoder(model)      what writes the next word:   model(tokens) or model(source, target) -> scores (b, n, words)
    pooling(fn)         what makes one vector of many places:   fn(x, mask) -> (b, d), or that and weights

and `python -m attnlib.doctor file.py:Name --kind attention` from a command line (--help lists the questions it may ask).
NumPy, PyTorch and Keras; the subject's own framework is used and no other is imported.  No test looks at the code: each changes an
input and says what the output must do.  A line is `ok`, `BROKEN`, `differs` (a library's layer, as the table of 34 lists it), `note`
(right in itself, wrong for who needs it: `need=` makes it BROKEN) or `cannot`.  `allow=` makes a BROKEN a note.
"""
import argparse
import contextlib
import importlib.util
import inspect
import io
import os
import re
import sys
import threading
from pathlib import Path

import numpy as np

TESTS = {}                                                  # kind -> {name: (function, bug class, chapter)}
ROLES = r"q|k|v|x|y|h|z|inputs?|memory|context|src|tgt|source|target|sequence|tokens?|words|idx|input_ids|embed\w*|hidden\w*|enc\w*"
HEADS = ("num_heads", "heads", "n_heads", "n_head", "nhead", "h", "num_attention_heads", "_num_heads", "num_query_heads")
LISTED = {"scale": "scale", "empty": "row_without_a_key", "huge masked": "huge_score_under_a_mask", "causal": "causal_flag",
          "half": "float16_large_product"}                  # test -> column of the table of 34


class Broken(Exception):
    """What was promised does not hold."""


class Note(Exception):
    """Right in itself, and wrong for some uses."""


class Cannot(Exception):
    """Why a test cannot be made."""


class Unusual(Exception):
    """It ran, and what came back is of a form that is not known."""


class Report(list):
    """Lines (test, state, words, bug class, chapter); shown as text."""

    @property
    def broken(self):
        return [name for name, state, *_ in self if state == "BROKEN"]

    def __repr__(self):
        lines = []
        for name, state, words, bug, chapter in self:
            more = f": {words}" if words else ""
            lines.append(f"{state:8}{name}{more}" + f"  [{bug}; chapter {chapter}]" * (state == "BROKEN"))
        return "\n".join(lines)


def test(kinds, name, bug, chapter):
    """Enter a test under its name for some kinds of subject."""
    def enter(f):
        for kind in kinds.split():
            TESTS.setdefault(kind, {})[name] = f, bug, chapter
        return f
    return enter


def equal(a, b, tol):
    return a.shape == b.shape and np.allclose(a, b, rtol=tol, atol=tol * max(1, np.abs(b[np.isfinite(b)]).max(initial=0)))


def first_of(result):
    """The array in what came back: itself, or the first of several."""
    first = result[0] if isinstance(result, (tuple, list)) and len(result) else result
    if not hasattr(first, "shape"):
        raise Unusual(f"its result is of type {type(first).__name__}, not an array: wrap it in a function that returns the output alone")
    return first


def expect(output, ndim, start):
    """Raise Unusual where an output has other axes, or begins with others."""
    if output.ndim != ndim or output.shape[:len(start)] != start:
        wanted = ", ".join(map(str, (*start, "…")))
        raise Unusual(f"its result has shape {output.shape}, where I expect ({wanted})")


# ---- the subject, seen through NumPy -------------------------------------------------------------------------------

def loaded(name):
    return sys.modules.get(name)


def frameworks(subject):
    """In which framework to try a subject, most likely first."""
    torch, keras = loaded("torch"), loaded("keras")
    if torch and isinstance(subject, torch.nn.Module) or (getattr(subject, "__module__", None) or "").startswith("torch"):
        return ["torch"]
    if keras and isinstance(subject, keras.layers.Layer):
        return ["keras"]
    return ["numpy"] + ["torch"] * bool(torch) + ["keras"] * bool(keras)


class Subject:
    """A function or layer that takes NumPy arrays, batch first, and a mask (b, m, n), True = may attend, whatever it takes itself."""

    def __init__(self, subject, mask="attend", layout="bnd", heads=None, dim=None, mask_name=None, words=None, shift="outside", pad=0,
                 cached=None, loss=None):
        self.subject, self.polarity, self.layout, self.form = subject, mask, layout, None
        self.words, self.shift, self.pad, self.cached, self.loss = words, shift, pad, cached, loss
        self.name = getattr(subject, "__name__", type(subject).__name__)
        self.library = self.listed()
        if self.library == "torch nn.MultiheadAttention":
            self.polarity, self.layout = "hides", "bnd" if subject.batch_first else "nbd"
        self.heads = heads or next((getattr(subject, a) for a in HEADS if isinstance(getattr(subject, a, None), int)), None)
        self.numeric = False                                # whether its mask is of numbers 1 and 0
        self.must = False                                   # whether a call without a mask raises
        self.roles, self.mask_name, self.flag = self.signature(mask_name)
        self.dim, self.framework, self.dtype, self.coarse = dim, None, None, False

    def listed(self):
        """Under which name the table of 34 has this subject, or None."""
        home, name = (getattr(self.subject, "__module__", None) or type(self.subject).__module__), self.name
        if name == "scaled_dot_product_attention":
            return "torch scaled_dot_product_attention"
        if home.startswith("torch.nn") and name == "MultiheadAttention":
            return "torch nn.MultiheadAttention"
        return f"keras {name}" if home.startswith("keras.") and name.endswith("Attention") else None

    def signature(self, mask_name):
        """The names of the arrays that a call takes, of its mask, of its causal flag."""
        call = self.subject
        for name in ("forward", "call"):
            call = getattr(call, name, call) if not inspect.isroutine(call) else call
        if self.library == "torch scaled_dot_product_attention":
            return ["query", "key", "value"], "attn_mask", "is_causal"
        if self.library in ("keras Attention", "keras AdditiveAttention"):
            return ["list of query, value, key"], "mask", "use_causal_mask"
        try:
            parameters = list(inspect.signature(call).parameters.values())
        except (TypeError, ValueError):
            raise Cannot(f"{self.name} does not say which arguments it takes; wrap it in a function of (q, k, v, mask)") from None
        open_ended = any(p.kind == p.VAR_KEYWORD for p in parameters)
        parameters = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        masks = [p.name for p in parameters if re.search(r"mask|^allowed|^keep$", p.name) and "causal" not in p.name
                 and not re.search(r"padding|query_|k_mask", p.name)]
        masks.sort(key=lambda name: not re.fullmatch(r"(attn_|attention_)?mask", name))
        flag = next((p.name for p in parameters if "causal" in p.name), None)
        roles = [p.name for p in parameters if p.name not in masks + [flag, mask_name] and (
            p.default is p.empty or p.default is None and re.fullmatch(f"{ROLES}|query|key|value|queries|keys|values", p.name.lower()))]
        if mask_name and not open_ended and mask_name not in [p.name for p in parameters]:
            raise Cannot(f"it has no argument {mask_name} (mask_name=)")
        mask = mask_name or (masks[0] if masks else None)
        self.must = any(p.name == mask and p.default is p.empty for p in parameters)
        return roles, mask, flag

    def to(self, array):
        """An array in the subject's framework; floating numbers in its dtype."""
        if self.framework == "torch":
            torch = loaded("torch")
            made = torch.tensor(array)
            return made.to(self.dtype) if made.is_floating_point() else made
        array = array.astype(self.dtype) if array.dtype.kind == "f" else array
        return loaded("keras").ops.convert_to_tensor(array) if self.framework == "keras" else np.array(array)

    def back(self, x):
        if hasattr(x, "detach"):
            x = x.detach().to(loaded("torch").float64) if x.is_floating_point() else x.detach()
        x = np.asarray(x)
        return x.astype(np.float64) if x.dtype.kind in "fV" else x

    def arrange(self, array, undo=False):
        """Between (b, n, d) and the subject's own layout; `nd` has no batch, `bhnd` an axis of one head."""
        if self.layout == "nbd":
            return array.swapaxes(0, 1)
        if self.layout == "nd":
            return array[None] if undo else array[0]
        if self.layout == "bhnd":
            return array[:, 0] if undo else array[:, None]
        return array

    def arranged_mask(self, mask):
        if self.form == "bn":
            mask = mask[:, 0]
        elif self.form == "bnm":
            mask = mask.swapaxes(1, 2)
        elif self.form == "mn":
            mask = mask[0]
        elif self.form in ("b1mn", "b11n"):
            mask = mask[:, None] if self.form == "b1mn" else mask[:, None, :1]
        elif self.form == "hmn":                            # a layer whose heads are folded into the batch
            mask = np.repeat(mask, self.heads, axis=0)
        if self.polarity == "adds":
            return np.where(mask, 0.0, -np.inf)
        mask = ~mask if self.polarity == "hides" else mask
        return mask.astype(float) if self.numeric else mask

    def raw(self, arrays, mask=None, causal=False):
        """Call the subject on tensors of its own; -> whatever it returns."""
        extra, roles = {}, self.roles
        if mask is not None:
            if self.library in ("keras Attention", "keras AdditiveAttention"):
                extra["mask"] = [None, mask]
            else:
                extra[self.mask_name] = mask
        if causal:
            extra[self.flag] = True
        if self.library == "torch nn.MultiheadAttention":
            extra["need_weights"] = True
        if self.library in ("keras Attention", "keras AdditiveAttention"):
            return self.subject([arrays[0], arrays[2], arrays[1]], return_attention_scores=True, **extra)
        if self.library in ("keras MultiHeadAttention", "keras GroupedQueryAttention"):
            return self.subject(query=arrays[0], value=arrays[2], key=arrays[1], return_attention_scores=True, **extra)
        letters = [role[0].lower() for role in roles]
        if len(arrays) == 3 and sorted(letters) == ["k", "q", "v"]:        # by name: Keras' own layers have the value second
            return self.subject(**{role: arrays["qkv".index(c)] for role, c in zip(roles, letters)}, **extra)
        return self.subject(*arrays, **extra)

    def tensors(self, q, k, v):
        count = min(len(self.roles), 3) if not self.roles[0].startswith("list") else 3
        return [self.to(self.arrange(a)) for a in ((q, k, v) if count == 3 else (q, k)[:count])]

    def __call__(self, q, k=None, v=None, mask=None, causal=False):
        """Output and weights (or None) as NumPy arrays, batch first."""
        k = q if k is None else k
        v = k if v is None else v
        mask = np.ones((len(q), q.shape[1], k.shape[1]), dtype=bool) if mask is None and self.must else mask
        own = None if mask is None else self.to(self.arranged_mask(mask))
        with np.errstate(all="ignore"), self.no_grad():
            result = self.raw(self.tensors(q, k, v), own, causal)
        several = isinstance(result, (tuple, list))
        output = self.arrange(self.back(first_of(result)), undo=True)
        weights = next((self.back(x) for x in result[1:] if hasattr(x, "shape") and len(x.shape) >= 2), None) if several else None
        if weights is not None and self.layout == "nd":
            weights = weights[None]
        return output, weights

    def no_grad(self):
        return loaded("torch").no_grad() if self.framework == "torch" else contextlib.nullcontext()

    def whole_mask(self):
        """A mask that hides nothing, for a subject that must have one."""
        z = self.sizes
        return self.to(self.arranged_mask(np.ones((z["b"], z.get("m", 1) if self.kind != "pooling" else 1, z["n"]), dtype=bool)))

    def free(self):
        """How many of query, keys and values can be chosen: 3, 2 (keys are values) or 1 (self-attention)."""
        return 3 if self.roles[0].startswith("list") else min(len(self.roles), 3)

    @property
    def tol(self):
        return 1e-8 if "64" in str(self.dtype) and not self.coarse else 2e-4

    def rounds(self):
        """Whether something inside works in less than float64: two small steps are then not twice one."""
        q, k, v = self.draw(seed=10)
        with np.errstate(all="ignore"):
            a, b, c = (self(q + step, k, v)[0] if self.free() > 1 else self(q + step)[0] for step in (0, 1e-6, 2e-6))
            return not np.abs((c - a) - 2 * (b - a)).max() < 1e-9 * np.abs(a).max()

    def parameters(self):
        """{name: parameter} of a PyTorch or Keras layer."""
        if self.framework == "torch" and hasattr(self.subject, "named_parameters"):
            return {name: p for name, p in self.subject.named_parameters() if p.requires_grad}
        return {w.path: w for w in getattr(self.subject, "trainable_weights", ())} if self.framework == "keras" else {}

    def width(self):
        """The number of features that a layer takes: given, or read off its attributes or its first matrix."""
        if self.dim or not hasattr(self.subject, "named_parameters"):
            return self.dim
        names = ("embed_dim", "dim", "d_model", "emb_dim", "embed_size", "hidden_size", "n_embd")
        known = next((getattr(self.subject, a) for a in names if isinstance(getattr(self.subject, a, None), int)), None)
        return known or next((p.shape[-1] for p in self.subject.parameters() if p.dim() == 2), None)

    def choose(self, frames):
        """Take the first framework and sizes with which the subject runs; -> the sizes."""
        errors, ran = [], []
        for framework in frameworks(self.subject):
            self.framework = framework
            self.dtype = self.own_dtype()
            for sizes in frames:
                for layout in [self.layout] + ["nd", "bhnd"] * (self.layout == "bnd"):
                    asked, self.layout = self.layout, layout
                    ways = [(form, numeric) for numeric in (False, True) for form in self.forms()] if self.must else [(None, False)]
                    for self.form, self.numeric in ways:
                        try:
                            self.attempt(sizes)
                            return sizes
                        except Cannot:
                            raise
                        except Unusual as why:
                            ran.append(str(why))
                        except (Exception, SystemExit) as error:        # whatever a stranger's code raises
                            errors.append(f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}")
                    self.layout, self.form, self.numeric = asked, None, False
        raise Cannot(ran[0] if ran else f"no call that I know works ({errors[0][:150]})")

    def own_dtype(self):
        if self.framework == "torch":
            first = next(iter(getattr(self.subject, "parameters", lambda: ())()), None)
            return first.dtype if first is not None else loaded("torch").float64
        if self.framework == "keras":
            return getattr(self.subject, "compute_dtype", None) or loaded("keras").config.floatx()
        return "float64"

    def attempt(self, sizes):
        q, k, v = self.draw(sizes=sizes)
        output, weights = self(q, k, v)
        expect(output, 3, q.shape[:2])
        if weights is not None and v.shape[1] != v.shape[2] and (output.shape[2], weights.shape[-1]) == v.shape[1:]:
            raise Cannot("its first result looks like the weights: return the output first")

    def draw(self, seed=0, sizes=None, spread=1.0, **other):
        """Random q (b, m, d), k (b, n, d), v (b, n, e), tied where the subject ties them."""
        z = (sizes or self.sizes) | other
        rng = np.random.default_rng(seed)
        q, k, v = (spread * rng.normal(size=(z["b"], z[n], z[d])) for n, d in ("md", "nd", "ne"))
        free = self.free()
        return (q, k, v) if free == 3 else (q, k, k) if free == 2 else (q, q, q)

    def draw_mask(self, seed=0, **other):
        """A random mask (b, m, n) that leaves every query a key and, where there is room, hides one; shared as the form asks."""
        z = self.sizes | other
        rng = np.random.default_rng(seed)
        mask = rng.random((z["b"], z["m"], z["n"])) < 0.5
        first = rng.integers(z["n"], size=(z["b"], z["m"], 1))
        places = np.arange(z["n"])
        mask = (mask | (places == first)) & (places != (first + 1) % z["n"])
        if self.form in ("bn", "b11n"):
            mask = np.repeat(mask[:, :1], z["m"], axis=1)
        return np.repeat(mask[:1], z["b"], axis=0) if self.form == "mn" else mask

    def forms(self):
        """The shapes of a mask to try: (b, m, n), with an axis of heads, one for all, of the keys alone."""
        if self.library == "torch nn.MultiheadAttention":
            return ["hmn"]
        if self.library in ("keras Attention", "keras AdditiveAttention"):
            return ["bn"]
        return {"nd": ["mn"], "bhnd": ["b1mn", "mn", "b11n"]}.get(self.layout, ["bmn", "b1mn", "mn", "bn", "b11n"])

    def needs_mask(self):
        """Find the shape in which the subject takes its mask; raise Cannot where it takes none."""
        if self.form:
            return
        if self.mask_name is None:
            raise Cannot("it takes no argument with \"mask\" in its name (mask_name= names another)")
        if self.polarity is None:
            raise Cannot("I do not know what True means in its mask: say mask=\"attend\", \"hides\" or \"adds\"")
        errors = []
        for form, numeric in [(form, numeric) for numeric in (False, True) for form in self.forms()]:
            self.form, self.numeric = form, numeric
            try:
                q, k, v = self.draw()
                if self(q, k, v, self.draw_mask())[0].shape == self(q, k, v)[0].shape:
                    return
            except Exception as error:
                errors.append(str(error).strip().split("\n")[0])
        self.numeric = False
        for form, z, words in (("bn", {"b": self.sizes["m"]}, "it is taken only where batch and queries are equal in number"),
                               ("bnm", {}, "it is taken as keys by queries")):
            self.form = form
            with contextlib.suppress(Exception):
                if self(*self.draw(**z), self.draw_mask(**z))[0].shape[:2] == self.draw(**z)[0].shape[:2]:
                    words = f"its mask lies along the wrong axis: {words}"
                    break
        else:
            words = None
        self.form = None
        if words:
            raise Broken(words)
        raise Cannot(f"no mask of a shape that I know is taken ({errors[0][:120] if errors else 'none was tried'})")


# ---- attention and several heads -----------------------------------------------------------------------------------

@test("attention multi_head", "sizes", "missing transpose", "14")
def runs_for_every_size(s):
    """Chosen in `examine`: which sizes were needed for it to run at all."""
    z = s.sizes
    if s.free() == 3 and z["m"] == z["n"] == z["d"]:
        raise Broken("runs only where places and features are equal in number: is the keys' transpose missing?")
    if s.free() > 1 and z["m"] == z["n"]:
        raise Note("runs only with as many queries as keys")


@test("attention multi_head pooling decoder", "repeatable", "dropout in evaluation", "32")
def the_same_call_gives_the_same(s):
    a, b = (s.plain() for _ in range(2))
    if not np.array_equal(a, b, equal_nan=True):
        raise Broken("the same call in evaluation gives two answers")


@test("attention multi_head pooling decoder", "finite", "overflow or 0/0", "12")
def ordinary_numbers_give_numbers(s):
    if not np.isfinite(s.plain()).all():
        raise Broken("ordinary inputs give nan or infinity")


@test("attention multi_head pooling", "inputs stay", "in-place change", "31")
def arguments_are_left_as_they_were(s):
    masks = [s.whole_mask() if s.must else None]
    with contextlib.suppress(Cannot, Broken):
        s.needs_mask()
        mask = s.draw_mask() if s.kind != "pooling" else np.arange(s.sizes["n"])[None, None].repeat(s.sizes["b"], 0) < 3
        masks.append(s.to(s.arranged_mask(mask)))
    for mask in masks:
        arrays = s.tensors(*s.draw()) if s.kind != "pooling" else [s.to(s.draw()[0])]
        everything = arrays + [mask] * (mask is not None)
        before = [s.back(a).copy() for a in everything]
        with s.no_grad():
            s.raw(arrays, mask)
        if not all(np.array_equal(s.back(a), b) for a, b in zip(everything, before)):
            raise Broken("an argument was changed by the call")


@test("attention multi_head pooling", "zeros are numbers", "padding guessed from the values", "13")
def a_zero_is_a_number(s):
    """Were a zero taken for padding, the output would jump between zero and next to nothing."""
    for feature in [*range(s.sizes["d"]), slice(None)]:
        zero, small = (tuple(a.copy() for a in s.draw(seed=11)) for _ in range(2))
        for arrays, value in ((zero, 0.0), (small, 1e-10 if s.tol < 1e-5 else 1e-6)):
            for a in arrays[-2:]:
                a[:, 1, feature if feature == slice(None) or feature < a.shape[-1] else 0] = value
        if s.kind != "pooling" and s.free() == 1:
            zero, small = zero[-1:], small[-1:]
        if not equal(s(*small)[0], s(*zero)[0], 10 * s.tol):
            raise Broken("an entry that is 0 changes the output as no small number does: is it taken for padding?")


@test("attention multi_head pooling", "dropout keeps the mean", "dropout without its scale", "32")
def in_training_the_mean_is_that_of_evaluation(s):
    if s.framework != "torch" or not hasattr(s.subject, "train"):
        raise Cannot("I look at training on PyTorch modules alone")
    arrays = s.draw()
    wanted = s(*arrays)[0]
    state = loaded("torch").get_rng_state()
    s.subject.train()
    try:
        loaded("torch").manual_seed(0)
        several = np.stack([s(*arrays)[0] for _ in range(8)])
        if (several == several[:1]).all():
            return
        several = np.concatenate([several, [s(*arrays)[0] for _ in range(292)]])
    finally:
        s.subject.eval()
        loaded("torch").set_rng_state(state)
    error = np.abs(several.mean(axis=0) - wanted) / (several.std(axis=0) / len(several) ** 0.5 + s.tol)
    if error.max() > 6:
        raise Broken("in training the mean of 300 outputs is not the output of evaluation")


@test("attention multi_head pooling", "sequences apart", "wrong axis, or axes mixed by a reshape", "31")
def a_sequence_does_not_see_another(s):
    if s.layout == "nd":
        raise Cannot("it takes one sequence at a time")
    arrays = s.draw()
    first = s(*arrays)[0]
    other = [np.concatenate([a[:1], a[1:] + np.linspace(1, 2, a.shape[-1])]) for a in arrays]
    if not equal(s(*other)[0][0], first[0], s.tol):
        raise Broken("another sequence of the batch changes this one's output (is the batch the second axis? layout=\"nbd\")")


@test("attention multi_head", "queries apart", "softmax over queries, query and key swapped, or heads mixed by a reshape", "12")
def a_query_does_not_see_another(s):
    q, k, v = s.draw()
    if s.free() == 1:
        s.needs_mask()
        if s.form not in ("bmn", "mn", "b1mn", "hmn"):
            raise Cannot("queries and keys are the same, and the mask is not a query's own")
        mask = np.repeat(np.eye(q.shape[1], dtype=bool)[None], len(q), axis=0)
        other = q.copy()
        other[:, 1] += 1.0
        a, b = s(q, mask=mask)[0], s(other, mask=mask)[0]
    else:
        other = q.copy()
        other[:, 1] += 1.0
        a, b = s(q, k, v)[0], s(other, k, v)[0]
    if not equal(np.delete(b, 1, axis=1), np.delete(a, 1, axis=1), s.tol):
        raise Broken("changing one query changes the output of others")


@test("attention multi_head", "order of keys", "heads mixed by a reshape, or places inside the layer", "14")
def the_order_of_the_keys_does_not_matter(s):
    q, k, v = s.draw()
    order = np.roll(np.arange(k.shape[1]), 2)
    if causal_by_itself(s):
        raise Cannot("it hides the future by itself")
    if s.free() == 1:
        good = equal(s(q[:, order])[0], s(q)[0][:, order], s.tol)
    else:
        good = equal(s(q, k[:, order], v[:, order])[0], s(q, k, v)[0], s.tol)
    if not good and run(a_masked_key_has_no_influence, s)[0] == run(a_query_does_not_see_another, s)[0] == "ok":
        raise Note("keys and values in another order give another output; all else is well, so there may be positions inside")
    if not good:
        raise Broken("keys and values in another order give another output")


def causal_by_itself(s):
    """Whether self-attention hides the future without being asked: no place sees a later one, all see the first."""
    if s.free() > 1:
        return False
    q, n = s.draw()[0], s.sizes["n"]
    before, late, early = s(q)[0], q.copy(), q.copy()
    late[:, n // 2:] += 1.0
    early[:, 0] += np.linspace(1, 2, q.shape[-1])
    seen = (np.abs(s(early)[0] - before) > 0).any(axis=-1)
    return equal(s(late)[0][:, :n // 2], before[:, :n // 2], s.tol) and bool(seen.all())


@test("attention multi_head", "sum to one", "softmax along the wrong axis, or mask after softmax", "12")
def equal_values_are_returned(s):
    q, k, v = s.draw()
    _, weights = s(q, k, v)
    if s.free() == 3:
        same = np.repeat(v[:, :1], v.shape[1], axis=1)
        output, few = s(q, k, same)[0], s(q, k[:, :2], same[:, :2])[0] if s.sizes["m"] != s.sizes["n"] else None
        if not equal(output, np.repeat(output[:, :1], q.shape[1], axis=1), s.tol) or few is not None and not equal(few, output, s.tol):
            raise Broken("where all values are equal the output depends on queries or keys: the weights do not add up to one")
        if s.kind == "attention" and not equal(output, np.repeat(same[:, :1], q.shape[1], axis=1), s.tol):
            raise Broken("where all values are equal the output is not that value: weights or values are scaled")
    elif s.heads and s.heads < s.sizes["d"] - 1:
        between(s)
    if weights is not None and weights.shape[-1] == k.shape[1] and not equal(weights.sum(-1), np.ones(weights.shape[:-1]), 1e-3 + s.tol):
        raise Broken("the weights that it returns do not add up to one along their last axis")


@test("multi_head", "heads apart", "heads that share their weights", "15")
def each_head_attends_by_itself(s):
    """Between two keys a head's output moves along one line; as many heads, as many directions."""
    if s.free() == 1:
        raise Cannot("queries cannot be chosen apart from keys")
    if not s.heads or s.heads >= s.sizes["d"]:
        raise Cannot("I do not find the number of heads, or they are as many as features (heads= gives it)")
    m = 4 * s.heads + 4
    q, k, v = s.draw(seed=12, m=m, n=m if s.sizes["m"] == s.sizes["n"] else 2, spread=2)
    k, v = (np.where(np.arange(a.shape[1])[:, None] % 2, a[:, :1], a[:, 1:2]) for a in (k, v))
    output = s(q, k, k if s.free() == 2 else v)[0][0]
    values = np.linalg.svd(output - output[:1], compute_uv=False)
    if (values > 100 * s.tol * values[0]).sum() < s.heads:
        raise Broken(f"{s.heads} heads move the output in fewer directions: some share their weights or are unused")


def between(s):
    """Where each place is one of two vectors, a head's output is a point between two, so all outputs span one direction a head."""
    rng = np.random.default_rng(2)
    a, b = 2 * rng.normal(size=(2, s.sizes["d"]))
    n, rows = 2 * s.heads + 4, []
    for count in range(1, n):
        x = np.where((np.arange(n) < count)[:, None], a, b)[None].repeat(s.sizes["b"], axis=0)
        rows += list(s(x)[0][0] if s.free() == 1 else s(rng.normal(size=x.shape), x)[0][0])
    alone = np.repeat(a[None, None], n, axis=1).repeat(s.sizes["b"], axis=0)
    values = np.linalg.svd(np.array(rows) - s(alone)[0][0, 0], compute_uv=False)
    if values[s.heads:].max(initial=0) > 100 * s.tol * values[0]:
        raise Broken("with two kinds of places the outputs span more directions than there are heads: weights do not add up to one")


@test("attention", "returned weights", "weights shown that are not those used", "32")
def the_weights_shown_are_those_used(s):
    q, k, v = s.draw()
    output, weights = s(q, k, v)
    if weights is None:
        raise Cannot("it returns no weights")
    if weights.ndim > 3 and weights.shape[1] == 1:
        weights = weights[:, 0]
    if weights.shape != (*q.shape[:2], k.shape[1]):
        raise Cannot(f"its second result has shape {weights.shape}, not queries by keys")
    if not equal(weights @ v, output, s.tol):
        raise Broken("returned weights times values are not the output")


@test("attention multi_head", "values averaged", "keys and values swapped, or something done to the values", "14")
def the_output_is_linear_in_the_values(s):
    if s.free() != 3:
        raise Cannot("values cannot be chosen apart from keys")
    q, k, v = s.draw()
    w = s.draw(seed=5)[2]
    zero = s(q, k, 0 * v)[0]
    if not equal(s(q, k, v)[0] + s(q, k, w)[0] - zero, s(q, k, v + w)[0], 10 * s.tol):
        raise Broken("the output is not an average of the values: it is not linear in them")
    if equal(s(q, k, v)[0], zero, s.tol):
        raise Broken("the values do not count")


@test("attention", "between the values", "weights below zero: no softmax", "12")
def the_output_lies_between_the_values(s):
    q, k, v = s.draw(spread=2)
    output = s(q, k, v)[0]
    low, high = v.min(axis=1, keepdims=True), v.max(axis=1, keepdims=True)
    if output.shape[-1] != v.shape[-1]:
        raise Cannot("the output has another width than the values")
    if (output < low - 1e-3).any() or (output > high + 1e-3).any():
        raise Broken("the output leaves the range of the values")


@test("attention multi_head", "scores count", "boolean scores, or scores that do not reach the weights", "11")
def query_and_key_decide(s):
    q, k, v = s.draw()
    step = 0.01 * np.random.default_rng(3).normal(size=q.shape)
    if s.free() == 1:
        raise Cannot("queries cannot be chosen apart from keys and values")
    if equal(s(q + step, k, v)[0], s(q, k, v)[0], 1e-7 if s.tol < 1e-5 else 1e-6):
        raise Broken("a small change of the query changes nothing")
    if s.free() == 3 and equal(s(q, k + 0.01 * k[..., ::-1], v)[0], s(q, k, v)[0], 1e-7 if s.tol < 1e-5 else 1e-6):
        raise Broken("a small change of the keys changes nothing")


@test("attention", "scale", "missing or doubled scale", "11")
def the_scale_is_one_over_the_root_of_the_width(s):
    """Where the values are rows of a unit matrix, the output is the weights; their logarithms are the scores, up to each row's shift."""
    z = s.sizes
    if s.free() != 3 or z["e"] < z["n"]:
        raise Cannot("values cannot be chosen apart from keys")
    q, k, _ = s.draw(seed=4)
    v = np.broadcast_to(np.eye(z["n"], z["e"]), (z["b"], z["n"], z["e"]))
    weights = s(q, k, v)[0][..., :z["n"]]
    if not (weights > 0).all():
        raise Cannot("its weights are not all above zero, so that they tell no scores")
    there, wanted = np.log(weights), q @ k.mT
    there, wanted = (x - x.mean(axis=-1, keepdims=True) for x in (there, wanted))
    c = (there * wanted).sum() / (wanted**2).sum()
    if np.abs(there - c * wanted).max() > 1e-3:
        raise Cannot("its scores are not a multiple of the dot product")
    named(c, z["d"], z["d"])


def named(c, width, whole):
    """Say what a factor of the scores is: 1/√d passes, the others have names."""
    if abs(c * width**0.5 - 1) < 1e-2:
        return
    names = [(1, "missing: the scores are the bare dot product"), (1 / width, "taken twice: 1/d for 1/√d"),
             (whole**-0.5, "of the whole width, not of a head's"), (width**0.5, "multiplied by √d, not divided")]
    found = next((words for value, words in names if abs(c / value - 1) < 1e-2), f"{c * width**0.5:.3g} times 1/√d")
    raise Broken(f"the scale is {found}")


@test("multi_head", "scale", "missing or doubled scale", "15")
def the_layer_is_the_reference_with_its_own_matrices(s):
    if not s.heads:
        raise Cannot("I do not find the number of heads (heads= gives it)")
    q, k, v = s.draw(seed=4, spread=2)
    output = s(q, k, v)[0]
    maps = projections(s, q.shape[-1], k.shape[-1], v.shape[-1])
    heads, future = s.heads, np.triu(np.full((q.shape[1], k.shape[1]), -np.inf), 1) if causal_by_itself(s) else 0.0
    x, y, z = (a @ W + b for a, (W, b) in zip((q, k, v), maps))
    if x.shape[-1] != y.shape[-1]:
        raise Cannot("its keys have fewer heads than its queries")
    width = x.shape[-1] // heads
    x, y, z = (a.reshape(*a.shape[:2], heads, -1).swapaxes(1, 2) for a in (x, y, z))
    for c in (width**-0.5, 1, 1 / width, (width * heads)**-0.5, width**0.5, k.shape[1]**-0.5, (width * heads)**-1):
        scores = c * (x @ y.mT) + future
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        joined = (e / e.sum(axis=-1, keepdims=True) @ z).swapaxes(1, 2)
        W, b = maps[3]
        if equal(joined.reshape(*joined.shape[:2], -1) @ W + b, output, 1e-6 if s.tol < 1e-5 else 1e-3):
            return named(c, width, width * heads)
    raise Cannot("no scale that I know makes its output of its own four matrices")


def projections(s, *widths):
    """The four matrices (inputs, outputs) of a layer with their biases, found by their names, as NumPy arrays."""
    found, layer = {}, s.subject
    if s.framework == "torch" and getattr(layer, "in_proj_weight", None) is not None:
        found["qkv"] = s.back(layer.in_proj_weight).T, 0 if layer.in_proj_bias is None else s.back(layer.in_proj_bias)
    parts = layer.named_modules() if hasattr(layer, "named_modules") else [
        (getattr(x, "name", "") if not named_as else named_as, x) for named_as, x in keras_parts(layer)]
    line = []
    for name, part in parts:
        weight = getattr(part, "weight", None) if s.framework == "torch" else getattr(part, "kernel", None)
        if weight is None or len(weight.shape) < 2:
            continue
        matrix, bias = s.back(weight), getattr(part, "bias", None)
        matrix = matrix.T if s.framework == "torch" else matrix
        bias = 0 if bias is None else s.back(bias).reshape(-1)
        line.append((matrix, bias))
        word = re.sub(r"proj(ection)?|linear|weights?|dense|layer|lin|net|fc|to|w|[_.\d]", "", name.lower().split("/")[-1])
        role = {"q": "q", "query": "q", "queries": "q", "k": "k", "key": "k", "keys": "k", "v": "v", "value": "v", "values": "v",
                "o": "o", "out": "o", "output": "o", "c": "o", "attentionoutput": "o", "concat": "o", "final": "o", "": "o",
                "unifyheads": "o", "combine": "o", "merge": "o", "qkv": "qkv", "cattn": "qkv", "in": "qkv"}.get(word)
        if role and role not in found:
            found[role] = matrix, bias
    if "qkv" in found:
        W, b = found.pop("qkv")
        thirds = np.split(W, 3, axis=1), np.split(np.broadcast_to(b, W.shape[1]), 3)
        found |= {c: pair for c, pair in zip("qkv", zip(*thirds))}
    if set("qkvo") - set(found) and len(line) == 4:
        found = dict(zip("qkvo", line))
    if set("qkvo") - set(found):
        raise Cannot("I do not find its four projections by their names")
    return [(found[c][0].reshape(w, -1) if c != "o" else found[c][0].reshape(-1, found[c][0].shape[-1]), found[c][1])
            for c, w in zip("qkvo", [*widths, None])]


def keras_parts(layer):
    """The named sublayers of a Keras layer: by attribute, or by their own name."""
    seen = {id(x): name for name, x in vars(layer).items() if hasattr(x, "kernel")}
    return [(seen.get(id(x)), x) for x in layer._flatten_layers() if hasattr(x, "kernel")]


@test("attention multi_head", "masked key", "mask inverted, ignored, applied after softmax, or too weak", "13")
def a_masked_key_has_no_influence(s):
    s.needs_mask()
    q, k, v = s.draw()
    mask = s.draw_mask(seed=1)
    before = s(q, k, v, mask)[0]
    rng, silent, spoken = np.random.default_rng(6), True, True
    for j in range(k.shape[1]):
        hidden = ~mask[:, :, j]
        if s.free() == 1:                                   # the place's own row changes with its query
            hidden = hidden & (np.arange(q.shape[1]) != j)
        k2, v2 = k.copy(), v.copy()
        k2[:, j] += 20 * rng.normal(size=k.shape[-1])
        v2[:, j] += 20 * rng.normal(size=v.shape[-1])
        after = s(k2 if s.free() == 1 else q, k2, k2 if s.free() < 3 else v2, mask)[0]
        changed = (after != before).any(axis=-1)
        silent &= not changed[hidden].any()
        spoken &= bool(changed[mask[:, :, j]].all())
    if not silent and not spoken:
        raise Broken("masked keys count and allowed ones do not: the mask is inverted (or say mask=\"hides\")")
    if not silent:
        raise Broken("a masked key changes the output")
    if not spoken:
        raise Broken("an allowed key does not count")


@test("attention multi_head", "mask removes", "masked scores set to zero or lowered, not removed", "13")
def to_mask_a_key_is_to_remove_it(s):
    s.needs_mask()
    if s.free() == 1 or s.sizes["m"] == s.sizes["n"] and s.free() == 3:
        raise Cannot("queries and keys are equal in number")
    q, k, v = s.draw(spread=0.5)
    mask = np.ones((q.shape[0], q.shape[1], k.shape[1]), dtype=bool)
    mask[..., -1] = False                                   # the last, so that the others keep their places
    if not equal(s(q, k, v, mask)[0], s(q, k[:, :-1], v[:, :-1])[0], s.tol):
        raise Broken("to mask a key is not the same as to remove it")


@test("attention multi_head", "huge masked", "finite value in place of minus infinity", "13")
def a_masked_key_with_a_huge_score_has_no_influence(s):
    s.needs_mask()
    q, k, v = s.draw()
    mask = np.ones((q.shape[0], q.shape[1], k.shape[1]), dtype=bool)
    mask[..., 1] = False
    if s.free() == 1:
        raise Cannot("queries cannot be chosen apart from keys")
    huge, first = 1e6 * np.sign(q[:, :1]), np.arange(k.shape[1])[:, None] == 1      # huge agrees with the first query, by a million
    for sign in (1, -1):
        for where, word in ((first, "huge"), (~first, "far above the others'")):
            near = np.where(where, sign * huge, k)
            far = near + 1.0 * first
            a, b = (s(q, x, x if s.free() < 3 else v, mask)[0] for x in (near, far))
            c = s(q, near, v + 1e3 * ~mask[:, 0, :, None], mask)[0] if s.free() == 3 else a
            if not np.array_equal(a, b, equal_nan=True) or not np.array_equal(a, c, equal_nan=True):
                raise Broken(f"a masked key whose score is {word} takes weight")


@test("attention multi_head", "empty", "a row without a key", "13")
def a_row_without_a_key_is_zero(s):
    s.needs_mask()
    q, k, v = s.draw()
    mask = np.ones((q.shape[0], q.shape[1], k.shape[1]), dtype=bool)
    mask[0] = False
    if s.form == "mn":
        mask[:] = False
    output = s(q, k, v, mask)[0]
    if np.isnan(output[0]).any():
        raise Note("a row that may attend to nothing becomes nan")
    other = v + 1.0
    if s.free() == 3 and not np.array_equal(s(q, k, other, mask)[0][0], output[0]):
        raise Note("a row that may attend to nothing reads what is masked")
    if not np.isfinite(output).all():
        raise Note("a row that may attend to nothing spoils others")


@test("attention multi_head", "causal", "causal mask off by one, or a flag that is ignored", "13")
def the_causal_flag_hides_the_future(s):
    if s.flag is None:
        raise Cannot("it has no flag with \"causal\" in its name")
    n = s.sizes["n"]
    q, k, v = s.draw(m=n)
    before, rng = s(q, k, v, causal=True)[0], np.random.default_rng(7)
    for j in range(n):
        k2, v2 = k.copy(), v.copy()
        k2[:, j] += rng.normal(size=k.shape[-1])
        v2[:, j] += rng.normal(size=v.shape[-1])
        changed = (s(k2 if s.free() == 1 else q, k2, k2 if s.free() < 3 else v2, causal=True)[0] != before).any(axis=(0, 2))
        if changed[:j].any():
            raise Broken("with the causal flag a query sees keys that come later")
        if not changed[j]:
            raise Broken("with the causal flag a query does not see its own place")


@test("attention multi_head pooling", "huge scores", "exponential without the largest score taken off", "12")
def huge_scores_give_numbers(s):
    output = s(*s.draw(spread=100.0))[0]
    if not np.isfinite(output).all():
        raise Broken("scores of some thousands give nan or infinity")


@test("attention", "half", "product before the scale in half precision", "32")
def a_product_beyond_65504_survives_in_half_precision(s):
    if s.framework == "keras" or s.free() != 3:
        raise Cannot("I try half precision on functions and layers without weights in NumPy and PyTorch only")
    if s.parameters():
        raise Cannot("it has parameters of its own")
    own, s.dtype = s.dtype, loaded("torch").float16 if s.framework == "torch" else "float16"
    try:
        z = {"d": 64} | ({"e": 64, "m": 64, "n": 64} if s.sizes["m"] == s.sizes["n"] else {"e": 64})
        q, k, v = (np.zeros_like(a) for a in s.draw(**z))
        q[:], k[:], v[:, 0] = 40.0, 39.0, 1.0
        k[:, 0] = 40.0
        output = s(q, k, v)[0]
    except Exception as error:
        raise Cannot(f"it does not run in half precision ({type(error).__name__})") from None
    finally:
        s.dtype = own
    if not np.isfinite(output).all():
        raise Note("in half precision a product above 65,504 becomes infinite and the row nan: scale before the product")


@test("attention multi_head pooling", "gradients", "gradient cut", "23")
def gradients_are_the_slopes(s):
    if s.framework == "numpy":
        raise Cannot("NumPy has no gradients")
    arrays = s.draw(seed=8) if s.kind != "pooling" else s.draw(seed=8)[:1]
    arrays = arrays[:s.free()] if s.kind != "pooling" else arrays
    c = np.random.default_rng(9).normal(size=s(*arrays)[0].shape)
    step = 1e-5 if s.tol < 1e-5 else 3e-2
    slopes = gradient(s, arrays, c)
    for name, i in zip("qkv", range(len(arrays))):
        direction = np.random.default_rng(i).normal(size=arrays[i].shape)
        there, back = ([a + sign * step * direction if i == j else a for j, a in enumerate(arrays)] for sign in (1, -1))
        wanted = ((c * s(*there)[0]).sum() - (c * s(*back)[0]).sum()) / (2 * step)
        got = 0.0 if slopes[i] is None else (slopes[i] * direction).sum()
        if abs(got - wanted) > (1e-4 if s.tol < 1e-5 else 5e-2) * (abs(wanted) + abs(got) + np.abs(c).mean()):
            what = "input" if len(arrays) == 1 else {"q": "queries", "k": "keys", "v": "values"}[name]
            raise Broken(f"the gradient of the {what} is not the output's slope")


def gradient(s, arrays, c=None, parameters=()):
    """Gradients of sum(c * output) for the arrays, or for parameters; None where nothing arrives."""
    def total(tensors):
        if s.kind == "decoder":
            result = s.raw_scores(tensors)
        else:
            result = first_of(s.raw(tensors, s.whole_mask() if s.must else None))
        return (result * s.to(s.arrange(c) if s.kind in ("attention", "multi_head") else c)).sum() if s.framework == "torch" else result
    tensors = [s.to(s.arrange(a) if s.kind in ("attention", "multi_head") else a) for a in arrays]
    if s.framework == "torch":
        for t in tensors:
            if not parameters:
                t.requires_grad_()
        found = loaded("torch").autograd.grad(total(tensors), list(parameters) or tensors, allow_unused=True)
    else:
        tf = loaded("tensorflow")
        if tf is None:
            raise Cannot("I take Keras' gradients with TensorFlow alone")
        with tf.GradientTape() as tape:
            if not parameters:
                tape.watch(tensors)
            result = total(tensors)
            loss = tf.reduce_sum(result * s.to(np.asarray(s.arrange(c) if s.kind in ("attention", "multi_head") else c)))
        found = tape.gradient(loss, [getattr(p, "value", p) for p in parameters] or tensors)
    found = [None if g is None else s.back(g) for g in found]
    if parameters or s.kind not in ("attention", "multi_head"):
        return found
    return [None if g is None else s.arrange(g, undo=True) for g in found]


@test("attention multi_head pooling decoder", "parameters learn", "projection unused, shared or cut off", "15")
def every_parameter_gets_a_gradient(s):
    parameters = s.parameters()
    if not parameters:
        raise Cannot("it has no parameters")
    arrays = s.draw(seed=8)
    arrays = arrays[:s.free()] if s.kind in ("attention", "multi_head") else arrays[:1] if s.kind == "pooling" else arrays
    c = np.random.default_rng(9).normal(size=s.plain(seed=8).shape)
    found = gradient(s, arrays, c, list(parameters.values()))
    idle = [name for (name, p), g in zip(parameters.items(), found)
            if g is None or len(p.shape) > 1 and not re.search("bias", name) and not np.abs(g).max() > 0]
    if idle:
        raise Broken(f"no gradient reaches {', '.join(idle[:3])}")


@test("multi_head", "four projections", "shared projections", "15")
def query_key_value_and_output_have_matrices_of_their_own(s):
    layer, z = s.subject, s.sizes
    if hasattr(layer, "named_parameters"):
        every = dict(layer.named_parameters(remove_duplicate=False))
        if len(every) > len({id(p) for p in every.values()}):
            raise Broken("one matrix has two names: projections are shared")
    sizes = [int(np.prod(p.shape)) for name, p in s.parameters().items() if len(p.shape) > 1 and "bias" not in name]
    if not sizes:
        raise Cannot("it has no matrices that I can count")
    few = any("kv" in name and "head" in name for name in vars(layer)) or "Group" in s.name
    with contextlib.suppress(Exception):                    # keys with fewer heads than queries
        maps = projections(s, z["d"], z["d"], z["e"])
        few = few or maps[1][0].shape[-1] < maps[0][0].shape[-1]
    if sum(sizes) < 4 * z["d"] ** 2 and not few:
        raise Broken(f"its matrices hold {sum(sizes)} numbers; four projections of width {z['d']} have {4 * z['d'] ** 2}")


# ---- one vector of many places -------------------------------------------------------------------------------------

class Pool(Subject):
    """fn(x (b, n, d), mask (b, n)) seen through NumPy."""

    def draw(self, seed=0, sizes=None, spread=1.0, **other):
        z = (sizes or self.sizes) | other
        x = spread * np.random.default_rng(seed).normal(size=(z["b"], z["n"], z["d"]))
        return (x,)

    def attempt(self, sizes):
        output, _ = self(*self.draw(sizes=sizes))
        expect(output, 2, (sizes["b"],))

    def __call__(self, x, mask=None):
        mask = np.ones(x.shape[:2], dtype=bool) if mask is None and self.must else mask
        with np.errstate(all="ignore"), self.no_grad():
            own = None if mask is None else self.to(self.arranged_mask(mask[:, None]))
            result = self.raw([self.to(self.arrange(x))], own)
        return self.back(first_of(result)), None

    def forms(self):
        return ["bn", "bmn"]                                # "bmn": (b, 1, n)

    def needs_mask(self):
        if self.mask_name is None:
            raise Cannot("it takes no argument with \"mask\" in its name (mask_name= names another)")
        if self.polarity is None:
            raise Cannot("I do not know what True means in its mask: say mask=\"attend\", \"hides\" or \"adds\"")
        x = self.draw()[0]
        for form in self.forms():
            self.form = form
            with contextlib.suppress(Exception):
                if self(x, np.ones(x.shape[:2], dtype=bool))[0].shape == self(x)[0].shape:
                    return
        raise Cannot("it takes no mask (b, n) or (b, 1, n)")


@test("pooling", "order of places", "wrong axis", "36")
def the_order_of_the_places_does_not_matter(s):
    x = s.draw()[0]
    if not equal(s(x[:, ::-1].copy())[0], s(x)[0], s.tol):
        raise Broken("places in another order give another vector")


@test("pooling", "sum to one", "sum in place of a mean, or softmax along the wrong axis", "36")
def equal_places_are_returned(s):
    x = np.repeat(s.draw()[0][:, :1], 6, axis=1)
    few, many = s(x[:, :3])[0], s(x)[0]
    if not equal(few, many, s.tol):
        raise Broken("three equal places give another vector than six: the weights do not add up to one")
    wide = any(len(p.shape) == 2 and min(p.shape) > 1 for p in s.parameters().values())
    if many.shape == x[:, 0].shape and not equal(many, x[:, 0], s.tol):
        if wide:
            raise Cannot("it has matrices of its own behind or before the mean")
        raise Broken("equal places do not give that place: weights or values are scaled")


@test("pooling", "masked place", "padding in the mean", "36")
def a_masked_place_has_no_influence(s):
    s.needs_mask()
    x = s.draw()[0]
    b, n = x.shape[:2]
    mask = np.arange(n) < np.array([n - 2] + [n - 1] * (b - 1))[:, None]
    before = s(x, mask)[0]
    bad = x.copy()
    bad[~mask] += 20 * np.random.default_rng(1).normal(size=bad[~mask].shape)
    if not np.array_equal(s(bad, mask)[0], before):
        raise Broken("a masked place changes the vector")
    if not equal(s(x[:1, :n - 2].repeat(b, axis=0), mask[:1, :n - 2].repeat(b, axis=0))[0][0], before[0], s.tol):
        raise Broken("more padding changes the vector: padding counts in the mean")
    if np.array_equal(s(x + 1.0 * mask[..., None], mask)[0], before):
        raise Broken("the places that are not masked do not count: the mask is inverted (or say mask=\"hides\")")


@test("pooling", "empty", "a row without a place", "36")
def a_row_without_a_place_is_a_number(s):
    s.needs_mask()
    x = s.draw()[0]
    mask = np.ones(x.shape[:2], dtype=bool)
    mask[0] = False
    output = s(x, mask)[0]
    if not np.isfinite(output[0]).all():
        raise Note("a row of padding alone becomes nan")
    if not np.array_equal(s(x + 1.0 * ~mask[..., None], mask)[0][0], output[0]):
        raise Note("a row of padding alone reads the padding")


# ---- what writes the next word ---------------------------------------------------------------------------------------

class Writer(Subject):
    """model(tokens) or model(source, target) -> scores (b, n, words), seen through NumPy."""

    def draw(self, seed=0, sizes=None, **other):
        z = (sizes or self.sizes) | other
        rng = np.random.default_rng(seed)
        rows = [rng.integers(min(3, z["words"] - 2), z["words"], size=(z["b"], z[n])) for n in ("n", "m")]
        return rows[-min(len(self.roles), 2):]

    def raw_scores(self, tensors):
        result = self.subject(*tensors)
        return first_of(getattr(result, "logits", result))

    def __call__(self, *tokens):
        with self.no_grad():
            return self.back(self.raw_scores([self.to(np.asarray(t)) for t in tokens])), None

    def attempt(self, sizes):
        scores, _ = self(*self.draw(sizes=sizes))
        expect(scores, 3, (sizes["b"], sizes["m"]))

    def vocabulary(self):
        names = "emb|tok|source|target"
        tables = [p.shape[0] for name, p in self.parameters_before().items() if len(p.shape) == 2 and re.search(names, name)]
        return self.words or min(tables, default=11)

    def parameters_before(self):
        return dict(self.subject.named_parameters()) if hasattr(self.subject, "named_parameters") else {
            w.path: w for w in getattr(self.subject, "weights", ())}

    def other(self, tokens, j):
        """The same tokens but for another word at place j."""
        changed = tokens.copy()
        least = min(3, self.sizes["words"] - 2)
        changed[:, j] = least + (changed[:, j] - least + 1) % (self.sizes["words"] - least)
        return changed


@test("decoder", "future hidden", "causal mask off by one or dropped, or the target leaks", "37")
def no_word_sees_what_it_must_predict(s):
    *source, target = s.draw()
    before, n = s(*source, target)[0], target.shape[1]
    for j in range(n):
        changed = np.abs(s(*source, s.other(target, j))[0] - before).max(axis=(0, 2)) > s.tol
        last = j + 1 if s.shift == "inside" else j             # the first row that may change
        if changed[:last].any():
            first = np.flatnonzero(changed)[0]
            raise Broken(f"the scores at place {first} change with the word at place {j}" +
                         (", which they must predict" if first == j else ", which comes later"))


@test("decoder", "past seen", "causal mask one too strict, or the target shifted twice", "37")
def every_word_sees_the_last_one(s):
    *source, target = s.draw()
    before, n = s(*source, target)[0], target.shape[1]
    late = 1 if s.shift == "inside" else 0
    for j in range(n - late):
        if not np.abs(s(*source, s.other(target, j))[0] - before).max(axis=(0, 2))[j + late] > 0:
            raise Broken(f"the scores at place {j + late} do not change with the word before the one they predict")


@test("decoder", "order", "positions missing", "16")
def the_order_of_words_counts(s):
    *source, target = s.draw()
    target[:, 0], target[:, 1] = 3 % s.sizes["words"], 4 % s.sizes["words"]
    swapped = target.copy()
    swapped[:, [0, 1]] = swapped[:, [1, 0]]
    if equal(s(*source, swapped)[0][:, -1], s(*source, target)[0][:, -1], s.tol):
        raise Broken("two words that change places change nothing later on")


@test("decoder", "source read", "source ignored, or its order lost", "35")
def the_source_counts(s):
    source, target = two(s)
    for j in range(source.shape[1]):
        if equal(s(s.other(source, j), target)[0], s(source, target)[0], s.tol):
            raise Broken(f"a change of the source's word {j} changes nothing")
    if equal(s(source[:, ::-1].copy(), target)[0], s(source, target)[0], s.tol):
        raise Broken("a source read backwards gives the same scores")


def two(s):
    if len(s.roles) < 2:
        raise Cannot("it reads no source")
    return s.draw()


@test("decoder", "padding behind", "mask dropped, in one layer or in all", "13")
def more_padding_changes_nothing(s):
    source, target = two(s)
    longer = np.concatenate([source, np.full((len(source), 3), s.pad)], axis=1)
    if not equal(s(longer, target)[0], s(source, target)[0], 10 * s.tol):
        raise Broken("padding behind the source changes the scores")


@test("decoder", "front", "padding in front: places counted with it", "73")
def padding_in_front_changes_nothing(s):
    source, target = two(s)
    longer = np.concatenate([np.full((len(source), 2), s.pad), source], axis=1)
    if not equal(s(longer, target)[0], s(source, target)[0], 10 * s.tol):
        raise Note("padding in front of the source changes the scores: its places are counted with the padding")


@test("decoder", "sequences apart", "batch axis mixed", "31")
def a_text_does_not_see_another(s):
    tokens = s.draw()
    changed = [t.copy() for t in tokens]
    for t in changed:
        t[1] = np.roll(t[1], 1)
        t[1, 0] = s.other(t, 0)[1, 0]
    if not equal(s(*changed)[0][0], s(*tokens)[0][0], s.tol):
        raise Broken("another text of the batch changes this one's scores")


@test("decoder", "positions once", "position added twice", "16")
def a_position_is_added_once(s):
    """What enters the first layer, less the word's vector, is the code of its place: once."""
    torch = loaded("torch")
    tables = [m for m in s.subject.modules() if isinstance(m, torch.nn.Embedding)] if s.framework == "torch" and hasattr(
        s.subject, "modules") else []
    if not tables:
        raise Cannot("I look for positions in PyTorch models with nn.Embedding alone")
    calls, entered, hooks = [], [], []
    for module in s.subject.modules():
        if isinstance(module, torch.nn.Embedding):
            hooks.append(module.register_forward_hook(lambda m, a, out: calls.append((m, a[0], out))))
        elif next(module.parameters(recurse=False), None) is not None:
            hooks.append(module.register_forward_pre_hook(
                lambda m, a: entered.append(a[0]) if a and torch.is_tensor(a[0]) and a[0].dim() == 3 else None))
    try:
        tokens = [t.copy() for t in s.draw()]
        tokens[0][1] = (tokens[0][0] - 2) % (s.sizes["words"] - 3) + 3          # another word at each place of the second text
        s(*tokens)
    finally:
        for hook in hooks:
            hook.remove()
    read = s.to(tokens[0])
    words = next((out for m, a, out in calls if a.shape == read.shape and torch.equal(a, read)), None)
    if words is None or not entered or entered[0].shape != words.shape:
        raise Cannot("I do not see the words' vectors enter a first layer")
    others = [(m, a) for m, a, out in calls if not (a.shape == read.shape and torch.equal(a, read))]
    x, e = s.back(entered[0]), s.back(words)
    there, here = x[0] - x[1], e[0] - e[1]
    c = (there * here).sum() / (here**2).sum()
    if np.abs(there - c * here).max() > 1e-5 * np.abs(x).max():
        raise Cannot("what enters the first layer is not the word's vector and something of its place")
    code = x[0] - c * e[0]
    n, d = code.shape
    sines = (code**2).sum(axis=1) / (d / 2)
    if np.allclose(sines, sines[0], rtol=1e-4) and sines[0] > 0.1:
        if not np.isclose(sines[0], 1, rtol=1e-3):
            raise Broken(f"the sines and cosines of the place enter {sines[0]**0.5:.3g} times")
        return
    learned = [s.back(m.weight) for m in {id(m): m for m, _ in others}.values() if m.weight.shape[1] == d]
    learned += [s.back(p).reshape(-1, d) for p in s.subject.parameters() if p.dim() in (2, 3) and p.shape[-1] == d and p.numel() >= n * d]
    for table in learned:
        for start in range(min(3, len(table) - n + 1)):
            rows = table[start:start + n]
            c = (rows * code).sum() / (rows**2).sum()
            if np.abs(code - c * rows).max() < 1e-4 * np.abs(code).max():
                if abs(c - 1) > 1e-3:
                    raise Broken(f"the learned code of the place enters {c:.3g} times")
                return
    raise Cannot("I do not know the code of its places")


@test("decoder", "cache", "stale or shortened cache", "73")
def a_cache_changes_nothing(s):
    if s.cached is None:
        raise Cannot("no function was given that writes with a cache (cached=)")
    for seed in (0, 1):                                     # twice: what the first text left must be gone
        tokens = s.draw(seed=seed)
        with s.no_grad():
            got = s.back(s.cached(*[s.to(t) for t in tokens]))
        wanted = s(*tokens)[0]
        if got.shape != wanted.shape or not equal(got, wanted, 100 * s.tol):
            raise Broken("word by word with the cache gives other scores than the whole text at once")


@test("decoder", "target shift", "loss compares with the wrong word, or counts padding", "37")
def the_loss_wants_the_next_word(s):
    if s.loss is None:
        raise Cannot("no loss(scores, tokens) was given (loss=)")
    tokens = s.draw()[-1]
    tokens[0, -2:] = s.pad
    ahead = 0 if s.shift == "inside" else 1
    nexts = np.roll(tokens, -ahead, axis=1)

    def loss(wanted, shaken=0.0):
        scores = 40.0 * np.eye(s.sizes["words"])[wanted]
        scores[0, -2 - ahead:] += shaken * np.random.default_rng(0).normal(size=scores[0, -2 - ahead:].shape)
        return float(s.back(s.loss(s.to(scores), s.to(tokens))))
    if not loss(nexts) < 0.01:
        own = ", and sure of the word itself low" * (ahead and loss(tokens) < 0.01)
        raise Broken(f"scores that are sure of the right next word have a high loss{own}")
    if loss(nexts, 100.0) > 0.01:
        raise Broken("what stands at the padding counts in the loss")


# ---- examine and report ----------------------------------------------------------------------------------------------

def attention(fn, **what):
    """Test a function (or layer) of queries, keys and values; see `examine` for `what`."""
    return examine("attention", fn, **what)


def multi_head(layer, **what):
    """Test a layer with projections and heads; see `examine` for `what`."""
    return examine("multi_head", layer, **what)


def decoder(model, **what):
    """Test a model that gives scores of each next word; see `examine` for `what`."""
    return examine("decoder", model, **what)


def pooling(fn, **what):
    """Test what makes one vector of many places; see `examine` for `what`."""
    return examine("pooling", fn, **what)


def frames(s):
    """Sizes to try, the most telling first: all different; one input width; as many queries as keys; all the same."""
    d = s.width() or (8 if s.kind == "multi_head" else 6)
    b = 5 if s.heads == 3 else 3
    if s.kind == "pooling":
        return [{"b": b, "n": 5, "d": d}]
    if s.kind == "decoder":
        return [{"b": b, "n": 5, "m": 6, "words": s.vocabulary()}, {"b": b, "n": 6, "m": 6, "words": s.vocabulary()}]
    tied = {"b": b, "m": 4, "n": 5, "d": d, "e": d}
    square = {"b": b, "m": 5, "n": 5, "d": d, "e": d}
    whole = {"b": b, "m": d, "n": d, "d": d, "e": d}
    if s.free() == 1:
        return [square]
    return [tied | {"e": 7}] * (s.kind == "attention" and s.free() == 3) + [tied, square] + [whole] * (s.kind == "attention")


def plain(s, seed=0):
    return s(*s.draw(seed=seed))[0]


def examine(kind, subject, need=(), allow=(), **what):
    """Run every test of a kind; -> Report.

    `mask` says what True means in the subject's mask: "attend" (the book's), "hides", or "adds" for numbers 0 and -inf; None is not known.
    `layout` is "bnd", "nbd" (places first), "nd" (no batch) or "bhnd"; `heads`, `dim`, `words`, `pad`, `mask_name` are read off where they
    are not given.  A decoder's `shift` is "outside" (scores at place i may see word i and predict the next) or "inside" (they predict
    word i); `cached(tokens)` writes with a cache; `loss(scores, tokens)` is tried as well.  `need` and `allow` name tests.
    """
    known = set(TESTS[kind])
    for name in (*need, *allow):
        if name not in known:
            raise ValueError(f"need, allow: expected names of tests ({', '.join(sorted(known))}), got {name!r}")
    for name in what.keys() & QUESTIONS.keys():
        if what[name] is not None and what[name] not in QUESTIONS[name][1]:
            raise ValueError(f"{name}: expected one of {', '.join(QUESTIONS[name][1])}, got {what[name]!r}")
    with contextlib.redirect_stdout(io.StringIO()):         # what a subject prints is not the report
        return examined(kind, subject, need, allow, what)


def examined(kind, subject, need, allow, what):
    report = Report()
    mode = getattr(subject, "training", None)
    if mode and hasattr(subject, "eval"):
        subject.eval()
    try:
        if isinstance(subject, type):
            raise Cannot(f"it is a class: point me at an object of it, such as {subject.__name__}(...)")
        s = {"decoder": Writer, "pooling": Pool}.get(kind, Subject)(subject, **what)
        s.kind, s.plain = kind, lambda seed=0: plain(s, seed)
        if not s.roles:
            raise Cannot("it takes no arrays that I know")
        parts = subject.modules() if hasattr(subject, "named_modules") else getattr(subject, "_flatten_layers", list)()
        if kind == "multi_head" and any("LayerNorm" in type(part).__name__ for part in parts):
            raise Cannot("it has a norm inside and is a whole block: point me at the attention layer in it")
        if kind in ("attention", "multi_head") and len(s.roles) > 2 and sorted(r[0].lower() for r in s.roles) != ["k", "q", "v"]:
            raise Cannot(f"I do not know which of its arguments ({', '.join(s.roles)}) are queries, keys and values: wrap it in a function"
                         " of (q, k, v, mask)")
        s.sizes = s.choose(frames(s))
        with contextlib.suppress(Exception):
            s.coarse = kind in ("attention", "multi_head") and s.tol < 1e-5 and s.rounds()
    except Cannot as why:
        report.append((getattr(subject, "__name__", type(subject).__name__), "cannot", f"I cannot test this, because {why}", "", ""))
        return report
    finally:
        if mode and hasattr(subject, "train"):
            subject.train()
    try:
        if mode:
            subject.eval()
        for name, (f, bug, chapter) in TESTS[kind].items():
            state, words = run(f, s)
            if state == "note" and name in need:
                state = "BROKEN"
            if state == "BROKEN" and name in allow:
                state = "note"
            if state in ("BROKEN", "note") and s.library and differs(s.library, LISTED.get(name)):
                state = "differs"
                words += " (so the table of 34 says)"
            report.append((name, state, words, bug, chapter))
            if name in ("repeatable", "finite") and state == "BROKEN":
                report.append(("the others", "cannot", "I cannot test more, because one call does not give one answer of numbers", "", ""))
                break
    finally:
        if mode:
            subject.train()
    return report


def run(f, s):
    """One test; -> its state and words."""
    try:
        f(s)
    except Broken as why:
        return "BROKEN", str(why)
    except Note as why:
        return "note", str(why)
    except Cannot as why:
        return "cannot", f"I cannot test this, because {why}"
    except (Exception, SystemExit) as error:                # whatever a stranger's code raises
        text = str(error).strip().split("\n")[0][:120]
        return "cannot", f"I cannot test this, because it raised {type(error).__name__}: {text}"
    return "ok", ""


def differs(library, column):
    """Whether the table of 34 has a library's layer in some mode differ from the book in a column."""
    from attnlib.data import data_path
    if column is None:
        return False
    import csv
    with open(data_path("34", "behaviour.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    book = next(row for row in rows if row["function"] == "attnlib.core.attend")
    return any(row["function"] == library and row[column] != book[column] for row in rows)


# ---- from a command line -----------------------------------------------------------------------------------------------

QUESTIONS = {"kind": ("What is it?", ["attention", "multi_head", "decoder", "pooling"]),
             "mask": ("What does True in its mask mean? (adds: it holds 0 and -inf)", ["attend", "hides", "adds", "unknown"]),
             "layout": ("How do its axes lie? (b batch, n places, d features)", ["bnd", "nbd", "nd", "bhnd"]),
             "shift": ("Do the scores at place i predict word i (inside: the model shifts) or the next word (outside)?",
                       ["outside", "inside"])}


def ask(name, given):
    """An answer from the flag, or from the person; where nobody is there, None."""
    words, choices = QUESTIONS[name]
    if given is not None or not sys.stdin.isatty():
        return given
    answer = ""
    while answer not in choices:
        answer = input(f"{words} {' / '.join(choices)}: ").strip()
    return answer


def load(where):
    """The object that `module:expression` or `file.py:expression` names, and its module; Cannot where there is none."""
    found = re.fullmatch(r"(.+?\.py|[\w.]+):(.+)", where)
    if not found:
        raise Cannot(f"I expected module:Name or file.py:Name, and got {where!r}")
    home, expression = found.groups()
    sys.path.insert(0, str(Path.cwd()))
    try:
        with contextlib.redirect_stdout(sys.stderr):        # what a module prints is not the report
            if not home.endswith(".py"):
                module = importlib.import_module(home)
            elif not Path(home).is_file():
                raise Cannot(f"there is no file {home}")
            else:
                sys.path.insert(0, str(Path(home).resolve().parent))
                spec = importlib.util.spec_from_file_location(Path(home).stem, home)
                module = importlib.util.module_from_spec(spec)
                sys.modules.setdefault(spec.name, module)
                spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise error if isinstance(error, Cannot) else Cannot(f"{home} cannot be imported: {said(error)}") from None
    return named_in(module, expression), module


def named_in(module, expression):
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return eval(expression.strip(), vars(module))
    except (Exception, SystemExit) as error:
        raise Cannot(f"{expression} raised {said(error)}") from None


def said(error):
    """An exception in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def main(arguments=None):
    """Parse, ask, test, print; -> 0 where nothing is broken, 1 where something is, 2 where nothing could be tested."""
    parser = argparse.ArgumentParser(prog="python -m attnlib.doctor", description="Test attention of your own, one line a test.")
    parser.add_argument("subject", help="module:Name or file.py:Name; an expression such as \"mine.py:Layer(32, 4)\" is welcome")
    for name, (words, choices) in QUESTIONS.items():
        parser.add_argument(f"--{name}", choices=choices, help=words)
    for name in ("heads", "dim", "words"):
        parser.add_argument(f"--{name}", type=positive)
    parser.add_argument("--pad", type=int)
    parser.add_argument("--seconds", type=positive, default=600, help="stop when it has not come back after so long (600)")
    for name in ("mask-name", "cached", "loss"):
        parser.add_argument(f"--{name}", help="a name in the module" * (name != "mask-name"))
    for name in ("need", "allow"):
        parser.add_argument(f"--{name}", default="", help="names of tests, with commas between")
    given = parser.parse_args(arguments)
    try:
        return examine_given(given)
    except (Cannot, ValueError) as why:
        print(f"I cannot test this, because {why}")
    except KeyboardInterrupt:
        print("I cannot test this, because it was stopped")
    return 2


@contextlib.contextmanager
def limit(seconds):
    """End the process with a sentence when the block takes too long: a stranger's loop listens to nothing else."""
    def stop():
        words = f"I cannot test this, because it has not come back after {seconds} s (--seconds gives it more)"
        print(words, file=sys.__stdout__, flush=True)
        os._exit(2)
    clock = threading.Timer(seconds, stop)
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


def examine_given(given):
    with limit(given.seconds):
        subject, module = load(given.subject)
    kind = ask("kind", given.kind)
    if kind is None:
        raise Cannot("nobody says what it is: --kind attention, multi_head, decoder or pooling")
    asked = {name: ask(name, getattr(given, name)) for name in (["shift"] if kind == "decoder" else ["mask", "layout"])}
    if asked.get("mask") == "unknown":
        asked["mask"] = None
    what = {name: value for name, value in asked.items() if value is not None or name == "mask"}
    what |= {name: getattr(given, name) for name in ("heads", "dim", "words", "pad", "mask_name") if getattr(given, name) is not None}
    need, allow = ([x.strip() for x in text.split(",") if x.strip()] for text in (given.need, given.allow))
    with limit(given.seconds):
        what |= {name: named_in(module, getattr(given, name)) for name in ("cached", "loss") if getattr(given, name)}
        report = examine(kind, subject, need, allow, **what)
    print(report)
    return 1 if report.broken else 2 if all(state == "cannot" for _, state, *_ in report) else 0


if __name__ == "__main__":
    from attnlib.doctor import main as entry  # so that there is one module, and its classes once
    sys.exit(entry())
