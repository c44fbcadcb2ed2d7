"""Verbs for whoever keeps it running: resync and doctor."""

import typer

from evalpipe.cli.terminal import Bar, JsonFlag, print_json, say
from evalpipe.line.project import open_project


def add_to(app: typer.Typer) -> None:
    app.command()(resync)


def resync(as_json: JsonFlag = False) -> None:
    """Rebuild Dagster's storage from the lake, after either was lost or restored. Asks no model anything."""
    from evalpipe.defs.home import open_instance
    from evalpipe.defs.resync import resync as tell_dagster

    project = open_project()
    with open_instance(project) as instance:
        done = tell_dagster(project, instance, Bar())
    if as_json:
        print_json({"drops": done.drops, "shards": done.shards, "cells": done.cells, "reported": done.reported})
    else:
        say(f"In the lake: {done.drops} drops, {done.shards} shards, {done.cells} cells.")
        say(f"{done.reported} events reported.")
