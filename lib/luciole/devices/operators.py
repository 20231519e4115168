"""The table of operators, written by :mod:`luciole.experiments.devices.table` from what was counted."""

# instructions of each of foretell.TERMS, by core
TABLE: dict[str, dict[str, float]] = {
    "m4f": {
        "call": 0,
        "border": 233,
        "full: products": 2.36,
        "full: outputs": 0,
        "full: samples": 7.27,
        "dense: products": 2.36,
        "dense: outputs": 0,
        "depthwise: products": 2.8,
        "depthwise: outputs": 0,
        "pooled": 7.85,
        "added": 1.64,
        "rectified": 4.53,
        "written": 2.13,
        "mean": 7.29,
    },
    "m0+": {
        "call": 3610,
        "border": 0,
        "full: products": 163,
        "full: outputs": 0,
        "full: samples": 0,
        "dense: products": 101,
        "dense: outputs": 11400,
        "depthwise: products": 151,
        "depthwise: outputs": 0,
        "pooled": 416,
        "added": 0,
        "rectified": 0,
        "written": 0,
        "mean": 1510,
    },
}
# instructions of the window's statistics for a channel and sample, by core
STATISTICS: dict[str, float] = {
    "m4f": 108,
    "m0+": 3420,
}
# bytes of code of each of foretell.CODE, Cortex-M4F
BYTES: dict[str, float] = {
    "program": 1480,
    "call": 5.95,
    "kernel": 177,
    "kernel: full": 291,
    "kernel: depthwise": 76.7,
    "kernel: pooling": 0,
}
# errors on designs held out, as shares of what was counted: median, largest
INSTRUCTIONS_APART = {"m4f": (0.022, 0.155), "m0+": (0.044, 0.412)}
FLASH_APART = (0.007, 0.040)
