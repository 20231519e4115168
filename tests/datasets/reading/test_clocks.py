"""Times in every unit are the same seconds; where two units fit, the question's own answer settles it."""

import numpy as np
import pandas as pd
import pytest

from luciole import datasets
from luciole.datasets.reading.timing import spread, timing
from luciole.errors import LucioleError

START = 1_714_557_600  # 2024-05-01 10:00 UTC


def dated(t, at="10:00"):
    return pd.Timestamp(f"2024-05-01 {at}") + pd.to_timedelta(t, unit="s")


FORMS = {
    "ms": lambda t: (1000 * t).round().astype("int64"),
    "µs": lambda t: (1e6 * t).round().astype("int64") + 77_000_000,
    "ns since boot": lambda t: (1e9 * t).round().astype("int64") + 49_105_962_326_000,
    "s since 1970": lambda t: (START + t).map("{:.4f}".format),
    "ms since 1970": lambda t: ((START + t) * 1000).round().astype("int64"),
    "ns since 1970": lambda t: (1e9 * t).round().astype("int64") + START * 10**9,
    "ISO": dated,
    "ISO, zone": lambda t: dated(t).dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    "day first": lambda t: dated(t).dt.strftime("%d/%m/%Y %H:%M:%S.%f"),
    "colon before ms": lambda t: dated(t).dt.strftime("%Y-%m-%d %H:%M:%S:%f"),
    "digits alone": lambda t: dated(t).dt.strftime("%Y%m%d%H%M%S%f").str[:-3],
    "digits alone, seconds": lambda t: dated(t).dt.strftime("%Y%m%d%H%M%S"),  # shared by the samples of a second
    "time of day": lambda t: dated(t).dt.strftime("%H:%M:%S.%f"),
    "over midnight": lambda t: dated(t, "23:59:55").dt.strftime("%H:%M:%S.%f"),
}


@pytest.mark.parametrize("form", FORMS)
def test_units_and_dates_become_seconds(invented, form):
    invented.same(datasets.load(invented.write(lambda d: d.assign(time=FORMS[form](d["time"]))), window=2.0))


def test_digits_of_a_date_are_the_time_also_where_columns_have_no_names(invented):
    def change(d):
        stamps = dated(d["time"]).dt.strftime("%Y%m%d%H%M%S")
        return d.assign(time=stamps).drop(columns=["label", "subject"])

    data = datasets.load(invented.write(change, "{p}_{t}.txt", sep=" ", header=False), window=2.0)
    invented.same(data)
    assert "time is 'column 1', in dates" in data.describe()


def test_seconds_with_a_column_of_milliseconds(invented):
    def change(d):
        ms = (1000 * d["time"]).round().astype(int)
        return d.assign(time=START + ms // 1000, msec=ms % 1000)

    data = datasets.load(invented.write(change), window=2.0)
    invented.same(data)
    assert "'time' with 'msec'" in data.describe()


def test_the_finer_of_two_clocks_is_taken(invented):
    def change(d):
        return d.assign(Date=pd.to_datetime(np.floor(START + d["time"]), unit="s")).rename(
            columns={"time": "Timestamp"}
        )

    invented.same(datasets.load(invented.write(change), window=2.0))


def test_a_count_that_might_be_milliseconds_is_asked_about_and_the_rate_settles_it(invented):
    invented.write(lambda d: d.assign(time=np.arange(len(d))))
    with pytest.raises(
        LucioleError, match=r"'time': expected times, got numbers of an unknown unit 1 apart: say hz="
    ) as caught:
        datasets.load(invented.root)
    assert "hz=1000 (ms)" in str(caught.value)
    assert datasets.load(invented.root, hz=1000, window=0.05).hz == 1000


def test_a_unit_in_the_name_that_cannot_be_is_asked_about(invented):
    invented.write(lambda d: d.assign(time=1e6 * d["time"]).rename(columns={"time": "time (s)"}))
    with pytest.raises(LucioleError, match=r"named in s 25000 apart: say hz=40 "):
        datasets.load(invented.root)
    invented.same(datasets.load(invented.root, hz=40, window=2.0))


def test_times_that_stand_still_are_named(invented):
    invented.write(lambda d: d.assign(time=3.5))
    with pytest.raises(LucioleError, match="expected times that rise, got 3.5"):
        datasets.load(invented.root)


def test_without_times_the_likely_column_is_proposed_and_right(invented):
    invented.write(lambda d: d.rename(columns={"time": "moment"}))
    with pytest.raises(LucioleError, match="hz=50.*is it time='moment'"):
        datasets.load(invented.root)
    invented.same(datasets.load(invented.root, time="moment", window=2.0))
    invented.same(datasets.load(invented.root, hz=40, window=2.0))  # the rate alone does not make the clock a channel


def test_the_rate_is_samples_over_span_also_where_times_are_rounded():
    for hz in (26, 52, 104, 119, 400):
        assert abs(timing(np.round(np.arange(5000) / hz, 3)).rate / hz - 1) < 0.002


def test_lost_samples_and_silences_do_not_lower_the_rate():
    times = np.arange(4000) / 50
    times = np.delete(times, [100, 700, 701, *range(2000, 2500)])
    found = timing(times)
    assert abs(found.rate - 50) < 0.05
    assert (found.lost, found.edges) == (2, (1997, 3497))


@pytest.mark.parametrize("size", [2, 8, 25])
def test_packets_are_spread_over_their_span(size):
    true = np.arange(2000) / 100
    stamps = np.round(true[np.arange(2000) // size * size], 3)
    assert np.abs(spread(stamps) - true).max() < 0.002


def test_packets_of_unequal_sizes_are_spread_over_all(invented):
    true = np.arange(2000) / 40
    assert np.abs(spread(np.floor(true)) - true).max() < 0.05
    assert abs(timing(np.floor(np.arange(600) / 50 * 25) / 25).rate - 50) < 0.1  # rounding leaves some of 1 and 3
    data = datasets.load(invented.write(lambda d: d.assign(time=np.floor(d["time"] * 20) / 20)), window=2.0)
    invented.same(data)
    assert "share a time stamp" in data.describe()


def test_rows_written_twice_are_dropped_and_said(invented):
    data = datasets.load(invented.write(lambda d: pd.concat([d[:100], d[99:]])), window=2.0)
    invented.same(data)
    assert "1 rows written twice (6 files)" in data.describe()


def test_one_recording_after_another_in_a_file_is_cut_where_time_goes_back(invented):
    whole = pd.concat([invented.frame(p, t) for p, t, _ in invented.each()])
    whole.to_csv(invented.root / "all.csv", index=False)
    for path in (invented.root, invented.root / "all.csv"):
        data = datasets.load(path, window=2.0)
        invented.same(data)
        assert len(set(data.recording)) == 6
        assert "time goes back" in data.describe()


def test_one_row_out_of_place_is_named_and_without_it_the_file_reads(invented):
    def change(d):
        d.loc[50, "time"] = 1.0
        return d

    invented.write(change)
    with pytest.raises(
        LucioleError, match=r"row 52, column 'time': expected times in ascending order, got 1\.0 after 1\.225"
    ):
        datasets.load(invented.root)
    invented.write(lambda d: d.drop(index=50))
    data = datasets.load(invented.root, window=2.0)
    invented.same(data)
    assert "1 steps in time with samples missing" in data.describe()
