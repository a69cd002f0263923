"""What only 76 needs tested: its texts have the answer that they claim, its gap and its shifts do what their names say, its block stays
frozen, and its rates were chosen by validation."""
import common
import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")

from attnlib import data, train  # noqa: E402
from attnlib.tasks import cldr  # noqa: E402


@pytest.fixture(scope="module")
def chapter():
    before = torch.get_default_dtype()
    train.reproducible(0)
    yield common.taught("76", "bootstrap", "over_seeds", "draw", "codes", "turn", "Reader", "Recurrent", "WAYS", "by_place", "hurt",
                        "shifted_lists", "LIST_SHIFTS", "SHEET_SHIFTS", "turned", "pictured", "reuse", "REUSED", "CROSS")
    torch.set_default_dtype(before)


@pytest.mark.parametrize("step", [1, -1])
def test_the_answer_stands_beside_the_only_mark(chapter, step):
    tokens, answers, at = chapter.draw(9, 200, 3, step)
    assert ((tokens == 8).sum(dim=1) == 1).all() and (tokens[torch.arange(200), at] == 8).all()
    assert torch.equal(tokens[torch.arange(200), at + step], answers) and answers.max() < 8
    assert set(at.tolist()) == set(range(8) if step == 1 else range(1, 9))


def test_no_reader_sees_what_comes_later(chapter):
    tokens, _, _ = chapter.draw(12, 3, 1)
    other = tokens.clone()
    other[:, 8:] = (tokens[:, 8:] + 1) % 8
    for way in (*chapter.WAYS, "GRU"):
        model = chapter.Recurrent() if way == "GRU" else chapter.Reader(way)
        torch.testing.assert_close(model(tokens)[:, :8], model(other)[:, :8])
        assert not torch.allclose(model(tokens)[:, 8:], model(other)[:, 8:])


def test_a_shift_of_all_places_is_seen_by_added_codes_only(chapter):
    tokens, _, _ = chapter.draw(12, 3, 1)
    place = torch.arange(12) * 1.0
    for way, same in (("rope", True), ("sinusoidal", False), ("learned", False)):
        model = chapter.Reader(way)
        assert torch.allclose(model(tokens, place), model(tokens, place + 7)) is same


def test_learned_rows_between_two_places_are_their_mixture(chapter):
    model = chapter.Reader("learned")
    tokens, _, _ = chapter.draw(5, 2, 1)
    before = model(tokens, torch.tensor([0, 0.5, 2, 3, 4]))
    with torch.no_grad():
        model.table.weight[1] = (model.table.weight[0] + model.table.weight[1]) / 2
    torch.testing.assert_close(model(tokens, torch.tensor([0, 1.0, 2, 3, 4])), before)
    model.step = 0.5
    torch.testing.assert_close(model(tokens), model(tokens, torch.arange(5) / 2))


def test_the_bootstrap_is_the_formula_for_large_samples(chapter):
    rng = np.random.default_rng(1)
    before, after = rng.random(2000) < 0.9, rng.random(2000) < 0.6
    gap, low, high = chapter.bootstrap(before, after, rounds=2000)
    half = 1.96 * np.sqrt(before.var() / 2000 + after.var() / 2000)
    np.testing.assert_allclose([low, high], [gap - half, gap + half], atol=0.003)


def test_the_interval_over_seeds_is_scipys(chapter):
    from scipy.stats import ttest_1samp
    gaps = [0.1, 0.4, 0.2, 0.3]
    mean, low, high = chapter.over_seeds(gaps)
    found = ttest_1samp(gaps, 0).confidence_interval()
    np.testing.assert_allclose([mean, low, high], [0.25, found.low, found.high])


def test_by_place_tells_a_reader_that_knows_the_first_places_only(chapter):
    class Knows(torch.nn.Module):
        def forward(self, tokens):
            at = (tokens == 8).int().argmax(dim=1)
            answer = tokens[torch.arange(len(tokens)), (at + 1).clamp(max=tokens.shape[1] - 1)]
            answer = torch.where(at < 16, answer, (answer + 1) % 8)
            return torch.nn.functional.one_hot(answer, 9)[:, None].expand(-1, tokens.shape[1], -1)
    found = chapter.by_place(Knows(), n=32, count=200)
    assert (found[:2][~np.isnan(found[:2])] == 1).all() and (found[2:][~np.isnan(found[2:])] == 0).all()


