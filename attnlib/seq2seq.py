"""Encoders, decoders, the Transformer and their searches, in PyTorch: from a row of tokens to another row of tokens.

Tokens are whole numbers; a row ends with EOS and is filled up with PAD, anywhere; words follow from 3.  A wrong argument raises
ValueError, which names it, what was expected and what came.

Sources: encoder and decoder with attention, Bahdanau, Cho and Bengio (2015); the order of step and attention, Luong, Pham and Manning
(2015), section 3; the Transformer, Vaswani et al. (2017), sections 3.1 and 3.4.
"""
import torch
from torch import nn
from torch.nn.utils import rnn

from attnlib._shapes import divisor, even, whole
from attnlib.core import causal_mask, sinusoidal_positions
from attnlib.pytorch import AdditiveAttention, DecoderLayer, EncoderLayer, MultiplicativeAttention, expects, masked_softmax

PAD, BOS, EOS = 0, 1, 2                                     # padding, begin, end; words follow from 3


def _sentences(name, tokens, given):
    """Token numbers (b, n) with a word in every row; on the device "meta", where no number is known, only their shape counts."""
    _tokens(name, tokens, given)
    if not torch.compiler.is_compiling() and not tokens.is_meta and not (tokens != PAD).any(dim=1).all():
        empty = [i for i, row in enumerate(tokens) if not (row != PAD).any()]
        raise ValueError(f"{name}: expected at least one word in each row, got only padding in row {', '.join(map(str, empty))}")


def _tokens(name, tokens, given):
    """Token numbers (b, n), rows of padding only included."""
    if not isinstance(tokens, torch.Tensor) or tokens.dim() != 2 or tokens.dtype not in (torch.int64, torch.int32) or not tokens.numel():
        came = f"shape {tuple(tokens.shape)} of {tokens.dtype}" if isinstance(tokens, torch.Tensor) else f"a {type(tokens).__name__}"
        raise ValueError(f"{name}: expected a tensor of token numbers (b, n), b and n at least 1, got {came}")
    if name == "target" and len(tokens) != len(given["source"]):
        raise ValueError(f"{name}: expected as many rows as source has, {len(given['source'])}, got {len(tokens)}")


def _target(name, tokens, given):
    """Sentences whose padding, if any, stands behind the words: a decoder reads a target from its first place."""
    _sentences(name, tokens, given)
    if not torch.compiler.is_compiling() and not tokens.is_meta:
        late = (tokens[:, 1:] != PAD) & (tokens[:, :-1] == PAD)
        if late.any():
            rows = ", ".join(str(i) for i, row in enumerate(late) if row.any())
            raise ValueError(f"{name}: expected padding behind the words only, got a word behind padding in row {rows}")


def _one_sentence(name, tokens, given):
    _sentences(name, tokens, given)
    if len(tokens) != 1:
        raise ValueError(f"{name}: expected one sentence (1, n), got shape {tuple(tokens.shape)}")


class Encoder(nn.Module):
    """Read token numbers (b, n) in both directions; -> memory (b, n, 2h) and summary (b, 2h), the two last states.

    Taught in 35.
    """

    def __init__(self, words, embed_dim, hidden_dim):
        super().__init__()
        self.embed = nn.Embedding(words, embed_dim)
        self.gru = nn.GRU(embed_dim, hidden_dim, batch_first=True, bidirectional=True)

    @expects(source=_sentences)
    def forward(self, source):
        order = (source == PAD).to(torch.uint8).argsort(dim=1, stable=True)             # words first, then padding
        lengths = (source != PAD).sum(dim=1).cpu()
        packed = rnn.pack_padded_sequence(self.embed(source.gather(1, order)), lengths, batch_first=True, enforce_sorted=False)
        states, last = self.gru(packed)
        memory, _ = rnn.pad_packed_sequence(states, batch_first=True, total_length=source.shape[1])
        back = order.argsort(dim=1).unsqueeze(-1)                                       # each word's state to the word's place
        return memory.gather(1, back.expand_as(memory)), torch.cat([last[0], last[1]], dim=-1)


class Decoder(nn.Module):
    """What all decoders share: word vectors, a first state (b, h) from the summary, and scores of the next word.

    Taught in 35.
    """

    def __init__(self, words, embed_dim, hidden_dim, memory_dim):
        super().__init__()
        self.embed = nn.Embedding(words, embed_dim)
        self.first = nn.Linear(memory_dim, hidden_dim)
        self.mix = nn.Linear(hidden_dim + memory_dim, hidden_dim)
        self.out = nn.Linear(hidden_dim, words)

    def begin(self, summary):
        return torch.tanh(self.first(summary))

    def next_word(self, states, context):
        return self.out(torch.tanh(self.mix(torch.cat([states, context], dim=-1))))


