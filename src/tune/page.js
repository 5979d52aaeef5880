"use strict";
const data = JSON.parse(document.getElementById("data").textContent), t = data.t, tuning = data.tuning;
const zh = data.lang !== "en", at = id => document.getElementById(id);
const percent = (share, digits) => (share * 100).toFixed(digits === undefined ? 2 : digits) + "%";
const whole = value => value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });
const half = se => "±" + (196 * se).toFixed(2);
const state = { variant: tuning.variants.findIndex(one => one.is_current), lines: [], floor: null };
const first = tuning.points.find(one => one.name === "lawful") || tuning.points.find(one => one.name === "tried") || tuning.points[0];
const named = name => t[name === "lawful" ? "repaired" : name];
const joined = list => list.join(zh ? "、" : ", ");
const variant = () => tuning.variants[state.variant];
const tables = () => variant().tables;
const lines = () => tables().map((table, i) => table.lines[state.lines[i]]);
const ratiosNow = () => Object.fromEntries(tables().map((table, i) => [table.code, table.lines[state.lines[i]].ratio]));
const between = pair => whole(pair[0]) + " – " + whole(pair[1]);
const spanned = pair => percent(pair[0], 1) + " – " + percent(pair[1], 1);
const shift = value => { const shown = Math.abs(100 * value).toFixed(2); return (shown === "0.00" ? "" : value < 0 ? "−" : "+") + shown; };
const changed = one => one.verdict === "base" ? t.long_base : t["long_" + one.verdict] + (zh ? "（" : " (") + shift(one.change[0]) + " – " + shift(one.change[1]) + t.long_points + (zh ? "）" : ")");
const same = point => variant().is_current && tables().every((table, i) => Math.abs(table.lines[state.lines[i]].ratio - point.ratios[table.code]) < 1e-9);
const played = () => { const one = tuning.points.concat(tuning.dial).find(same); return one && one.long_run ? one.long_run : null; };
function put(id, text, value) {
  if (!at(id)) return;
  at(id).textContent = text;
  if (value !== undefined) at(id).dataset.value = value === null ? "" : value;
}
function element(name, text, values) {
  const one = document.createElement(name);
  one.textContent = text;
  Object.entries(values || {}).forEach(pair => one.setAttribute(pair[0], pair[1]));
  return one;
}
function nearest(table, ratio) {
  let best = 0;
  table.lines.forEach((line, i) => { if (Math.abs(line.ratio - ratio) < Math.abs(table.lines[best].ratio - ratio)) best = i; });
  return best;
}
function choose(ratios) {
  state.lines = tables().map(table => nearest(table, ratios[table.code]));
  state.lines.forEach((line, i) => { const input = at("slider-" + tuning.classes[i].code); input.max = tables()[i].lines.length - 1; input.value = line; });
  show();
}
function sums(chosen) {
  const all = { n: 0, w: 0, w2: 0, hits: 0, hits2: 0, v_hits: 0, v: 0, residual: 0, v_residual: 0, w_max: 0 };
  chosen.forEach(line => Object.keys(all).forEach(key => { all[key] = key === "w_max" ? Math.max(all[key], line.past[key]) : all[key] + line.past[key]; }));
  return all;
}
function outcome() {
  const chosen = lines(), occupied = tables().filter(table => table.n > 0);
  const visits = chosen.reduce((sum, line) => sum + line.visits, 0), n = tables().reduce((sum, table) => sum + table.n, 0);
  const known = occupied.every(table => table.hit_rate !== null);
  const result = { visits, n, gate: "none", low: null, high: null, unseen: [] };
  result.findings = known ? chosen.reduce((sum, line) => sum + line.plain, 0) : null;
  result.se = known ? Math.sqrt(chosen.reduce((sum, line) => sum + line.variance, 0)) / Math.max(1, n) : null;
  if (!occupied.some(table => table.seen > 0)) return result;
  const past = sums(chosen), model = chosen.reduce((sum, line) => sum + line.model, 0), robust = tuning.doubly_robust && model > 0;
  const divide = (a, b) => b > 0 ? a / b : 0, rate = divide(past.hits, past.w);
  const spread = Math.max(0, past.v_hits * (1 - 2 * rate) + rate * rate * past.v);
  const se = robust ? Math.sqrt(past.v_residual) : divide(Math.sqrt(spread), past.w) * visits;
  const effective = divide(past.w * past.w, past.w2), hits = divide(past.hits * past.hits, past.hits2);
  result.findings = robust ? model + past.residual : rate * visits;
  result.unseen = occupied.filter(table => table.seen === 0).map(table => table.code);
  if (result.unseen.length || past.n < 1) { result.gate = "refused"; result.findings = null; }
  else if (hits < 30 || effective < 0.2 * past.n || past.w_max > 20) result.gate = "amber";
  else { result.gate = "green"; result.low = Math.max(0, result.findings - 1.959963984540054 * se); result.high = Math.min(visits, result.findings + 1.959963984540054 * se); }
  return result;
}
function clauses() {
  const chosen = lines(), sizes = tables();
  at("clauses").replaceChildren(...variant().clauses.map(clause => {
    const have = clause.a.reduce((sum, a, i) => sum + a * (clause.is_total ? chosen[i].visits / Math.max(1, sizes[i].n) : chosen[i].ratio), 0);
    const moved = clause.key === "coverage_floor" && state.floor !== null;
    const bound = moved ? state.floor : clause.bound;
    const holds = clause.at_least ? have >= bound - 1e-9 : have <= bound + 1e-9;
    const share = Math.abs(clause.need) <= 1;
    const number = value => share ? percent(value) : whole(value);
    const isPlain = clause.key.startsWith("monotone.") || clause.key.startsWith("nobody_exempt.");
    const numbers = " · " + t.need + (clause.at_least ? " ≥ " : " ≤ ") + number(moved ? state.floor : clause.need) + " · " + t.have + " " + number(have);
    return element("li", (zh ? clause.zh : clause.en) + (isPlain ? "" : numbers) + " · " + (holds ? t.kept : t.broken), { id: "clause-" + clause.key, class: holds ? "kept" : "broken" });
  }).sort((a, b) => (b.className === "broken") - (a.className === "broken")));
}
function bars(id, names) {
  if (!at(id)) return;
  const chosen = lines(), values = names.map((_, i) => chosen.reduce((sum, line) => sum + line[id][i], 0)), most = Math.max(1, ...values);
  at(id).replaceChildren(...names.map((name, i) => {
    const row = element("div", "", { class: "bar" }), cell = element("span", ""), bar = element("i", "");
    bar.style.width = 100 * values[i] / most + "%";
    cell.append(bar);
    row.append(element("span", name), cell, element("span", whole(values[i]) + " · " + percent(values[i] / Math.max(1, tuning[id + "_n"][i]), 1)));
    return row;
  }));
}
function gate(now) {
  const key = now.findings === null && now.gate === "none" ? "unknown" : now.gate;
  at("gate").textContent = t["gate_" + key] + (now.unseen.length ? (zh ? "：" : ": ") + joined(now.unseen) : "");
  at("gate").className = "meta " + now.gate;
}
function show() {
  const now = outcome(), chosen = lines();
  put("visits", whole(now.visits), now.visits);
  put("coverage", percent(now.visits / Math.max(1, now.n)), now.visits / Math.max(1, now.n));
  put("findings", now.findings === null ? t.unknown : whole(now.findings), now.findings);
  put("interval", now.low === null ? "" : "95%: " + between([now.low, now.high]), now.low === null ? "" : now.low + " " + now.high);
  put("rate", now.findings === null ? t.unknown : (100 * now.findings / Math.max(1, now.visits)).toFixed(1));
  put("se", now.se === null ? t.unknown : half(now.se), now.se);
  if (at("days")) put("days", whole(chosen.reduce((sum, line, i) => sum + line.visits * tuning.days_per_visit[i], 0)));
  tuning.classes.forEach((one, i) => { at("value-" + one.code).textContent = percent(chosen[i].ratio) + " · " + whole(chosen[i].visits) + " / " + whole(tables()[i].n); });
  tuning.points.forEach(point => at("point-" + point.name).classList.toggle("on", same(point)));
  const dialled = tuning.dial.find(same);
  put("value-gamma", dialled ? String(dialled.gamma) : "—");
  gate(now); longRun(); clauses(); moved(); fragment(); chart(now);
  bars("regions", tuning.regions); bars("industries", tuning.industries);
}
function warned(one) {
  return one.warnings.map(kind => t["warn_" + kind].replace("{0}", percent(one.blind, 1)).replace("{1}", spanned(one.violation)).replace("{2}", one.reading ? spanned(one.reading) : t.unknown)).join(zh ? "；" : "; ");
}
function longRun() {
  if (!at("long")) return;
  const one = played();
  put("long", one ? spanned(one.violation) : t.unknown, one ? one.violation.join(" ") : null);
  put("long-verdict", one ? changed(one) : t.long_not, one ? one.change.join(" ") : null);
  put("long-warnings", one ? warned(one) : "");
}
function moved() {
  if (!at("moved")) return;
  const list = variant().moved.map(one => one[0] + " → " + one[1] + (zh ? " " : ": ") + whole(one[2]) + t.each);
  at("moved").textContent = t.moved + (zh ? "：" : ": ") + (list.length ? joined(list) : t.nobody);
  document.querySelectorAll("#candidates tr").forEach((row, i) => row.classList.toggle("on", i === state.variant));
}
function fragment() {
  const number = value => Number.isInteger(value) ? value.toFixed(1) : String(value);
  const one = played();
  let text = one ? "# " + t.long_card + " " + spanned(one.violation) + (zh ? "；" : "; ") + changed(one) + (zh ? "。" : ". ") + t.long_comment + "\n" : "";
  text += "[plan.ratio]\n" + tables().map((table, i) => JSON.stringify(table.code) + " = " + number(table.lines[state.lines[i]].ratio)).join("\n") + "\n";
  if (!variant().is_current) text += "\n# [[risk.class]]\n" + Object.entries(variant().points_from).map(one => "# code = " + JSON.stringify(one[0]) + ", points_from = " + one[1]).join("\n") + "\n";
  at("fragment").value = text;
}
function row(cells) {
  const one = document.createElement("tr");
  one.replaceChildren(...cells.filter(cell => cell).map(cell => element("td", cell[1], { "data-label": cell[0], class: cell[2] || "" })));
  return one;
}
const hits = now => now.findings === null ? t.unknown : whole(now.findings) + (now.findings_interval ? " (" + between(now.findings_interval) + ")" : "");
const error = now => now.prevalence_se === null ? t.unknown : half(now.prevalence_se);
function frontier() {
  const rates = Boolean(at("findings"));
  at("frontier").replaceChildren(...tuning.points.map(point => row([
    ["", named(point.name) + (point.is_lawful ? "" : zh ? "（" + t.broken + "）" : " (" + t.broken + ")")],
    ...tuning.classes.map(one => [one.code, percent(point.ratios[one.code])]),
    [t.visits, whole(point.outcome.visits)], rates && [t.findings_95, hits(point.outcome), "wide"], rates && [t.error, error(point.outcome), "wide"],
  ])));
}
function way(one) {
  const values = ["decay", "peer_weight", "discount"].filter(key => one.behaviour[key] !== undefined).map(key => t["way_" + key] + " " + one.behaviour[key]);
  return t["way_" + one.behaviour.mode] + " · " + values.join(" · ") + (one.is_anchored || tuning.long_run.prevalence === null ? "" : " · " + t.long_unanchored);
}
function ways() {
  if (!at("long-ways")) return;
  const points = tuning.points.filter(point => point.long_run), rates = Boolean(at("findings"));
  at("long-points").replaceChildren(...points.map(point => row([
    ["", named(point.name)], rates && [t.findings, point.outcome.findings === null ? t.unknown : whole(point.outcome.findings), "wide"],
    [t.long_card, spanned(point.long_run.violation), "wide"], [t.long_hits, point.long_run.hit_rate ? spanned(point.long_run.hit_rate) : t.unknown, "wide"], [t.long_change, changed(point.long_run) + (point.long_run.warnings.length ? (zh ? "；" : "; ") + warned(point.long_run) : ""), "text wide"],
  ])));
  at("long-ways").replaceChildren(...tuning.long_run.behaviours.map((one, i) => row([
    ["", way(one)], ...points.map(point => { const once = point.long_run.behaviours[i]; return [named(point.name), percent(once.violation[0], 1) + (point.name === tuning.long_run.base ? "" : " (" + shift(once.change[0]) + ")")]; }),
  ])));
}
function classes() {
  const rates = Boolean(at("findings"));
  at("classes").replaceChildren(...tuning.classes.map(one => row([
    ["", one.code + " " + one.name], [t.objects, whole(one.n)], rates && [t.rate, one.hit_rate === null ? t.unknown : (100 * one.hit_rate).toFixed(1)],
    [t.lawful_range, one.least === null ? t.no_range : percent(one.least) + " – " + percent(one.most), "wide"],
  ])));
}
function rulings(one) {
  const failed = [one.is_small ? "" : t.much_moved, one.is_stable ? "" : t.unstable, one.is_ascending ? "" : t.not_ascending, one.is_lawful ? "" : t.unlawful].filter(text => text);
  if (failed.length) return failed.join(zh ? "；" : "; ");
  const now = tuning.variants.find(other => other.is_current).outcome, interval = one.outcome.findings_interval;
  return t.sound + (one.is_current ? "" : (zh ? "；" : "; ") + (interval && now.findings !== null && interval[0] > now.findings ? t.finds_more : t.finds_same));
}
function candidates() {
  if (!at("candidates")) return;
  const rates = Boolean(at("findings")), ranked = one => one.tables.filter(table => table.is_ranked);
  const ladder = one => ranked(one).map(table => table.code + "\u00a0" + (table.hit_rate === null ? t.unknown : (table.hit_rate * 100).toFixed(1))).join(zh ? "，" : ", ");
  const bounds = one => ranked(one).slice(1).map(table => table.code + "\u00a0≥\u00a0" + one.points_from[table.code]).join(zh ? "，" : ", ");
  at("candidates").replaceChildren(...tuning.variants.map(one => row([
    ["", one.is_current ? t.in_force : one.name], [t.from, bounds(one), "text wide"], [t.moved_share, percent(one.moved_share, 1)],
    ["PSI", one.psi === null ? t.unknown : one.psi.toFixed(3)], rates && [t.rates, ladder(one), "text wide"],
    rates && [t.findings_95, hits(one.outcome), "wide"], rates && [t.error, error(one.outcome), "wide"], [t.ruled, rulings(one), "text wide"],
  ])));
}
function ticks(low, high, most) {
  const step = [1, 2, 5, 10].map(one => one * Math.pow(10, Math.floor(Math.log10((high - low) / most)))).find(one => (high - low) / one <= most);
  const list = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i += 1) list.push(i * step);
  return { list, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}
