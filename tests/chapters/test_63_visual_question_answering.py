"""What 63_visual_question_answering rests on: the maker of pictures and questions, the program, the joins, and what `ask` refuses."""
import common
import numpy as np
import pytest
from PIL import Image

from attnlib.tasks.pictures import digits, read_picture
from attnlib.tasks.questions import drawing, read_cells

torch = pytest.importorskip("torch")
torch.set_default_dtype(torch.float64)                       # the shipped weights are read as the chapter is
CHAPTER = common.taught("63", "sheets", "looks", "walks", "question", "encoded", "program", "reader", "beside", "could_be", "mirrored",
                        "scores", "FiLM", "as_words", "shipped_reader", "ask", "with_sound", "clips", "WORDS", "MOVES", "NOTHING")
torch.set_default_dtype(torch.float32)


@pytest.fixture(autouse=True)
def double():
    torch.set_default_dtype(torch.float64)


def labels_of(cells, split):
    return np.where(cells < 0, -1, digits(split, 14)[1][np.maximum(cells, 0) // 9])


def truth(words, label):
    """The answer by another route: words as text, cells as a grid of labels."""
    *rest, named = [CHAPTER.WORDS[w] for w in words if w]
    places = [divmod(j, 3) for j in range(9) if label[j] == int(named)]
    if not places:
        return CHAPTER.NOTHING
    (r, c), = places
    for step in [w for w in rest if w in CHAPTER.MOVES][::-1]:
        r, c = r + {"above": -1, "below": 1}.get(step, 0), c + {"left": -1, "right": 1}.get(step, 0)
        if not (0 <= r < 3 and 0 <= c < 3):
            return CHAPTER.NOTHING
    return label[3 * r + c] if label[3 * r + c] >= 0 else CHAPTER.NOTHING


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("objects, hops", [(4, 1), (9, 1), (4, 2), (2, 1)])
def test_the_answer_is_what_stands_there(split, objects, hops):
    cells, words, answer, path = CHAPTER.sheets(1, split, 100, objects, hops)
    for c, w, a, p in zip(cells, words, answer, path):
        label = labels_of(c, split)
        assert truth(w, label) == a and (c >= 0).sum() == objects
        if a != CHAPTER.NOTHING:
            assert label[p[-1]] == a and label[p[0]] == int(CHAPTER.WORDS[w[-1]]) and len(set(p)) == hops + 1
        else:
            assert (p == -1).all()


def test_nothing_is_one_answer_in_ten_and_the_number_of_digits_does_not_give_it_away():
    cells, words, answer, _ = CHAPTER.sheets(2, "train", 4000)
    share = np.bincount(answer, minlength=11) / 4000
    assert abs(share - 0.09 - 0.01 * (np.arange(11) == 10)).max() < 0.02
    assert set((cells >= 0).sum(axis=1)) == {4}


def test_no_look_is_in_two_splits():
    seen = {look.tobytes() for look in CHAPTER.looks("train")[:-1]}
    assert not any(look.tobytes() in seen for look in CHAPTER.looks("test")[:-1])


class Oracle(torch.nn.Module):
    """An eye that knows every look of a split."""

    def __init__(self, split):
        super().__init__()
        self.known = {look.tobytes(): i // 9 for i, look in enumerate(CHAPTER.looks(split)[:-1])}
        self.labels = digits(split, 14)[1]

    def forward(self, pages):
        logits = torch.zeros(*pages.shape[:2], 10)
        for index in np.ndindex(*pages.shape[:2]):
            i = self.known.get(np.ascontiguousarray(pages[index].numpy()).tobytes())
            if i is not None:
                logits[(*index, self.labels[i])] = 50
        return logits


@pytest.mark.parametrize("hops", [1, 2])
def test_with_an_eye_that_never_errs_the_program_never_errs(hops):
    cells, words, answer, _ = CHAPTER.sheets(3, "valid", 60, 4, hops)
    assert list(CHAPTER.program(Oracle("valid"), cells, words, "valid")) == answer.tolist()


def test_the_neighbours_of_a_cell():
    x = torch.arange(1.0, 10.0).reshape(1, 9, 1)
    near = CHAPTER.beside(x)[0]                              # left, right, above, below
    assert near[4].tolist() == [4, 6, 2, 8] and near[0].tolist() == [0, 2, 0, 4] and near[8].tolist() == [8, 0, 6, 0]


@pytest.mark.parametrize("way, blind_to", [("question", "picture"), ("picture", "question"), ("FiLM", None),
                                           ("FiLM, normed and pooled", None), ("flat", None), ("mean", None),
                                           ("attention, last word", None), ("attention, every word", None)])
def test_a_blind_reader_does_not_see_the_other_side(way, blind_to):
    torch.manual_seed(0)
    model, x, words = CHAPTER.reader(way), torch.randn(2, 9, 32), torch.tensor([[1, 2, 5, 3, 4, 16], [0, 1, 2, 7, 4, 11]])
    same_picture = torch.allclose(model(x, words)[0], model(x.flip(0), words)[0])
    same_question = torch.allclose(model(x, words)[0], model(x, words.flip(0))[0])
    assert (same_picture, same_question) == (blind_to == "picture", blind_to == "question")


def test_a_mirrored_picture_has_the_mirrored_question_and_its_answer():
    made = CHAPTER.sheets(4, "test", 80)
    cells, words, answer, path = CHAPTER.mirrored(made)
    for c, w, a in zip(cells, words, answer):
        assert truth(w, labels_of(c, "test")) == a
    again = CHAPTER.mirrored((cells, words, answer, path))
    assert all((torch.as_tensor(a) == torch.as_tensor(b)).all() for a, b in zip(again, made))


def test_what_fits_holds_the_answer_and_nothing_empty():
    cells, words, _, path = CHAPTER.sheets(5, "test", 300)
    fits = CHAPTER.could_be(cells, words)
    some = path[:, 0] >= 0
    assert fits[np.arange(300), path[:, 1]][some].all() and not fits[cells < 0].any()


def test_the_voice_says_the_digit_that_the_words_leave_out():
    cells, words, sound, answer, _ = CHAPTER.with_sound(6, "test", 100)
    full = CHAPTER.sheets(6, "test", 100)
    named = full[1][:, -1].numpy() - CHAPTER.WORDS.index("0")
    bank = CHAPTER.clips("test")
    assert (words == full[1][:, :-1]).all() and all((bank[d] == s.numpy()).all(axis=1).any() for d, s in zip(named, sound))


@pytest.mark.parametrize("text", ["What is left of the 7?", "what is above the 0", "WHAT IS RIGHT OF THE 9 ?", "What is left of the 7!"])
def test_a_question_is_read(text):
    assert CHAPTER.as_words(text) == text.lower().replace("?", "").replace("!", "").split()


@pytest.mark.parametrize("text, says", [
    ("", "got nothing"), ("  ? ", "got nothing"), (None, "NoneType"), (7, "int"), ("what is beside the 7", "'beside'"),
    ("what is left of the 77", "'77'"), ("left of the 7", "got 'left of the 7'"), ("the 7 is left of what", "expected a question"),
    ("what is left of what is above the 7", "at most six"), ("what is left of the seven", "'seven'"), ("x" * 5000, "I do not know")])
def test_what_is_no_question_gets_a_sentence(text, says):
    with pytest.raises(ValueError, match=says) as error:
        CHAPTER.as_words(text)
    assert len(str(error.value)) < 250


def page(cells, side=330):
    """A page with a black bar in each of some cells."""
    paper, third = np.full((side, side), 255, np.uint8), side // 3
    for cell in cells:
        r, c = divmod(cell, 3)
        paper[r * third + 20:(r + 1) * third - 20, c * third + 50:c * third + 62] = 0
    return Image.fromarray(paper)


@pytest.mark.parametrize("picture, says", [
    (page([]), "without strokes"), (page([0, 1, 2]), "got 3 cells"), (page([0, 1, 2, 3, 4]), "got 5 cells"),
    (page([0, 1, 2, 3]).resize((330, 200)), "330 x 200"), (page([0, 1, 2, 3]).resize((60, 60)), "60 x 60"),
    (Image.new("L", (300, 300), "black"), "dark page"), (Image.new("RGB", (300, 300), "red"), "colours")])
def test_what_is_no_picture_of_four_digits_gets_a_sentence(tmp_path, picture, says):
    picture.save(tmp_path / "page.png")
    with pytest.raises(ValueError, match=says):
        read_cells(read_picture(tmp_path / "page.png"))


@pytest.mark.parametrize("grey", [np.full((200, 200), np.nan), np.zeros(5), np.zeros((200, 200, 3))])
def test_what_is_no_grey_picture_gets_a_sentence(grey):
    with pytest.raises(ValueError, match="expected finite numbers"):
        read_cells(grey)


def test_a_digit_that_is_not_there_is_not_asked_about(tmp_path):
    page([0, 1, 3, 4]).save(tmp_path / "page.png")           # four bars: ones, perhaps sevens
    with pytest.raises(ValueError, match="expected a digit of the picture, which seem to be .*, got 8"):
        CHAPTER.ask(tmp_path / "page.png", "what is left of the 8?")


def test_a_digit_that_is_there_twice_is_not_asked_about(tmp_path):
    once, again = drawing({7: (0, 1), 2: (0, 0), 1: (1, 1)}), drawing({7: (2, 2)})
    Image.fromarray(np.minimum(np.asarray(once), np.asarray(again))).save(tmp_path / "page.png")
    with pytest.raises(ValueError, match="that is there once, got 7"):
        CHAPTER.ask(tmp_path / "page.png", "what is left of the 7?")


@pytest.mark.parametrize("normed", [False, True])
@pytest.mark.parametrize("pooled", [False, True])
def test_film_by_hand(normed, pooled):
    torch.manual_seed(0)
    join, states, h = CHAPTER.FiLM(normed, pooled), torch.randn(5, 3, 32), torch.randn(5, 9, 32)
    if pooled:
        torch.nn.init.normal_(join.pool.query)               # it starts at zero
    joined = join(states, h)[0].detach().numpy()
    q, x = states[:, -1].numpy(), h.numpy()
    for film, mix in zip(join.film, join.mix):
        x = x @ mix.weight.detach().numpy().T + mix.bias.detach().numpy()
        if normed:
            x = (x - x.mean(axis=(0, 1))) / np.sqrt(x.var(axis=(0, 1)) + 1e-5)
        both = q @ film.weight.detach().numpy().T + film.bias.detach().numpy()
        x = np.maximum(0, x * (1 + both[:, None, :32]) + both[:, None, 32:])
    w = np.exp(x @ join.pool.query[0].detach().numpy()) if pooled else None
    found = (w[..., None] * x).sum(axis=1) / w.sum(axis=1, keepdims=True) if pooled else x.max(axis=1)
    np.testing.assert_allclose(joined, np.concatenate([q, found], axis=1), atol=1e-9)


def test_strokes_become_cells_and_empty_ones_stay_empty(tmp_path):
    page([0, 4, 5, 8]).save(tmp_path / "page.png")
    cells = read_cells(read_picture(tmp_path / "page.png")).reshape(9, 16, 16)
    assert [i for i in range(9) if cells[i].max() > 0] == [0, 4, 5, 8]
    there = cells[4] > 0.5
    assert there.any(axis=1).sum() == 10 and there.any(axis=0).sum() <= 3 and abs(np.flatnonzero(there.any(axis=1)).mean() - 7.5) < 1


def test_the_shipped_reader_answers_large_prints_of_test_digits(tmp_path):
    sight, answerer = CHAPTER.shipped_reader()
    cells, words, answer, _ = CHAPTER.sheets(11, "test", 30)
    right = 0
    for c, w, a in zip(cells, words, answer):
        pixels = CHAPTER.looks("test")[c].reshape(3, 3, 16, 16).transpose(0, 2, 1, 3).reshape(48, 48)
        Image.fromarray(np.uint8(255 * (1 - pixels))).resize((336, 336), Image.Resampling.BILINEAR).save(tmp_path / "page.png")
        with torch.no_grad():
            logits, _ = answerer(sight[0](torch.tensor(read_cells(read_picture(tmp_path / "page.png"))))[None], w[None])
        right += int(logits.argmax() == a)
    assert right >= 20


def test_what_can_be_guessed_from_parts_of_picture_and_question():
    """Rules that see all digits rightly and name the commonest candidate, ties shared evenly: what the chapter compares with."""
    cells, words, answer, _ = CHAPTER.sheets(9, "test", 4000)
    kinds, answer, named = labels_of(cells, "test"), answer.numpy(), words[:, -1].numpy() - CHAPTER.WORDS.index("0")
    candidates = {"picture": cells >= 0, "picture, places": (cells >= 0) * np.array(
        [[sum(row[k] for k in range(9) if abs(k // 3 - j // 3) + abs(k % 3 - j % 3) == 1) for j in range(9)] for row in cells >= 0]),
        "name, no places": (cells >= 0) & (kinds != named[:, None]), "picture and step": CHAPTER.could_be(cells, words)}
    found = {}
    for name, weight in candidates.items():
        votes = np.stack([np.where(kinds == d, weight, 0).sum(axis=1) for d in range(10)], axis=1)
        best = (votes == votes.max(axis=1, keepdims=True)) & (votes > 0)
        right = (best & (np.arange(10) == answer[:, None])).any(axis=1) / np.maximum(best.sum(axis=1), 1)
        found[name] = np.where(votes.max(axis=1) > 0, right, answer == CHAPTER.NOTHING).mean()
    assert 0.32 < found["picture"] < 0.37 and found["picture, places"] > found["picture"] + 0.05
    assert 0.37 < found["name, no places"] < 0.43 and 0.70 < found["picture and step"] < 0.745
