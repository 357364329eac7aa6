"""The report's style sheet; colours follow the reader's light or dark setting."""

STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1b1f24; --soft: #59636e; --line: #d8dee4;
  --card: #f6f8fa; --curve: #0969da; --noise: #0969da66; --good: #1a7f37;
  --noted: #9a6700; --mark: #8c959f; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --text: #e6edf3; --soft: #9198a1; --line: #30363d; --card: #161b22;
    --curve: #58a6ff; --noise: #58a6ff66; --good: #3fb950; --noted: #d29922; --mark: #6e7681; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1120px; background: var(--page);
  color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", Roboto, Helvetica, sans-serif; }
h1 { font-size: 22px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 32px 0 10px; }
h3 { font-size: 14px; margin: 0; overflow-wrap: anywhere; }
p { margin: 4px 0; overflow-wrap: anywhere; }
.whole { user-select: all; }
.soft { color: var(--soft); } .note { border-left: 3px solid var(--noted); padding-left: 10px; }
.good, .noted { font-weight: 600; }
.good { color: var(--good); } .noted { color: var(--noted); }
.cards, .curves { display: grid; gap: 12px; }
.cards { grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); margin-top: 18px; }
.curves { grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 14px; min-width: 0; }
.cards b { display: block; font-size: 17px; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td { overflow-wrap: anywhere; } .tight, .card p b { white-space: nowrap; }
code, pre { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px;
  margin: 0; overflow-x: auto; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.grid { stroke: var(--line); stroke-width: 1; }
polyline { vector-effect: non-scaling-stroke; fill: none; stroke: var(--curve);
  stroke-width: 2; stroke-linejoin: round; }
polyline.noise { stroke: var(--noise); stroke-width: 1; }
circle { fill: var(--curve); }
.legend { font-size: 12px; display: flex; align-items: center; gap: 6px; margin: 6px 0 0; }
.swatch { width: 18px; height: 0; border-top: 2px solid var(--curve); margin-left: 8px; }
.swatch.noise { border-top: 1px solid var(--noise); margin-left: 0; }
.bar, .numbers, .ends { display: flex; }
.bar { height: 26px; gap: 1px; border-radius: 5px; overflow: hidden; }
.bar div, .numbers div { flex: 1 1 0; min-width: 2px; font-size: 12px; text-align: center; }
.bar div { display: flex; flex-wrap: wrap; justify-content: center; overflow: hidden; color: #fff; }
.bar div::before { content: ""; height: 26px; } /* a label that does not fit goes below, unseen */
.bar span { line-height: 26px; padding: 0 4px; white-space: nowrap; }
.numbers { color: var(--soft); margin-bottom: 2px; }
.ends { justify-content: space-between; font-size: 12px; margin: 4px 0 12px; }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 7px; }
.group td { background: var(--card); overflow-wrap: anywhere; padding-left: 8px; }
.other, .dot { background: #6e7781; }
.Waiting { background: repeating-linear-gradient(135deg, var(--line) 0 4px, var(--card) 4px 8px); }
.bar .Waiting { color: var(--soft); }
.Starting, .Pending { background: #8250df; }
.Downloading { background: #0550ae; }
.Training { background: #1a7f37; }
.Uploading { background: #9a6700; }
.Interrupted, .Stopping { background: #bc4c00; }
@media (max-width: 560px) {
  body { padding: 14px; font-size: 14px; }
  table { font-size: 12.5px; } th, td { padding-right: 8px; }
}
"""
