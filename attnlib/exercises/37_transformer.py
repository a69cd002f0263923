"""Exercises of 37_transformer."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("37.1", 210,
       "Step t computes all t places again: 1 + 2 + ... + 20 = 20 * 21 / 2 = 210. The parallel pass of training computes 20.\n"
       "Chapter 73 keeps keys and values and comes down to 20 places, still one after the other.",
       [(20, "That is a pass of training, or decoding with kept keys and values. Here each step computes all earlier places again."),
        (400, "The first step has one place, not 20. Each step has one more than the step before."),
        (190, "The last step counts too: it computes 20 places."),
        (420, "20 * 21 counts every place twice: the sum 1 + 2 + ... + 20 is half of that."),
        (230, "The first step reads one place, the beginning, and the last step 20: what is written last is never read.")],
       first="How many places go through the layers at the first step, how many at the second, how many at the last? Add up.")

P = 3 * (28 * 64**2 + 32 * 64) + 4 * 64 + 2000 * 64
number("37.2", P,
       "3 * (12 * 4096 + 13 * 64) + 3 * (16 * 4096 + 19 * 64) = 350,208; two norms at the top 4 * 64 = 256;\n"
       f"two tables of 1,000 * 64 = 128,000. Together {P:,}.",
       [(P + 64000, "That is the untied model. Tied, the last matrix is the target's table and is counted once."),
        (P - 64000, "One table is missing: source and target have their own vocabularies here."),
        (P - 256, "The two norms at the top of the stacks are missing: gamma and beta, 64 each, twice."),
        (P - 2 * 350208 // 3, "That is one layer on each side. There are three."),
        (P - 3 * 32 * 64, "The biases and the norms inside the layers are missing."),
        (P - 3 * 32 * 64 - 256, "The biases and the norms are missing."),
        (P - 128000, "The two tables are missing."),
        (P - 3 * (4 * 64**2 + 6 * 64), "A decoder layer has two attentions and three norms; you counted it like an encoder layer.")],
       first="Count one encoder layer first: four matrices of d by d and two of d by 4 d, their biases, and two norms with two "
             "vectors each.")


def draw_places(rng):
    n, d = rng.integers(1, 4), rng.integers(2, 5)
    return np.round(rng.normal(size=(n, d)) * 3 + 1, 2), np.round(rng.normal(size=d) + 2, 2), float(rng.choice([1e-5, 0.5]))


@function("37.3", draw_places)
def rms_norm(x, gamma, eps):
    """Divide each row by the root of the mean of its squares (eps under the root), then multiply feature by feature."""
    return gamma * x / np.sqrt((x ** 2).mean(axis=-1, keepdims=True) + eps)


@mistake("37.3", "You subtract the mean: that is layer normalisation. RMS normalisation leaves it.")
def _(x, gamma, eps):
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + eps)


@mistake("37.3", "Half of it is still layer normalisation: the spread is measured around the mean. Square x itself.")
def _(x, gamma, eps):
    return gamma * x / np.sqrt(x.var(axis=-1, keepdims=True) + eps)


@mistake("37.3", "That is the length of the vector. Expected the mean of the squares, not their sum.")
def _(x, gamma, eps):
    return gamma * x / np.sqrt((x ** 2).sum(axis=-1, keepdims=True) + eps)


@mistake("37.3", "eps stands under the root.")
def _(x, gamma, eps):
    return gamma * x / (np.sqrt((x ** 2).mean(axis=-1, keepdims=True)) + eps)


@mistake("37.3", "You average over the places. Each place is normed by itself, over its features.")
def _(x, gamma, eps):
    return gamma * x / np.sqrt((x ** 2).mean(axis=0, keepdims=True) + eps)


@mistake("37.3", "You average over everything. Each place is normed by itself.")
def _(x, gamma, eps):
    return gamma * x / np.sqrt((x ** 2).mean() + eps)


@mistake("37.3", "You subtract the mean of the features. RMS normalisation leaves it.")
def _(x, gamma, eps):
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / np.sqrt((x ** 2).mean(axis=-1, keepdims=True) + eps)


@mistake("37.3", "eps is missing under the root.")
def _(x, gamma, eps):
    return gamma * x / np.sqrt((x ** 2).mean(axis=-1, keepdims=True))


@mistake("37.3", "That is the length of the vector. Take the root of the mean of the squares, with eps under it.")
def _(x, gamma, eps):
    return gamma * x / np.linalg.norm(x, axis=-1, keepdims=True)


@mistake("37.3", "gamma multiplies. You divide by it.")
def _(x, gamma, eps):
    return x / (gamma * np.sqrt((x ** 2).mean(axis=-1, keepdims=True) + eps))


@mistake("37.3", "The root is missing.")
def _(x, gamma, eps):
    return gamma * x / ((x ** 2).mean(axis=-1, keepdims=True) + eps)


@mistake("37.3", "The learned factor is missing.")
def _(x, gamma, eps):
    return x / np.sqrt((x ** 2).mean(axis=-1, keepdims=True) + eps)


def draw_target(rng):
    return (rng.integers(3, 13, (rng.integers(1, 4), rng.integers(2, 6))),)


@function("37.4", draw_target)
def given_words(target):
    """Word t is written after the words before it were read: the beginning (1) in front; the last word is left out."""
    return np.concatenate([np.ones_like(target[:, :1]), target[:, :-1]], axis=1)


@mistake("37.4", "That is the colleague's: place t reads word t + 1. It is the wrong direction, and nothing begins.")
def _(target):
    return np.concatenate([target[:, 1:], np.full_like(target[:, :1], 2)], axis=1)


@mistake("37.4", "Not moved at all: place t reads the very word that it has to write.")
def _(target):
    return target


@mistake("37.4", "One column too many. Nobody asks what comes after the last word.")
def _(target):
    return np.concatenate([np.ones_like(target[:, :1]), target], axis=1)


@mistake("37.4", "The direction is right, but 0 is the padding. The beginning has the number 1.")
def _(target):
    return np.concatenate([np.zeros_like(target[:, :1]), target[:, :-1]], axis=1)


@mistake("37.4", "The direction is right, but 2 is the end. The beginning has the number 1.")
def _(target):
    return np.concatenate([np.full_like(target[:, :1], 2), target[:, :-1]], axis=1)


@mistake("37.4", "The beginning is there, but the words have not moved: the first is lost, and each place reads what it has to write.")
def _(target):
    return np.concatenate([np.ones_like(target[:, :1]), target[:, 1:]], axis=1)


@mistake("37.4", "The beginning belongs in front of the words, not behind them.")
def _(target):
    return np.concatenate([target[:, :-1], np.ones_like(target[:, :1])], axis=1)


@mistake("37.4", "The last word is left out, and the beginning (1) is missing in front.")
def _(target):
    return target[:, :-1]


@mistake("37.4", "The end is no input: nothing is written after it. The decoder reads as many words as it writes.")
def _(target):
    return np.concatenate([np.ones_like(target[:, :1]), target[:, :-1], np.full_like(target[:, :1], 2)], axis=1)


@mistake("37.4", "`roll` brings the last word round to the front; there the beginning belongs.")
def _(target):
    return np.roll(target, 1, axis=1)


def draw_scores(rng):
    m, k = rng.integers(1, 5), rng.integers(3, 6)
    return np.round(rng.normal(size=(m, k)) * 2, 2), rng.integers(0, k, m), float(rng.choice([0.1, 0.3, 0.5]))


def surprise(scores):
    return np.log(np.exp(scores).sum(axis=1, keepdims=True)) - scores


@function("37.5", draw_scores)
def smoothed(scores, target, eps):
    """A share 1 - eps of the surprise at the right word, and eps of the mean surprise at all words; mean over the places."""
    loss = np.log(np.exp(scores).sum(axis=1, keepdims=True)) - scores               # -ln p, (m, K)
    return ((1 - eps) * loss[np.arange(len(target)), target] + eps * loss.mean(axis=1)).mean()


@mistake("37.5", "You spread the share over the other words only. In the formula each word gets eps/K, the right one too.")
def _(scores, target, eps):
    loss = surprise(scores)
    right = loss[np.arange(len(target)), target]
    return ((1 - eps) * right + eps * (loss.sum(axis=1) - right) / (loss.shape[1] - 1)).mean()


@mistake("37.5", "Each word gets eps/K, not eps: take the mean surprise at all words, not the sum.")
def _(scores, target, eps):
    loss = surprise(scores)
    return ((1 - eps) * loss[np.arange(len(target)), target] + eps * loss.sum(axis=1)).mean()


@mistake("37.5", "The right word keeps 1 - eps of its own surprise, not all of it.")
def _(scores, target, eps):
    loss = surprise(scores)
    return (loss[np.arange(len(target)), target] + eps * loss.mean(axis=1)).mean()


@mistake("37.5", "The labels are not smoothed yet: that is the plain cross-entropy.")
def _(scores, target, eps):
    return surprise(scores)[np.arange(len(target)), target].mean()


@mistake("37.5", "In the formula the right word gets 1 - eps and its eps/K as well; you give it 1 - eps alone.")
def _(scores, target, eps):
    loss = surprise(scores)
    right = loss[np.arange(len(target)), target]
    return ((1 - eps) * right + eps * (loss.sum(axis=1) - right) / loss.shape[1]).mean()


@mistake("37.5", "The sign: a loss is the surprise, minus the logarithm.")
def _(scores, target, eps):
    loss = surprise(scores)
    return -((1 - eps) * loss[np.arange(len(target)), target] + eps * loss.mean(axis=1)).mean()


@mistake("37.5", "Sum over the words, mean over the places only. You take the mean over both.")
def _(scores, target, eps):
    loss = surprise(scores)
    return ((1 - eps) * loss[np.arange(len(target)), target] + eps * loss.mean(axis=1)).mean() / loss.shape[1]


@mistake("37.5", "The softmax is missing: these are scores, not logarithms of probabilities.")
def _(scores, target, eps):
    return -((1 - eps) * scores[np.arange(len(target)), target] + eps * scores.mean(axis=1)).mean()


@mistake("37.5", "Expected the mean over the places, got their sum.")
def _(scores, target, eps):
    loss = surprise(scores)
    return ((1 - eps) * loss[np.arange(len(target)), target] + eps * loss.mean(axis=1)).sum()


@mistake("37.5", "The two shares are exchanged: eps is the share that is spread.")
def _(scores, target, eps):
    loss = surprise(scores)
    return (eps * loss[np.arange(len(target)), target] + (1 - eps) * loss.mean(axis=1)).mean()


number("37.6", 1e4 * (512 * 4000) ** -0.5,
       "The rising branch s * 4000 ** -1.5 and the falling one s ** -0.5 meet at s = 4000. There the rate is\n"
       "512 ** -0.5 * 4000 ** -0.5 = 0.000699, so 6.99 ten-thousandths.",
       [(1e4 * 4000 ** -0.5, "The factor with the width, 512 ** -0.5, is missing."),
        (1e4 * 512 ** -0.5, "That is the factor in front. Multiply by the value of the minimum at its top."),
        (1e4 * 512 ** -0.5 * 4000 ** -1.5, "That is the rate of the first step. It rises up to step 4000."),
        ((512 * 4000) ** -0.5, "In ten-thousandths, please: multiply by 10,000."),
        (4000, "That is the step at which it is highest. How high is it there?")],
       first="One branch of the minimum rises with s and the other falls. At which step do they meet?")

choice("37.7", "c",
       "The source is there in full before the first word is written, so no place of it lies in the future. Only padding must be hidden.",
       [("a", "The causal mask belongs to the decoder's attention on itself. The source has no future."),
        ("b", "With a causal mask the first target word could see the first source word only."),
        ("d", "Then padding of short sources would get weight, and the answer would depend on the batch.")])


def draw_layer(rng):
    b, n, heads, width = rng.integers(1, 3), rng.integers(2, 4), 2, rng.integers(2, 4)
    d = heads * width
    hide = rng.random((b, n)) < 0.5
    hide[:, 0] = False
    return 3 * rng.standard_normal((b, n, d)) + 1, rng.standard_normal((3 * d, d)), rng.standard_normal((d, d)), heads, hide


def norm(x):
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)


def attended(x, w_in, w_out, heads, hide, width=None, merge=(0, 2, 1, 3)):
    """Attention of x to itself by the packed weights of PyTorch, True = hidden."""
    b, n, d = x.shape
    q, k, v = ((x @ w.T).reshape(b, n, heads, -1).swapaxes(1, 2) for w in np.split(w_in, 3))
    scores = np.where(hide[:, None, None, :], -np.inf, q @ k.mT / (width or d / heads) ** 0.5)
    amounts = np.exp(scores - scores.max(axis=-1, keepdims=True))
    context = amounts / amounts.sum(axis=-1, keepdims=True) @ v
    return context.transpose(merge).reshape(b, n, d) @ w_out.T


@function("37.8", draw_layer)
def first_half(x, w_in, w_out, heads, hide):
    """Norm, three blocks of w_in (each turned, for PyTorch keeps them out, in), heads to the front, scores over the root of the head's
    width, -inf where hide is True, heads back and joined, w_out, and x itself beside it."""
    return x + attended(norm(x), w_in, w_out, heads, hide)


@mistake("37.8", "That is post-norm: the norm came after the sum. Pre-norm norms what the attention reads, not the path around.")
def _(x, w_in, w_out, heads, hide):
    return norm(x + attended(x, w_in, w_out, heads, hide))


@mistake("37.8", "There is no norm.")
def _(x, w_in, w_out, heads, hide):
    return x + attended(x, w_in, w_out, heads, hide)


@mistake("37.8", "The path around is missing: add x.")
def _(x, w_in, w_out, heads, hide):
    return attended(norm(x), w_in, w_out, heads, hide)


@mistake("37.8", "The path around carries x as it came, not the normed x.")
def _(x, w_in, w_out, heads, hide):
    return norm(x) + attended(norm(x), w_in, w_out, heads, hide)


@mistake("37.8", "The mask is inverted: in PyTorch's key_padding_mask True hides.")
def _(x, w_in, w_out, heads, hide):
    return x + attended(norm(x), w_in, w_out, heads, ~hide)


@mistake("37.8", "PyTorch keeps a weight as (out, in) and multiplies by its transpose; you multiplied by the matrix itself.")
def _(x, w_in, w_out, heads, hide):
    turned = np.concatenate([w.T for w in np.split(w_in, 3)])
    return x + attended(norm(x), turned, w_out.T, heads, hide)


@mistake("37.8", "Scores are divided by the root of the head's width, d / heads. You took the root of d.")
def _(x, w_in, w_out, heads, hide):
    return x + attended(norm(x), w_in, w_out, heads, hide, width=x.shape[-1])


@mistake("37.8", "The heads were joined where they stood. Bring the places back in front of them, (b, n, heads, d/heads), before you join.")
def _(x, w_in, w_out, heads, hide):
    return x + attended(norm(x), w_in, w_out, heads, hide, merge=(0, 1, 2, 3))
