"""What Dataproc starts on the driver: unpack the code package, and hand over to it.

It is uploaded by itself and imports nothing of the project before that is unpacked: files beside the code (templates,
styles) are read by their names, and digests of the code are made from its files.
"""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from pathlib import Path


def main() -> None:
    """Run the study file that the one argument names."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    names = [entry for entry in sys.path if Path(entry).name.startswith("progex-") and entry.endswith(".zip")]
    if not names:
        sys.exit("error: the code package progex-*.zip is not among the job's Python files; use `progex submit`")
    package = Path(names[0])
    with tempfile.TemporaryDirectory(prefix="progex-code-") as folder:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
        sys.path.insert(0, folder)
        from jobs.cloud_job import run_submitted

        run_submitted(sys.argv[1])


if __name__ == "__main__":
    main()
