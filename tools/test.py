"""Test the book: python tools/test.py [11 32 ...]

Style, unit tests, structure tests and every notebook under nbval with two workers; with numbers, only those notebooks under nbval.
"""
import sys
import tempfile

import book
import setup


def main(numbers):
    wanted = [path.relative_to(book.ROOT) for path in book.chosen(numbers)]     # a wrong number is told before any set-up
    python = setup.python()
    with tempfile.TemporaryDirectory() as work:                # the learner's own progress plays no part in a test
        options = ["-q", "-n", "2", "--dist", "loadfile", "--nbval", "--durations", "10"]
        if numbers:
            return book.run(python, "-m", "pytest", *options, *wanted, ATTNLIB_WORK=work)
        check = (python, "-m", "ruff", "check", "--no-cache")
        style = book.run(*check, ".") or book.run(*check, "--select=E501", "--line-length=88", "notebooks")
        return book.run(python, "-m", "pytest", *options, "tests", *wanted, ATTNLIB_WORK=work) or style


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
