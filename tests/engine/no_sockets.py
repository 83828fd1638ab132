"""Run a command that dies when it, a thread or a child of it opens a socket to the network.

``python no_sockets.py COMMAND ...`` asks the kernel (seccomp, Linux) to end whoever calls ``socket`` for
anything but a local one, also from native code, which no audit hook of Python sees; then it becomes COMMAND.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys

# Processor -> (what seccomp calls it, number of the system call "socket")
CALLS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # instructions of a packet filter
NUMBER, PROCESSOR, FIRST_ARGUMENT = 0, 4, 16  # where they stand in what the filter sees
ALLOW, KILL_PROCESS, AF_UNIX = 0x7FFF0000, 0x80000000, 1


def program(processor: int, call: int) -> bytes:
    """Steps (code, skip if equal, skip if not, value)."""
    steps = [
        (LOAD, 0, 0, PROCESSOR), (EQUAL, 0, 5, processor),
        (LOAD, 0, 0, NUMBER), (EQUAL, 0, 3, call),
        (LOAD, 0, 0, FIRST_ARGUMENT), (EQUAL, 1, 0, AF_UNIX),
        (RETURN, 0, 0, KILL_PROCESS), (RETURN, 0, 0, ALLOW),
    ]  # fmt: skip
    return b"".join(struct.pack("HBBI", *step) for step in steps)


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def forbid() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    steps = program(*CALLS[platform.machine()])
    filter_ = Program(len(steps) // 8, steps)
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS: asked for without being root
    if libc.prctl(22, 2, ctypes.byref(filter_), 0, 0):  # PR_SET_SECCOMP, with a filter
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    forbid()
    os.execvp(sys.argv[1], sys.argv[1:])
