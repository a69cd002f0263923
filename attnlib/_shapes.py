"""What stands above a function of the library: `@expects(q="m d", k="n d", mask="m n")` names the last axes of its arguments.

A letter is one size throughout a call; a longer name, such as `W.shape.0`, is read off the layer (`self`).  Every axis before the
named ones is a batch axis and broadcasts.  A mask is boolean and stretches to the scores without adding to them; with "heads m n"
it may also carry an axis of heads.  An argument that is no array is described by one of the functions below.

A wrong argument raises ValueError: its name, what was expected, what came.  The notebooks teach the functions without this line.
"""
import functools
import inspect
from numbers import Integral
from typing import NamedTuple


class Kind(NamedTuple):
    """How one library's arrays are told from others."""
    noun: str                       # such as "a NumPy array"
    numbers: str                    # the numbers that are taken, in words
    is_array: callable              # object -> bool
    dtype: callable                 # array -> the dtype's name
    real: callable                  # the dtype's name -> whether it is taken
    mixed: callable                 # array -> whether its neighbours may have another dtype
    own: callable                   # layer -> the dtype of its parameters, or None


def broadcast(shapes):
    """The shape to which all stretch, or None where they do not fit; a size that is not known yet (None) fits every size."""
    longest, result = max(map(len, shapes)), []
    for sizes in zip(*((1,) * (longest - len(shape)) + tuple(shape) for shape in shapes)):
        wide = [size for size in sizes if size is None or size != 1]
        known = [size for size in wide if size is not None]
        if any(size != known[0] for size in known):
            return None
        result.append(known[0] if known else None if wide else 1)
    return tuple(result)


def stretches(shape, target):
    """Whether an array of this shape broadcasts to `target`, and nothing more comes of it."""
    return len(shape) <= len(target) and all(
        size is None or wanted is None or size == 1 or size == wanted for size, wanted in zip(shape[::-1], target[::-1]))


def spelt(sizes):
    return f"({', '.join(map(str, sizes))}{',' * (len(sizes) == 1)})"


class Call:
    """The arguments of one call: the sizes that the letters have so far, the batch axes, the dtype."""

    def __init__(self, kind, given):
        self.kind, self.given, self.layer = kind, given, given.get("self")
        self.sizes, self.batches, self.own = {}, {}, None

    def size(self, axis):
        """A letter itself, or the size that stands at a longer name in the layer."""
        if len(axis) == 1:
            return axis
        return functools.reduce(lambda x, part: x[int(part)] if part.isdigit() else getattr(x, part), axis.split("."), self.layer)

    def array(self, name, value, spec):
        __tracebackhide__ = True
        kind, axes = self.kind, [self.size(axis) for axis in spec.split()]
        wanted = spelt(["...", *axes])
        if not kind.is_array(value):
            raise ValueError(f"{name}: expected {kind.noun} of shape {wanted}, got a {type(value).__name__}")
        dtype, shape = kind.dtype(value), tuple(value.shape)
        if not kind.real(dtype):
            raise ValueError(f"{name}: expected {kind.numbers}, got dtype {dtype}")
        self.own = self.own or kind.own(self.layer) or dtype
        if dtype != self.own and not kind.mixed(value):
            raise ValueError(f"{name}: expected dtype {self.own}, got {dtype}")
        if len(shape) < len(axes):
            raise ValueError(f"{name}: expected shape {wanted}, got {spelt(shape)}")
        for axis, size in zip(axes, shape[len(shape) - len(axes):]):
            known = self.sizes.get(axis) if isinstance(axis, str) else axis
            if size is not None and known is not None and size != known:
                which = f" with {axis} = {known}" if isinstance(axis, str) else ""
                raise ValueError(f"{name}: expected shape {wanted}{which}, got {spelt(shape)}")
            if isinstance(axis, str):
                self.sizes[axis] = size if known is None else known
        self.batches[name] = shape[:len(shape) - len(axes)]

    def batch(self):
        __tracebackhide__ = True
        batch = broadcast(list(self.batches.values()))
        if batch is None:
            came = ", ".join(f"{name} {spelt(shape)}" for name, shape in self.batches.items())
            raise ValueError(f"{', '.join(self.batches)}: expected batch axes that broadcast, got {came}")
        return batch

    def mask(self, name, mask, spec):
        __tracebackhide__ = True
        kind, last = self.kind, [self.sizes[axis] for axis in spec.split() if axis != "heads"]
        if not kind.is_array(mask) or not kind.dtype(mask).endswith("bool"):
            came = f"dtype {kind.dtype(mask)}" if kind.is_array(mask) else f"a {type(mask).__name__}"
            raise ValueError(f"{name}: expected {kind.noun} of booleans (True = may attend), got {came}")
        shape, batch = tuple(mask.shape), self.batch()
        targets = [(*batch, *last)]
        if "heads" in spec:                             # one mask for all, one for each of the batch, or one for each head
            targets = [tuple(last)] * bool(batch) + targets + [(*batch, self.heads(), *last)]
        if not any(stretches(shape, target) and ("heads" not in spec or len(shape) == len(target)) for target in targets):
            wanted = " or ".join(map(spelt, targets))
            hint = "; a mask of the keys alone has an axis for the queries too: mask[:, None]" * (shape == (*batch, last[-1]))
            raise ValueError(f"{name}: expected shape {wanted}, where an axis may be 1, got {spelt(shape)}{hint}")

    def heads(self):
        return self.given["num_heads"] if "num_heads" in self.given else self.layer.num_heads