@pytest.mark.parametrize("how", ["a word lost", "two words swapped", "an unknown word"])
def test_a_fault_lies_in_one_item(chapter, how):
    rng = np.random.default_rng(0)
    for items in chapter.shifted_lists(how)[:60]:
        whole = [t.text for t in cldr.sentence(items, "en")]
        words, hit = chapter.hurt(items, how, rng)
        if hit < 0:
            assert words == whole
            continue
        owners = [t.item for t in cldr.sentence(items, "en")]
        if how == "a word lost":
            assert len(words) == len(whole) - 1
        else:
            changed = {owners[i] for i, (a, b) in enumerate(zip(words, whole)) if a != b}
            assert hit in changed and changed <= {hit, -1} and len(words) == len(whole)
        if how == "an unknown word":
            assert words.count("<begin>") == 1


def test_an_unhurt_list_is_left_alone(chapter):
    items = chapter.shifted_lists("new items")[0]
    assert chapter.hurt(items, "new items", np.random.default_rng(0)) == ([t.text for t in cldr.sentence(items, "en")], -1)


def test_lists_of_one_kind_are(chapter):
    for name, kind in (("dates only", "date"), ("names only", "name")):
        lists = chapter.shifted_lists(name)
        assert len(lists) == 200 and {item[0] for items in lists for item in items} == {kind}
        assert all(len(set(items)) == 3 for items in lists)


def test_shifts_of_sheets_do_what_they_say(chapter):
    x = torch.rand(2, 42, 42)
    shifted = {name: shift(x) for name, shift in chapter.SHEET_SHIFTS.items()}
    assert torch.equal(shifted["as trained"], x) and torch.equal(shifted["moved by 3"][:, 3:, 3:], x[:, :-3, :-3])
    torch.testing.assert_close(shifted["white on black"] + x, torch.ones_like(x))
    torch.testing.assert_close(chapter.turned(x, 0), x)
    torch.testing.assert_close(chapter.turned(x, 90), torch.rot90(x, 1, (1, 2)))
    assert all(s.min() >= 0 and s.max() <= 1 for s in shifted.values())


def test_a_picture_shows_its_token(chapter):
    tokens, _, _ = chapter.draw(6, 20, 1)
    x = chapter.pictured(tokens, "valid", 2)
    assert x.shape == (20, 6, 49)
    assert all(np.array_equal(p.reshape(7, 7), chapter.CROSS) == (t == 8) for p, t in zip(x.flatten(0, 1).numpy(), tokens.flatten()))
    assert torch.equal(x, chapter.pictured(tokens, "valid", 2)) and not torch.equal(x, chapter.pictured(tokens, "test", 2))


@pytest.mark.parametrize("way, free", [("random block, frozen", False), ("all trained", True)])
def test_a_frozen_block_stays(chapter, way, free, monkeypatch):
    monkeypatch.setitem(chapter.reuse.__globals__, "STEPS", 3)
    block = chapter.Reader("relative").layers.state_dict()
    model = chapter.reuse(way, {k: v.clone() for k, v in block.items()}, 0.01, 0)
    moved = [not torch.equal(v, block[k]) for k, v in model.layers.state_dict().items()]
    assert all(moved) if free else not any(moved)
    assert set(chapter.REUSED[way]) <= {"none", "random", "other", "same", "GRU", True, False}


def test_rates_were_chosen_by_validation_alone():
    for name in ("texts", "squeezed", "blocks"):
        table = pd.read_csv(data.data_path("76", f"{name}.csv"))
        for _, rows in table.groupby("kind" if name == "squeezed" else "way"):
            tried, tested = rows[rows["split"] == "valid"], rows[rows["split"] == "test"]
            best = tried["valid"].idxmax() if name == "blocks" else tried["valid"].idxmin()
            assert set(tested["rate"]) == {tried.loc[best, "rate"]} and sorted(tested["seed"]) == list(range(6))
