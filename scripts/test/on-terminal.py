"""Runs a program on a pseudo-terminal, for tests: what comes on stdin is typed there, what the
program prints comes out on stdout, and the exit code is the program's (128 + n for a signal)."""
import os
import pty
import select
import sys

child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
sources = [terminal, sys.stdin.fileno()]
while terminal in sources:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:  # how Linux says that nobody holds the terminal any more
            data = b""
        if not data:
            sources.remove(source)
        elif source == terminal:
            os.write(sys.stdout.fileno(), data)
        else:
            os.write(terminal, data)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
