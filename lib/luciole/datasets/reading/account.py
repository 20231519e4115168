"""What a reading took for what, said afterwards: one line a finding, the most harmful first."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from luciole.datasets.dataset import Dataset

HARM, LOSS, GUESS, FACT = range(4)  # would mislead · cost samples · was decided by a rule · is so
_HEADS = ("take care", "left out", "decided", "read")


@dataclass
class Account:
    """Findings about files, gathered while reading; the same finding about several files is one line.

    >>> account = Account()
    >>> for name in ("a.csv", "b.csv"):
    ...     account.say(LOSS, "a row number was left out", name)
    >>> account.say(FACT, "time in seconds")
    >>> account.lines()
    ['left out: a row number was left out (2 files)', 'read: time in seconds']
    """

    findings: dict[tuple[int, str], list[str]] = field(default_factory=dict)

    def say(self, harm: int, finding: str, where: str = "") -> None:
        """Note a finding about the file ``where``, or about all."""
        files = self.findings.setdefault((harm, finding), [])
        if where and where not in files:
            files.append(where)

    def lines(self) -> list[str]:
        """All findings, the most harmful first."""
        told = []
        for (harm, finding), files in sorted(self.findings.items(), key=lambda item: item[0][0]):
            where = f" ({files[0]})" if len(files) == 1 else f" ({len(files)} files)" if files else ""
            told.append(f"{_HEADS[harm]}: {finding}{where}")
        return told


@dataclass(frozen=True)
class Recordings(Dataset):
    """A data set read from files of one's own, with the account of the reading and the names of its people."""

    account: Account = field(default_factory=Account)
    people: tuple[str, ...] = ()  # name of subject 0, 1, …; empty where nobody is named

    def describe(self) -> str:
        """A line of sizes, a line a finding (the most harmful first), and windows by class and person."""
        return "\n".join([super().describe(), *self.account.lines(), *self._table()])

    def _table(self) -> list[str]:
        counts = np.bincount(self.y, minlength=self.classes)
        table = pd.DataFrame({"windows": counts}, index=pd.Index(self.class_names))
        if self.subject is not None:
            pairs = {(int(c), int(s)) for c, s in zip(self.y, self.subject, strict=True)}
            table["people"] = [sum(c == k for c, _ in pairs) for k in range(self.classes)]
            who = np.unique(self.subject)
            if len(who) <= 8:
                for s in who:
                    name = self.people[s] if s < len(self.people) else f"person {s}"
                    table[name] = np.bincount(self.y[self.subject == s], minlength=self.classes)
        return table.to_string().splitlines()
