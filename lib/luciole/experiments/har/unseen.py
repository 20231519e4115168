"""What ``luciole design`` finds on a public set that nothing of it was made with, beside the best classical baseline.

    luciole run har/unseen

Fixed before a value of it was read: the set (:mod:`luciole.datasets.gait_gestures` names it by hash, and by the two
options that its origin's explanation of file names gives); every setting as shipped, the minutes too; people are tested
once each, in groups, by networks that never saw them. Where the reading asks, what it asks is answered as it proposes,
and said. The target: the delivered network recognises at least as much of the tested people's windows as the best of
:data:`CLASSICAL`.
"""

from luciole import files, results
from luciole.costs.busy import estimated
from luciole.design import Settings, design, linear, rivals
from luciole.experiments.har import designed
from luciole.experiments.har201 import table as har201

NAME = "har/unseen"
DATASET = "gait_gestures"
CLASSICAL = (*rivals.ON_FEATURES, *linear.KINDS)
rederive = designed.rederive


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Design a network for the unseen set and write ``har/unseen``; a design that was stopped goes on.

    Processes of a cluster have no part in it, and the minutes end it. Raises LucioleError where the set is not here.
    """
    asked = Settings(DATASET, str(files.cache() / NAME), workers=workers)
    outcome = design(asked, har201.log.info)
    spent = outcome.course.clock.spent * workers
    results.write(
        NAME,
        designed.rows(DATASET, outcome),
        function=design,
        parameters={"minutes": asked.minutes, "workers": workers, "limit": outcome.course.limit, "seed": asked.seed},
        modules=(__name__, *designed.MODULES),
        inputs={DATASET: outcome.dataset.source},
        **estimated(spent),
    )
