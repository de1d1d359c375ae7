# SPDX-License-Identifier: GPL-2.0-only
"""Test points of one scenario, printed as TAP while it runs."""

import sys
import time
import traceback


class Tap:
    """A failed point does not end a scenario; an exception does, as one more."""

    def __init__(self, stream=sys.stdout):
        self.stream = stream
        self.count = 0
        self.failed = 0
        self.started = time.monotonic()

    def line(self, text):
        print(text, file=self.stream, flush=True)

    def comment(self, text):
        for line in str(text).splitlines():
            self.line(f"# {line}")

    def note(self, text):
        """Progress: what is going on, and since when."""
        self.comment(f"[{time.monotonic() - self.started:6.1f} s] {text}")

    def ok(self, condition, what, detail=""):
        """One point; the detail is shown when it fails. Return: the condition"""
        self.count += 1
        if not condition:
            self.failed += 1
        self.line(f"{'ok' if condition else 'not ok'} {self.count} - {what}")
        if not condition and detail:
            self.comment(detail)
        return bool(condition)

    def skip(self, what, why):
        """A point that could not be tested: reported, and not counted as passed."""
        self.count += 1
        self.line(f"ok {self.count} - {what} # SKIP {why}")

    def equal(self, have, want, what, detail=""):
        return self.ok(have == want, what, f"is {have!r}, should be {want!r}\n{detail}")

    def run(self, function, *args):
        """Runs a scenario to its end. Return: exit code"""
        try:
            function(self, *args)
        except Exception as error:  # every way to fail is a failed point
            self.ok(False, f"ends without {type(error).__name__}",
                    f"{error}\n{traceback.format_exc()}")
        if not self.count:
            self.ok(False, "has test points")
        self.line(f"1..{self.count}")
        return 1 if self.failed else 0
