"""Where the chapters' data lie, and trained weights, which are checked as they are read."""
import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = ROOT / "notebooks" / "data"


def data_path(chapter, name):
    """The path of a data file of a chapter, given by its number: data_path("36", "runs.csv").

    A chapter without data raises ValueError; whether the file is there is the reader's affair, since an experiment writes it.
    Where attnlib was installed without the book, FileNotFoundError says so.
    """
    if not FILES.is_dir():
        raise FileNotFoundError(f"{name}: the chapters' data lie in the book's folder, and this attnlib was installed without it")
    folders = list(FILES.glob(f"{chapter}_*"))
    if len(folders) != 1:
        raise ValueError(f"chapter: expected one of {sorted(p.name[:2] for p in FILES.glob('[0-9]*_*'))}, got {chapter!r}")
    return folders[0] / name


def weights(chapter, sha256, name="model.safetensors"):
    """The trained weights of a chapter, {name: tensor} in PyTorch's default dtype; a file whose SHA-256 is another raises ValueError."""
    import torch
    from safetensors.torch import load
    content = data_path(chapter, name).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(f"{name}: expected the weights whose SHA-256 is {sha256}, got {found}")
    return {key: value.to(torch.get_default_dtype()) for key, value in load(content).items()}
