"""The commands of the cloud: submit, status, cancel, fetch, sweep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.command_line import StudyPath, users_faults
from jobs.places import place_of

if TYPE_CHECKING:
    from infra.dataproc.service import Dataproc
    from infra.storage import Place
    from jobs.cloud_record import RunRecord
    from jobs.study.cloud import Cloud


app = typer.Typer()


@app.command()
def submit(
    study: StudyPath,
    cluster: Annotated[
        str | None, typer.Option(help="Run on this cluster that is there; by default one is made, and deleted.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the request, time and cost; send nothing.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Tell what the run does until it has ended.")] = False,
) -> None:
    """Run a study on Dataproc: on a cluster of its own, which is deleted at the end."""
    with users_faults():
        _submit(study, cluster, dry_run=dry_run, follow=follow)


@app.command()
def status(
    study: StudyPath,
    follow: Annotated[bool, typer.Option("--follow", help="Tell what the run does until it has ended.")] = False,
) -> None:
    """Say how the last run of a study on Dataproc stands."""
    with users_faults():
        _status(study, follow=follow)


@app.command()
def cancel(study: StudyPath) -> None:
    """End a study's run on Dataproc, and delete the cluster that was made for it."""
    with users_faults():
        _cancel(study)


@app.command()
def fetch(
    study: StudyPath,
    to: Annotated[Path, typer.Option(help="Folder on this machine.")] = Path("results"),
    everything: Annotated[
        bool,
        typer.Option("--all", help="Also what shows single patients, such as the page of null models."),
    ] = False,
) -> None:
    """Fetch a study's report and results from its bucket, every file verified; nothing of single patients."""
    with users_faults():
        _fetch(study, to, everything=everything)


@app.command()
def sweep(
    study: StudyPath,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    busy: Annotated[
        bool, typer.Option("--busy", help="Delete clusters that come up, or on which a job runs, too.")
    ] = False,
) -> None:
    """List the clusters that progex left in a study's project and region; ask, and delete them."""
    with users_faults():
        _sweep(study, yes=yes, busy=busy)


def _submit(study: str, cluster: str | None, *, dry_run: bool, follow: bool) -> None:
    from jobs.submit import prepare
    from jobs.submit_send import submit as send

    cloud, _ = _cloud(study)
    service = _service(cloud)
    prepared = prepare(place_of(study), cluster, service)
    if dry_run:
        typer.echo(prepared.describe())
        return
    typer.echo(str(prepared.expected))
    done = send(prepared, service)
    typer.echo(done.message)
    if follow:
        _follow(service, done.record)
    else:
        typer.echo(f"progex status --follow {study}    tells what it does")


def _follow(service: Dataproc, record: RunRecord) -> None:
    from jobs.submit_follow import follow

    try:
        ended = follow(service, record, typer.echo)
    except KeyboardInterrupt:
        typer.echo("no longer followed; the run goes on, and its cluster ends with it")
        raise typer.Exit(130) from None
    if ended.step != "done":
        raise typer.Exit(1)


def _status(study: str, *, follow: bool) -> None:
    from jobs.cloud_runs import run_state
    from jobs.cloud_status import describe

    _, output = _cloud(study)
    record = _record(output)
    service = _service(record)
    if follow:
        _follow(service, record)
        return
    for line in describe(record, run_state(service, record)):
        typer.echo(line)


def _cancel(study: str) -> None:
    from jobs.cloud_status import cancel

    _, output = _cloud(study)
    record = _record(output)
    typer.echo(cancel(_service(record), record))


def _fetch(study: str, to: Path, *, everything: bool) -> None:
    from jobs.cloud_fetch import fetch_results
    from jobs.progress import Progress
    from jobs.transfer_tally import TransferTally

    _, output = _cloud(study)
    tally = TransferTally()
    with Progress(["fetch"]).stage("fetch", tally.told) as ended:
        done = fetch_results(output, to, everything=everything, report=tally)
        ended(tally.told())
    if done.removed:
        typer.echo(f"removed {done.removed:,} files that are not of this run")
    typer.echo(f"fetched {done.files:,} files, {done.bytes:,} bytes, each verified: {done.folder}")


def _sweep(study: str, *, yes: bool, busy: bool) -> None:
    from jobs.cloud_sweep import delete, left_over

    cloud, _ = _cloud(study)
    service = _service(cloud)
    found = left_over(service)
    for one in found:
        typer.echo(str(one))
    chosen = [one for one in found if busy or not one.busy]
    if not chosen:
        typer.echo(
            "nothing is left over" if not found else "all of them come up or are at work; --busy deletes these too"
        )
    elif yes or typer.confirm(f"delete {len(chosen)} of them?", default=False):
        typer.echo(f"Dataproc is deleting {', '.join(delete(service, chosen))}")
    else:
        typer.echo("nothing was deleted")


def _cloud(study: str) -> tuple[Cloud, Place]:
    """Give a study's section `cloud` and its output folder, and use buckets as that section says."""
    from jobs.cloud_study import cloud_of, use_buckets
    from jobs.study.file import read_study
    from jobs.study.study import resolve

    path = place_of(study)
    settings = read_study(path)
    cloud = cloud_of(settings, path)
    use_buckets(cloud)
    return cloud, resolve(path, settings.output)


def _service(where: Cloud | RunRecord) -> Dataproc:
    from infra.dataproc.service import Dataproc

    return Dataproc(where.project, where.region)


def _record(output: Place) -> RunRecord:
    from jobs.cloud_status import known_record

    return known_record(output)
