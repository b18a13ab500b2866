"""The rows of the benchmark as bars, in SVG."""
import math
from xml.sax.saxutils import escape

ROW = 46  # height of a system
BAR = 15
NAMES = 200  # width of the column with the names
PANEL = 330  # width of bars
GAP = 90  # behind the bars, for their figures
TOP = 70
# Blue and orange differ for colour-blind readers and in print.
FIRST, SECOND = "#3b6fb6", "#e08a2c"


def text(x, y, words, anchor="start", size=13, colour="#222"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}" '
            f'fill="{colour}">{escape(words)}</text>')


def bar(x, y, width, colour):
    return f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>'


def heading(x, title, first, second):
    return [text(x, 24, title, size=15),
            bar(x, 36, BAR, FIRST), text(x + BAR + 6, 48, first),
            bar(x + 130, 36, BAR, SECOND), text(x + 136 + BAR, 48, second)]


def panel(rows, x, keys, scale, unit, digits):
    """A bar for each of two keys of every row."""
    out = []
    for place, row in enumerate(rows):
        for line, (key, colour) in enumerate(zip(keys, (FIRST, SECOND))):
            y = TOP + place * ROW + line * (BAR + 2)
            value = row[key]
            width = 0.0 if value is None else PANEL * scale(value)
            label = "not measured" if value is None else f"{value:.{digits}f} {unit}"
            out += [bar(x, y, width, colour), text(x + width + 6, y + 12, label, size=12)]
    return out


def linear(rows, keys):
    most = max((row[key] for row in rows for key in keys if row[key] is not None), default=1.0)
    return lambda value: value / most


def logarithmic(rows, keys):
    """Round trips differ by orders of magnitude."""
    values = [row[key] for row in rows for key in keys if row[key]]
    least = math.floor(math.log10(min(values, default=0.1)))
    most = math.ceil(math.log10(max(values, default=10.0)))
    return lambda value: (math.log10(max(value, 10.0 ** least)) - least) / max(most - least, 1)


def svg(rows):
    # The bare path would leave no room for the others.
    rows = [row for row in rows if row["system"] != "the bare path"]
    speeds = ("forward_gbps", "reverse_gbps")
    trips = ("rtt_loaded_p50_ms", "rtt_loaded_p99_ms")
    second = NAMES + PANEL + GAP
    width, height = second + PANEL + GAP, TOP + ROW * len(rows)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             f'width="{width}" height="{height}" font-family="sans-serif">',
             f'<rect width="{width}" height="{height}" fill="white"/>']
    parts += heading(NAMES, "Throughput of one TCP flow", "to Labs", "from Labs")
    parts += heading(second, "Round trip under load (log. scale)", "median", "99 %")
    for place, row in enumerate(rows):
        parts.append(text(NAMES - 10, TOP + place * ROW + BAR + 5, row["system"],
                          anchor="end"))
    parts += panel(rows, NAMES, speeds, linear(rows, speeds), "Gb/s", 2)
    parts += panel(rows, second, trips, logarithmic(rows, trips), "ms", 1)
    return "\n".join(parts) + "\n</svg>\n"
