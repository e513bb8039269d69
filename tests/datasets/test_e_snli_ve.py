from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from seewhy.datasets.e_snli_ve import read_e_snli_ve
from seewhy.errors import DataFormatError, MissingFileError

DATA = Path(os.environ.get("SEEWHY_SHARED", Path(__file__).parents[3] / "shared")) / "data"
HEADER = ",pairID,Flickr30kID,hypothesis,gold_label,explanation\n"
ROW = '3,1.jpg#4r1n,1.jpg,"Women, two, avoid rain.",neutral,"It is unclear, e.g. why. No RAIN"\n'


def test_csv_and_prepared_file_give_the_same_example(write):
    (from_csv,) = read_e_snli_ve(write("esnlive_dev.csv", HEADER + ROW))
    prepared = {
        "3": {
            "hypothesis": "Women, two, avoid rain.",
            "answers": "neutral",
            "image_name": "1.jpg",
            "explanation": "it is unclear, eg why no rain",
        }
    }
    (from_json,) = read_e_snli_ve(write("esnlive_val.json", prepared))
    assert from_csv == from_json
    assert from_csv.id == "3"
    assert from_csv.question == "Women, two, avoid rain."
    assert from_csv.answers == ("neutral",)
    assert from_csv.image == Path("1.jpg")


def test_the_number_of_the_row_may_be_named_as_pandas_does(write):
    (example,) = read_e_snli_ve(write("x.csv", "Unnamed: 0" + HEADER + ROW))
    assert example.id == "3"


def test_concepts_are_found_by_row_or_by_picture(write):
    path = write("x.csv", HEADER + ROW)
    for key in ("3", "1.jpg"):
        words = write("concepts.json", {key: ["rain", "tennis_racket"]})
        (example,) = read_e_snli_ve(path, concepts=words)
        assert example.concepts == ("rain", "tennis_racket")
    with pytest.raises(DataFormatError, match=r"concepts.json has no field '1.jpg'"):
        list(read_e_snli_ve(path, concepts=write("concepts.json", {"4": ["x"]})))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("3,p,1.jpg,hypothesis,maybe,why\n", "line 2.*'gold_label' must be one of entailment"),
        ("3,p,1.jpg,hypothesis,neutral\n", "line 2 has 5 columns, the header has 6"),
        ("3,p,1.jpg,hypothesis,neutral,\n", "line 2.*'explanation'"),
        ("3,p,1.jpg,hypothesis,neutral,..\n", "line 2.*'explanation'"),
        ("3,p,../1.jpg,hypothesis,neutral,why\n", "line 2.*outside"),
        (",p,1.jpg,hypothesis,neutral,why\n", "line 2 has no number of its row"),
        ('3,p,1.jpg,"hypothesis,neutral,why\n', "x.csv, line 2 cannot be read"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(write, row, said):
    with pytest.raises(DataFormatError, match=said):
        list(read_e_snli_ve(write("x.csv", HEADER + row)))


def test_a_file_without_the_column_of_pictures_says_what_it_has(write):
    path = write("x.csv", HEADER + ROW)
    with pytest.raises(DataFormatError, match=r"no field .flickr8k_image.; it has .*Flickr30kID"):
        list(read_e_snli_ve(path, image_column="flickr8k_image"))
    with pytest.raises(DataFormatError, match="is empty"):
        list(read_e_snli_ve(write("y.csv", "")))


def test_rows_are_read_one_by_one(write):
    path = write("x.csv", HEADER + ROW + "broken\n")
    stream = iter(read_e_snli_ve(path))
    assert next(stream).id == "3"
    with pytest.raises(DataFormatError, match="line 3"):
        next(stream)


@pytest.mark.parametrize(("split", "size"), [("dev", 14_339), ("test", 14_740)])
def test_the_real_files_are_read_whole(split, size):
    path = DATA / "nle_annotations" / f"esnlive_{split}.csv"
    if not path.is_file():
        pytest.skip(f"no {path}; set SEEWHY_SHARED")
    examples = list(read_e_snli_ve(path))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(examples) == len(rows) == size
    for example, row in zip(examples, rows, strict=True):
        assert example.id == row[""]
        assert example.answers == (row["gold_label"],)
        assert example.explanations[0] == row["explanation"].lower().replace(".", "")


def test_the_rows_on_flickr8k_find_all_their_pictures():
    folder = DATA / "esnlive_flickr8k"
    if not folder.is_dir():
        pytest.skip(f"no {folder}; set SEEWHY_SHARED")
    stream = read_e_snli_ve(
        folder / "esnlive_dev_flickr8k.csv",
        DATA / "flickr8k" / "images",
        image_column="flickr8k_image",
    )
    examples = list(stream)
    assert (len(examples), stream.missing) == (3_217, [])
    assert len({example.image for example in examples}) == 233


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"none.csv"):
        list(read_e_snli_ve(tmp_path / "none.csv"))
