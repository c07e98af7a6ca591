"""Says on which kind of file system a path is."""

import contextlib
from pathlib import Path

_TABLE = Path("/proc/self/mounts")
_NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "virtiofs"}
)
"""File systems of other machines."""


def network_file_system(path: Path) -> str | None:
    """Return the kind of the network file system that a path, which need not exist, is on (``nfs4``, ``fuse.sshfs``);
    None for a local one, and where the system does not tell."""
    with contextlib.suppress(OSError, ValueError):
        found = path.resolve()
        mounts = [line.split(" ") for line in _TABLE.read_text(encoding="utf-8", errors="replace").splitlines()]
        # The last line of a folder is the one that is seen there.
        kinds = {Path(parts[1].replace("\\040", " ")): parts[2] for parts in mounts if len(parts) > 2}
        kind = next((kinds[each] for each in (found, *found.parents) if each in kinds), "")
        if kind in _NETWORK or kind.startswith("fuse."):
            return kind
    return None
