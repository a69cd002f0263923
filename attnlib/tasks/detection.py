"""Made scenes of handwritten digits with known boxes, COCO's average precision, and a reader's own picture: what 52_object_detection uses.

Boxes are centre x, centre y, width and height in parts of the canvas' side.  AP: Lin and others (2014), by pycocotools.  A reader's
picture with nan in it, of uneven ground (noise, a photograph), on dark ground, without ink, with ink under 10 pixels' height, or with
ink spread over more than the canvas holds, raises ValueError.
"""
import contextlib
import io

import numpy as np
import torch
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy import ndimage

SIDE, NOTHING = 48, 10                                         # pixels of a side; the class of a place that a scene does not fill


def cut_out(image, side):
    """The digit at another size, cut at its ink: no empty row or column is left."""
    small = Image.fromarray((255 * image).astype(np.uint8)).resize((side, side), 2)
    ink = np.asarray(small) / 255
    rows, columns = ((ink > 0.2).any(axis).nonzero()[0] for axis in (1, 0))
    return ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]


def scene(rng, images, labels, counts=(1, 5), sizes=(16, 24)):
    """A canvas with digits that do not touch; -> canvas, boxes (left, top, width,
    height), classes."""
    canvas, taken = np.zeros((SIDE, SIDE)), np.zeros((SIDE + 1, SIDE + 1), bool)
    boxes, classes = [], []
    for _ in range(rng.integers(counts[0], counts[1] + 1)):
        i, side = rng.integers(len(images)), int(rng.integers(sizes[0], sizes[1] + 1))
        patch = cut_out(images[i], side)
        h, w = patch.shape
        for _ in range(30):
            x, y = rng.integers(SIDE - w + 1), rng.integers(SIDE - h + 1)
            if not taken[y:y + h + 1, x:x + w + 1].any():
                canvas[y:y + h, x:x + w] = patch
                taken[y:y + h + 1, x:x + w + 1] = True
                boxes.append((x, y, w, h))
                classes.append(labels[i])
                break
    return canvas, np.array(boxes, float), np.array(classes)


def scenes(split, n, digits, **kind):
    """n scenes of digits(split), images and labels: pictures (n, 48, 48), classes (n, most), boxes (n, most, 4)
    as centre and size in parts of the side; empty places have the class NOTHING."""
    rng = np.random.default_rng([52, ("train", "valid", "test").index(split)])
    images, labels = digits(split)
    made = [scene(rng, images, labels, **kind) for _ in range(n)]
    most = max(len(found) for _, _, found in made)
    classes, boxes = np.full((n, most), NOTHING), np.full((n, most, 4), 0.5)
    for i, (_, box, found) in enumerate(made):
        classes[i, :len(found)] = found
        centre = box[:, :2] + box[:, 2:] / 2
        boxes[i, :len(found)] = np.concatenate([centre, box[:, 2:]], 1) / SIDE
    return tuple(map(torch.tensor, (np.array([m[0] for m in made]), classes, boxes)))


def average_precision(found, classes, boxes):
    """AP50 and AP of COCO; found: for each picture (k, 6), score, class and box."""
    def entry(i, c, b):
        box = [*(SIDE * (b[:2] - b[2:] / 2)).tolist(), *(SIDE * b[2:]).tolist()]
        return {"image_id": i, "category_id": int(c), "bbox": box}
    true = [entry(i, c, b) for i in range(len(found))
            for c, b in zip(classes[i], boxes[i]) if c != NOTHING]
    true = [t | {"id": j, "iscrowd": 0, "area": t["bbox"][2] * t["bbox"][3]}
            for j, t in enumerate(true, 1)]
    claims = [entry(i, d[1], d[2:]) | {"score": float(d[0])}
              for i, each in enumerate(found) for d in each]
    if not claims:
        return 0.0, 0.0
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {"images": [{"id": i} for i in range(len(found))],
                         "categories": [{"id": c} for c in sorted({t["category_id"]
                                        for t in true})], "annotations": true}
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes(claims), "bbox")
        judge.evaluate(), judge.accumulate(), judge.summarize()
    return judge.stats[1], judge.stats[0]


def prepare(grey):
    """The ink of a reader's grey picture on a canvas; -> canvas, scale, corner in pixels."""
    ink = np.median(grey) - grey
    if not np.isfinite(ink).all():
        raise ValueError("picture: expected a number in each pixel, got nan or infinite")
    if np.median(grey) < 0.5:
        raise ValueError("picture: expected dark ink on light paper, got a dark ground")
    if ink.max() < 0.2:
        raise ValueError("picture: expected dark ink, got a page that is nearly blank")
    if np.median(abs(ink)) > 0.3 * ink.max():
        raise ValueError("picture: expected dark ink on even paper, got noise, a "
                         "photograph of things, or paper in uneven light")
    ink = (ink / ink.max()).clip(0)
    parts = ndimage.find_objects(ndimage.label(ink > 0.4, np.ones((3, 3)))[0])
    tall = max(part[0].stop - part[0].start for part in parts)
    rows, columns = (ink > 0.4).any(1).nonzero()[0], (ink > 0.4).any(0).nonzero()[0]
    cut = ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    if tall < 10:
        raise ValueError("picture: expected digits at least 10 pixels tall, "
                         f"got {tall} for the tallest")
    scale = min(14 / tall, 46 / max(cut.shape))
    if scale * tall < 11:
        raise ValueError(f"picture: expected at most about three digits side by side, got "
                         f"ink over {max(cut.shape) / tall:.1f} times the tallest; "
                         "cut the picture into parts")
    return place(cut, scale, columns[0], rows[0])


def place(cut, scale, left, top):
    """Scale the ink, and put it into the middle of an empty canvas."""
    size = [max(1, round(s * scale)) for s in cut.shape[::-1]]
    small = Image.fromarray((255 * cut).astype(np.uint8)).resize(size, 2)
    canvas, (h, w) = np.zeros((SIDE, SIDE)), small.size[::-1]
    y, x = (SIDE - h) // 2, (SIDE - w) // 2
    canvas[y:y + h, x:x + w] = np.asarray(small) / max(1, np.asarray(small).max())
    return canvas, scale, (left - x / scale, top - y / scale)
