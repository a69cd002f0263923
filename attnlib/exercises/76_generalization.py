"""Exercises of 76_generalization."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("76.1", 1 / 3,
       "Mark and letter lie in places 0 to 15 if the mark stands at 0 to 14: 15 of 63 places. The other 48 "
       "of 63 are guesses, right one time\n"
       "in eight: 15/63 + 48/63 * 1/8 = 15/63 + 6/63 = 21/63 = 1/3. The table has a little less, since even in the trained range the late\n"
       "asking place is a new one.",
       [(5 / 21, "That is the share of texts in the trained range. The others are guesses, and one in eight of them is right."),
        (15 / 64, "The mark has 63 places, since a letter stands behind it; and guesses are right one time in eight."),
        (45 / 128, "The mark has 63 places to choose from, not 64: a letter stands behind it."),
        (16 / 63, "With the mark at place 15 the letter is at 16. And guesses are right one time in eight."),
        (175 / 504, "With the mark at place 15 the letter stands at 16, which is outside."),
        (1 / 8, "That is a guess for all texts. Those with mark and letter in the trained range are right."),
        (2 / 21, "Those are the right guesses alone. Add the texts in the trained range.")],
       first="At how many of the 63 places may the mark stand so that the letter, too, is at most at place 15?")


def draw_lengths(rng):
    trained = int(rng.integers(3, 9))
    return int(rng.integers(2, 3 * trained)), trained


@function("76.2", draw_lengths)
def squeezed_places(n, trained):
    """Whole numbers, times L/n where n is larger than L; else times 1."""
    return np.arange(n) * min(1.0, trained / n)


@mistake("76.2", "Longer texts are right. But yours stretches shorter ones too; those keep their places.")
def _(n, trained):
    return np.arange(n) * trained / n


@mistake("76.2", "You put the last token at the last trained place, L - 1. The formula is L/n times i.")
def _(n, trained):
    return np.arange(n) * min(1.0, (trained - 1) / (n - 1))


@mistake("76.2", "Your places are whole numbers, so neighbours share one. Interpolation puts them in between.")
def _(n, trained):
    return np.floor(np.arange(n) * min(1.0, trained / n))


@mistake("76.2", "You clip: all tokens behind the trained range share its last place. Squeeze instead.")
def _(n, trained):
    return np.minimum(np.arange(n), trained - 1).astype(float)


@mistake("76.2", "Those are the places as they are. A longer text must fit into the trained range.")
def _(n, trained):
    return np.arange(n).astype(float)


@mistake("76.2", "You divided the wrong way round: n/L spreads the places farther.")
def _(n, trained):
    return np.arange(n) * max(1.0, n / trained)


def draw_answers(rng):
    n, rounds = int(rng.integers(5, 12)), int(rng.integers(20, 60))
    before = (rng.random(n) < 0.8).astype(float)
    after = (rng.random(n) < 0.5).astype(float)
    return before, after, rng.integers(n, size=(rounds, n))


@function("76.3", draw_answers)
def ends(before, after, picks):
    """A gap for each round, so both means run along the drawn sheets (axis 1); 95 % lie between the 2.5th and the 97.5th percentile."""
    gaps = before[picks].mean(axis=1) - after[picks].mean(axis=1)
    return np.percentile(gaps, [2.5, 97.5])


@mistake("76.3", "The percentiles are right now. But the first mean runs over all rounds at once, so the chance in `before` is gone.")
def _(before, after, picks):
    return np.percentile(before[picks].mean() - after[picks].mean(axis=1), [2.5, 97.5])


@mistake("76.3", "The means are right now. But between the 5th and the 95th percentile lie 90 %.")
def _(before, after, picks):
    return np.percentile(before[picks].mean(axis=1) - after[picks].mean(axis=1), [5, 95])


@mistake("76.3", "That is the colleague's code, with both mistakes.")
def _(before, after, picks):
    return np.percentile(before[picks].mean() - after[picks].mean(axis=1), [5, 95])


@mistake("76.3", "A loss is before minus after; you have the other sign.")
def _(before, after, picks):
    return np.percentile(after[picks].mean(axis=1) - before[picks].mean(axis=1), [2.5, 97.5])


@mistake("76.3", "Your mean runs over the rounds (axis 0). A round is a row: the mean runs along its sheets.")
def _(before, after, picks):
    return np.percentile(before[picks].mean(axis=0) - after[picks].mean(axis=0), [2.5, 97.5])


@mistake("76.3", "You used `before` as it is in every round. The draw of sheets holds for both readings.")
def _(before, after, picks):
    return np.percentile(before.mean() - after[picks].mean(axis=1), [2.5, 97.5])


number("76.4", 5 / 12,
       "The weight is 45 / (45 + 63): each of the 63 other keys counts exp(0) = 1. That is 45/108 = 5/12, "
       "down from 3/4, though no score has\n"
       "changed. With scores times log 64 / log 16 = 3/2 it would be 45^1.5 / (45^1.5 + 63) = 0.83.",
       [(45 / 109, "There are 63 other keys, not 64."),
        (3 / 16, "You divided by 4. The right key keeps its 45, and the others together count 63."),
        (3 / 4, "That is the weight among 16. Among 64 the others count 63 and no longer 15."),
        (7 / 12, "That is what the others get together."),
        (0.8273, "That is the weight with sharper scores, times 3/2. Here the scores stay.")],
       first="What do the 63 other keys count together, each with the score 0?")

choice("76.5", "d",
       "Both readers solve the trained lengths, and so do readers of all six ways; at 64 tokens they lie "
       "anywhere between a guess and all.\n"
       "What training leaves open is decided by way, rate and seed, and only a test on 64 tokens shows it.",
       [("a", "Look at the table: several ways are right on all of 16 tokens and lost at 64."),
        ("b", "Some are right at 64 although the places are new: look at ALiBi and at the GRU."),
        ("c", "Look at the dots at 1.00 in the extra on different worlds: seeds of one way lie far apart at 64.")])

choice("76.6", "c",
       "Rotated scores depend on the difference of two places alone, and that stays. Learned rows and added sines put other vectors in.",
       [("a", "Row 1003 is another row than row 3, if the table has it at all."),
        ("b", "The raw codes' products depend on the distance. But they are added to words and projected, and then they do not."),
        ("d", "One of them depends on differences of places only. Which turns both sides?")])
