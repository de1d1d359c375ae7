# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel has said that no console has shown: a take and a restore suspend them, and
who dies then dies in silence. Its log is still in the memory of the machine."""

import mmap
import re

# In the log, not in the kernel's own text, which has a format there.
END = re.compile(rb"Kernel panic - not syncing: (?!%)")
WORDS = re.compile(rb"[\x20-\x7e]{6,}")
BEFORE, BEHIND, LINES = 16 << 10, 6 << 10, 90


def words_around(memory, place):
    start = max(0, place - BEFORE)
    return [words.decode() for words in WORDS.findall(memory[start:place + BEHIND])][-LINES:]


def find(path):
    """Lines of the log around the end in a dump of memory; none: empty"""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:
        # What was about to be printed is in buffers, too: the log has most to say.
        return max((words_around(memory, found.start()) for found in END.finditer(memory)),
                   key=lambda lines: sum(map(len, lines)), default=[])
