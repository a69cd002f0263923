"""Data that the notebooks share: where it lies, and how it is made."""
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = ROOT / "notebooks" / "data"
