"""Can a printed figure follow from other printed figures? Each stands for a range, and so does what is computed.

>>> printed_range("2.52e9")
(2515000000.0, 2525000000.0)
>>> ratio_prints_as("95.22", "2.26e13", "4.21e-12")
'computed'
"""

import re
from decimal import Decimal
from typing import Literal

from luciole.errors import LucioleError

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)


def printed_range(text: str) -> tuple[float, float]:
    """The numbers that round to ``text``: half a unit of its last printed digit each way."""
    if not _NUMBER.fullmatch(text):
        raise LucioleError(f"expected a printed number such as 2.52e9, got {text!r}")
    value = Decimal(text)
    half = Decimal((0, (5,), int(value.as_tuple().exponent) - 1))
    return float(value - half), float(value + half)


def ratio_prints_as(numerator: str, denominator: str, printed: str) -> Literal["computed", "possible", "impossible"]:
    """Whether the ratio of two printed figures gives a third printed one.

    "computed": dividing the printed figures gives its digits; "possible": only some unrounded figures behind the
    printed ones do; "impossible": none do.

    >>> ratio_prints_as("94.47", "2.30e8", "4.10e-7"), ratio_prints_as("94.47", "2.30e8", "4.30e-7")
    ('possible', 'impossible')
    """
    (top_low, top_high), (bottom_low, bottom_high), (low, high) = map(printed_range, (numerator, denominator, printed))
    if low <= float(numerator) / float(denominator) <= high:
        return "computed"
    if top_low / bottom_high <= high and low <= top_high / bottom_low:
        return "possible"
    return "impossible"
