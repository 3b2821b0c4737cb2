#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
#
# on-terminal - run a command on a terminal of its own, and print what it wrote there
#
#	on-terminal.py COLUMNS COMMAND [ARG...]

import fcntl
import os
import pty
import struct
import sys
import termios

columns, command = int(sys.argv[1]), sys.argv[2:]
pid, terminal = pty.fork()
if not pid:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 200, columns, 0, 0))
    os.execvp(command[0], command)
while True:
    try:
        text = os.read(terminal, 65536)
    except OSError:     # the other side is closed
        break
    if not text:
        break
    sys.stdout.buffer.write(text.replace(b'\r\n', b'\n'))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
