"""43: the reader's own documentation or text, and the reasons that the chapter does not try itself."""
import functools
import math

import common
import matplotlib
import numpy as np
import pytest

torch = pytest.importorskip("torch")
matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

from attnlib.tasks import docstrings  # noqa: E402
from attnlib.train import reproducible  # noqa: E402

TEXT = "The boat leaves at nine every morning. It carries forty people and ten bicycles.\n\nDogs are welcome on the upper deck."
WORDS = "a boat and its people"


def shelve(books, shelf):
    """Put books on a shelf.

    The tall ones go to the left. What does not fit is left on the table for somebody else to find. Each book is put down once.

    >>> shelve([], None)

    - a list is no prose
    """


def bare(x):
    return x


def first_line(x):
    """Give back what came."""


INPUTS = [
    ((None,), "got NoneType"), ((7,), "got int"), ((0.5,), "got float"), ((True,), "got bool"), (([TEXT],), "got list"),
    (((TEXT,),), "got tuple"), (({"a": TEXT},), "got dict"), ((TEXT.encode(),), "got bytes"), ((np.zeros(3),), "got ndarray"),
    ((functools.partial(shelve, []),), "got partial"), (("",), "got nothing"), ((" \n\t ", WORDS), "got nothing"),
    ((TEXT,), "such as name="), ((TEXT, ""), "name: expected some words"), ((TEXT, "  "), "name: expected some words"),
    ((TEXT, 3), "name: expected some words"), ((TEXT, ["boat"]), "name: expected some words"),
    ((shelve, b"x"), "name: expected some words"),
    *(((TEXT, name), "in English letters and at most 200 characters") for name in ("12", "!!!", "日本", "лодка", "😀", "boat" * 51)),
    (("\ud800 is a thing. It is the one.", WORDS), "English"),
    (("notes.txt", "my notes"), "2 to 20 sentences of prose to pick from, got 1"), (("/home/me/notes.txt", "notes"), "got 1"),
    (("One sentence stands here.", WORDS), "got 1"), (("The boat leaves. " * 21, WORDS), "2 to 20 sentences of prose to pick from, got 21"),
    (("x" * 20_001, WORDS), "at most 20,000 characters, got 20,001"),
    (("The boat and " * 34 + "that. It is late.", WORDS), "got one of 103"),
    (("Le chat est sur la table. Il y dort depuis midi.", "chat"), "English"), (("房间很好。 早餐很差。", "房间"), "English"),
    (("Комната хорошая. Завтрак плохой. Вид красивый.", "комната"), "English"), (("😡😡😡. 😡😡. 😡.", "anger"), "got 1"),
    (("12. 13. 14. 15 16 17.", "numbers"), "got 1"), ((bare,), "which has none"), ((first_line,), "got 0"),
    ((lambda x: x,), "which has none"),
    ((math,), "got")]


@pytest.fixture(scope="module")
def chapter():
    reproducible(0)
    return common.taught("43", "summary_of", "ready", "vectors_of", "Picker", "load", "part", "add_gains", "add_vectors", "picks", "gains",
                         "batch_of")


@pytest.mark.parametrize("given, says", INPUTS, ids=range(len(INPUTS)))
def test_what_cannot_be_summarized_gets_a_sentence(chapter, given, says):
    with pytest.raises(ValueError, match="^(thing|name): expected") as error:
        chapter.summary_of(*given)
    assert says in str(error.value) and len(str(error.value)) < 200 and not plt.get_fignums()


def test_documentation_is_cut_as_the_texts_were_and_a_text_is_kept_whole():
    asks, line, found = docstrings.to_pick_from(shelve)
    assert (asks, line) == (docstrings.name_words(f"{shelve.__module__}.shelve"), "Put books on a shelf.")
    assert found == ["The tall ones go to the left.", "What does not fit is left on the table for somebody else to find.",
                     "Each book is put down once."]
    assert docstrings.to_pick_from(shelve, " what  is left ")[0] == "what is left"
    asks, line, found = docstrings.to_pick_from(TEXT, WORDS)
    assert (asks, line, " ".join(found)) == (WORDS, None, " ".join(TEXT.split()))


