"""The translation data, worded as CLDR words it, cut and joined without loss, split without leak, aligned; and its models."""
import csv
import importlib
from fractions import Fraction

import common
import fair_play
import numpy as np
import pytest
import torch
from babel.lists import format_list
from matplotlib import ft2font
from sacrebleu.metrics import CHRF

from attnlib import data, seq2seq
from attnlib.tasks import cldr

LANGUAGES = ("en", "fr", "zh")
LISTS = [cldr.held_out_lists(name, n, 40) for name in ("train", "valid", "test") for n in range(1, 9)]


def text(items, language):
    return cldr.join([t.text for t in cldr.sentence(items, language)], language)


@pytest.mark.parametrize("language, worded", [
    ("en", "South Korea, 12 kilometers per hour, March 5, 2021, and 9 Swiss francs"),
    ("fr", "Corée du Sud, 12 kilomètres par heure, 5 mars 2021 et 9 francs suisses"),
    ("zh", "韩国、每小时12公里、2021年3月5日和9瑞士法郎")])
def test_worded_as_people_worded_it(language, worded):
    items = (("name", "KR"), ("unit", 12, "speed-kilometer-per-hour"), ("date", 2021, 3, 5), ("money", 9, "CHF"))
    assert text(items, language) == worded


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_is_what_babel_makes_of_its_items(language):
    for items in sum(LISTS, []):
        assert text(items, language) == format_list([text([item], language) for item in items], locale=language)
    wording = {text([("unit", n, unit)], language) for n in cldr.COUNTS for unit in cldr.UNITS}
    assert not any(unit in worded for worded in wording for unit in cldr.UNITS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_vocabulary_there_and_back(language):
    vocabulary = cldr.Vocabulary(language)
    assert vocabulary.words[:3] == ["<pad>", "<begin>", "<end>"] and len(set(vocabulary.words)) == len(vocabulary.words)
    for lists in LISTS:
        rows = vocabulary.encode(lists)
        assert [vocabulary.decode(row) for row in rows] == [[t.text for t in cldr.sentence(items, language)] for items in lists]
        assert ((rows == seq2seq.EOS).sum(axis=1) == 1).all()
        assert all((row[row.tolist().index(seq2seq.EOS) + 1:] == seq2seq.PAD).all() for row in rows)


def test_numbers_are_whole_tokens():
    assert [t for t, _ in cldr.phrase(("date", 2021, 3, 5), "zh")] == ["2021", "年", "3", "月", "5", "日"]
    assert cldr.split("17 Mexican pesos, and 2021", "en") == ["17", "Mexican", "pesos", ",", "and", "2021"]


def test_split_leaks_no_item():
    pools = cldr.item_pools()
    for kind in ("date", "unit", "money"):
        sets = [set(pools[name][kind]) for name in ("train", "valid", "test")]
        assert not sets[0] & sets[1] and not sets[0] & sets[2] and not sets[1] & sets[2]
        share = Fraction(len(sets[0]), sum(map(len, sets)))
        assert abs(share - Fraction(8, 10)) < Fraction(1, 100)
    assert {len(kind) for pool in pools.values() for kind in pool.values()} == {24, 6720, 840, 384, 48, 288, 36}


def test_training_lists_mix_all_lengths_in_every_batch():
    lists = cldr.training_lists(600, seed=3)
    assert lists == cldr.training_lists(900, seed=3)[:600] and lists != cldr.training_lists(600, seed=4)
    assert [sum(len(items) == n for items in lists) for n in range(1, 6)] == [40, 80, 120, 160, 200]
    assert all({len(items) for items in lists[i:i + 40]} == {1, 2, 3, 4, 5} for i in range(0, 600, 40))
    assert all(len(set(items)) == len(items) for items in lists)
    pool = {item for kind in cldr.item_pools()["train"].values() for item in kind}
    assert all(item in pool for items in lists for item in items)


@pytest.mark.parametrize("language", ("fr", "zh"))
def test_alignment(language):
    for items in sum(LISTS, []):
        source, target = cldr.sentence(items, "en"), cldr.sentence(items, language)
        same_item, same_part = cldr.alignment(items, language), cldr.alignment(items, language, parts=True)
        assert same_item.shape == (len(target), len(source)) and not (same_part & ~same_item).any()
        for row, fine, token in zip(same_item, same_part, target):
            assert row.any() == (token.item >= 0) and fine.any() == (token.part is not None)
            assert {s.item for s, r in zip(source, row) if r} <= {token.item}
            if token.text.isdigit() and language == "fr":              # a number is copied, so its place is beyond doubt
                assert [s.text for s, r in zip(source, fine) if r] == [token.text]


def test_alignment_of_a_date_by_hand():
    expected = np.zeros((6, 4), dtype=bool)
    for row, column in enumerate([3, 3, 0, 0, 1, 1]):                  # 2021 年 3 月 5 日 against March 5 , 2021
        expected[row, column] = True
    np.testing.assert_array_equal(cldr.alignment((("date", 2021, 3, 5),), "zh", parts=True), expected)


def test_errors_name_what_came():
    with pytest.raises(ValueError, match="got 'de'"):
        cldr.split("drei", "de")
    with pytest.raises(ValueError, match="got 'colour'"):
        cldr.phrase(("colour", "red"), "en")


def test_the_font_has_every_letter():
    font = ft2font.FT2Font(str(data.data_path("41", "attention_sans_sc.otf")))
    assert font.family_name == "Attention Sans SC"
    letters = {letter for language in LANGUAGES for word in cldr.Vocabulary(language).words for letter in word}
    assert letters <= set(map(chr, font.get_charmap()))
    assert set(importlib.import_module("41_make_font").letters()) <= set(map(chr, font.get_charmap())) | set("αβ≈")


def test_the_table_is_whole():
    with open(data.data_path("41", "runs.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    script = importlib.import_module("41_translation")
    for language in ("fr", "zh"):
        for arm in ("none", "luong", "bahdanau"):
            mine = [r for r in rows if (r["language"], r["arm"]) == (language, arm)]
            valid, test = ([r for r in mine if r["split"] == name] for name in ("valid", "test"))
            assert sorted(float(r["rate"]) for r in valid) == list(script.RATES) and [r["seed"] for r in test] == ["0", "1", "2"]
            assert {r["rate"] for r in test} == {fair_play.chosen({r["rate"]: [r] for r in valid}, script.exact_lists)}
            assert {int(r["steps"]) for r in mine} == {script.STEPS}
    for language, arm in script.MORE:
        more = [r for r in rows if (r["split"], r["language"], r["arm"]) == ("more", language, arm)]
        assert [int(r["seed"]) for r in more] == list(script.MORE[language, arm])
        assert {r["rate"] for r in more} == {r["rate"] for r in rows if (r["split"], r["language"], r["arm"]) == ("test", language, arm)}


def test_chrf_by_hand():
    assert CHRF(char_order=1).sentence_score("35 euro", ["35 euros"]).score == pytest.approx(100 * 15 / 17)


# ---- the encoder and the decoders of 35_seq2seq --------------------------------------------------------------

@pytest.fixture(params=("SummaryDecoder", "LuongDecoder", "BahdanauDecoder"))
def model(request):
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield seq2seq.Translator(getattr(seq2seq, request.param), 12, 11, embed_dim=5, hidden_dim=6)
    torch.set_default_dtype(before)


SOURCE = torch.tensor([[5, 6, 7, 2], [8, 2, 0, 0]])
TARGET = torch.tensor([[4, 5, 2], [6, 2, 0]])


def test_padding_of_the_source_changes_nothing(model):
    scores, weights = model(SOURCE, TARGET)
    longer, wider = model(torch.nn.functional.pad(SOURCE, (0, 3)), TARGET)
    alone, _ = model(SOURCE[1:, :2], TARGET[1:])
    torch.testing.assert_close(longer, scores)
    torch.testing.assert_close(alone, scores[1:])
    if weights is not None:
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, 3))
        assert (weights[1, :, 2:] == 0).all() and wider.shape == (2, 3, 7)


def test_later_words_do_not_reach_earlier_scores(model):
    changed = TARGET.clone()
    changed[:, 1:] = 9
    torch.testing.assert_close(model(SOURCE, changed)[0][:, :2], model(SOURCE, TARGET)[0][:, :2], rtol=0, atol=0)
    assert not torch.equal(model(SOURCE, changed)[0][:, 2], model(SOURCE, TARGET)[0][:, 2])


def test_every_word_of_the_source_and_every_parameter_matters(model):
    seq2seq.translation_loss(model, SOURCE, TARGET).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    for j in range(3):
        changed = SOURCE.clone()
        changed[0, j] = 10
        assert not torch.equal(model(changed, TARGET)[0][0], model(SOURCE, TARGET)[0][0])


def test_loss_is_the_mean_surprise_of_the_words(model):
    chances = model(SOURCE, TARGET)[0].softmax(dim=-1)
    surprises = [-chances[i, t, TARGET[i, t]].log() for i, t in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1))]
    torch.testing.assert_close(seq2seq.translation_loss(model, SOURCE, TARGET), sum(surprises) / 5)


