# SPDX-License-Identifier: GPL-3.0-or-later
"""Interleaved benchmark rows and the table they end in. Used by every bench script."""
import statistics
import subprocess
import sys
import time


class Row:
    """One line: our values and the reference's, taken in the same batch, and the bar: at most
    bar x the reference + extra, or at most bar when there is no reference."""

    def __init__(self, name, ours, reference=None, bar=None, unit="s", reference_name="", extra=0):
        self.name, self.ours, self.reference = name, ours, reference
        self.bar, self.unit, self.reference_name = bar, unit, reference_name
        self.extra = extra

    def ratio(self):
        """Median of the paired ratios: load of other programs hits both of a pair."""
        if not self.reference:
            return None
        return statistics.median((a - self.extra) / b for a, b in zip(self.ours, self.reference))

    def holds(self):
        if self.bar is None:
            return None
        value = self.ratio() if self.reference else statistics.median(self.ours)
        return value <= self.bar

    def cells(self):
        def both(values):
            return f"{min(values):.3f} / {statistics.median(values):.3f}" if values else "-"
        ratio = self.ratio()
        verdict = {None: "", True: "holds", False: "MISSED"}[self.holds()]
        bar = "-" if self.bar is None else (f"{self.bar:g} x" if self.reference
                                            else f"{self.bar:g} {self.unit}")
        if self.extra:
            bar += f" + {self.extra:g} {self.unit}"
        return [self.name, both(self.ours), self.reference_name or "-", both(self.reference),
                "-" if ratio is None else f"{ratio:.2f}", bar, verdict]


def interleave(runs, ours, reference=None, warm_up=True):
    """Calls ours() and reference() in turn; each returns its value, or None to be timed here."""
    def timed(function):
        begin = time.monotonic()
        seconds = function()
        return time.monotonic() - begin if seconds is None else seconds
    results = ([], [])
    for run in range(runs + (1 if warm_up else 0)):
        for place, function in enumerate((ours, reference)):
            if function is None:
                continue
            seconds = timed(function)
            if run >= (1 if warm_up else 0):
                results[place].append(seconds)
        sys.stderr.write(".")
        sys.stderr.flush()
    sys.stderr.write("\n")
    return results[0], results[1] or None


def shell(command):
    subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True,
                   stdout=subprocess.DEVNULL)


class Table:
    """The rows as they come, each said at once on stderr."""

    def __init__(self):
        self.rows = []

    def add(self, rows):
        for row in rows:
            print(" | ".join(row.cells()), file=sys.stderr, flush=True)
        self.rows += rows

    def print(self):
        """Markdown; values are min / median. True when every bar holds."""
        head = ["work", "ours min / median", "reference", "min / median", "ratio", "bar", ""]
        table = [head, ["---"] * len(head)]
        table += [[cell.replace("|", "\\|") for cell in row.cells()] for row in self.rows]
        widths = [max(len(line[i]) for line in table) for i in range(len(head))]
        for line in table:
            print("| " + " | ".join(c.ljust(width) for c, width in zip(line, widths)) + " |")
        return all(row.holds() is not False for row in self.rows)
