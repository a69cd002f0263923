"""How far each specimen of 82_bug_zoo trains, broken beside correct: python experiments/82_bug_zoo.py"""
import common
import torch

from attnlib import seq2seq
from attnlib.data import data_path
from attnlib.train import fit, reproducible

zoo = common.taught("82", "SPECIMENS", "backwards", "build", "layer_with", "Heads", "Writer", "Counter", "pairs", "PAD", "WORDS")
SEEDS = 3
STEPS, BATCH, RATE = 250, 32, 5e-3
TESTED = 200


def made(name):
    """A model with a specimen in it, and where it stands."""
    kind, specimen = zoo.SPECIMENS[name] if name != "correct" else ("layer", zoo.Heads)
    where = "encoder" if name in ("query and key swapped", "product entry by entry") else "everywhere"
    if kind == "decoder":
        return zoo.build(model=specimen), where
    return zoo.build(layer=specimen if kind == "layer" else zoo.layer_with(specimen), where=where), where


def padded(source, behind=0, front=0):
    return torch.nn.functional.pad(source, (front, behind), value=zoo.PAD)


def share(model, source, target):
    """Share of sentences that the model writes right when it reads its own words."""
    written = seq2seq.greedy(model, source, target.shape[1])
    written = torch.nn.functional.pad(written, (0, target.shape[1] - written.shape[1]), value=zoo.PAD)
    return (written == target).all(dim=1).double().mean().item()


@common.kept
def writing(name, seed):
    """Train once to write rows backwards; -> loss at the end, words right when the right words before are given, sentences written."""
    reproducible(seed)
    model, where = made(name)
    rng = torch.Generator().manual_seed(1000 + seed)
    losses = fit(model, lambda step: seq2seq.translation_loss(model, *zoo.backwards(rng, BATCH)), STEPS, RATE)
    source, target = zoo.backwards(torch.Generator().manual_seed(7), TESTED)
    words = target != zoo.PAD
    with torch.no_grad():
        forced = (model(source, target)[0].argmax(dim=-1) == target)[words].double().mean().item()
    row = {"specimen": name, "task": "backwards", "where": where, "seed": seed, "loss": sum(losses[-20:]) / 20, "forced": forced,
           "written": share(model, source, target), "padded": share(model, padded(source, behind=4), target),
           "front": share(model, padded(source, front=2), target)}
    return {name: round(x, 4) if isinstance(x, float) else x for name, x in row.items()}


@common.kept
def pooling(name, seed):
    """Train a classifier of pooled words; -> loss at the end, rows right, rows right with more padding."""
    reproducible(seed)
    model = zoo.Counter(zoo.SPECIMENS[name][1])
    rng = torch.Generator().manual_seed(1000 + seed)

    def loss(step):
        x, label = zoo.pairs(rng, BATCH)
        return torch.nn.functional.cross_entropy(model(x), label)
    losses = fit(model, loss, STEPS, RATE)
    x, label = zoo.pairs(torch.Generator().manual_seed(7), TESTED)
    with torch.no_grad():
        right, more = ((model(padded(x, behind=extra)).argmax(dim=-1) == label).double().mean().item() for extra in (0, 20))
    return {"specimen": name, "task": "average", "where": "", "seed": seed, "loss": round(sum(losses[-20:]) / 20, 4),
            "forced": round(right, 4), "written": "", "padded": round(more, 4), "front": ""}


def main():
    names = [name for name, (kind, _) in zoo.SPECIMENS.items() if kind in ("attention", "layer", "decoder")]
    rows = [writing(name, seed) for name in ["correct", *names] for seed in range(SEEDS)]
    names = [name for name, (kind, _) in zoo.SPECIMENS.items() if kind == "pooling"]
    rows += [pooling(name, seed) for name in names for seed in range(SEEDS)]
    common.write_table(data_path("82", "runs.csv"), rows)


if __name__ == "__main__":
    main()