def test_greedy_takes_the_best_word_and_stops(model):
    written = seq2seq.greedy(model, SOURCE, 6)
    best = model(SOURCE, written)[0].argmax(dim=-1)
    for row, wanted in zip(written.tolist(), best.tolist()):
        end = row.index(seq2seq.EOS) + 1 if seq2seq.EOS in row else len(row)
        assert row[:end] == wanted[:end] and not any(row[end:])
    with torch.no_grad():
        model.decoder.out.bias[seq2seq.EOS] = 1e3
    assert seq2seq.greedy(model, SOURCE, 6).tolist() == [[seq2seq.EOS], [seq2seq.EOS]]


class Scripted:
    """A model that writes what it is told, row by row."""

    def __init__(self, script):
        self.script, self.step = torch.tensor(script), 0

    def read(self, source):
        return None, ()

    def decoder(self, words, state):
        self.step += 1
        return torch.nn.functional.one_hot(self.script[:, self.step - 1:self.step], 9).double(), None, None


def test_greedy_writes_padding_after_the_end_and_no_more_than_the_limit():
    script = [[5, 6, seq2seq.EOS, 7], [seq2seq.EOS, 7, 8, 7]]
    assert seq2seq.greedy(Scripted(script), SOURCE, 9).tolist() == [[5, 6, seq2seq.EOS], [seq2seq.EOS, seq2seq.PAD, seq2seq.PAD]]
    assert seq2seq.greedy(Scripted(script), SOURCE, 2).tolist() == [[5, 6], [seq2seq.EOS, seq2seq.PAD]]


