#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes the files that the search of ymodem_fuzz begins with: one session of each kind."""
import os
import sys

SILENCE, DAMAGE, AGAIN = b"\x80", b"\xa0", b"\xd0"
EOT, CAN = 4, 0x18


def raw(*values):
    return bytes([len(values) - 1, *values])


def block(number, data=b"", fill=0x1a, long=False):
    return bytes([0xb1 if long else 0xb0, number & 0xff, len(data), fill]) + data


def header(size, name=b"os.img", rest=b" 14500000000 100644 0 1 0"):
    return block(0, name + b"\0" + size + rest, 0) + SILENCE


END = raw(EOT) + SILENCE + raw(EOT) + block(0, b"", 0)
ROOM = b"\xff"
two = block(1, b"abc", long=True) + block(2, b"def")

sessions = {
    "one-block": ROOM + header(b"100") + block(1, b"hello") + END,
    "long-and-short": ROOM + header(b"1100") + two + END,
    "empty": ROOM + header(b"0") + END,
    "no-file": ROOM + block(0, b"", 0),
    "wrap": b"\x60" + header(b"90000") + b"".join(block(i) for i in range(1, 257)) + AGAIN,
    "lost": ROOM + header(b"1100") + SILENCE + two + END,
    "repeated": ROOM + header(b"1100") + block(1, long=True) + SILENCE + block(1, long=True)
    + SILENCE + block(2) + END,
    "damaged": ROOM + header(b"1100") + DAMAGE + SILENCE + two + END,
    "cut": ROOM + header(b"1100") + raw(1, 1, 0xfe, 65) + SILENCE + two + END,
    "order": ROOM + header(b"5000") + block(1, long=True) + block(3, long=True),
    "xmodem": ROOM + block(1, b"hello") + block(2) + raw(EOT),
    "stops": ROOM + header(b"5000") + block(1, long=True),
    "excess": ROOM + header(b"100") + block(1) + block(2) + block(3),
    "short": ROOM + header(b"5000") + block(1) + raw(EOT) + SILENCE + AGAIN,
    "too-large": b"\x01" + header(b"1001") + two,
    "fits": b"\x01" + header(b"1000") + block(1, long=True) + END,
    "overflow": ROOM + header(b"18446744073709551716"),
    "digits": ROOM + block(0, b"n\0", 0x30, long=True),
    "no-size": ROOM + header(b""),
    "name-only": ROOM + block(0, b"", 0x6e),
    "cancel": ROOM + header(b"5000") + block(1) + raw(CAN, CAN),
    "one-can": ROOM + raw(CAN) + SILENCE + header(b"100") + raw(CAN, 65) + SILENCE + block(1) + END,
    "two-files": ROOM + header(b"100") + block(1) + raw(EOT) + SILENCE + raw(EOT) + header(b"9"),
    "no-close": ROOM + header(b"100") + block(1) + raw(EOT) + SILENCE + raw(EOT),
    "noise": ROOM + raw(*range(100)) + DAMAGE + AGAIN,
}

for name, session in sessions.items():
    with open(os.path.join(sys.argv[1], name), "wb") as f:
        f.write(session)
