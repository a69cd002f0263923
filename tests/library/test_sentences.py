"""The sequence models: padding changes nothing wherever it stands, and what is no sentence is refused by name."""
import pytest
import torch

from attnlib import seq2seq
from attnlib.pytorch import DecoderLayer, EncoderLayer
from attnlib.seq2seq import BOS, EOS, PAD, Encoder, Transformer, Translator, beam_search, greedy, placed, translation_loss

DECODERS = {"summary": seq2seq.SummaryDecoder, "luong": seq2seq.LuongDecoder, "bahdanau": seq2seq.BahdanauDecoder}
each_model = pytest.mark.parametrize("name", [*DECODERS, "transformer"])
BARE = torch.tensor([[5, 6, 7]])
PADDED = {"behind": [5, 6, 7, PAD, PAD], "in front": [PAD, PAD, 5, 6, 7], "on both sides": [PAD, 5, 6, 7, PAD],
          "inside": [5, PAD, 6, 7, PAD]}
TARGET = torch.tensor([[4, 8, 2]])


def model(name):
    torch.manual_seed(0)
    made = Transformer(9, 9, 8) if name == "transformer" else Translator(DECODERS[name], 9, 9, 8, 8)
    return made.double().eval()


@each_model
@pytest.mark.parametrize("where", PADDED)
def test_padding_changes_nothing_wherever_it_stands(name, where):
    row = torch.tensor(PADDED[where])
    source = torch.stack([row, torch.tensor([8, 3, 4, 7, 5])])              # beside a sentence of another length
    (scores, weights), (bare, bare_weights) = model(name)(source, TARGET.expand(2, -1)), model(name)(BARE, TARGET)
    torch.testing.assert_close(scores[:1], bare)
    if weights is not None:
        torch.testing.assert_close(weights[:1, :, row != PAD], bare_weights)
        assert not weights[:1, :, row == PAD].any()
    assert torch.equal(greedy(model(name), source[:1], 4), greedy(model(name), BARE, 4))
    assert beam_search(model(name), source[:1], 3, 4)[1] == beam_search(model(name), BARE, 3, 4)[1]


@pytest.mark.parametrize("where", PADDED)
def test_the_encoder_leaves_each_state_at_its_word(where):
    torch.manual_seed(0)
    encoder, row = Encoder(9, 6, 5).double(), torch.tensor(PADDED[where])
    (memory, summary), (bare, bare_summary) = encoder(row[None]), encoder(BARE)
    torch.testing.assert_close(memory[:, row != PAD], bare)
    torch.testing.assert_close(summary, bare_summary)
    assert not memory[:, row == PAD].any()


def test_begin_and_end_are_two_words():
    assert len({PAD, BOS, EOS}) == 3


def test_places_are_counted_from_the_words():
    table = torch.nn.Embedding(9, 4)
    for row in PADDED.values():
        torch.testing.assert_close(placed(table, torch.tensor([row]))[:, torch.tensor(row) != PAD], placed(table, BARE))


def test_the_summary_is_the_last_state_of_each_direction_the_forward_one_first():
    torch.manual_seed(0)
    encoder = Encoder(9, 6, 5).double()
    memory, summary = encoder(BARE)
    torch.testing.assert_close(summary, torch.cat([memory[:, -1, :5], memory[:, 0, 5:]], dim=-1))
    forward_only = encoder(torch.tensor([[5, 6, 8]]))[0]                        # another last word is not seen before it
    torch.testing.assert_close(forward_only[:, :2, :5], memory[:, :2, :5])
    assert not torch.allclose(forward_only[:, :2, 5:], memory[:, :2, 5:])


def test_the_first_state_is_squeezed_between_minus_one_and_one():
    for decoder in DECODERS.values():
        made = decoder(9, 4, 6, 8)
        summary = 50 * torch.randn(3, 8)
        torch.testing.assert_close(made.begin(summary), made.first(summary).tanh())
        assert made.begin(summary).abs().max() <= 1


def test_widths_are_the_ones_that_the_chapters_state():
    model = Translator(seq2seq.BahdanauDecoder, 9, 11)
    assert model.encoder.embed.embedding_dim == 32 and model.encoder.gru.hidden_size == 48
    assert model.decoder.attention.W_q.out_features == 24 and model.decoder.out.out_features == 11
    assert Transformer(9, 11).source.embedding_dim == 32


def test_a_transformer_shows_the_mean_over_the_heads_of_its_last_layer():
    torch.manual_seed(0)
    made, seen = Transformer(9, 9, 8, num_heads=2).double(), []
    made.decoders[-1].register_forward_hook(lambda layer, given, result: seen.append(result[1]))
    _, weights = made(torch.tensor([[5, 6, 7], [3, 4, 8]]), TARGET.expand(2, -1))
    torch.testing.assert_close(weights, seen[0].mean(dim=1))
    assert not torch.allclose(weights, seen[0][:, 0])


