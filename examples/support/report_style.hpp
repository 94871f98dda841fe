#pragma once
#include <string_view>

namespace xg::plot {

/// The look of a report. Widths are limited rather than fixed: one column on a telephone, two where figures have room.
/// Letters in figures grow as the figures shrink (container queries), because a drawing scales as a whole.
inline constexpr std::string_view report_css = R"css(
:root{color-scheme:light dark;--page:#f5f6f8;--quiet:#565d69;--edge:#dfe2e8;--accent:#0b62b0}
@media (prefers-color-scheme:dark){:root{--page:#121419;--quiet:#a3abb8;--edge:#31363f;--accent:#79b8ff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
main{max-width:70rem;margin:0 auto;padding:clamp(1.25rem,4vw,3.5rem) clamp(.75rem,3vw,2rem) 3rem}
h1{font-size:clamp(1.6rem,1.2rem + 2vw,2.5rem);line-height:1.15;letter-spacing:-.02em;font-weight:700;margin:0 0 .5rem;text-wrap:balance}
h2{font-size:1.25rem;line-height:1.3;letter-spacing:-.01em;font-weight:650;margin:2.5rem 0 .6rem}
p{margin:.6rem 0;max-width:42rem;overflow-wrap:anywhere}
.lead{font-size:1.1rem;color:var(--quiet);margin:0 0 1.75rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,9.5rem),1fr));gap:.75rem;margin:1.25rem 0;padding:0}
.card,figure,.table{background:var(--paper);border:1px solid var(--edge);border-radius:.75rem}
.card{padding:.85rem 1.1rem 1rem;display:flex;flex-direction:column}
.card dt{font-size:.85rem;color:var(--quiet);line-height:1.35}
.card dd{margin:0}
.card .value{font-size:1.75rem;font-weight:650;letter-spacing:-.02em;line-height:1.25;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.card:first-child .value{color:var(--accent)}
.card .note{font-size:.85rem;color:var(--quiet);line-height:1.35}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem;margin:1.25rem 0;align-items:stretch}
figure{margin:0;padding:1.1rem;min-width:0;container-type:inline-size;display:flex;flex-direction:column}
figure>*{width:100%;max-width:36rem;margin-inline:auto}
.xg-plot{display:block;height:auto;overflow:visible}
@container (max-width:27rem){.xg-plot{font-size:13px}}
@container (max-width:22rem){.xg-plot{font-size:15.5px}}
@container (min-width:33rem){.xg-plot{font-size:10.5px}}
figcaption{font-size:.9rem;line-height:1.5;color:var(--quiet);padding-top:.8rem;overflow-wrap:anywhere}
.table{overflow-x:auto;margin:1.25rem 0;width:fit-content;max-width:100%;min-width:min(100%,30rem)}
.table:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.95rem;line-height:1.4}
caption{text-align:start;padding:.8rem clamp(.5rem,2.6vw,1.1rem) .3rem;font-size:.9rem;color:var(--quiet)}
th,td{padding:.5rem clamp(.5rem,2.6vw,1.1rem);text-align:start;border-top:1px solid var(--edge)}
thead th{border-top:0;font-weight:600;font-size:.85rem;color:var(--quiet);vertical-align:bottom}
tbody th{font-weight:500;text-align:start}
.number{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}
@media print{body{background:none}.card,figure,.table{break-inside:avoid}}
)css";

} // namespace xg::plot
