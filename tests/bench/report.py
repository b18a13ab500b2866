"""Tables of what measure.py has measured."""
import json
import statistics

KEYS = ("forward_gbps", "reverse_gbps", "rtt_idle_ms", "rtt_loaded_p50_ms", "rtt_loaded_p99_ms")
# What others are compared with, as far as it was measured.
BASES = {"ssh -w": "× `ssh -w`", "OpenVPN, UDP": "× OpenVPN UDP",
         "SoftEther, layer 2": "× SoftEther"}


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def rows_of(raw):
    """An object for each system; null is what could not be measured."""
    rows = []
    for name, samples in raw.items():
        figures = (
            (samples.forward, statistics.median), (samples.reverse, statistics.median),
            (samples.idle, statistics.median), (samples.loaded, statistics.median),
            (samples.loaded, lambda times: percentile(times, 0.99)))
        rows.append({"system": name} | {
            key: round(of(values), 3) if values else None
            for key, (values, of) in zip(KEYS, figures)})
    return rows


def table(headings, rows):
    rows = [[cell.replace("|", "/") for cell in row] for row in rows]
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def number(value, unit="", digits=2):
    return "–" if value is None else f"{value:.{digits}f}{unit}"


def ratio(row, base):
    """Both ways, as "3.1, 2.9"."""
    parts = []
    for key in ("forward_gbps", "reverse_gbps"):
        known = row[key] is not None and base[key]
        parts.append(f"{row[key] / base[key]:.1f}" if known else "–")
    return ", ".join(parts)


def main_table(rows, raw):
    bases = [row for row in rows if row["system"] in BASES]
    out = []
    for row in rows:
        failure = raw[row["system"]].failure
        cells = [row["system"] + (f" (failed: {failure})" if failure else ""),
                 number(row["forward_gbps"], " Gb/s"), number(row["reverse_gbps"], " Gb/s")]
        cells += [ratio(row, base) for base in bases]
        cells += [number(row["rtt_idle_ms"], " ms"), number(row["rtt_loaded_p50_ms"], " ms", 1),
                  number(row["rtt_loaded_p99_ms"], " ms", 1)]
        out.append(cells)
    return table(["System", "to Labs", "from Labs", *(BASES[base["system"]] for base in bases),
                  "idle RTT", "loaded RTT, median", "99 %"], out)


def processor_table(raw):
    """Seconds for a gigabyte of what was transferred inside."""
    columns = [("forward", "home"), ("forward", "labs"), ("reverse", "labs"), ("reverse", "home")]
    out = []
    for name, samples in raw.items():
        if samples.processor:
            out.append([name] + [number(statistics.median(samples.processor[column]), " s")
                                 if column in samples.processor else "–" for column in columns])
    return table(["Processor time for 1 GB", "to Labs: HOME, sending", "Labs, receiving",
                  "from Labs: Labs, sending", "HOME, receiving"], out)


def libssh2_table(rows, alone):
    """Beside what the same library does inside our bridge."""
    if alone.failure or not alone.libssh2["receive"]:
        return f"libssh2 alone: failed: {alone.failure}"
    ours = next(row for row in rows if row["system"] == "tunneld, libssh2")
    out = []
    for words, direction, key in (("sending", "send", "forward_gbps"),
                                  ("receiving", "receive", "reverse_gbps")):
        base = statistics.median(alone.libssh2[direction])
        share = None if ours[key] is None else 100 * ours[key] / base
        out.append([words, number(base, " Gb/s"), number(ours[key], " Gb/s"),
                    number(share, " %", 0)])
    return table(["libssh2", "alone, to or from `cat`", "in the tunnel", "share"], out)


def times_table(raw, alone):
    out = []
    if alone.ssh_true:
        out.append(["`ssh host true`", number(statistics.median(alone.ssh_true), " s")])
    for name, samples in raw.items():
        if samples.to_first_ping:
            out.append([f"`tunnelctl up` to the first answered ping, {name}",
                        number(statistics.median(samples.to_first_ping), " s")])
    return table(["Time", "Median"], out)


def memory_table(raw):
    out = []
    for name, samples in raw.items():
        for process, (proportional, resident) in samples.memory.items():
            out.append([f"{process}, {name}", number(proportional, " MiB", 1),
                        number(resident, " MiB", 1)])
    return table(["Memory, link idle since it came up", "proportional", "resident"], out)


def markdown(rows, raw, alone, rounds, seconds):
    method = (f"Medians of {rounds} interleaved round{'s' if rounds > 1 else ''}; one TCP flow of iperf3 for {seconds} s each "
              "way, ping beside another. Only what stands in one table was measured side by side.")
    return "\n\n".join([main_table(rows, raw), processor_table(raw), libssh2_table(rows, alone),
                        times_table(raw, alone), memory_table(raw), method])


def write(options, data, text):
    """To where the options --json and --markdown say, and to standard output."""
    print(text)
    if options.json:
        options.json.write_text(json.dumps(data, indent=2) + "\n")
    if options.markdown:
        options.markdown.write_text(text + "\n")