def test_first_word_by_hand(model):
    """The three formulas, written out for the first step."""
    state, (memory, summary, mask) = model.read(SOURCE)
    decoder, word = model.decoder, model.decoder.embed(torch.full((2, 1), seq2seq.BOS))
    if isinstance(decoder, seq2seq.LuongDecoder):
        state = decoder.gru(word, state[None])[0][:, 0]
        context = decoder.attention(state[:, None], memory, memory, mask[:, None])[0][:, 0]
    elif isinstance(decoder, seq2seq.BahdanauDecoder):
        context = decoder.attention(state[:, None], memory, memory, mask[:, None])[0][:, 0]
        state = decoder.gru(torch.cat([word[:, 0], context], dim=-1), state)
    else:
        context = summary
        state = decoder.gru(torch.cat([word, context[:, None]], dim=-1), state[None])[0][:, 0]
    wanted = decoder.out(torch.tanh(decoder.mix(torch.cat([state, context], dim=-1))))
    torch.testing.assert_close(model(SOURCE, TARGET)[0][:, 0], wanted)


@pytest.mark.parametrize("items", [LIST for lists in LISTS for LIST in lists[:6]], ids=str)
def test_a_typed_list_is_found_again(items):
    """However it is spaced, cased and ended."""
    typed = text(items, "en")
    for way in (typed, typed.upper(), f"  {typed}.\n", typed.replace(" ", "   "), typed.replace(", and ", " and ")):
        assert cldr.list_of(way) == items


@pytest.mark.parametrize("typed, says", [
    ("", "got nothing"), (" \n\t", "got nothing"), (".", "got nothing"), (None, "got NoneType"), (7, "got int"), (["Japan"], "got list"),
    ("Hello, world", "cannot read \"hello, world\""), ("Japan, Atlantis", "cannot read \"atlantis\""),
    ("Japanese", "cannot read \"japanese\""),     ("March 35, 2021", "cannot read"), ("5 March 2021", "cannot read"),
    ("March 5, 1999", "cannot read"), ("1 euro", "cannot read"),
    ("32 euros", "cannot read"), ("9 francs", "cannot read"), ("日本", "cannot read"), ("x" * 10_000, "at most 400 characters, got 10000"),
    ("Japan, " * 9 + "Japan", "at most eight items, got 10"), ("and", "cannot read"), (", ,", "cannot read")])
def test_what_is_no_list_gets_a_sentence(typed, says):
    with pytest.raises(ValueError, match="^list: expected") as error:
        cldr.list_of(typed)
    assert says in str(error.value) and len(str(error.value)) < 260


def test_at_equal_rates_the_first_losses_fall_alike_with_and_without_attention():
    """What 41 says of the two curves before they cross: the higher rate makes the faster fall, not the missing attention."""
    chapter = common.taught("41", "in_batches", "train")
    batches = chapter.in_batches(cldr.training_lists(30 * 40, seed=0))
    vocabularies = [cldr.Vocabulary(language) for language in ("en", "fr")]

    def ten(decoder, rate):
        return np.mean(chapter.train(decoder, vocabularies, batches, rate)[2][-10:])

    without, equal, lower = ten(seq2seq.SummaryDecoder, 0.02), ten(seq2seq.BahdanauDecoder, 0.02), ten(seq2seq.BahdanauDecoder, 0.007)
    assert abs(without - equal) < 0.1 < 0.3 < lower - without
