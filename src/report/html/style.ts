import { pictureStyle } from "../svg/picture.ts";

const light = `--ground:#f5f6f8;--paper:#fff;--ink:#1c2430;--faint:#5d6778;--line:#e1e5ea;--link:#1d5fa8;--green:#157044;--green-wash:#e7f5ed;--red:#b8322a;--red-wash:#fdecea;--amber:#8a6100;--amber-wash:#fdf3d7;--grey:#5d6778;--grey-wash:#eef0f3`;
const dark = `--ground:#0e1116;--paper:#161b22;--ink:#e6e9ee;--faint:#98a2b3;--line:#2b323c;--link:#79b3f2;--green:#4cc38a;--green-wash:#12291f;--red:#ff7b70;--red-wash:#351a19;--amber:#e0b040;--amber-wash:#2f2610;--grey:#98a2b3;--grey-wash:#222831`;

/** The style sheet of the recovery report: one column, tabular figures, dark where the reader's system is, fit to print. */
export const pageStyle = `
:root{${light};color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1160px;margin:0 auto;padding:32px 24px 64px}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
h1{font-size:26px;line-height:1.25;margin:0 0 6px;letter-spacing:-.01em}h2{font-size:19px;margin:44px 0 12px;letter-spacing:-.005em}h3{font-size:15px;margin:0;overflow-wrap:anywhere}
h2,p,td,dd,li{overflow-wrap:anywhere}
small{display:block;color:var(--faint);font-size:12.5px;line-height:1.4}
code,pre{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
dl{margin:0}dt{color:var(--faint);font-size:12.5px}dd{margin:0}
.eyebrow{color:var(--faint);font-size:13px;font-weight:600;letter-spacing:.04em;text-transform:uppercase;margin:0 0 8px}
.about{color:var(--faint);margin:0}
.banner{border:1px solid var(--amber);background:var(--amber-wash);color:var(--ink);border-radius:8px;padding:10px 14px;margin:18px 0 0}.banner b{color:var(--amber)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin:22px 0 0;padding:0;list-style:none}
.tile{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:12px 16px;border-top:3px solid var(--tint)}
.tile strong{display:block;font-size:30px;line-height:1.15;font-weight:600}.tile span{color:var(--tint);font-size:13px;font-weight:600}.tile.none strong,.tile.none span{color:var(--faint);opacity:.75}.tile.none{border-top-color:var(--line)}
.green{--tint:var(--green);--wash:var(--green-wash)}.red{--tint:var(--red);--wash:var(--red-wash)}.invalid,.notInjected{--tint:var(--amber);--wash:var(--amber-wash)}.skipped{--tint:var(--grey);--wash:var(--grey-wash)}
.chip{display:inline-block;white-space:nowrap;color:var(--tint);background:var(--wash);border:1px solid transparent;border-radius:999px;padding:1px 10px;font-family:inherit;font-size:12.5px;font-weight:600;line-height:1.6}
button.chip{cursor:pointer;border-color:var(--tint)}button.chip[aria-pressed=false]{background:none;border-color:var(--line);color:var(--faint)}
.panel,.card,.scroll>table.results,.wide{background:var(--paper);border:1px solid var(--line);border-radius:8px}
.panel{padding:4px 18px;margin:0;list-style:none}.panel li{padding:11px 0;border-bottom:1px solid var(--line)}.panel li:last-child{border:0}.panel p{margin:2px 0 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;text-align:left}th,td{vertical-align:top;padding:7px 14px 7px 0}
.results{font-size:14px;border-spacing:0;border-collapse:separate}.results th,.results td{padding:8px 12px;border-bottom:1px solid var(--line)}.results thead th{color:var(--faint);font-size:12.5px;font-weight:600;white-space:nowrap}
.results .group th{background:var(--grey-wash);font-size:13.5px;padding:6px 12px}.results tbody:last-child tr:last-child td{border-bottom:0}.results th:first-child{width:22%}.results th:nth-child(2){width:15%}.results th:nth-child(3){width:16%}.results th:nth-child(5){width:25%}.results td small{max-width:46ch}
.practices{font-size:14px}.practices th,.practices td{padding:9px 16px 9px 0;border-bottom:1px solid var(--line)}.practices thead th{color:var(--faint);font-size:12.5px;font-weight:600}.practices tbody th{width:18%;font-weight:600}.practices td:nth-child(2){width:32%}.practices tbody tr:last-child>*{border:0}
.practices ul{margin:6px 0 0;padding-left:18px;font-size:13.5px}.practices details{margin-top:4px}
.results.remedies tbody th{font-weight:600;background:none}.results.remedies .group th{background:var(--grey-wash)}.results.remedies th:nth-child(2){width:14%}.results.costs th:nth-child(2),.results.costs th:nth-child(3){width:12%}.results.costs td{vertical-align:top}.about.above{margin:0 0 10px}
.number{text-align:right;white-space:nowrap}
.results th.number{text-align:right}
.phase{color:var(--faint);font-weight:400}.phase::before{content:"· "}
.filter{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:0 0 12px}.filter input{flex:1 1 220px;max-width:340px;font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:6px 12px}.filter output{color:var(--faint);font-size:13px}
.meta,.facts{display:flex;flex-wrap:wrap;gap:10px 30px}.meta{margin:0 0 14px}.body{display:grid;grid-template-columns:minmax(0,760px) minmax(180px,1fr);gap:8px 28px;margin-top:10px}.body figure{margin:0}.facts{display:grid;grid-template-columns:1fr 1fr;gap:10px 18px;align-content:start}.facts .long{grid-column:1/-1}.facts dd{font-weight:600}.facts small{font-weight:400}
figure{margin:14px 0;overflow-x:auto}.wide{padding:14px 14px 10px}figcaption{color:var(--faint);font-size:12.5px;margin-top:4px}
svg.rb{display:block;max-width:100%;height:auto}.wide svg.rb{width:100%}
.key{display:inline-block;width:11px;height:11px;border-radius:2px;vertical-align:-1px;margin-left:12px}
.card{padding:14px 18px;margin:14px 0;border-left:3px solid var(--tint);scroll-margin-top:12px}.card>details{margin:0}.card>details>summary{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline;color:inherit;font-size:inherit}.card>details>summary::before{content:"▸";color:var(--faint);width:.7em}.card>details[open]>summary::before{content:"▾"}.card .kind{color:var(--faint);font-size:13px;flex:1}.card>details>div>p{margin:6px 0 0}
.note{color:var(--faint);font-size:13.5px}.card:target{box-shadow:0 0 0 2px var(--tint)}
details{margin-top:12px}summary{cursor:pointer;color:var(--link);font-size:13.5px}
.plain{font-size:13px;margin:8px 0;width:auto}.plain th{font-weight:400;color:var(--faint)}.plain th,.plain td{padding:3px 18px 3px 0}
.evidence{list-style:none;margin:10px 0;padding:0;font-size:13.5px}.evidence time{display:inline-block;min-width:86px;color:var(--faint);text-align:right;margin-right:10px}
.small{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;font-size:13px}
.command,.again code{background:var(--grey-wash);border-radius:6px;padding:8px 12px;margin:10px 0 0;white-space:pre-wrap}.again{color:var(--faint);font-size:13.5px}.again code{padding:2px 8px;color:var(--ink)}
footer{margin-top:48px;color:var(--faint);font-size:13px}
@media (max-width:980px){.body{grid-template-columns:1fr}.facts{grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}}
@media (max-width:640px){.results,.practices{min-width:860px}main{padding:20px 14px 40px}.card{padding:12px}figure svg.rb,.wide svg.rb{max-width:none;width:auto}h1{font-size:22px}}
@media print{:root{${light};color-scheme:light}body{background:#fff;font-size:12px}main{max-width:none;padding:0}.filter,.card details details>summary{display:none}.card,figure,tr{break-inside:avoid}.scroll,figure{overflow:visible}details::details-content{content-visibility:visible;block-size:auto}h2{break-after:avoid}}
${pictureStyle}
.rb-key-notice{background:var(--rb-notice)}.rb-key-people{background:var(--rb-people)}.rb-key-clear{background:var(--rb-clear)}.rb-key-rebuild{background:var(--rb-rebuild)}.rb-key-guest{background:var(--rb-guest)}.rb-key-open{background:var(--rb-bad);opacity:.4}.rb-key-limit{width:0;border-left:2px dashed var(--rb-bad);border-radius:0}
`;
