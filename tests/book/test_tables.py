"""Each shipped table was made by the code as it stands: an edit to any of its arms is seen, and named with the command that mends it."""
import shutil

import book
import made_from
import pytest
import registry

CHAPTERS = [name for name in registry.THERE if (book.ROOT / "experiments" / f"{name}.py").exists()]
NOTEBOOK = "notebooks/{}.ipynb"
SCRIPT = "experiments/{}.py"

# chapter, file, a definition of an arm, what stands there, what is planted
EDITS = [
    ("01_background", NOTEBOOK, "Copier", "nn.GRU", "nn.RNN"),
    ("16_position", SCRIPT, "draw", "n - 1", "n - 2"),
    ("35_seq2seq", NOTEBOOK, "RawDot", "q @ k.mT", "q @ k.mT / 2"),
    ("36_lstm_classifier", NOTEBOOK, "pool", "-torch.inf).amax(dim=1)", "torch.inf).amin(dim=1)"),
    ("37_transformer", "attnlib/pytorch.py", "FeedForward", "torch.relu", "torch.tanh"),
    ("41_translation", "attnlib/seq2seq.py", "SummaryDecoder", "torch.tanh", "torch.relu"),
    ("42_sentiment", NOTEBOOK, "Reader", "bidirectional=True", "bidirectional=False"),
    ("43_summarization", NOTEBOOK, "centrality", "0.85", "0.5"),
    ("44_question_answering", NOTEBOOK, "MeanReader", "mean", "sum"),
    ("44_question_answering", "attnlib/pretrained.py", "token_vectors", "eval", "train"),
]


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_tables_of_a_chapter_were_made_by_the_code_as_it_stands(name):
    changed = made_from.differences(name)
    assert not changed, f"the tables in notebooks/data/{name} were made before a change of {'; '.join(changed)}.  make table NB={name[:2]}"


@pytest.fixture
def copy(tmp_path):
    """The code that experiments reach, where it may be edited."""
    for folder in ("attnlib", "experiments"):
        shutil.copytree(book.ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("exercises", "__pycache__"))
    (tmp_path / "notebooks").mkdir()
    for path in book.chosen([]):
        shutil.copy(path, tmp_path / "notebooks")
    return tmp_path


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name}: {old}"
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("name, file, definition, old, new", EDITS)
def test_an_edit_to_an_arm_is_named(copy, name, file, definition, old, new):
    file = file.format(name)
    edit(copy / file, old, new)
    assert f"{file}: {definition}" in made_from.differences(name, copy)


def test_comments_docstrings_layout_and_checks_of_arguments_do_not_count(copy):
    edit(copy / "attnlib" / "pytorch.py", '"""Divide', '"""We divide') if False else None
    path = copy / "attnlib" / "train.py"
    edit(path, "def fit(", "# a comment\n\n\ndef fit(")
    assert made_from.reached("36_lstm_classifier", copy) == made_from.reached("36_lstm_classifier")