def test_the_answer_is_a_sentence_of_the_text_with_the_weights_of_all(chapter):
    reproducible(0)
    answer = chapter.summary_of(TEXT, WORDS)
    [ax] = plt.gcf().axes
    heights = [bar.get_width() for bar in ax.patches]
    assert len(heights) == 3 and abs(sum(heights) - 1) < 1e-9
    picked = docstrings.to_pick_from(TEXT, WORDS)[2][int(np.argmax(heights))]
    assert f"picked: {picked}" in " ".join(answer.split()) and "the author says" not in answer
    plt.close("all")
    assert "the author says: Put books on a shelf." in chapter.summary_of(shelve)
    assert "note: 9 sentences" in chapter.summary_of("The boat is late today. " * 9, WORDS)
    plt.close("all")


def test_another_question_moves_the_weights(chapter):
    reproducible(0)
    found, looks = docstrings.to_pick_from(TEXT, WORDS)[2], []
    for asks in ("when the boat leaves", "rules for dogs"):
        with torch.no_grad():
            inputs = map(torch.tensor, (chapter.vectors_of(found)[None], chapter.vectors_of([asks]), [[True] * 3]))
            looks.append(chapter.ready(*inputs)[0])
    assert looks[0][0] > looks[1][0] and looks[1][2] > looks[0][2]


def test_the_shipped_picker_scores_what_the_table_says(chapter):
    reproducible(0)
    documents = chapter.load("summaries.csv")
    chapter.add_gains(documents)
    chapter.add_vectors(documents)
    test = chapter.part(documents, "test")
    assert abs(chapter.gains(test, chapter.picks(chapter.ready, test)).mean() - 0.236) < 0.01


@pytest.mark.parametrize("places", [False, True])
def test_without_places_a_body_is_a_set(chapter, places):
    """Sentences in another order get the same weights in that order; with places they do not."""
    reproducible(0)
    picker, order = chapter.Picker("gain", places).eval(), torch.tensor([2, 0, 3, 1])
    if places:
        torch.nn.init.normal_(picker.place)
    x, name, mask = 0.2 * torch.randn(1, 4, 48), torch.randn(1, 48), torch.ones(1, 4, dtype=torch.bool)
    assert torch.allclose(picker(x[:, order], name, mask), picker(x, name, mask)[:, order]) != places


def test_dollars_in_a_text_are_no_formula(chapter):
    reproducible(0)
    chapter.summary_of("The $\\frac{1$ of it is here. It costs $5 and not $6 in the end.", "the price \\frac{ $b$")
    plt.gcf().canvas.draw()
    assert [label.get_text() for label in plt.gca().get_yticklabels()][1].startswith("It costs $5 and not $6")
    plt.close("all")


@pytest.fixture(scope="module")
def splits(chapter):
    documents = chapter.load("summaries.csv")
    chapter.add_gains(documents)
    chapter.add_vectors(documents)
    return {name: chapter.part(documents, name) for name in ("train", "valid", "test")}


def test_the_name_of_a_page_drawn_at_random_asks_no_better_than_chance(chapter, splits):
    test = splits["test"]
    chance = np.mean([row["gain"].mean() for row in test])

    def asked(order):
        return chapter.gains(test, [(row["x"] @ test[j]["name_x"]).argmax() for row, j in zip(test, order)]).mean()

    exchanges = [asked(np.random.default_rng(seed).permutation(len(test))) for seed in range(20)]
    assert abs(np.mean(exchanges) - chance) < 0.006 and asked(range(len(test))) > max(exchanges) + 0.03


def test_a_narrow_margin_is_a_warning(chapter, splits):
    reproducible(0)
    test = splits["test"]
    with torch.no_grad():
        weights = chapter.ready(*chapter.batch_of(test)[:3]).numpy()
    highest = np.sort(weights, axis=1)
    found = np.array([w.argmax() == row["gain"].argmax() for w, row in zip(weights, test)])
    order = np.argsort(highest[:, -1] - highest[:, -2], kind="stable")
    narrow, wide = (found[half].mean() for half in np.array_split(order, 2))
    assert narrow < wide - 0.05
