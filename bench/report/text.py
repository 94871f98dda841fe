"""The figures of a run as lines for a terminal and as tables for the documentation."""
from bars import BARS, SCALING, SCALING_OF, misses, reached
from measure import RIVALS, XGRAD


def human(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


def better(sides):
    rivals = [(sides[s]["ns"], s) for s in RIVALS if s in sides]
    return min(rivals)[1] if rivals else None


def show(row):
    print(row["workload"])
    for t, sides in row["threads"].items():
        for side in (XGRAD, *RIVALS):
            if side in sides:
                f = sides[side]
                print(f"  {t} T  {side:22} {human(f['ns']):>9}  ({human(f['least'])} .. {human(f['most'])})"
                      f"  {f['faults']:.2f} faults  {f['peak MiB']:.0f} MiB")
        if "ratio" in sides:
            r = sides["ratio"]
            print(f"  {t} T  ratio {r['median']:.2f} ({r['least']:.2f} .. {r['most']:.2f}), best runs {r['best']:.2f}")
    if "scaling" in row:
        s = row["scaling"]
        print(f"  two threads take {s['best']:.2f} (pairs {s['least']:.2f} .. {s['most']:.2f}) of the time of one")
    for text in misses(row):
        print(f"  MISSES: {text}")
    print(flush=True)


def table(header, lines):
    return "\n".join([f"| {' | '.join(header)} |", "|" + " --- |" * len(header), *(f"| {' | '.join(line)} |" for line in lines)])


def comparison(rows, threads):
    lines = []
    for row in rows:
        sides = row["threads"].get(str(threads))
        if not sides or "ratio" not in sides:
            continue
        r, rival = sides["ratio"], better(sides)
        bar = BARS.get(row["workload"], {}).get(threads)
        lines.append([row["workload"], human(sides[XGRAD]["ns"]), human(sides[rival]["ns"]), f"**{reached(row, threads):.3g}**",
                      f"{r['least']:.3g} .. {r['most']:.3g}", f"{bar:g}" if bar else "",
                      f"{sides[XGRAD]['faults']:.2f}", f"{sides[rival]['faults']:.2f}",
                      f"{sides[XGRAD]['peak MiB']:.0f}", f"{sides[rival]['peak MiB']:.0f}"])
    return table(["workload", "xgrad", "libtorch", "times faster", "pairs", "bar", "faults", "libtorch's", "MiB", "libtorch's"], lines)


def scaling(rows):
    lines = [[row["workload"], human(row["threads"]["1"][XGRAD]["ns"]), human(row["threads"]["2"][XGRAD]["ns"]),
              f"{row['scaling']['best']:.2f}", f"{row['scaling']['least']:.2f} .. {row['scaling']['most']:.2f}",
              f"{SCALING_OF.get(row['workload'], SCALING)}"] for row in rows if "scaling" in row]
    return table(["workload", "1 thread", "2 threads", "of the time", "pairs", "at most"], lines)


def fill(page, rows, subtitle):
    """The page with what stands between its marks replaced."""
    parts = {"machine": subtitle, "one": comparison(rows, 1), "two": comparison(rows, 2), "scaling": scaling(rows)}
    for name, text in parts.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        head, rest = page.split(begin)
        page = head + f"{begin}\n\n{text}\n\n{end}" + rest.split(end)[1]
    return page
