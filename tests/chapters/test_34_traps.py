"""34 · The table of traps says what the libraries do, and where Keras on PyTorch loses its digits."""
import csv
import os
import re
import subprocess
import sys

import pytest
import registry

from attnlib.data import data_path

PROSE = "\n".join("".join(cell["source"]) for cell in registry.cells("34_one_answer") if cell["cell_type"] == "markdown")
FUNCTIONS = ["attnlib.core.attend", "torch scaled_dot_product_attention", "torch nn.MultiheadAttention", "keras Attention",
             "keras MultiHeadAttention"]


def table(prose):
    """{line: the cells of the libraries}, and the same without the marks of what differs."""
    _, rows = prose.split("| | this book |")
    marked = {cells[0]: cells[1:] for cells in (re.split(r" *\| *", line.strip("| ")) for line in rows.split("\n\n")[0].splitlines()[2:])}
    return marked, {line: [cell.strip("*").replace("`", "") for cell in cells] for line, cells in marked.items()}


def measured():
    with open(data_path("34", "behaviour.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def faults(prose):
    """What the table says otherwise than the measurements, or marks wrongly."""
    marked, plain = table(prose)
    if len(plain) != 9 or any(len(cells) != 5 for cells in plain.values()):
        yield "nine lines of five libraries"
    for line, cells in plain.items():
        for cell, mark in zip(cells, marked[line]):
            if mark.startswith("**") != (cell not in (cells[0], "–")):
                yield f"{line}: {cell}"
    for i, function in enumerate(FUNCTIONS):
        rows = [row for row in measured() if row["function"] == function]
        polarity = "is ignored" if plain["1 True in a mask"][i] == "hidden" else "may attend"
        if {row["mask_true_means"] for row in rows} != {polarity}:
            yield f"1: {function}"
        if {row["scale"] == "1" for row in rows} != {plain["2 scale"][i] == "1"}:
            yield f"2: {function}"
        if {row["row_without_a_key"] for row in rows} != set(plain["7 empty row"][i].split(" or ")):
            yield f"7: {function}"


def test_the_table_of_traps_says_what_was_measured():
    assert not list(faults(PROSE))


def test_the_page_counts_the_lines_that_differ():
    marked, _ = table(PROSE)
    assert [sum(cells[i].startswith("**") for cells in marked.values()) for i in range(5)] == [0, 1, 7, 5, 5]
    assert "differs in seven of the nine lines, Keras' layers in five each" in PROSE


@pytest.mark.parametrize("old, new", [
    ("| **hidden** |", "| **may attend** |"), ("| **1** |", "| 1/√width |"), ("| **zeros or nan** |", "| zeros |"),
    ("| **q, v, k** |", "| q, v, k |"), ("| 3 bias |", "| 2 scale |")])
def test_a_wrong_line_is_seen(old, new):
    assert old in PROSE
    assert list(faults(PROSE.replace(old, new, 1)))


def test_each_trap_that_has_an_extra_names_it():
    heads = re.findall(r"^## Extra: (\d) ·", PROSE, re.M)
    assert heads == list("345678")


PROGRAM = """
import keras, torch
import keras.src.backend as backend
from keras.src.backend.common import dtypes
keras.config.set_floatx('float64')
q = torch.rand(2, 3, 4, dtype=torch.float64)
wanted = [torch.softmax(q @ q.mT / scale, -1) @ q for scale in (1, 2)]
layer = keras.layers.MultiHeadAttention(1, 4, use_bias=False)
layer.build(q.shape, q.shape, q.shape)
layer.set_weights([torch.eye(4).reshape(w.shape) for w in layer.get_weights()])

def right():
    answers = keras.layers.Attention()([q, q, q]), layer(q, q)
    return [(got - want).abs().max().item() < 1e-12 for got, want in zip(answers, wanted)]

print(*right())
asked = dtypes.result_type
def repaired(*names):
    return 'float64' if any('float64' in str(name) for name in names) else asked(*names)
dtypes.result_type = backend.result_type = repaired
print(*right())
"""


def test_the_digits_that_keras_loses_on_pytorch_are_lost_in_one_function():
    """Put `result_type` right and nothing else: Attention and MultiHeadAttention keep float64's digits."""
    pytest.importorskip("keras")
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True,
                          env=os.environ | {"KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1"})
    assert done.stdout.split() == ["False", "False", "True", "True"]
