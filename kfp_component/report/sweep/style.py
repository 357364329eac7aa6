"""What the style sheet of a sweep's report has beside that of a training's."""

SWEEP_STYLE = """
.claim { font-size: 17px; margin: 12px 0 4px; }
.ranks { display: grid; grid-template-columns: minmax(120px, 30%) 1fr max-content;
  gap: 3px 14px; align-items: center; font-size: 13px; grid-auto-flow: dense; margin-top: 10px; }
.ranks > * { grid-column: 2; }
.ranks .name { grid-column: 1; overflow-wrap: anywhere; line-height: 1.3; padding: 2px 0; }
.ranks .value { grid-column: 3; font-variant-numeric: tabular-nums; text-align: right;
  white-space: nowrap; }
.strip, .scale { position: relative; height: 24px; min-width: 0; }
.strip { border-left: 1px solid var(--line); border-right: 1px solid var(--line); }
.strip::before { content: ""; position: absolute; left: 0; right: 0; top: 50%;
  border-top: 1px solid var(--line); }
.strip i { position: absolute; }
.strip .range { top: 7px; height: 10px; min-width: 2px; border-radius: 3px;
  background: var(--noise); }
.strip .seed { top: 50%; width: 7px; height: 7px; margin: -3.5px 0 0 -3.5px; border-radius: 50%;
  border: 1.5px solid var(--soft); opacity: .65; }
.strip.many .seed { opacity: .2; }
.strip .iqm { top: 3px; height: 18px; width: 3px; margin-left: -1.5px; background: var(--curve);
  border-radius: 1px; }
.first .range { background: color-mix(in srgb, var(--good) 40%, transparent); }
.first .iqm { background: var(--good); } .name.first { font-weight: 600; }
.scale { height: 18px; font-size: 12px; color: var(--soft); }
.scale span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.legend { flex-wrap: wrap; gap: 2px 16px; }
.legend span { display: inline-flex; align-items: center; gap: 6px; }
.legend i { flex: none; } .legend .swatch { margin: 0; }
.legend .seed { width: 8px; height: 8px; border: 1.5px solid var(--soft); border-radius: 50%; }
.legend .range { width: 18px; height: 9px; border-radius: 3px; background: var(--noise); }
.legend .iqm { width: 3px; height: 14px; background: var(--curve); }
polyline.other { stroke: var(--mark); stroke-width: 1; opacity: .4; }
polyline.own { stroke: var(--good); stroke-width: 1; opacity: .45; }
polyline.mean { stroke: var(--good); stroke-width: 2.5; }
polygon.band { fill: var(--good); opacity: .18; stroke: none; }
.wide svg { overflow: visible; }
.swatch.other { border-color: var(--mark); } .swatch.mean { border-color: var(--good); }
.swatch.band { height: 10px; border: 0; background: var(--good); opacity: .25; }
section h3 { margin: 14px 0 6px; }
.columns { display: flex; align-items: flex-end; justify-content: space-between; height: 110px;
  border-bottom: 1px solid var(--line); }
.columns i { flex: 1 1 0; min-width: 0; max-width: 10%; background: var(--curve); }
.columns.few i { margin-right: 2px; border-radius: 2px 2px 0 0; }
.columns .failed { background: #cf222e; }
@media (max-width: 560px) {
  .ranks { grid-template-columns: 1fr max-content; gap: 0 10px; }
  .ranks > * { grid-column: 1 / -1; } .ranks .value { grid-column: 2; }
  .ranks .strip { margin-bottom: 8px; }
  .wide svg text { font-size: 24px; }
}
"""
