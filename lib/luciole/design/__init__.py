"""A network for recordings of one's own, in one call, with a folder to take away: ``design(settings)``.

1. :mod:`settings` says what was asked for and whose folder it is; recordings are read by :mod:`luciole.datasets`;
2. :mod:`parts` says who teaches, who chooses and who is tested (:mod:`dealing` deals them out);
3. :mod:`course` spends the minutes: :mod:`candidates` proposes designs without training any, :mod:`ladder` says which
   is trained next, :mod:`linear` classifiers are among them, and :mod:`contest` holds them
   against :mod:`rivals`; :mod:`tasks` are the pieces of
   work, kept by :mod:`pieces`, timed by :mod:`clock`;
4. :mod:`outcome` reads what was found, :mod:`deliver` writes the network, :mod:`card` and :mod:`page` tell of it.

``luciole design RECORDINGS --minutes 20 --out mine`` is the same on the command line.
"""

from luciole.design.run import design
from luciole.design.settings import Settings

__all__ = ["Settings", "design"]
