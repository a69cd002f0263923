"""Train every arm of 35_seq2seq and write notebooks/data/seq2seq.csv: python tools/seq2seq.py

The notebook is the one place where data, models and measures are defined: this script takes the functions, classes and
capital-letter constants from its cells, as far as the first cell that imports TensorFlow, and runs none of its other lines.
The learning rate of each arm is chosen by the validation rows (`valid`, seed 0); the test rows are looked at with three seeds
(`test`).  Ten to fourteen minutes on one core.
"""
import ast
import csv
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
RATES, SEEDS = (0.01, 0.02, 0.04), (0, 1, 2)


def taught():
    """The notebook's own functions, classes and constants."""
    names = {"__name__": "seq2seq"}
    for cell in json.loads((ROOT / "notebooks" / "35_seq2seq.ipynb").read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code" and "import tensorflow" in text:
            break
        for node in ast.parse(text).body if cell["cell_type"] == "code" else []:
            constant = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).strip("()").split(",")[0].isupper()
            if constant or isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)):
                exec(compile(ast.Module([node], []), "35_seq2seq", "exec"), names)
    return SimpleNamespace(**names)


def measured(book, model, split):
    """Every number of one row of the table that depends on the model."""
    rows = {n: book.held_out(split, n) for n in range(1, 6)}
    result = {f"exact_{n}": f"{book.exact(model, rows[n]):.2f}" for n in rows}
    known = [row for n in (1, 2, 3) for row in rows[n]]
    result |= {name: f"{x:.3f}" for name, x in zip(("slip", "late_forced", "late_free"), book.exposure(model, known))}
    if hasattr(model.decoder, "attention"):
        result |= {name: f"{x:.3f}" for name, x in zip(("date_hits", "part_hits"), book.hits(model, known))}
    return result


def main():
    book, rows = taught(), []
    for arm in book.ARMS:
        trained = {}

        def row(split, rate, seed, arm=arm, trained=trained):
            if (rate, seed) not in trained:
                trained[rate, seed] = book.train(arm, rate, seed)
            model, losses, seconds = trained[rate, seed]
            head = {"split": split, "arm": arm, "rate": rate, "seed": seed, "parameters": book.parameters(model),
                    "cpu_seconds": f"{seconds:.0f}", "loss": f"{book.np.mean(losses[-20:]):.3f}"}
            rows.append(head | measured(book, model, split))
            print(*rows[-1].values(), file=sys.stderr, flush=True)

        for rate in RATES:
            row("valid", rate, SEEDS[0])
        best = max(rows[-len(RATES):], key=lambda r: sum(float(r[f"exact_{n}"]) for n in (1, 2, 3)))["rate"]
        for seed in SEEDS:
            row("test", best, seed)
    with open(book.data.FILES / "seq2seq.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, fieldnames=max(rows, key=len), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
