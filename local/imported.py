"""Import a module at once, and run it as soon as a file is there.

    python -m local.imported FILE MODULE [ARGUMENT ...]

Most of a start is imports, which need not wait for what the module itself needs.
"""

import gc
import importlib
import runpy
import sys
import time
from pathlib import Path

POLL_SECONDS = 0.01


def main() -> None:
    file, module, *arguments = sys.argv[1:]
    gc.disable()  # a fifth of the time of imports, in which nothing becomes garbage
    importlib.import_module(module)
    gc.enable()
    while not Path(file).exists():
        time.sleep(POLL_SECONDS)
    del sys.modules[module]  # only its own lines run again
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
