"""Beam search against enumeration: on small random tables of next words it must find what trying everything finds."""
import csv
import importlib
from itertools import product

import common
import fair_play
import pytest

torch = pytest.importorskip("torch")
from babel.dates import format_date  # noqa: E402

from attnlib.data import data_path  # noqa: E402
from attnlib.seq2seq import BOS, EOS, beam_search, greedy  # noqa: E402
from attnlib.tasks import dates  # noqa: E402

WORDS, LIMIT = 5, 4
SOURCE = torch.full((1, 1), BOS)


class Table:
    """Every beginning has its own random probabilities; its state is the number of the beginning."""

    def __init__(self, seed):
        generator = torch.Generator().manual_seed(seed)
        self.scores = 3 * torch.randn(WORDS ** (LIMIT + 1), WORDS, generator=generator)

    def read(self, source):
        return torch.zeros(len(source), 1, dtype=torch.long), (torch.ones(1, 3), torch.ones(1, 3, 2))

    def decoder(self, words, state, summary, memory):
        assert len(words) == len(state) == len(summary) == len(memory)
        state = torch.where(words == BOS, state, state * WORDS + words + 1) % len(self.scores)
        return self.scores[state], None, state

    def score(self, path):
        state, total = torch.zeros(1, 1, dtype=torch.long), 0.0
        for before, word in zip((BOS, *path), path):
            scores, _, state = self.decoder(torch.tensor([[before]]), state, torch.ones(1, 3), torch.ones(1, 3, 2))
            total += scores[0, 0].log_softmax(-1)[word].item()
        return total


PATHS = [(*middle, EOS) for n in range(LIMIT) for middle in product([w for w in range(WORDS) if w != EOS], repeat=n)]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.5])
def test_a_beam_that_drops_nothing_finds_the_best(seed, alpha):
    table = Table(seed)
    every = {path: table.score(path) / ((5 + len(path)) / 6) ** alpha for path in PATHS}
    score, words = beam_search(table, SOURCE, WORDS**LIMIT, LIMIT, alpha)
    assert tuple(words) == max(every, key=every.get)
    assert score == pytest.approx(max(every.values()), rel=1e-6)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("width", [1, 2, 3])
def test_its_score_is_that_of_its_words_and_no_better_than_the_best(seed, width):
    table = Table(seed)
    score, words = beam_search(table, SOURCE, width, LIMIT, 0.6)
    length = LIMIT if EOS not in words else len(words)
    assert score == pytest.approx(table.score(tuple(words)) / ((5 + length) / 6) ** 0.6, rel=1e-6)
    assert score <= max(table.score(p) / ((5 + len(p)) / 6) ** 0.6 for p in PATHS) + 1e-6 or EOS not in words


@pytest.mark.parametrize("seed", range(8))
def test_a_beam_of_one_is_greedy(seed):
    table = Table(seed)

    class OneArgument:
        read, decoder = table.read, table.decoder
    assert beam_search(OneArgument, SOURCE, 1, LIMIT)[1] == greedy(OneArgument, SOURCE, LIMIT)[0].tolist()


def test_nothing_finished_gives_the_best_beginning():
    table = Table(0)
    table.scores[:, EOS] = -1e9
    score, words = beam_search(table, SOURCE, WORDS - 1, LIMIT)
    assert len(words) == LIMIT and EOS not in words
    assert score == pytest.approx(table.score(tuple(words)), rel=1e-6)


def test_a_beam_waits_for_what_the_penalty_may_still_forgive():
    """The end at once has 0.55, four words 0.45: by the penalty of the longest answer the beginning may still win, and does."""
    table = Table(0)
    table.scores[:] = -1e3
    table.scores[0, [EOS, 3]] = torch.tensor([0.55, 0.45]).log()
    table.scores[4, 3] = table.scores[24, 3] = table.scores[124, EOS] = 0
    assert beam_search(table, SOURCE, 3, LIMIT) == (pytest.approx(-0.5978, abs=1e-4), [EOS])
    assert beam_search(table, SOURCE, 3, LIMIT, 1.0) == (pytest.approx(-0.7985 / 1.5, abs=1e-4), [3, 3, 3, EOS])