GOOD = torch.tensor([[5, 6, 7], [3, 4, PAD]])
EMPTY = torch.tensor([[5, 6, 7], [PAD, PAD, PAD]])
NOBODY = "expected at least one word in each row, got only padding in row 1"
TOKENS = r"expected a tensor of token numbers \(b, n\), b and n at least 1, got "
WRONG = {
    "a source of padding": (lambda m: greedy(m, EMPTY, 3), f"^source: {NOBODY}"),
    "a source of padding in the loss": (lambda m: translation_loss(m, EMPTY, GOOD), f"^source: {NOBODY}"),
    "a target of padding": (lambda m: translation_loss(m, GOOD, EMPTY), f"^target: {NOBODY}"),
    "no sentence": (lambda m: greedy(m, GOOD[:0], 3), rf"^source: {TOKENS}shape \(0, 3\)"),
    "no word": (lambda m: greedy(m, GOOD[:, :0], 3), rf"^source: {TOKENS}shape \(2, 0\)"),
    "one axis": (lambda m: greedy(m, GOOD[0], 3), rf"^source: {TOKENS}shape \(3,\)"),
    "a list": (lambda m: greedy(m, [[5, 6]], 3), rf"^source: {TOKENS}a list"),
    "numbers that are no tokens": (lambda m: greedy(m, GOOD.double(), 3), rf"^source: {TOKENS}shape \(2, 3\) of torch.float64"),
    "no limit": (lambda m: greedy(m, GOOD, 0), "^limit: expected a whole number, at least 1, got 0"),
    "no limit of a beam": (lambda m: beam_search(m, GOOD[:1], 2, 0), "^limit: expected a whole number, at least 1, got 0"),
    "no width": (lambda m: beam_search(m, GOOD[:1], 0, 3), "^width: expected a whole number, at least 1, got 0"),
    "two sources": (lambda m: beam_search(m, GOOD, 2, 3), r"^source: expected one sentence \(1, n\), got shape \(2, 3\)"),
}


@each_model
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_sentence_is_refused_by_name(name, wrong):
    call, message = WRONG[wrong]
    with pytest.raises(ValueError, match=message):
        call(model(name))


@pytest.mark.parametrize("name", DECODERS)
def test_a_recurrent_encoder_refuses_a_source_of_padding(name):
    with pytest.raises(ValueError, match=f"^source: {NOBODY}"):
        model(name)(EMPTY, GOOD)


def test_a_transformer_is_made_of_even_widths_and_whole_heads():
    for dim, heads, message in ((9, 3, "^dim: expected an even number, got 9"),
                                (8, 3, "^num_heads: expected a divisor of the width 8, got 3"),
                                (8, 0, "^num_heads: expected a whole number, at least 1, got 0"), (8, -2, "^num_heads: expected a whole")):
        with pytest.raises(ValueError, match=message):
            Transformer(9, 9, dim, heads)


def test_a_target_has_its_padding_behind_and_the_rows_of_its_source():
    """Read from its first place, padding in front would be a word: with and without it the loss would differ, in silence."""
    source, target = torch.tensor([[4, 5, 2], [4, 2, 0]]), torch.tensor([[4, 5, 2], [0, 4, 2]])
    for model in (Transformer(9, 9, 8), Translator(seq2seq.LuongDecoder, 9, 9, 8, 8)):
        with pytest.raises(ValueError, match="^target: expected padding behind the words only, got a word behind padding in row 1$"):
            translation_loss(model, source, target)
        with pytest.raises(ValueError, match="^target: expected as many rows as source has, 2, got 1$"):
            model(source, target[:1])
        for wrong in (target[0], target.tolist(), target.double(), target[:, :0], target.to(torch.uint8)):
            with pytest.raises(ValueError, match="^target: expected a tensor of token numbers"):
                model(source, wrong)
        for wrong in (source[0], source.tolist(), source.double()):
            with pytest.raises(ValueError, match="^source: expected a tensor of token numbers"):
                model(wrong, target)
    with pytest.raises(ValueError, match="^layers: expected a whole number, at least 1, got -1"):
        Transformer(9, 9, layers=-1)


def test_every_wrong_row_is_counted_and_padding_is_seen_wherever_it_breaks_off():
    good = torch.tensor([[4, 5, 6, 2]] * 3)
    for target in ([[0, 4, 5, 2], [4, 5, 6, 2], [4, 0, 5, 2]], [[4, 5, 0, 2], [4, 5, 6, 2], [4, 0, 0, 2]]):
        with pytest.raises(ValueError, match="^target: .* in row 0, 2$"):
            translation_loss(Transformer(9, 9, 8), good, torch.tensor(target))
    with pytest.raises(ValueError, match="^source: .* in row 0, 2$"):
        greedy(Translator(seq2seq.LuongDecoder, 9, 9, 8, 8), torch.tensor([[0, 0], [4, 2], [0, 0]]), 3)
    for wrong in (torch.tensor([[0, 0]]), [[4, 2]]):
        with pytest.raises(ValueError, match="^source: expected"):
            beam_search(Transformer(9, 9, 8), wrong, 2, 3)


def test_one_sentence_without_a_batch_has_places_too():
    table, words = torch.nn.Embedding(9, 8), torch.tensor([0, 4, 5, 2])
    torch.testing.assert_close(seq2seq.placed(table, words), seq2seq.placed(table, words[None])[0])


def test_a_layer_has_its_norm_in_front_unless_told():
    """A layer that ends in its norm gives vectors whose mean is 0; with the norm in front they are what was added up."""
    torch.manual_seed(0)
    x, memory = torch.randn(2, 3, 8), torch.randn(2, 4, 8)
    for layer, given in ((EncoderLayer, (x,)), (DecoderLayer, (x, memory))):
        means = [layer(8, 2, 16, *order)(*given)[0].mean(dim=-1).abs().max() for order in ((), (True,), (False,))]
        assert means[0] > 0.1 and means[1] > 0.1 and means[2] < 1e-6


def test_sizes_that_nobody_gives_are_those_of_the_docstrings():
    assert (PAD, BOS, EOS) == (0, 1, 2)
    translator = Translator(seq2seq.BahdanauDecoder, 9, 9)
    assert translator.encoder.embed.weight.shape == (9, 32) and translator.encoder.gru.hidden_size == 48
    assert translator.decoder.attention.W_q.weight.shape == (24, 48)
    parts = Transformer(9, 9)
    assert parts.source.weight.shape == (9, 32) and len(parts.encoders) == len(parts.decoders) == 2
