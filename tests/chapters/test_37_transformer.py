"""37: the reader's own list, and the reasons that the chapter does not try itself."""
import common
import matplotlib
import pytest

torch = pytest.importorskip("torch")
matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402
from torch import nn  # noqa: E402

from attnlib.core import sinusoidal_positions  # noqa: E402
from attnlib.seq2seq import PAD, Transformer  # noqa: E402
from attnlib.tasks import cldr  # noqa: E402
from attnlib.train import reproducible  # noqa: E402

INPUTS = [  # what a reader may type, and what the answer says of it
    ("", "got nothing"), (" \n\t", "got nothing"), ("...", "got nothing"), (None, "got NoneType"), (37, "got int"), (0.5, "got float"),
    (True, "got bool"), (["Japan"], "got list"), (("Japan", "Brazil"), "got tuple"), (b"Japan", "got bytes"), ({"Japan": 1}, "got dict"),
    ("list.txt", "cannot read \"list.txt\""), ("/home/me/list.txt", "cannot read"), ("日本", "cannot read"),
    ("Corée du Sud", "cannot read"),
    ("😡😡😡", "cannot read"), ("Japan; Brazil", "cannot read"), ("1 euro", "cannot read"), ("32 euros", "cannot read"),
    ("March 35, 2021", "cannot read"), ("March 5, 1999", "cannot read"), ("Hello, world", "cannot read \"hello, world\""),
    ("x" * 10_000, "at most 400 characters, got 10000"), ("Japan, " * 9, "at most eight items, got 9"), ("a\x00b", "cannot read"),
    ("Japan. Brazil", "cannot read")]


@pytest.fixture(scope="module")
def chapter():
    reproducible(0)
    return common.taught("37", "to_french", "translator", "exact", "english", "french")


@pytest.mark.parametrize("typed, says", INPUTS)
def test_what_is_no_list_gets_a_sentence(chapter, typed, says):
    with pytest.raises(ValueError, match="^list: expected") as error:
        chapter.to_french(typed)
    assert says in str(error.value) and len(str(error.value)) < 300 and not plt.get_fignums()


@pytest.mark.parametrize("typed, answer", [
    ("Japan", "Japon (right)"), (" japan.\n", "Japon (right)"), ("Brazil and 12 meters", "Brésil et 12 mètres (right)"),
    ("9 Swiss francs, Japan, and March 5, 2021", "9 francs suisses, Japon et 5 mars 2021 (right)")])
def test_a_list_comes_back_in_french_with_its_map(chapter, typed, answer):
    reproducible(0)
    assert chapter.to_french(typed) == answer
    [ax] = plt.gcf().axes
    written, read = ([label.get_text() for label in labels] for labels in (ax.get_yticklabels(), ax.get_xticklabels()))
    assert cldr.join(written, "fr") == answer.removesuffix(" (right)") and read[-1] == "<end>"
    looks = ax.images[0].get_array()
    assert looks.shape == (len(written), len(read)) and abs(looks.sum(axis=1) - 1).max() < 1e-9
    plt.close("all")


def test_a_list_longer_than_those_of_the_training_says_so_and_shows_what_is_right(chapter):
    reproducible(0)
    answer = chapter.to_french("Japan, Brazil, Spain, Italy, Greece, Finland, Poland, and Mexico")
    assert "longer than any list of its training" in answer and "wrong: Japon" in answer
    plt.close("all")


def test_the_shipped_weights_translate(chapter):
    reproducible(0)
    assert chapter.exact(chapter.translator, cldr.held_out_lists("test", 5, 40)) > 0.9


class FromTheLeft(Transformer):
    """Places counted from the left edge, padding included."""

    def enter(self, table, words):
        return table(words) * table.embedding_dim ** 0.5 + torch.as_tensor(sinusoidal_positions(words.shape[1], table.embedding_dim))


@pytest.mark.parametrize("kind, same", [(Transformer, True), (FromTheLeft, False)])
def test_padding_in_front_moves_no_word_only_where_places_are_counted_from_the_mask(kind, same):
    reproducible(0)
    model, (source, target) = kind(13, 13), torch.randint(3, 13, (2, 2, 7)).unbind()
    in_front = nn.functional.pad(source, (4, 0), value=PAD)
    assert torch.allclose(model(in_front, target)[0], model(source, target)[0]) == same


def test_padding_of_the_target_hides_behind_the_causal_mask():
    reproducible(0)
    model, (source, target) = Transformer(13, 13), torch.randint(3, 13, (2, 2, 7)).unbind()
    longer = nn.functional.pad(target, (0, 3), value=PAD)
    torch.testing.assert_close(model(source, longer)[0][:, :7], model(source, target)[0])


class Torch(Transformer):
    """Places without NumPy: the text of `placed` with a table that was computed before."""

    def enter(self, table, words):
        places = ((words != PAD).cumsum(dim=-1) - 1).clamp(min=0)
        return table(words) * table.embedding_dim ** 0.5 + CODES[places]


CODES = torch.as_tensor(sinusoidal_positions(50, 8))


@pytest.mark.parametrize("kind, free", [(Transformer, False), (Torch, True)])
def test_numpy_is_what_freezes_the_length_of_an_exported_encoder(kind, free):
    reproducible(0)

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = kind(13, 13, dim=8)

        def forward(self, source):
            return self.model.read(source)[1][0]

    reader, (short, long) = Reader(), (torch.randint(3, 13, (2, n)) for n in (7, 11))
    sizes = ({1: torch.export.Dim("n", min=2, max=40)},)
    if free:
        program = torch.export.export(reader, (short,), dynamic_shapes=sizes)
        torch.testing.assert_close(program.module()(long), reader(long))
    else:
        with pytest.raises(Exception, match="whole number"):
            torch.export.export(reader, (short,), dynamic_shapes=sizes)