/* Labels beside their dots, pushed apart until none covers another. */
function labels(dots, width, right) {
  const list = dots.map(dot => ({ dot, left: dot.px + 14 + width(dot.name) > right, y: dot.py })).sort((a, b) => a.y - b.y);
  for (let sweep = 0; sweep < 40; sweep += 1) {
    for (let i = 1; i < list.length; i += 1) {
      for (let j = 0; j < i; j += 1) {
        const near = Math.abs(list[i].dot.px - list[j].dot.px) < 130, gap = 17 - Math.abs(list[i].y - list[j].y);
        if (near && gap > 0.01) { const up = list[i].y >= list[j].y ? 1 : -1; list[i].y += up * gap / 2; list[j].y -= up * gap / 2; }
      }
    }
  }
  return list;
}
const space = "http://www.w3.org/2000/svg";
function make(name, values, text) {
  const one = document.createElementNS(space, name);
  Object.entries(values).forEach(pair => one.setAttribute(pair[0], pair[1]));
  if (text) one.textContent = text;
  return one;
}
/* Change of violations against the plan in force: one row per point, one mark per way of behaving, its shape the mode's. */
function longChart() {
  if (!at("long-chart")) return;
  const points = tuning.points.filter(point => point.long_run && point.long_run.verdict !== "base");
  if (!points.length) return;
  const modes = ["myopic", "forward"].filter(mode => tuning.long_run.behaviours.some(one => one.behaviour.mode === mode));
  const changes = (point, mode) => point.long_run.behaviours.filter((_, i) => tuning.long_run.behaviours[i].behaviour.mode === mode).map(one => 100 * one.change[0]);
  const all = points.flatMap(point => modes.flatMap(mode => changes(point, mode))), most = Math.max(0.05, ...all), least = Math.min(-0.05, ...all), edge = (most - least) * 0.08;
  const wide = Math.max(300, Math.min(1040, at("long-chart").clientWidth || 640)), step = 46, high = 40 + step * points.length + 46;
  const box = { left: zh ? 76 : 92, right: wide - 14, top: 34, bottom: high - 46 }, x0 = least - edge, x1 = most + edge;
  const px = x => box.left + (box.right - box.left) * (x - x0) / (x1 - x0);
  const svg = make("svg", { viewBox: "0 0 " + wide + " " + high, width: "100%", role: "img", "aria-label": t.long_title }), along = ticks(x0, x1, wide < 500 ? 4 : 8);
  along.list.forEach(x => svg.append(make("line", { x1: px(x), x2: px(x), y1: box.top, y2: box.bottom, stroke: "#e8edf2" }), make("text", { x: px(x), y: box.bottom + 17, "text-anchor": "middle", class: "tick" }, x.toFixed(along.digits))));
  svg.append(make("rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top, fill: "none", stroke: "#aab6c2" }), make("line", { x1: px(0), x2: px(0), y1: box.top, y2: box.bottom, stroke: "#1f2830", "stroke-width": 1.5 }));
  svg.append(make("text", { x: box.right, y: high - 8, "text-anchor": "end" }, t.axis_long));
  const mark = (mode, x, y) => mode === "myopic" ? make("circle", { cx: x, cy: y, r: 6, fill: "#0b4885" }) : make("path", { d: "M" + x + " " + (y - 7) + "l7 7-7 7-7-7z", fill: "#b45f06" });
  let along_legend = box.left;
  modes.forEach(mode => { svg.append(mark(mode, along_legend + 7, 14), make("text", { x: along_legend + 20, y: 18 }, t["way_" + mode])); along_legend += 44 + t["way_" + mode].length * (zh ? 13 : 7); });
  points.forEach((point, i) => {
    const y = box.top + step * (i + 0.5);
    svg.append(make("text", { x: box.left - 8, y: y + 4, "text-anchor": "end" }, named(point.name)));
    modes.forEach((mode, j) => {
      const own = changes(point, mode), at_y = modes.length > 1 ? y - 9 + 18 * j : y, colour = mode === "myopic" ? "#0b4885" : "#b45f06";
      svg.append(make("line", { x1: px(Math.min(...own)), x2: px(Math.max(...own)), y1: at_y, y2: at_y, stroke: colour, "stroke-width": 2, opacity: 0.6 }), ...own.map(x => mark(mode, px(x), at_y)));
    });
  });
  at("long-chart").replaceChildren(svg);
}
function chart(now) {
  if (!at("chart")) return;
  const dots = tuning.points.filter(one => one.outcome.findings !== null && one.outcome.prevalence_se !== null).map(one => ({ x: 196 * one.outcome.prevalence_se, y: one.outcome.findings, span: one.outcome.findings_interval, name: named(one.name), lawful: one.is_lawful }));
  if (now.findings !== null && now.se !== null) dots.push({ x: 196 * now.se, y: now.findings, span: now.low === null ? null : [now.low, now.high], name: t.now, now: true });
  if (dots.length < 2) return;
  const wide = Math.max(300, Math.min(1040, at("chart").clientWidth || 640)), high = wide < 500 ? 300 : 340;
  const box = { left: 56, right: wide - 14, top: 26, bottom: high - 46 };
  const ends = values => { const low = Math.min(...values), top = Math.max(...values), edge = (top - low || Math.abs(top) || 1) * 0.1; return [Math.max(0, low - edge), top + edge]; };
  const [x0, x1] = ends(dots.map(dot => dot.x)), [y0, y1] = ends(dots.flatMap(dot => dot.span || [dot.y]));
  const px = x => box.left + (box.right - box.left) * (x - x0) / (x1 - x0), py = y => box.bottom - (box.bottom - box.top) * (y - y0) / (y1 - y0);
  const svg = make("svg", { viewBox: "0 0 " + wide + " " + high, width: "100%", role: "img", "aria-label": t.frontier });
  const along = ticks(x0, x1, wide < 500 ? 4 : 8), up = ticks(y0, y1, 6);
  along.list.forEach(x => svg.append(make("line", { x1: px(x), x2: px(x), y1: box.top, y2: box.bottom, stroke: "#e8edf2" }), make("text", { x: px(x), y: box.bottom + 17, "text-anchor": "middle", class: "tick" }, x.toFixed(along.digits))));
  up.list.forEach(y => svg.append(make("line", { x1: box.left, x2: box.right, y1: py(y), y2: py(y), stroke: "#e8edf2" }), make("text", { x: box.left - 8, y: py(y) + 4, "text-anchor": "end", class: "tick" }, y.toFixed(up.digits))));
  svg.append(make("rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top, fill: "none", stroke: "#aab6c2" }));
  svg.append(make("text", { x: 4, y: 15 }, t.axis_findings), make("text", { x: box.right, y: high - 8, "text-anchor": "end" }, t.axis_error));
  dots.forEach(dot => {
    dot.px = px(dot.x); dot.py = py(dot.y);
    const colour = dot.now ? "#b45f06" : dot.lawful ? "#0b4885" : "#b3261e";
    if (dot.span) svg.append(make("line", { x1: dot.px, x2: dot.px, y1: py(dot.span[0]), y2: py(dot.span[1]), stroke: colour, "stroke-width": dot.now ? 1 : 1.5, opacity: 0.6 }));
    svg.append(make("circle", { cx: dot.px, cy: dot.py, r: dot.now ? 4 : 7, fill: dot.now || dot.lawful ? colour : "#fff", stroke: colour, "stroke-width": 2 }));
  });
  const width = text => text.length * (zh ? 12.5 : 6.5);
  labels(dots, width, box.right).forEach(one => {
    const side = one.left ? -1 : 1;
    svg.append(make("line", { x1: one.dot.px + side * 8, y1: one.dot.py, x2: one.dot.px + side * 14, y2: one.y, stroke: "#8896a4" }));
    svg.append(make("text", { x: one.dot.px + side * 17, y: one.y + 4, "text-anchor": one.left ? "end" : "start" }, one.dot.name));
  });
  at("chart").replaceChildren(svg);
}
function slider(id, text, length, value, moved) {
  const label = element("label", ""), shown = element("output", "", { id: "value-" + id }), input = element("input", "", { type: "range", id: "slider-" + id, min: 0, max: length - 1, step: 1 });
  input.value = value;
  input.addEventListener("input", () => moved(Number(input.value)));
  label.append(element("span", text), shown, input);
  at("sliders").append(label);
}
const bound = () => variant().is_current ? t.in_force : variant().name;
tuning.classes.forEach((one, i) => slider(one.code, one.code + " " + one.name + " · " + t.ratio, tables()[i].lines.length, 0, value => { state.lines[i] = value; show(); }));
if (tuning.variants.length > 1) slider("bounds", t.bounds, tuning.variants.length, state.variant, value => { const ratios = ratiosNow(); state.variant = value; at("value-bounds").textContent = bound(); choose(ratios); });
if (tuning.dial.length) slider("gamma", t.gamma, tuning.dial.length, 0, value => choose(tuning.dial[value].ratios));
const stated = tuning.clauses.find(one => one.key === "coverage_floor");
if (stated) {
  slider("floor", t.floor, 61, Math.round(stated.need * 200), value => { state.floor = value / 200; at("value-floor").textContent = percent(state.floor, 1); show(); });
  at("value-floor").textContent = percent(stated.need, 1);
}
if (at("value-bounds")) at("value-bounds").textContent = bound();
tuning.points.forEach(point => { const button = element("button", named(point.name), { id: "point-" + point.name }); button.addEventListener("click", () => choose(point.ratios)); at("points").append(button); });
frontier(); classes(); candidates(); ways(); longChart(); choose(first.ratios);
window.addEventListener("resize", () => { chart(outcome()); longChart(); });
