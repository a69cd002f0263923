"""Exercises of 74_interpretability."""
from attnlib.check import function, mistake, number

number("74.1", 2, "One and one is two.", [(1, "That is one of them alone.")], first="Count on your fingers: one, and then one more.")


def draw(rng):
    return (rng.integers(1, 9, size=3).astype(float),)


@function("74.2", draw)
def successor(x):
    """Add 1 to each entry."""
    return x + 1


@mistake("74.2", "You subtract.")
def _(x):
    return x - 1


@function("74.3", draw)
def mended(x):
    """The 2 should be a 1."""
    return x + 1


@mistake("74.3", "That is still the bug.")
def _(x):
    return x + 2


number("74.4", 6, "Twice 3.", [(9, "That is the value, not the slope.")],
       first="How much does x squared grow from 3 to a little more?")
