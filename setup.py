"""What pyproject.toml cannot say: the wheel carries the table HAR-201 and the published figures.

Their one copy is under ``data/``, beside the library; :func:`luciole.files.data_file` finds them in both places.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIED = ("data/published.csv", "data/results/har201/table.*", "data/results/har201/latency.*")


class BuildWithData(build_py):
    """Copies what the wheel carries into the package; an editable install reads it where it is."""

    def run(self) -> None:
        super().run()
        for built, source in self._carried().items():
            self.mkpath(str(Path(built).parent))
            self.copy_file(source, built)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *self._carried()]

    def get_source_files(self) -> list[str]:
        return [*super().get_source_files(), *self._carried().values()]

    def _carried(self) -> dict[str, str]:
        if self.editable_mode:
            return {}
        sources = []
        for pattern in CARRIED:
            if not (found := sorted(Path().glob(pattern))):
                raise FileNotFoundError(f"expected {pattern} beside setup.py, got none; build from a whole checkout")
            sources += found
        return {str(Path(self.build_lib) / "luciole" / source): str(source) for source in sources}


setup(cmdclass={"build_py": BuildWithData})
