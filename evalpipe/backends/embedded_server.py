"""The child process of the `embedded` backend: llama.cpp's own HTTP server, for as long as its parent lives.

Run as a script of its own that imports nothing of evalpipe; what it prints goes where its parent sent it, a log file.
"""

import argparse
import os
import time
from pathlib import Path

PARENT_CHECK_S = 0.5


def main() -> None:
    options = _options()
    from xllamacpp.xllamacpp import CommonParams, Server  # pyright: ignore[reportAttributeAccessIssue]: compiled

    params = CommonParams()
    params.model.path = str(options.weights)
    params.port = options.port
    params.n_parallel = options.parallel
    params.n_ctx = options.context * options.parallel  # the server shares it out among the slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.n_threads_http = 2 * options.parallel + 4  # each open connection holds one, also while it is idle
    params.n_gpu_layers = 0  # the same answers wherever it runs
    params.cache_ram_mib = 0  # prompts of one bank share little but their first words, which the slots keep
    params.fit_params = False
    params.ui = False
    try:
        server = Server(params)  # returns once the model is loaded
    except RuntimeError as error:  # the server has said why just before
        raise SystemExit(str(error)) from None

    ready = options.address_file.with_suffix(".part")
    ready.write_text(server.listening_address)
    ready.replace(options.address_file)
    while os.getppid() == options.parent:  # kill -9 of the parent gives this process another one
        time.sleep(PARENT_CHECK_S)
    os._exit(0)  # the server's threads would finish their answers first; nobody reads them


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--address-file", type=Path, required=True)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--parallel", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--context", type=int, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