def checker(kind):
    """The decorator `expects` for the arrays of one library."""
    def expects(**specs):
        def above(f):
            signature = inspect.signature(f)
            names = list(signature.parameters)

            # Keras repeats by name a mask that stands as None in its place, with what rides on the tensor: the named one counts
            @functools.wraps(f)
            def checked(*args, **kwargs):
                __tracebackhide__ = True                                # a reader's traceback ends at the reader's line
                args = [kwargs.pop(name, x) if x is None else x for name, x in zip(names, args)] + list(args[len(names):])
                given = dict(zip(names, args)) | kwargs
                call = Call(kind, given)
                for name, spec in specs.items():
                    if name not in given or name.endswith("mask") and given[name] is None:
                        continue
                    look = spec if callable(spec) else call.mask if name.endswith("mask") else call.array
                    look(name, given[name], *([given] if callable(spec) else [spec]))
                if call.batches:
                    call.batch()
                return f(*args, **kwargs)
            if f.__name__ != "build":                                     # Keras looks for it here, and for a layer's build one step below
                checked.__signature__ = signature
            return checked
        return above
    return expects


def whole(least=0):
    """A whole number, at least so much."""
    def look(name, value, given):
        __tracebackhide__ = True
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise ValueError(f"{name}: expected a whole number, at least {least}, got {value!r}")
    return look


def known(name, shape, given):
    """The shape of an argument whose width is known: of a RaggedTensor it may not be."""
    __tracebackhide__ = True
    if shape[-1] is None:
        raise ValueError(f"{name.removesuffix('_shape')}: expected a tensor whose last axis has a known size, got shape {spelt(shape)}")


def even(name, value, given):
    """An even number: two neighbouring features are one clock hand."""
    __tracebackhide__ = True
    whole()(name, value, given)
    if value % 2:
        raise ValueError(f"{name}: expected an even number, got {value}")


def divisor(of):
    """A whole number, at least 1, that divides the argument `of`, or the last axis of it."""
    def look(name, value, given):
        __tracebackhide__ = True
        whole(1)(name, value, given)
        width = given[of] if isinstance(given[of], Integral) else given[of].shape[-1]
        if width % value:
            raise ValueError(f"{name}: expected a divisor of the width {width}, got {value}")
    return look