def test_the_table_of_35_holds_what_its_script_would_write():
    """Each decoder of the notebook: every rate once on validation rows, then three seeds with the best of them.

    Those that chose the lowest rate tried a lower one; the decoder without attention got ten times the steps.
    """
    script = importlib.import_module("35_seq2seq")
    with open(data_path("35", "runs.csv"), encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    chapter = common.taught("35", "ARMS", "LETTERS", "LOCAL", "STEPS", "Translator", "parameters")
    decoders = chapter.ARMS | chapter.LOCAL
    assert list(dict.fromkeys(row["arm"] for row in table)) == list(decoders)
    lowest = []
    for arm in decoders:
        valid, test = ([row for row in table if (row["arm"], row["split"]) == (arm, split)] for split in ("valid", "test"))
        assert [float(row["rate"]) for row in valid] == list(script.RATES)
        best = fair_play.chosen({row["rate"]: [row] for row in valid}, script.exact_rows)
        lowest += [arm] if float(best) == script.RATES[0] else []
        assert [(row["rate"], row["seed"]) for row in test] == [(best, str(seed)) for seed in script.SEEDS]
        model = chapter.Translator(decoders[arm], len(chapter.LETTERS), 34, embed_dim=24, hidden_dim=32)
        assert {int(row["parameters"]) for row in valid + test} == {chapter.parameters(model)}
        assert {int(row["steps"]) for row in valid + test} == {chapter.STEPS}
    assert [(row["arm"], float(row["rate"]), row["seed"]) for row in table if row["split"] == "lower"] == [
        (arm, script.LOWER, "0") for arm in lowest]
    valid, test = ([row for row in table if row["split"] == split] for split in ("long_valid", "long_test"))
    assert {row["arm"] for row in valid + test} == {"none"} and {int(row["steps"]) for row in valid + test} == {10 * chapter.STEPS}
    assert [float(row["rate"]) for row in valid] == list(script.LONG_RATES)
    best = fair_play.chosen({row["rate"]: [row] for row in valid}, script.exact_rows)
    assert [(row["rate"], row["seed"]) for row in test] == [(best, str(seed)) for seed in script.SEEDS]


def test_the_decoders_of_35_stay_on_the_device_of_their_input():
    """`meta` stands for any other device; a window's places must be made there, too."""
    chapter = common.taught("35", "ARMS", "LOCAL")
    memory, summary = torch.empty(2, 5, 8, device="meta"), torch.empty(2, 8, device="meta")
    mask, words = torch.ones(2, 5, dtype=torch.bool, device="meta"), torch.full((2, 3), 3, device="meta")
    for make in (chapter.ARMS | chapter.LOCAL).values():
        decoder = make(34, 6, 4, 8).to(device="meta", dtype=memory.dtype)
        scores, _, state = decoder(words, decoder.begin(summary), memory, summary, mask)
        assert scores.is_meta and state.is_meta


def test_dates_are_written_as_babel_writes_them():
    for office in sorted(set(dates.OFFICES)):
        for day, style in zip(dates.DAYS[::37], dates.STYLES * 200):
            assert dates.worded(day, office, style) == format_date(day, style, locale=office)


def test_a_day_is_in_one_pool_and_held_out_rows_have_one_reading():
    assert sorted(i for pool in dates.POOLS.values() for i in pool) == list(range(len(dates.DAYS)))
    for row in dates.held_out("test", 3, 30):
        assert all(dates.meanings(dates.worded(*date)) == [date[0]] for date in row)
    assert len(dates.meanings("10/11/12")) == 3 and dates.meanings("31/31/12") == []


@pytest.mark.parametrize("typed, says", [
    ("", "got ''"), (" ; ", "got ''"), (None, "got NoneType"), (7, "got int"), ("hello", "got 'hello'"),
    ("30. Februar 2012", "got '30. Februar 2012'"),
    ("31/12/1999", "got '31/12/1999'"), ("2012-03-10", "got '2012-03-10'"), ("3/10/12; tomorrow", "got 'tomorrow'"),
    ("x" * 10_000, "got 'xxx"),     ("٣/١٠/١٢", "got"), ("3/10/12;" * 4, "at most three dates, got 4"),
    ("3/10/12,3/10/12", "got '3/10/12,3/10/12'")])
def test_what_is_no_date_gets_a_sentence(typed, says):
    read_dates = common.taught("35", "read_dates").read_dates
    with pytest.raises(ValueError, match="^text: expected") as error:
        read_dates(typed)
    assert says in str(error.value) and len(str(error.value)) < 140


def test_where_bahdanaus_decoder_looks_beside_a_word_it_does_not_need_the_word():
    """What 35 says of his first seed, trained again: where the largest weight lies beside the right part, that part can be hidden."""
    chapter = common.taught("35", "ARMS", "sources", "targets", "train")
    model, _, _ = chapter.train(chapter.ARMS["bahdanau"], 0.02, 0)
    rows = dates.held_out("test", 3)
    source, target = chapter.sources(rows), chapter.targets(rows)
    given = torch.nn.functional.pad(target, (1, -1), value=BOS)
    told = [[(i, part) for _, i, part in dates.source_of(row)] + [None] * source.shape[1] for row in rows]
    right, beside = [], []
    with torch.no_grad():
        top = model(source, target)[1].argmax(-1)
        state, (memory, summary, mask) = model.read(source)
        for t in range(9):
            word = given[:, t:t + 1]
            part = torch.tensor([[x == (t // 3, "yMd"[t % 3]) for x in line[:source.shape[1]]] for line in told])
            scores, _, _ = model.decoder(word, state, memory, summary, mask & ~part)
            right += (scores[:, 0].argmax(-1) == target[:, t]).tolist()
            beside += (~part.gather(1, top[:, t:t + 1])[:, 0]).tolist()
            _, _, state = model.decoder(word, state, memory, summary, mask)
    right, beside = torch.tensor(right).double(), torch.tensor(beside)
    assert 0.1 < beside.double().mean() < 0.3
    assert right[beside].mean() > 0.7 > 0.5 > right[~beside].mean()
