"""Tables however they are written: the same numbers come back, and what cannot be told is refused with its line."""

import bz2
import gzip
import lzma
import zipfile

import numpy as np
import pytest

from luciole import datasets
from luciole.datasets.reading import tables
from luciole.errors import LucioleError

HEAD = "time,x,y,z,label,subject"


@pytest.mark.parametrize(
    "csv",
    [
        {"sep": ";"},
        {"sep": "\t"},
        {"sep": "|"},
        {"sep": " "},
        {"sep": ";", "decimal": ","},
        {"sep": "\t", "decimal": ","},
        {"sep": ",", "decimal": ",", "quoting": 2},
        {"encoding": "utf-16"},
        {"encoding": "utf-8-sig"},
        {"lineterminator": "\r\n"},
        {"float_format": "%.5e"},
    ],
)
def test_separators_decimal_marks_and_encodings_make_no_difference(invented, csv):
    invented.same(datasets.load(invented.write(**csv), window=2.0))


@pytest.mark.parametrize("ending", [".txt", ".dat", ".log", ".TSV", ".CSV"])
def test_endings_make_no_difference(invented, ending):
    invented.same(datasets.load(invented.write(name="{p}-{t}" + ending), window=2.0))


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_compressed_files_are_unpacked(invented, ending, pack):
    for path in list(invented.write().glob("*.csv")):
        path.with_name(path.name + ending).write_bytes(pack(path.read_bytes()))
        path.unlink()
    invented.same(datasets.load(invented.root, window=2.0))


def test_a_zip_of_one_file_is_read_and_of_two_refused(invented, tmp_path):
    for path in list(invented.write().glob("*.csv")):
        with zipfile.ZipFile(path.with_suffix(".csv.zip"), "w") as packed:
            packed.write(path, path.name)
        path.unlink()
    invented.same(datasets.load(invented.root, window=2.0))
    with zipfile.ZipFile(tmp_path / "lea-hop.csv.zip", "a") as packed:
        packed.writestr("more.csv", "x")
    with pytest.raises(LucioleError, match="zip of one file"):
        datasets.load(invented.root)


@pytest.mark.parametrize(
    "above",
    [
        "# made by a logger\n# at night\n",
        "% comment\n",
        "\n\n",
        "Serial Number: 12\nStart Time 11:55:00\n----------\n",
        "sep=,\n",
        "Device,phone\nFirmware,1.2,beta\n\n",
    ],
)
def test_lines_above_the_header_are_passed_over(invented, above):
    invented.write()
    for path in invented.root.glob("*.csv"):
        path.write_text(above + path.read_text())
    invented.same(datasets.load(invented.root, window=2.0))


def test_a_header_in_a_comment_is_the_header(invented):
    invented.write()
    for path in invented.root.glob("*.csv"):
        path.write_text("# " + path.read_text())
    invented.same(datasets.load(invented.root, window=2.0))


def test_units_in_a_line_of_their_own_join_the_names(tmp_path):
    (tmp_path / "a.csv").write_text(
        "time,ax,ay,label\nms,m/s^2,m/s^2,-\n" + "".join(f"{20 * k},1.5,2,w\n" for k in range(9))
    )
    sheet = tables.read(tmp_path / "a.csv", ("a",))
    assert sheet.columns == ["time (ms)", "ax (m/s^2)", "ay (m/s^2)", "label"]
    assert sheet.rows[0] == 3


def test_an_empty_last_column_is_passed_over(invented):
    invented.write()
    for path in invented.root.glob("*.csv"):
        path.write_text(path.read_text().replace("\n", ",\n"))
    invented.same(datasets.load(invented.root, window=2.0))
    for path in invented.root.glob("*.csv"):
        path.write_text(path.read_text().replace("subject,\n", "subject\n"))
    invented.same(datasets.load(invented.root, window=2.0))


def test_row_names_without_a_header_of_their_own_do_not_shift_the_columns(invented):
    for path in invented.write().glob("*.csv"):
        head, *rows = path.read_text().splitlines()
        path.write_text("\n".join([head, *(f"{k},{row}" for k, row in enumerate(rows, 1))]))
    invented.same(datasets.load(invented.root, window=2.0))


