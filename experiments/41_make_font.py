"""Make attention_sans_sc.otf, the Chinese letters of 41_translation: python experiments/41_make_font.py FULL_FONT

FULL_FONT is NotoSansCJKsc-Regular.otf (version 1.004, SIL Open Font License 1.1; the wheel mplfonts 0.0.11 holds it).  What the
translations need is kept, the rest dropped, and the family renamed, so that no installed font can stand in for it.
"""
import string
import sys

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from attnlib.data import data_path
from attnlib.tasks.cldr import Vocabulary

NAME = "Attention Sans SC"
FRENCH = "ÀÂÆÇÈÉÊËÎÏÔŒÙÛÜàâæçèéêëîïôœùûüÿ’«»"
PLAIN = string.printable[:95] + "−·×≈…αβ"


def letters():
    """Every character that a picture of the translations may need."""
    words = (word for language in ("en", "fr", "zh") for word in Vocabulary(language).words)
    return sorted(set("".join(words)) | set(FRENCH + PLAIN + "键查询注意力中文法英"))


def main(path):
    font = TTFont(path, recalcTimestamp=False)
    options = Options(layout_features=[], hinting=False, desubroutinize=True, notdef_outline=True, name_IDs=[0, 1, 2, 4, 6, 13, 14])
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(letters()))
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 4, 6):
            record.string = NAME.replace(" ", "") if record.nameID == 6 else NAME
    font["CFF "].cff.fontNames = [NAME.replace(" ", "")]
    top = font["CFF "].cff.topDictIndex[0]
    top.FamilyName = top.FullName = NAME
    font.save(data_path("41", "attention_sans_sc.otf"))


if __name__ == "__main__":
    main(sys.argv[1])
