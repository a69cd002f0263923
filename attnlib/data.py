"""Where the chapters' data lie."""
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = ROOT / "notebooks" / "data"


def data_path(chapter, name):
    """The path of a data file of a chapter, given by its number: data_path("36", "runs.csv").

    A chapter without data raises ValueError; whether the file is there is the reader's affair, since an experiment writes it.
    """
    folders = list(FILES.glob(f"{chapter}_*"))
    if len(folders) != 1:
        raise ValueError(f"chapter: expected one of {sorted(p.name[:2] for p in FILES.glob('[0-9]*_*'))}, got {chapter!r}")
    return folders[0] / name
