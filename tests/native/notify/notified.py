#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: notified.py SOCKET FILE COMMAND...

Runs COMMAND in its own place, as a service manager does that waits to be told: what comes
to SOCKET, a path or an abstract @NAME, is a line of FILE each. A SIGUSR2 has come before
COMMAND begins if FILE is there already. Ends within a second of COMMAND."""

import os
import signal
import socket
import sys


def main():
    name, path, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    # Nobody waits for the end of what has ended only because it is open here, too.
    os.closerange(3, 256)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind("\0" + name[1:] if name.startswith("@") else name)
    early = os.path.exists(path)
    lines = open(path, "w")
    listener.settimeout(1)
    manager = os.getpid()
    if os.fork() == 0:
        # The parent becomes the command: its process id is the one that is known.
        while os.getppid() == manager:
            try:
                lines.write(listener.recv(4096).decode() + "\n")
                lines.flush()
            except TimeoutError:
                pass
        os._exit(0)
    listener.close()
    os.environ["NOTIFY_SOCKET"] = name
    if early:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
        os.kill(manager, signal.SIGUSR2)
    os.execvp(command[0], command)


main()
