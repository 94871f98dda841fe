"""The picture of a run: for every workload how many times faster xgrad is, on a logarithmic scale."""
import html
import math

from bars import BARS, reached

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e } .title { font-size: 16px; font-weight: 600 }
  .grid { stroke: #d1d9e0 } .even { stroke: #59636e; stroke-width: 1.5 }
  .one { fill: #0969da } .two { fill: #7fb8f0 } .bar { stroke: #bc4c00; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 } .grid { stroke: #3d444d } .even { stroke: #9198a1 }
    .one { fill: #4493f8 } .two { fill: #1f4f8f } .bar { stroke: #f0883e }
  }"""
WIDTH, LEFT, RIGHT, TOP, ROW, BAR = 1000, 450, 60, 78, 34, 11


def draw(rows, subtitle):
    rows = [r for r in rows if any("ratio" in sides for sides in r["threads"].values())]
    ratios = [reached(r, int(t)) for r in rows for t in r["threads"] if reached(r, int(t))]
    bars = [b for r in rows for b in BARS.get(r["workload"], {}).values()]
    least, most = min([0.5, *ratios]), max([2, *ratios, *bars]) * 1.15
    height = TOP + ROW * len(rows) + 30

    def x(ratio):
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(ratio / least) / math.log(most / least)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
             "<title>How many times faster than libtorch</title>", f"<style>{STYLE}</style>",
             '<text class="title" x="16" y="26">How many times faster than libtorch 1.13</text>',
             f'<text class="small" x="16" y="46">{html.escape(subtitle)}</text>',
             '<rect class="one" x="16" y="56" width="11" height="11"/><text class="small" x="32" y="66">1 thread</text>',
             '<rect class="two" x="96" y="56" width="11" height="11"/><text class="small" x="112" y="66">2 threads</text>',
             '<line class="bar" x1="182" x2="182" y1="55" y2="68"/><text class="small" x="190" y="66">the bar</text>']
    bottom = TOP + ROW * len(rows)
    for tick in (t for t in (0.5, 1, 2, 5, 10, 20, 50, 100, 200) if least <= t <= most):
        kind = "even" if tick == 1 else "grid"
        parts.append(f'<line class="{kind}" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP}" y2="{bottom}"/>'
                     f'<text class="small" x="{x(tick):.1f}" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>')
    for i, row in enumerate(rows):
        y = TOP + ROW * i + 5
        parts.append(f'<text x="{LEFT - 12}" y="{y + 16}" text-anchor="end">{html.escape(row["workload"])}</text>')
        for t, kind, at in (("1", "one", y), ("2", "two", y + BAR + 1)):
            ratio = reached(row, int(t)) if t in row["threads"] else None
            if not ratio:
                continue
            begin, end = sorted((x(1), x(ratio)))
            bar = BARS.get(row["workload"], {}).get(int(t))
            parts.append(f'<rect class="{kind}" x="{begin:.1f}" y="{at}" width="{max(end - begin, 1):.1f}" height="{BAR}"/>'
                         f'<text class="small" x="{max(end, x(bar) if bar else 0) + 5:.1f}" y="{at + 10}">{ratio:.3g}</text>')
            if bar:
                parts.append(f'<line class="bar" x1="{x(bar):.1f}" x2="{x(bar):.1f}" y1="{at - 1}" y2="{at + BAR + 1}"/>')
    return "\n".join(parts) + "\n</svg>\n"
