"""What a chapter shows, a module a chapter: functions that turn results into a table, a figure, or numbers for prose.

* :mod:`luciole.report.front` for the front page, :mod:`luciole.report.show` for how tables and folds look;
* :mod:`luciole.report.state` and its neighbours for the state of the art, :mod:`luciole.report.firefly` and
  :mod:`luciole.report.icd` for the fireflies;
* :mod:`luciole.report.har201` and its neighbours for the chapter HAR-201;
* :mod:`luciole.report.contest` for the contest of sensor networks, :mod:`luciole.report.skeletons` for skeletons;
* :mod:`luciole.report.sparsity` for growing and pruning.
"""
