"""The report's style sheet; colours follow the reader's light or dark setting."""

STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1b1f24; --soft: #59636e; --line: #d8dee4;
  --card: #f6f8fa; --curve: #0969da; --noise: #0969da55; --good: #1a7f37;
  --noted: #9a6700; --link: #0969da; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --text: #e6edf3; --soft: #9198a1; --line: #30363d; --card: #161b22;
    --curve: #58a6ff; --noise: #58a6ff55; --good: #3fb950; --noted: #d29922; --link: #58a6ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1120px; background: var(--page);
  color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", Roboto, Helvetica, sans-serif; }
h1 { font-size: 22px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 32px 0 10px; }
h3 { font-size: 14px; margin: 0 0 4px; display: flex; justify-content: space-between; gap: 12px; }
p { margin: 4px 0; } a { color: var(--link); }
.soft { color: var(--soft); } .good, .noted { font-weight: 600; }
.good { color: var(--good); } .noted { color: var(--noted); }
.cards, .curves { display: grid; gap: 12px; }
.cards { grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); margin-top: 18px; }
.curves { grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 14px; min-width: 0; }
.card b { display: block; font-size: 17px; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td { overflow-wrap: anywhere; }
td:first-child { overflow-wrap: normal; }
code, pre { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px;
  margin: 0; overflow-x: auto; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.grid { stroke: var(--line); stroke-width: 1; }
polyline { fill: none; stroke: var(--curve); stroke-width: 2; stroke-linejoin: round; }
polyline.noise { stroke: var(--noise); stroke-width: 1; }
circle { fill: var(--curve); }
.timeline text { fill: #fff; font-size: 13px; }
.timeline rect { fill: #6e7781; }
.timeline .Starting, .timeline .Pending { fill: #8250df; }
.timeline .Downloading { fill: #0550ae; }
.timeline .Training { fill: #1a7f37; }
.timeline .Uploading { fill: #9a6700; }
.timeline .Interrupted, .timeline .Stopping { fill: #bc4c00; }
"""
