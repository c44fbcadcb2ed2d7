"""What Dagster loads: one Definitions object, nothing else."""

from evalpipe.defs.build import build_definitions

defs = build_definitions()