def test_a_torn_last_line_is_left_out_and_said(invented):
    path = next(iter(sorted(invented.write().glob("*.csv"))))
    path.write_text(path.read_text() + "10.0,0.1")
    data = datasets.load(invented.root, window=2.0)
    invented.same(data)
    assert "too few or too many cells" in data.describe()


def test_many_torn_lines_are_refused_and_the_first_is_named(tmp_path):
    rows = [f"{k / 50},1,2,3,w,a" if k % 5 else f"{k / 50},1,2" for k in range(1, 200)]
    (tmp_path / "a.csv").write_text("\n".join([HEAD, *rows]))
    with pytest.raises(LucioleError, match=r"a\.csv, row 6: expected 6 cells"):
        datasets.load(tmp_path)


def test_decimal_commas_between_commas_are_refused(tmp_path):
    rows = [f"0,{k:02},1,5,2,5,3,5,w,a" for k in range(50)]
    (tmp_path / "a.csv").write_text("\n".join([HEAD, *rows]))
    with pytest.raises(LucioleError, match="semicolons") as caught:
        datasets.load(tmp_path)
    assert "row 2" in str(caught.value)
    (tmp_path / "a.csv").write_text(
        "\n".join([HEAD.replace(",", ";"), *(f"0,{2 * k:02};1,5;2,5;3,{k};w;a" for k in range(50))])
    )
    assert datasets.load(tmp_path, window=0.2).channels == 3


def test_two_decimal_marks_are_refused(tmp_path):
    rows = [f"{k / 50};1,5;2.5;3;w;a" for k in range(50)]
    (tmp_path / "a.csv").write_text("\n".join([HEAD.replace(",", ";"), *rows]))
    with pytest.raises(LucioleError, match="one decimal mark"):
        datasets.load(tmp_path)


def test_lines_of_dashes_and_a_header_again_begin_another_recording(tmp_path):
    rows = [f"{a:.2f},{a + 1:.2f},w" for a in np.sin(np.arange(60))]
    (tmp_path / "a.csv").write_text("\n".join(["x,y,label", *rows[:30], "-,-,-", *rows[30:], "x,y,label", *rows]))
    data = datasets.load(tmp_path, hz=10, window=1.0, overlap=0.0)
    assert np.bincount(data.recording).tolist() == [3, 3, 6]


def test_accents_that_are_not_utf8_are_read_and_said(invented):
    invented.write(lambda d: d.assign(label=d["label"].replace("hop", "saut élevé")), encoding="cp1252")
    data = datasets.load(invented.root)
    assert "saut élevé" in data.class_names
    assert "cp1252" in data.describe()


@pytest.mark.parametrize(("held", "said"), [("", "empty"), (HEAD, "below the header"), ("\x00\x01\x02" * 9, "binary")])
def test_what_holds_no_table_is_named(tmp_path, held, said):
    (tmp_path / "a.csv").write_text(held)
    with pytest.raises(LucioleError, match=said) as caught:
        datasets.load(tmp_path)
    assert "a.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_words_that_pandas_takes_for_missing_are_labels(invented):
    invented.write(lambda d: d.assign(label=d["label"].map({"stand": "None", "hop": "NA"})))
    assert datasets.load(invented.root).class_names == ("NA", "None")


def test_two_columns_of_one_name_are_told_apart_and_said(tmp_path):
    rows = [f"{k / 50},{np.sin(k):.3f},{np.cos(k):.3f},w" for k in range(150)]
    (tmp_path / "a.csv").write_text("\n".join(["time,x,x,label", *rows]))
    data = datasets.load(tmp_path)
    assert data.channel_names == ("x", "x 2")
    assert "two columns" in data.describe()


@pytest.mark.parametrize("ending", [".zip", ".npy", ".xlsx"])
def test_a_folder_without_tables_names_what_is_there(tmp_path, ending):
    (tmp_path / "lea").mkdir()
    (tmp_path / "lea" / f"walk{ending}").write_bytes(b"PK")
    with pytest.raises(LucioleError, match=rf"got none, but files that end in \{ending}; unpack or export them"):
        datasets.load(tmp_path)