class SummaryDecoder(Decoder):
    """Write with the summary as the context of every word; -> scores (b, m, words), no weights, last state (b, h).

    Taught in 35.
    """

    def __init__(self, words, embed_dim, hidden_dim, memory_dim):
        super().__init__(words, embed_dim, hidden_dim, memory_dim)
        self.gru = nn.GRU(embed_dim + memory_dim, hidden_dim, batch_first=True)

    def forward(self, words, state, memory, summary, mask):
        context = summary.unsqueeze(1).expand(-1, words.shape[1], -1)
        states, last = self.gru(torch.cat([self.embed(words), context], dim=-1), state.unsqueeze(0))
        return self.next_word(states, context), None, last.squeeze(0)


class LuongDecoder(Decoder):
    """Step first, then attend with the new state; -> scores (b, m, words), weights (b, m, n), last state (b, h).

    Taught in 35.
    """

    def __init__(self, words, embed_dim, hidden_dim, memory_dim):
        super().__init__(words, embed_dim, hidden_dim, memory_dim)
        self.gru = nn.GRU(embed_dim, hidden_dim, batch_first=True)
        self.attention = MultiplicativeAttention(hidden_dim, memory_dim)

    def forward(self, words, state, memory, summary, mask):
        states, last = self.gru(self.embed(words), state.unsqueeze(0))
        context, weights = self.attention(states, memory, memory, mask.unsqueeze(1))
        return self.next_word(states, context), weights, last.squeeze(0)


