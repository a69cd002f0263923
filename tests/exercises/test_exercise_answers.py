"""The sweep over the exercises: right answers in other forms, wrong ones that nobody listed, and small changes of each solution.

A chapter's answers lie in answers/NN_slug.py: ANSWERS, {exercise: (right, wrong)}; NO_LETTERS, {exercise: wrong}, where a letter is asked
for; EQUIVALENT, {(exercise, change as `exercise_mutants` writes it): why it gives the same function on every valid input}.
"""
import ast
import runpy
from pathlib import Path

import pytest
from exercise_mutants import mutants, reachable
from test_exercises import FUNCTIONS, LETTERS, NAMES, NUMBERS, ids, slug

from attnlib import check

ANSWERS, EQUIVALENT = {}, {}
for path in sorted((Path(__file__).parent / "answers").glob("*.py")):
    found = runpy.run_path(str(path))
    ANSWERS |= found.get("ANSWERS", {})
    EQUIVALENT |= found.get("EQUIVALENT", {})
    for name, others in found.get("NO_LETTERS", {}).items():
        right = check.find(name)["answer"]
        ANSWERS[name] = [f"({right.upper()})", f"{right}) and its text"], others

every = pytest.mark.parametrize("name", NAMES, ids=ids(NAMES))


def test_every_exercise_has_two_right_answers_and_four_wrong_ones():
    assert sorted(ANSWERS) == sorted(NAMES) == sorted(FUNCTIONS + LETTERS + NUMBERS)
    for name, (rights, wrongs) in ANSWERS.items():
        assert len(rights) >= 2 and len(wrongs) >= 4, name


@every
def test_right_answers_in_other_forms_are_accepted(name):
    for mine in ANSWERS[name][0]:
        assert check.verdict(name, mine).startswith("right"), mine


@every
def test_wrong_answers_that_are_not_listed_are_refused_with_a_reply(name):
    exercise = check.find(name)
    for mine in ANSWERS[name][1]:
        said = check.verdict(name, mine)
        assert said.startswith("not yet. ") and len(said) > 40, mine
        assert not any(hint in said for _, hint in exercise["mistakes"]), f"{mine} is listed: {said}"
        if name in FUNCTIONS:                               # an answer that never runs would say nothing about the exercise
            inputs, right = check.cases(exercise)
            assert any(not isinstance(check.outcome(mine, args), Exception) for args in inputs[:40])


def parts(name):
    """The functions of the bank that make up a solution, as syntax trees without their decorators."""
    tree = ast.parse((check.FOLDER / f"{slug(name)}.py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name != "_"}
    for node in functions.values():
        node.decorator_list = []
    return reachable(check.find(name)["answer"].__name__, functions)


def compiled(solution, functions):
    namespace = dict(solution.__globals__)
    exec(compile(ast.Module(list(functions), []), "changed", "exec"), namespace)
    return namespace[solution.__name__]


def accepted(exercise, mine):
    inputs, right = check.cases(exercise)
    if not all(check.same(check.outcome(mine, args), wanted, exercise["rtol"]) for args, wanted in zip(inputs, right)):
        return False
    return not (exercise["also"] and exercise["also"](mine))


@pytest.mark.parametrize("name", FUNCTIONS, ids=ids(FUNCTIONS))
def test_small_changes_of_the_solution_are_refused_unless_they_change_nothing(name):
    exercise, functions = check.find(name), parts(name)
    assert accepted(exercise, compiled(exercise["answer"], functions.values()))
    live = {text for part, node in functions.items() for text, new in mutants(node)
            if accepted(exercise, compiled(exercise["answer"], {**functions, part: new}.values()))}
    assert live == {text for exercise, text in EQUIVALENT if exercise == name}
