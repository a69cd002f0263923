"""Remove the environment and what the tools left behind: python tools/clean.py.  Your work/ stays."""
import shutil

import book

LEFT = [".venv", ".hub", "_site", "site/node_modules", "mutants", ".hypothesis", ".pytest_cache", ".ruff_cache",
        "*.egg-info", "**/__pycache__", "**/.ipynb_checkpoints"]

if __name__ == "__main__":
    for pattern in LEFT:
        for path in list(book.ROOT.glob(pattern)):
            if "work" not in path.relative_to(book.ROOT).parts:
                shutil.rmtree(path)
                print(f"removed {path.relative_to(book.ROOT)}")