class BahdanauDecoder(Decoder):
    """Attend with the old state, then step; -> scores (b, m, words), weights (b, m, n), last state (b, h).

    Taught in 35.
    """

    def __init__(self, words, embed_dim, hidden_dim, memory_dim):
        super().__init__(words, embed_dim, hidden_dim, memory_dim)
        self.gru = nn.GRUCell(embed_dim + memory_dim, hidden_dim)
        self.attention = AdditiveAttention(hidden_dim, memory_dim, hidden_dim // 2)

    def forward(self, words, state, memory, summary, mask):
        keys, steps = self.attention.W_k(memory), []            # the keys are the same at every step
        for word in self.embed(words).unbind(dim=1):
            hidden = torch.tanh(self.attention.W_q(state).unsqueeze(1) + keys)                  # (b, n, h/2)
            weights = masked_softmax(self.attention.v(hidden).mT, mask.unsqueeze(1))            # (b, 1, n)
            context = (weights @ memory).squeeze(1)
            state = self.gru(torch.cat([word, context], dim=-1), state)
            steps.append((state, context, weights.squeeze(1)))
        states, contexts, weights = (torch.stack(x, dim=1) for x in zip(*steps))
        return self.next_word(states, contexts), weights, state


class Translator(nn.Module):
    """An encoder and a decoder; -> scores of each next word (b, m, words) and weights (b, m, n) or None.

    Taught in 35.
    """

    def __init__(self, decoder, source_words, target_words, embed_dim=32, hidden_dim=48):
        super().__init__()
        self.encoder = Encoder(source_words, embed_dim, hidden_dim)
        self.decoder = decoder(target_words, embed_dim, hidden_dim, 2 * hidden_dim)

    def read(self, source):
        memory, summary = self.encoder(source)
        return self.decoder.begin(summary), (memory, summary, source != PAD)

    @expects(source=_sentences, target=_tokens)
    def forward(self, source, target):
        state, memory = self.read(source)
        begin = torch.full_like(target[:, :1], BOS)
        scores, weights, _ = self.decoder(torch.cat([begin, target[:, :-1]], dim=1), state, *memory)
        return scores, weights


def placed(table, words):
    """The vectors of words, times the root of their width, with the sines and cosines of their places added; -> (..., n, d).

    Taught in 37.
    """
    x = table(words) * table.embedding_dim ** 0.5
    places = ((words != PAD).cumsum(dim=-1) - 1).clamp(min=0)              # counted from the mask: padding in front moves no word
    codes = torch.as_tensor(sinusoidal_positions(*x.shape[-2:]), dtype=x.dtype, device=x.device)
    return x + codes[places]


class TransformerParts(nn.Module):
    """Tables of word vectors, a stack of layers on each side, a norm at the top of each, and the matrix of the scores.

    Taught in 37.
    """

    encoder_layer, decoder_layer = EncoderLayer, DecoderLayer

    @expects(dim=even, num_heads=divisor("dim"), layers=whole(1))
    def __init__(self, source_words, target_words, dim=32, num_heads=2, layers=2, pre_norm=True, tied=False):
        super().__init__()
        self.source, self.target = nn.Embedding(source_words, dim), nn.Embedding(target_words, dim)
        self.encoders = nn.ModuleList(self.encoder_layer(dim, num_heads, 4 * dim, pre_norm) for _ in range(layers))
        self.decoders = nn.ModuleList(self.decoder_layer(dim, num_heads, 4 * dim, pre_norm) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(dim) if pre_norm else nn.Identity() for _ in range(2))
        self.out = nn.Linear(dim, target_words, bias=False)
        for table in (self.source, self.target, self.out):
            nn.init.normal_(table.weight, std=dim ** -0.5)
        self.out.weight = self.target.weight if tied else self.out.weight


class Transformer(TransformerParts):
    """Read and write like a Translator; its state is the words so far, its weights the last layer's on the source, averaged over heads.

    Taught in 37.
    """

    def enter(self, table, words):
        return placed(table, words)

    def read(self, source):
        x, mask = self.enter(self.source, source), source != PAD
        for layer in self.encoders:
            x, _ = layer(x, mask.unsqueeze(1))
        return source[:, :0], (self.norms[0](x), mask)                      # no words so far

    def decoder(self, words, state, memory, mask):
        words, old = torch.cat([state, words], dim=1), state.shape[1]
        x, causal = self.enter(self.target, words), torch.as_tensor(causal_mask(words.shape[1]), device=words.device)
        for layer in self.decoders:
            x, weights = layer(x, memory, causal, mask.unsqueeze(1))
        return self.out(self.norms[1](x[:, old:])), weights.mean(dim=1)[:, old:], words

    @expects(source=_tokens, target=_tokens)
    def forward(self, source, target):
        state, memory = self.read(source)
        begin = torch.full_like(target[:, :1], BOS)
        scores, weights, _ = self.decoder(torch.cat([begin, target[:, :-1]], dim=1), state, *memory)
        return scores, weights


@expects(source=_sentences, target=_target)
def translation_loss(model, source, target):
    """Mean surprise at each next word of the target when the words before it are given; padding does not count.

    Taught in 35.
    """
    scores, _ = model(source, target)
    return nn.functional.cross_entropy(scores.flatten(0, 1), target.flatten(), ignore_index=PAD)


@expects(source=_sentences, limit=whole(1))
@torch.no_grad()
def greedy(model, source, limit):
    """Write the most probable next word, again and again, until every sentence has ended or `limit` words stand.

    Taught in 35.
    """
    state, memory = model.read(source)
    words = [torch.full_like(source[:, :1], BOS)]
    ended = torch.zeros_like(words[0], dtype=torch.bool)
    while len(words) <= limit and not ended.all():
        scores, _, state = model.decoder(words[-1], state, *memory)
        words.append(torch.where(ended, PAD, scores.argmax(dim=-1)))
        ended = ended | (words[-1] == EOS)
    return torch.cat(words[1:], dim=1)


@expects(source=_one_sentence, width=whole(1), limit=whole(1))
@torch.no_grad()
def beam_search(model, source, width, limit, alpha=0.0):
    """Keep the `width` most probable beginnings; -> log-probability / ((5 + length) / 6) ** alpha of the best end, its words.

    Taught in 35.
    """
    state, memory = model.read(source)                                                  # one source, (1, n)
    words, total, finished = torch.full_like(source[:, :1], BOS), torch.zeros(1, device=source.device), []
    for length in range(1, limit + 1):
        scores, _, state = model.decoder(words[:, -1:], state, *(x.expand(len(words), *x.shape[1:]) for x in memory))
        options = total.unsqueeze(1) + scores[:, 0].log_softmax(dim=-1)                 # (beginnings, words)
        total, best = options.flatten().topk(min(width, options.numel()))
        origin, word = best // options.shape[1], best % options.shape[1]
        words, state, open_ = torch.cat([words[origin], word.unsqueeze(1)], dim=1), state[origin], word != EOS
        ended = total[~open_] / ((5 + length) / 6) ** alpha
        finished += zip(ended.tolist(), words[~open_, 1:].tolist())
        words, total, state = words[open_], total[open_], state[open_]
        if not len(words) or (finished and max(finished)[0] >= total.max() / ((5 + limit) / 6) ** alpha):
            break
    return max(finished or zip((total / ((5 + limit) / 6) ** alpha).tolist(), words[:, 1:].tolist()))

