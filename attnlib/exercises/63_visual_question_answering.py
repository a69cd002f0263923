"""Exercises of 63_visual_question_answering."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("63.1", 3 / 8,
       "Half of the time the answer is among two cells: 1/2 right. Else it guesses among four: 1/4. Together (1/2 + 1/4) / 2 = 3/8.",
       [(1 / 2, "That is right in the half where two cells are left. In the other half four are left."),
        (1 / 4, "That is right in the half where four cells are left. In the other half two are left."),
        (3 / 4, "You added the two chances. Each kind of question is only half of all."),
        (1 / 3, "There are not three cells to choose from: two in one half of the questions, four in the other. Average the chances."),
        (1 / 8, "You multiplied the two chances. A question is of one kind or of the other, so they are averaged."),
        (1 / 9, "The empty cells can be seen to be empty.")],
       first="How often is a guess right where two cells are left, and how often where four are left?")


def draw_answers(rng):
    kinds = int(rng.integers(2, 5))
    learnt, asked = rng.integers(0, kinds, int(rng.integers(6, 14))), rng.integers(0, kinds + 1, int(rng.integers(4, 9)))
    return learnt, rng.integers(0, 4, len(learnt)), asked, rng.integers(0, 4, len(asked))


def commonest(answers):
    return np.bincount(answers).argmax()


@function("63.2", draw_answers)
def blind(kinds, answers, asked, wanted):
    """For each kind of question the commonest training answer, for a kind that never came the commonest of all; then the share right."""
    said = [commonest(answers[kinds == k]) if (kinds == k).any() else commonest(answers) for k in asked]
    return np.mean(np.array(said) == wanted)


@mistake("63.2", "You looked at the test answers to find the guess. Take the commonest *training* answer.")
def _(kinds, answers, asked, wanted):
    said = [commonest(wanted[asked == k]) for k in asked]
    return np.mean(np.array(said) == wanted)


@mistake("63.2", "That is one guess for all questions. Each kind has its own commonest answer.")
def _(kinds, answers, asked, wanted):
    return np.mean(commonest(answers) == wanted)


@mistake("63.2", "A kind that never came in training counts as wrong in yours. Guess the commonest answer of all there.")
def _(kinds, answers, asked, wanted):
    said = [commonest(answers[kinds == k]) if (kinds == k).any() else -1 for k in asked]
    return np.mean(np.array(said) == wanted)


@mistake("63.2", "You left out the questions of a kind that never came. They are asked too.")
def _(kinds, answers, asked, wanted):
    known = np.isin(asked, kinds)
    return blind(kinds, answers, asked[known], wanted[known])


@mistake("63.2", "That is the number of right answers. The share was asked for.")
def _(kinds, answers, asked, wanted):
    return blind(kinds, answers, asked, wanted) * len(asked)


@mistake("63.2", "That is how often the guess fits the training answers. The test questions were asked.")
def _(kinds, answers, asked, wanted):
    return blind(kinds, answers, kinds, answers)


@mistake("63.2", "Among equally common answers you take the largest. The smallest was asked for.")
def _(kinds, answers, asked, wanted):
    def largest(some):
        return 3 - np.bincount(3 - some).argmax()
    said = [largest(answers[kinds == k]) if (kinds == k).any() else largest(answers) for k in asked]
    return np.mean(np.array(said) == wanted)


def draw_states(rng):
    b, n, d = int(rng.integers(2, 5)), int(rng.integers(3, 6)), int(rng.integers(1, 4))
    lengths = rng.integers(1, n + 1, b)
    lengths[0] = n - 1
    return np.round(rng.normal(size=(b, n, d)), 1), lengths


@function("63.3", draw_states)
def last_states(states, lengths):
    """Row i ends at place lengths[i] - 1; what stands behind it was read from empty words."""
    return np.array([row[m - 1] for row, m in zip(states, lengths)])


@mistake("63.3", "That is still the bug: the last place of a short question is an empty word. Take place `lengths[i] - 1` of row i.")
def _(states, lengths):
    return states[:, -1]


@mistake("63.3", "One place too far: a question of three words ends at place 2.")
def _(states, lengths):
    return states[np.arange(len(states)), np.minimum(lengths, states.shape[1] - 1)]


@mistake("63.3", "You took the place of one question for all. Each row has its own length.")
def _(states, lengths):
    return states[:, lengths[0] - 1]


@mistake("63.3", "`states[:, lengths - 1]` takes all those places of every row. Pair each row with its own place.")
def _(states, lengths):
    return states[:, lengths - 1]


@mistake("63.3", "That is the first state. It has read one word.")
def _(states, lengths):
    return states[:, 0]


@mistake("63.3", "That is the mean over the words. The state after the last word was asked for.")
def _(states, lengths):
    return np.array([s[:m].mean(axis=0) for s, m in zip(states, lengths)])


number("63.4", float(np.log(72)),
       "The eight others have together 8, the one e^s: e^s / (e^s + 8) = 9/10, so e^s = 72 and s = ln 72 = 4.277.",
       [(72, "That is e to the score. The score is its logarithm."),
        (float(np.log(9)), "That would do with one other cell. There are eight, and each has e^0 = 1."),
        (float(np.log(81)), "Count the others: nine cells, and one of them is the one that is looked at."),
        (float(np.log(8)), "With that the weight is 1/2."),
        (float(np.log(8 / 9)), "The equation is e^s = 9 times what the eight others have together, not that divided by 9."),
        (0.9, "That is the weight. Which score gives it?"),
        (float(np.log(7.2)), "e^s is nine tenths of the *sum* of all nine, and the sum holds e^s as well.")],
       first="What have the eight other cells together, before it is divided? And how many times that must the one cell have?")

choice("63.5", "b",
       "A sum of answers has a term for each sense. What is right for \"left\" depends on where the 7 stands; no term sees more than\n"
       "one sense, so none can say it. Early joining and attention let one part see several senses at once.",
       [("a", "The late way has the most numbers of the three."),
        ("c", "Its rate was chosen like those of the others; and no rate helps what no term of the sum can say."),
        ("d", "The eye is the same frozen one in all three.")])

choice("63.6", "c",
       "In cross-attention the side that asks gives the queries, the side that is looked at gives keys and values: the decoder asks\n"
       "the encoder's states in 35, the words ask the cells here.",
       [("a", "Then each cell would ask the words, and the map would have a row for each cell."),
        ("b", "That is self-attention: one side gives all three."),
        ("d", "Keys decide where a query looks, values what it gets; here both come from the side that is looked at.")])


def draw_maps(rng):
    b, n = int(rng.integers(3, 7)), int(rng.integers(3, 7))
    lengths = rng.integers(2, n + 1, b)
    lengths[0] = n - 1
    weights, right = np.round(rng.random((b, n)), 2), rng.random((b, n)) < 0.4
    weights[0, -1], right[0, :2], right[1] = 2.0, [True, False], False
    return weights, right & (np.arange(n) < lengths[:, None]), lengths


def parts(weights, right, lengths):
    own = [(w[:m], r[:m]) for w, r, m in zip(weights, right, lengths) if r.any()]
    return np.array([r[w.argmax()] for w, r in own], float), np.array([r.mean() for _, r in own])


@function("63.7", draw_maps)
def beyond_chance(weights, right, lengths):
    """Cut each row to its own places, leave rows without a right place; how often the largest weight is right, how often a place drawn
    evenly would be, and which part of the way from there to 1 is gone."""
    found, chance = (x.mean() for x in parts(weights, right, lengths))
    return np.array([found, chance, (found - chance) / (1 - chance)])


@mistake("63.7", "The padding got in: the largest weight may only be one of a row's own `lengths[i]` places.")
def _(weights, right, lengths):
    scored = right.any(axis=1)
    found = np.array([r[w.argmax()] for w, r in zip(weights, right)])[scored].mean()
    chance = parts(weights, right, lengths)[1].mean()
    return np.array([found, chance, (found - chance) / (1 - chance)])


@mistake("63.7", "The chance of a row is among its own places, not among all columns.")
def _(weights, right, lengths):
    found, chance = parts(weights, right, lengths)[0].mean(), right[right.any(axis=1)].mean()
    return np.array([found, chance, (found - chance) / (1 - chance)])


@mistake("63.7", "Rows without a right place count as wrong in yours. They have nothing to find, and are not scored.")
def _(weights, right, lengths):
    found = np.mean([r[:m][w[:m].argmax()] for w, r, m in zip(weights, right, lengths)])
    chance = np.mean([r[:m].mean() for r, m in zip(right, lengths)])
    return np.array([found, chance, (found - chance) / (1 - chance)])


@mistake("63.7", "Your third number is the difference. Divide it by what was left to win, 1 minus chance.")
def _(weights, right, lengths):
    found, chance = (x.mean() for x in parts(weights, right, lengths))
    return np.array([found, chance, found - chance])


@mistake("63.7", "Your third number is a ratio to chance. The part of the way from chance to 1 was asked for.")
def _(weights, right, lengths):
    found, chance = (x.mean() for x in parts(weights, right, lengths))
    return np.array([found, chance, found / chance])


@mistake("63.7", "You averaged the weight on the right places. Whether the *largest* weight lies there was asked for.")
def _(weights, right, lengths):
    found = np.mean([w[:m][r[:m]].sum() / w[:m].sum() for w, r, m in zip(weights, right, lengths) if r.any()])
    chance = parts(weights, right, lengths)[1].mean()
    return np.array([found, chance, (found - chance) / (1 - chance)])


@mistake("63.7", "For chance you pooled the places of all rows. Each row counts once: take the mean of the rows' shares.")
def _(weights, right, lengths):
    scored = right.any(axis=1)
    found, chance = parts(weights, right, lengths)[0].mean(), right[scored].sum() / lengths[scored].sum()
    return np.array([found, chance, (found - chance) / (1 - chance)])
