"""Pickles from outside: plain data comes in, nothing runs."""

import collections
import io
import os
import pickle
import pickletools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole.errors import LucioleError
from luciole.tables import unpickle

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(PLAIN, st.integers(0, pickle.HIGHEST_PROTOCOL))
@settings(max_examples=60, deadline=None)
def test_plain_data_comes_back(value, protocol):
    try:
        assert unpickle.loads(pickle.dumps(value, protocol), "example") == value
    except LucioleError as error:  # old protocols write bytes as a call of codecs.encode, which is not data
        assert protocol < 3, error
        assert "_codecs.encode" in str(error) or "__builtin__.bytes" in str(error)


@pytest.mark.parametrize("code", ["f2", "f4", "f8", "<f8", ">f8", "i1", "i8", ">i4", "u2", "?"])
def test_numpy_numbers_come_back(code):
    value = np.array([1], dtype=code)[0]
    back = unpickle.loads(pickle.dumps([value, value, collections.OrderedDict(a=value)], 4), "example")
    assert back == [value, value, {"a": value}]
    assert type(back[0]) is type(value)
    assert back[0].dtype == value.dtype.newbyteorder("=")


class Calls:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def test_a_harmful_pickle_does_not_run(tmp_path):
    witness = tmp_path / "ran"
    harmful = pickle.dumps({"accuracy": [Calls(open, str(witness), "w")]})
    with pytest.raises(LucioleError, match=r"asks for (_io|io)\.open; not loaded") as caught:
        unpickle.loads(harmful, "gift")
    assert "\n" not in str(caught.value)
    assert not witness.exists()
    pickle.loads(harmful)["accuracy"][0].close()  # the payload is real: the plain loader runs it
    assert witness.exists()


@pytest.mark.parametrize(
    "value",
    [
        Calls(os.system, "true"),
        Calls(eval, "1"),
        Calls(getattr, "a", "b"),
        Calls(np.dtype, "O"),
        Calls(np.dtype, "S4"),
        Calls(np.dtype, "datetime64"),
        Calls(np._core.multiarray.scalar, 1, b"0"),
        Calls(np._core.multiarray.scalar, np.dtype("f8"), b"short"),
        np.zeros(2),
        np.datetime64("2020"),
        np.array([object()], dtype=object),
        Calls(Calls, 1),
    ],
)
def test_only_plain_data_is_admitted(value):
    with pytest.raises(LucioleError, match="expected (plain data|a pickle) in gift"):
        unpickle.loads(pickle.dumps(value, 4), "gift")


def test_named_classes_become_records_without_their_code():
    class_of_another_package = type("Cell", (), {"__module__": "luciole_other.data", "__qualname__": "Cell"})
    data = pickletools.optimize(
        b"\x80\x04\x8c\x12luciole_other.data\x8c\x04Cell\x93)\x81}\x8c\x08accuracyG@V\x80\x00\x00\x00\x00\x00sb."
    )
    record = unpickle.loads(data, "gift", {(class_of_another_package.__module__, "Cell")})
    assert vars(record) == {"accuracy": 90.0}
    assert type(record) is unpickle.Record
    with pytest.raises(LucioleError, match=r"asks for luciole_other\.data\.Cell"):
        unpickle.loads(data, "gift")


def test_damaged_pickles_are_said(tmp_path):
    whole = pickle.dumps([{"a": float(i)} for i in range(50)])
    for cut in range(len(whole) - 1):
        with pytest.raises(LucioleError, match="truncated or foreign"):
            unpickle.loads(whole[:cut], "gift")
    with pytest.raises(LucioleError):
        unpickle.loads(b"index,accuracy\n0,1\n", "gift")
    (tmp_path / "gift.p").write_bytes(whole)
    assert len(unpickle.load(tmp_path / "gift.p")) == 50


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_random_bytes_never_escape_as_another_error(data):
    try:
        unpickle.read(io.BytesIO(b"\x80\x04" + data), "gift")
    except LucioleError as error:
        assert "\n" not in str(error)
