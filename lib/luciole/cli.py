"""The command line: ``luciole design``, ``fetch``, ``chapter``, ``book``, ``run``, ``arena``, ``claims`` and others.

Bad input gets one line on stderr and exit status 1 or 2, never a traceback.
"""

import sys
from typing import Annotated

import typer

from luciole.errors import LucioleError

app = typer.Typer(
    help="A reproducible study of efficient neural architecture search.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text; drawing boxes takes longer to import than all the rest
    context_settings={"max_content_width": 120},
)


@app.command()
def fetch() -> None:
    """Get the benchmark tables and data sets, each from the first source that has it, and say which."""
    from luciole.book import fetching

    fetching.fetch()


@app.command()
def chapter(
    name: Annotated[str, typer.Argument(help="a number (3 or 03) or a whole name (03_ifa_reproduction)")],
    params: Annotated[str, typer.Option(help="name=value pairs, as 'seed=1 runs=20'")] = "",
) -> None:
    """Run one chapter, with other parameters if wanted, beside the book."""
    from luciole.book import chapters
    from luciole.book import site as book

    script = chapters.find(name)
    parameters = chapters.parse(params, chapters.defaults(script))
    output = book.folder() / "runs" / f"{script.stem}.ipynb"
    chapters.run(script, output, parameters)
    print(f"executed notebook: {output}")


@app.command()
def book() -> None:
    """Run the chapters that changed and build the site."""
    from luciole.book import site as book

    print(f"The book is at {book.build().as_uri()}")


@app.command()
def pdf() -> None:
    """Print the built book into one PDF file, by Chromium."""
    from luciole.book import pdf as paper

    print(f"The book on paper is {paper.build()}")


@app.command()
def design(
    recordings: Annotated[str, typer.Argument(help="your file or folder, or the name of a data set")],
    out: Annotated[str, typer.Option(help="the folder to make")],
    minutes: Annotated[float, typer.Option(help="how long it may take; more go on with the same folder")] = 20.0,
    macs: Annotated[int | None, typer.Option(help="most multiply-accumulates of a window; else by the data")] = None,
    flash: Annotated[str, typer.Option(help="most bytes of flash that its C may take, as 64k")] = "",
    ram: Annotated[str, typer.Option(help="most bytes of static memory of its C, as 16k")] = "",
    instructions: Annotated[str, typer.Option(help="most instructions of an answer on a Cortex-M4F, as 1M")] = "",
    workers: Annotated[int, typer.Option(help="processes")] = 1,
    seed: Annotated[int, typer.Option(help="of all draws")] = 0,
    label: Annotated[str | None, typer.Option(help="column, or part of the path, of the activity")] = None,
    person: Annotated[str | None, typer.Option(help="column, or part of the path, of the person; file; none")] = None,
    time: Annotated[str | None, typer.Option(help="column of times")] = None,
    hz: Annotated[float | None, typer.Option(help="samples a second of files without times; else to bring to")] = None,
    channels: Annotated[str | None, typer.Option(help="these columns and no other, as ax,ay,az")] = None,
    window: Annotated[float | None, typer.Option(help="seconds of a window")] = None,
    overlap: Annotated[float | None, typer.Option(help="share of a window that the next one repeats")] = None,
) -> None:
    """Make a network for your recordings, with a report, a model card and a program that uses it."""
    import signal

    from luciole.design import Settings
    from luciole.design import design as made
    from luciole.design.within import limits

    reading = dict(label=label, person=person, time=time, hz=hz, channels=channels, window=window, overlap=overlap)
    options = {name: value for name, value in reading.items() if value is not None}
    device = limits(flash, ram, instructions)
    asked = Settings(recordings, out, minutes, macs, seed, workers, options, limits=device)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        made(asked, lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        raise LucioleError(f"stopped; what was finished is kept; run again to go on: {asked.command()}") from None
    finally:
        signal.signal(signal.SIGTERM, before)


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="an experiment, or all")],
    workers: Annotated[int, typer.Option(min=1, help="processes on this machine")] = 1,
    scheduler: Annotated[str | None, typer.Option(help="address of a Dask cluster, as tcp://host:8786")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="begin no new piece of work after this time")] = None,
) -> None:
    """Run a long computation; it goes on where an earlier run stopped. All: those whose results are not current."""
    import signal

    from luciole.experiments import running

    # a polite end is one like Ctrl-C: workers are ended and locks given back
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if name == "all":
            running.run_all(workers, scheduler, seconds)
        else:
            running.run_one(name, workers, scheduler, seconds)
    except KeyboardInterrupt:
        again = running.command(name, workers, scheduler)
        raise LucioleError(f"stopped; what was finished is kept; run again to go on: {again}") from None
    finally:
        signal.signal(signal.SIGTERM, before)


@app.command()
def arena(
    network: Annotated[str, typer.Argument(help="an ONNX file; {group} in its name: one file a group")],
    set_: Annotated[str, typer.Option("--set", help="uci_har or hapt")] = "hapt",
    unseen: Annotated[str, typer.Option(help="groups of people that it was not trained on, as 0,3, or all")] = "",
    normalised: Annotated[bool, typer.Option("--normalised", help="it takes windows normalised as there")] = False,
) -> None:
    """Score your trained network under the protocol of WHAR Arena, and say where it stands."""
    from luciole.report import arena_row

    print(arena_row.file(network, set_, unseen, normalised=normalised))


@app.command()
def attest(
    names: Annotated[list[str] | None, typer.Argument(help="results, as nb201/scores, or all")] = None,
    check: Annotated[bool, typer.Option("--check", help="only say which results are stale")] = False,
) -> None:
    """Derive a sample of committed results again with today's code; where every number agrees they are current."""
    import os

    os.environ["TQDM_DISABLE"] = "1"  # a line a result, and no bar for each piece of it
    from luciole import attestation, results

    if check == bool(names):
        raise LucioleError("expected either results to attest (or all) or --check, got both or neither")
    if check:
        stale = attestation.stale()
        for name, reasons in stale.items():
            print(f"{name} is stale: {', '.join(reasons)}")
        if stale:
            raise LucioleError(f"{len(stale)} results are stale; luciole attest {' '.join(stale)}, or run them again")
        print(f"all {len(results.names())} results are current")
        return
    commit, failed = attestation.commit(), []
    for name in results.names() if names == ["all"] else names or []:
        try:
            print(attestation.attest(name, commit))
        except LucioleError as error:
            print(f"{name}: NOT attested: {error}")
            failed.append(name)
    if failed:
        raise LucioleError(f"not attested: {', '.join(failed)}")


@app.command()
def published() -> None:
    """Print every published figure that the study sets beside its own, with protocol and source."""
    from luciole import published

    print(published.read().to_string(index=False))


@app.command()
def claims(
    write: Annotated[bool, typer.Option("--write", help="write data/claims.csv from the committed results")] = False,
) -> None:
    """Derive the study's headlines again from the committed results; fails where data/claims.csv says otherwise."""
    from luciole.report import claims

    if write:
        claims.write()
    for claim in claims.read():
        print(f"{claim.key}: {claim.value:.4g} {claim.unit} ({claim.how})")
    if lines := claims.check():
        raise LucioleError("; ".join(lines))


@app.command()
def findings(
    write: Annotated[bool, typer.Option("--write", help="put them into the README")] = False,
) -> None:
    """Print what was found, made from the committed results."""
    from luciole.book import findings

    if write:
        findings.write()
    print(findings.block())


def main() -> None:
    """Entry point of the ``luciole`` command."""
    try:
        app()
    except LucioleError as error:
        sys.exit(f"luciole: {error}")


if __name__ == "__main__":
    main()
