"""A disk under SQLite that keeps a log of what is done to it, can be full, and can be replayed up to a power cut.

The functions that SQLite calls to write, truncate, sync and delete are wrapped in this process. What a power cut leaves
is drawn by the rules of a disk: what was synced is there; of what was not, any writes are there or not, in any order,
in sectors of 512 bytes; a deletion that was not synced has happened or not.
"""

import _sqlite3
import ctypes
from contextlib import contextmanager
from pathlib import Path

FULL = 13
SECTOR = 512
_P, _I, _L = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
_OPEN = ctypes.CFUNCTYPE(_I, _P, _P, _P, _I, _P)
_DELETE = ctypes.CFUNCTYPE(_I, _P, _P, _I)
_WRITE = ctypes.CFUNCTYPE(_I, _P, _P, _I, _L)
_TRUNCATE = ctypes.CFUNCTYPE(_I, _P, _L)
_SYNC = ctypes.CFUNCTYPE(_I, _P, _I)


class _Vfs(ctypes.Structure):
    _fields_ = (
        *(("version", _I), ("size", _I), ("longest", _I), ("next", _P), ("name", ctypes.c_char_p), ("data", _P)),
        *(("open", _P), ("delete", _P)),
    )


class _Methods(ctypes.Structure):
    _fields_ = (
        *(("version", _I), ("close", _P), ("read", _P), ("write", _P), ("truncate", _P), ("sync", _P)),
        ("others", _P * 13),
    )


def found():
    """SQLite's own functions in the library that Python's sqlite3 is linked with; None if it does not show them."""
    try:
        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        return library.sqlite3_vfs_find(None).contents
    except (AttributeError, OSError, ValueError):
        return None


@contextmanager
def watched(full=lambda written, grows: False):
    """A list that grows by (operation, file name, ...) while SQLite works; `full` may refuse the nth write."""
    vfs, log, kept, names = found(), [], [], {}
    own_open, own_delete = vfs.open, vfs.delete
    call_open, call_delete = _OPEN(own_open), _DELETE(own_delete)
    sizes = {}

    def opened(this, name, file, flags, out):
        code = call_open(this, name, file, flags, out)
        methods = ctypes.cast(file, ctypes.POINTER(_P))
        if code == 0 and name and methods[0]:
            path = Path(ctypes.string_at(name).decode())
            names[file], sizes[path.name] = path.name, path.stat().st_size
            methods[0] = ctypes.addressof(wrapped(ctypes.cast(methods[0], ctypes.POINTER(_Methods)).contents))
        return code

    def wrapped(own):
        own_write, own_truncate, own_sync = _WRITE(own.write), _TRUNCATE(own.truncate), _SYNC(own.sync)

        def write(file, data, size, offset):
            name = names[file]
            written = sum(entry[0] == "write" for entry in log)
            if full(written, offset + size > sizes[name]):
                return FULL
            log.append(("write", name, offset, ctypes.string_at(data, size)))
            sizes[name] = max(sizes[name], offset + size)
            return own_write(file, data, size, offset)

        def truncate(file, size):
            log.append(("truncate", names[file], size))
            sizes[names[file]] = size
            return own_truncate(file, size)

        def sync(file, flags):
            log.append(("sync", names[file]))
            return own_sync(file, flags)

        mine = _Methods.from_buffer_copy(own)
        callbacks = _WRITE(write), _TRUNCATE(truncate), _SYNC(sync)
        mine.write, mine.truncate, mine.sync = (ctypes.cast(f, _P).value for f in callbacks)
        kept.extend((mine, callbacks))
        return mine

    def delete(this, name, synced):
        log.append(("delete", Path(ctypes.string_at(name).decode()).name, bool(synced)))
        return call_delete(this, name, synced)

    callbacks = _OPEN(opened), _DELETE(delete)
    vfs.open, vfs.delete = (ctypes.cast(f, _P).value for f in callbacks)
    try:
        yield log
    finally:
        vfs.open, vfs.delete = own_open, own_delete


def killed(files, log):
    """The files after these operations, as a killed process leaves them."""
    files = dict(files)
    for entry in log:
        _apply(files, entry)
    return files


def cut(files, log, random):
    """The files after these operations and a power cut."""
    certain, open_ended = dict(files), []
    for entry in log:
        if entry[0] == "sync":
            for earlier in [e for e in open_ended if e[1] == entry[1]]:
                _apply(certain, earlier)
            open_ended = [e for e in open_ended if e[1] != entry[1]]
        elif entry[0] == "delete" and entry[2]:
            open_ended = [e for e in open_ended if e[1] != entry[1]]
            _apply(certain, entry)
        else:
            open_ended.append(entry)
    for entry in open_ended:
        if random.random() < 0.5:
            continue
        if entry[0] != "write":
            _apply(certain, entry)
            continue
        _, name, offset, data = entry
        whole = random.random() < 0.5
        for first in range(0, len(data), SECTOR):
            if whole or random.random() < 0.5:
                _apply(certain, ("write", name, offset + first, data[first : first + SECTOR]))
    return certain


def _apply(files, entry):
    operation, name, *rest = entry
    content = files.get(name, b"")
    if operation == "write":
        offset, data = rest
        content = content.ljust(offset, b"\0")
        files[name] = content[:offset] + data + content[offset + len(data) :]
    elif operation == "truncate":
        files[name] = content[: rest[0]].ljust(rest[0], b"\0")
    elif operation == "delete":
        files.pop(name, None)
