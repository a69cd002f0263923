"""Each shipped table was made by the code as it stands: an edit to any of its arms is seen, and named with the command that mends it."""
import ast
import shutil

import book
import common
import made_from
import pytest
import registry
import table

CHAPTERS = [name for name in registry.THERE if (book.ROOT / "experiments" / f"{name}.py").exists()]
NOTEBOOK = "notebooks/{}.ipynb"
SCRIPT = "experiments/{}.py"

# chapter, file, a definition of an arm, what stands there, what is planted
EDITS = [
    ("01_background", NOTEBOOK, "Copier", "width=48", "width=47"),
    ("14_query_key_value", NOTEBOOK, "Convolution", "padding=2), torch.nn.ReLU()", "padding=2), torch.nn.Tanh()"),
    ("14_query_key_value", "experiments/fair_play.py", "chosen", "max(tried", "min(tried"),
    ("16_position", SCRIPT, "Layer", "nn.ReLU()", "nn.Tanh()"),
    ("35_seq2seq", NOTEBOOK, "RawDot", "q @ k.mT, mask", "q @ k.mT / 2, mask"),
    ("36_lstm_classifier", NOTEBOOK, "pool", "-torch.inf).amax(dim=1)", "torch.inf).amin(dim=1)"),
    ("37_transformer", "attnlib/pytorch.py", "FeedForward", "torch.relu", "torch.tanh"),
    ("41_translation", "attnlib/seq2seq.py", "Decoder", "torch.tanh(self.first", "torch.relu(self.first"),
    ("42_sentiment", NOTEBOOK, "Reader", "nn.Tanh()", "nn.ReLU()"),
    ("43_summarization", NOTEBOOK, "centrality", "np.exp(gain * x @ x.T)", "np.exp(gain * x @ x.T / 2)"),
    ("44_question_answering", NOTEBOOK, "MeanReader", "nn.ReLU()", "nn.Tanh()"),
    ("44_question_answering", "attnlib/pretrained.py", "token_vectors", "texts if isinstance(texts, str) else list(texts)", "list(texts)"),
]


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_tables_of_a_chapter_were_made_by_the_code_as_it_stands(name):
    changed = made_from.differences(name)
    assert not changed, f"the tables in notebooks/data/{name} were made before a change of {'; '.join(changed)}.  make table NB={name[:2]}"


def test_the_number_of_a_chapter_names_its_table():
    """Also where a second script makes the chapter's data: 41, 43, 44."""
    for name in CHAPTERS:
        assert [script for script in table.scripts() if script.startswith(name[:2])] == [name]


@pytest.mark.parametrize("line, names", [
    ("x[:, :SIZE] = 0", {"x"}), ("x[rows[I]].y[J] = z", {"x"}), ("a, b[I] = C", {"a", "b"}), ("N: int = M", {"N"}), ("x += Y", {"x"})])
def test_an_index_is_no_definition(line, names):
    assert common.bound(ast.parse(line).body[0]) == names


def test_a_number_without_a_table_is_named():
    assert not [name for name in table.scripts() if name.startswith("00")]     # else this would train for minutes
    with pytest.raises(SystemExit, match="^expected a chapter with tables, got 00\n"):
        table.main(["00"])


@pytest.mark.parametrize("script", sorted((book.ROOT / "experiments").glob("[0-9]*.py")), ids=lambda p: p.stem)
def test_an_experiment_finds_its_files_by_the_number_of_a_chapter(script):
    """A path put together by hand would lead beside the chapter's folder, in silence, once something is moved."""
    text = script.read_text(encoding="utf-8")
    assert "__file__" not in text and 'data_path("' in text


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
    edit(copy / "attnlib" / "train.py", "def fit(", "# a comment\n\n\n\ndef fit(")
    layers = copy / "attnlib" / "pytorch.py"
    edit(layers, '    """Weigh the keys', '    """We weigh the keys')
    edit(layers, "@expects(scores=\"m n\", mask=\"m n\")\n", "")
    sentences = copy / "attnlib" / "seq2seq.py"
    edit(sentences, "@expects(source=_sentences, target=_target)", "@expects(source=_tokens, target=_tokens)")
    edit(copy / "experiments" / "36_lstm_classifier.py", '"""Train every setting', '"""We train every setting')
    for name in ("36_lstm_classifier", "41_translation"):
        assert not made_from.differences(name, copy)
