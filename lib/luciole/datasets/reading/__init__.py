"""People's own recordings, however they were left: ``read(path, **options)``.

How a folder becomes a data set, a file here for each step:

1. every table below the path is read as texts (:mod:`folder`, :mod:`tables`, :mod:`json_tables`, :mod:`parquet`);
2. a recorder known by its layout says what only its readers know (:mod:`dialects`);
3. columns get roles by name and content (:mod:`roles`), times become seconds (:mod:`clocks`);
4. recordings begin where people, marks or times say so (:mod:`recordings`), sensors in one table are told apart
   (:mod:`apart`), and joined as those in files of their own are (:mod:`joining`); labels and people come from columns,
   files beside (:mod:`beside`, :mod:`legends`) or paths (:mod:`paths`);
5. everything is brought to one rate and cut (:mod:`timing`, :mod:`windowing`).

Windows that are already cut skip all this: :mod:`arrays` (``.npz``), :mod:`series` (``.ts``), :mod:`inertial_signals`.
What was taken for what is in the account, which ``describe()`` prints; where two readings are possible, one line asks.
"""

from pathlib import Path

from luciole.datasets.reading import arrays, assembly, beside, common_format, dialects, folder, inertial_signals, series
from luciole.datasets.reading.account import Account, Recordings
from luciole.datasets.reading.options import Options
from luciole.datasets.reading.windowing import windows

__all__ = ["Recordings", "read"]


def read(path: str | Path, **options: object) -> Recordings:
    """Read recordings from a file or a folder, with the options of :class:`luciole.datasets.reading.options.Options`.

    Raises LucioleError, one line, where something is wrong or may be read in two ways, with what settles it.
    """
    where, told = Path(path), Options.of(**options)  # type: ignore[arg-type]
    if folder.ending(where) == ".npz":
        return arrays.read(where, told)
    for whole in (series, inertial_signals):
        if whole.recognise(where):
            return whole.read(where, told)
    account = Account()
    if common_format.recognise(where):
        made = common_format.recordings(where, account)
        return windows(made, told, account, where.name, f"own folder {where.name} (common format)")
    found, legends = folder.sheets(where, account)
    rest, notes = beside.sort([dialects.translate(sheet, account) for sheet in found])
    notes.legends = legends
    made = assembly.assemble(rest, notes, told, account)
    assembly.say_columns(rest, made, account)
    if where.is_dir():
        return windows(
            made, told, account, where.name, f"own folder {where.name} ({len(rest)} file{'s' * (len(rest) > 1)})"
        )
    return windows(made, told, account, where.name, f"own file {where.name}")
