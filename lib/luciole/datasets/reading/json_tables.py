"""JSON: lists of records, columns as lists, Edge Impulse's and Movesense's payloads, one record a line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from luciole.datasets.reading.account import FACT
from luciole.datasets.reading.content import text
from luciole.datasets.reading.parquet import sheet_of
from luciole.datasets.reading.sheets import NoTable, Sheet
from luciole.errors import LucioleError

RATES = ("hz", "rate", "sampling_rate", "sample_rate", "frequency", "fs")


def read(path: Path, place: tuple[str, ...]) -> list[Sheet]:
    """Read the tables of one JSON file, by its layout; a sheet for each sensor where it holds several.

    Raises LucioleError where it is no JSON, or holds nothing like a table.
    """
    whole, _ = text(path)
    try:
        try:
            held = json.loads(whole)
        except json.JSONDecodeError:
            held = [json.loads(line) for line in whole.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise LucioleError(f"{path}, row {error.lineno}: expected JSON ({error.msg})") from error
    if isinstance(held, dict) and isinstance(held.get("payload"), dict) and "values" in held["payload"]:
        return [_edge_impulse(held["payload"], path, place)]
    if frames := _packets(held):
        alone = len(frames) == 1
        return [sheet_of(f, path, place if alone else _beside(place, name)) for name, f in frames.items()]
    frame, above = _records(held)
    if frame is None or len(frame) < 2:
        raise NoTable(f"{path}: expected a list of records, or columns as lists, got neither")
    told: dict[str, Any] = {}
    for role, names in (("label", ("label", "activity", "class")), ("person", ("subject", "person", "user"))):
        told[role] = next((str(above[name]) for name in names if isinstance(above.get(name), (str, int))), None)
    rate = next((above[name] for name in RATES if isinstance(above.get(name), (int, float))), None)
    if (
        "sensor" in frame and frame["sensor"].nunique() > 1
    ):  # Sensor Logger's JSON: rows of all sensors, one after another
        return [
            sheet_of(rows.dropna(axis=1, how="all").drop(columns="sensor"), path, _beside(place, str(name)), **told)
            for name, rows in frame.groupby("sensor")
            if name != "Metadata"
        ]  # fmt: skip
    return [sheet_of(frame, path, place, hz=float(rate) if rate else None, **told)]


def _beside(place: tuple[str, ...], sensor: str) -> tuple[str, ...]:
    return (*place[:-1], f"{place[-1]}_{sensor}")


def _edge_impulse(payload: dict[str, Any], path: Path, place: tuple[str, ...]) -> Sheet:
    """Edge Impulse's exchange format: names of sensors, rows, and the interval; the label in ``info.labels``."""
    names = [str(sensor.get("name", f"channel {k}")) for k, sensor in enumerate(payload.get("sensors", []))]
    rows = [row if isinstance(row, list) else [row] for row in payload["values"]]
    if not rows or any(len(row) != len(names) for row in rows):
        raise LucioleError(f"{path}: expected rows of {len(names)} values, as it has sensors, got others")
    sheet = sheet_of(pd.DataFrame(np.array(rows, dtype=float), columns=names), path, place)
    interval = float(payload.get("interval_ms") or 0)
    sheet.hz = 1000 / interval if interval > 0 else None
    sheet.label = _labelled(path, payload)
    sheet.notes.append(
        (FACT, f"layout of Edge Impulse: {interval:g} ms a sample" + ", label from info.labels" * bool(sheet.label))
    )
    return sheet


def _labelled(path: Path, payload: dict[str, Any]) -> str | None:
    """The label of a file in the ``info.labels`` of a folder above it."""
    for folder in list(path.parents)[:3]:
        listed = folder / "info.labels"
        if listed.is_file():
            try:
                files = json.loads(listed.read_text(encoding="utf-8")).get("files", [])
            except (json.JSONDecodeError, AttributeError) as error:
                raise LucioleError(f"{listed}: expected Edge Impulse's list of files ({error})") from error
            for file in files:
                if file.get("path", "").split("/")[-1] == path.name and file.get("label", {}).get("label"):
                    return str(file["label"]["label"])
    return str(payload["label"]) if "label" in payload else None


def _packets(held: Any) -> dict[str, pd.DataFrame]:
    """Movesense's log: records with a time stamp and an array of samples, which share it."""
    records = held.get("data") if isinstance(held, dict) else held
    if not isinstance(records, list):
        return {}
    rows: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if not isinstance(record, dict):
            return {}
        for name, one in record.items() if len(record) == 1 else [("", record)]:
            if not isinstance(one, dict):
                return {}
            arrays = {k: v for k, v in one.items() if isinstance(v, list) and v and isinstance(v[0], dict)}
            stamps = [k for k in one if "time" in k.lower()]
            if not arrays or not stamps:
                continue
            length = max(map(len, arrays.values()))
            for k in range(length):
                row = {"Timestamp": one[stamps[0]]}
                for array, samples in arrays.items():
                    prefix = f"{array.removeprefix('Array')} " if len(arrays) > 1 else ""
                    row |= {f"{prefix}{axis}": value for axis, value in samples[k].items()}
                rows.setdefault(name.split("/")[-1], []).append(row)
    return {name or "samples": pd.DataFrame(found) for name, found in rows.items()}


def _records(held: Any) -> tuple[pd.DataFrame | None, dict[str, Any]]:
    """The longest list of records or columns in it, and what stands beside that list."""
    if isinstance(held, list):
        return (pd.json_normalize(held), {}) if held and all(isinstance(one, dict) for one in held) else (None, {})
    if not isinstance(held, dict):
        return None, {}
    columns = {
        name: cells
        for name, cells in held.items()
        if isinstance(cells, list) and cells and not isinstance(cells[0], (dict, list))
    }
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) == 1 and max(lengths) > 1:
        return pd.DataFrame(columns), held
    found = [_records(inside) for inside in held.values() if isinstance(inside, (dict, list))]
    frames = [frame for frame, _ in found if frame is not None]
    return (max(frames, key=len), held) if frames else (None, {})
