"""The book's engine: run chapters, keep their ledger, build the site, its page of costs, the explorer's data.

* :mod:`luciole.book.chapters` runs the chapters that are stale, :mod:`luciole.book.ledger` notes what they read;
* :mod:`luciole.book.fetching` gets data before them, :mod:`luciole.book.figures` gives their figures one style;
* :mod:`luciole.book.computed`, :mod:`luciole.book.explorer` and :mod:`luciole.book.findings` write what else is shown;
* :mod:`luciole.book.site` puts all of it together.
"""
