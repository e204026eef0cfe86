"""What a benchmark was measured on."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from infra.provenance import versions

GIB = 1 << 30


def describe() -> str:
    """Name the processor, its cores, the memory, the system, how busy it was, and the versions that matter."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    found = versions()
    named = ", ".join(f"{name} {found[name]}" for name in ("python", "numpy", "numba", "pyarrow", "hail", "pyspark"))
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"load {os.getloadavg()[0]:.1f} at the start; {named}"
    )


def _processor() -> str:
    """Give the processor's name as Linux has it, else as Python does."""
    listed = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*: (.+)$", listed.read_text(), re.MULTILINE) if listed.exists() else None
    return named[1] if named else platform.processor() or platform.machine()
