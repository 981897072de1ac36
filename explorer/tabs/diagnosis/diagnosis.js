// Map & diagnosis: asks for a first verdict on few samples, then for a refined one; what is stale is dropped.
const { ask, download, options, pausing, script } = window.explorer;
const $ = (selector) => element.querySelector(selector);
const page = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
const tip = $(".tip");
const COMPARED = ["precision", "recall", "pixel_coverage", "density", "kid", "fid"]; // rows of the table of two

let psi = 1;
let label = null;
let stamp = 0; // of the newest question
let pending = true; // whether something is to be asked once the tab is seen
let filter = null; // [head, class] or null
/** What is drawn: the checkpoint that is judged, and one that may stand beside it. `result`: the newest answer, `map`: its points. */
const main = { plot: $(".plot"), name: () => props.value.checkpoint, result: null, map: null };
const twin = { plot: $(".twin"), name: () => $("[data-field=beside]").value, result: null, map: null };

const say = (text) => ($(".message").textContent = text);
const busy = (text) => {
  $(".progress span").textContent = text;
  element.classList.toggle("busy", Boolean(text) && text.endsWith("…"));
};
const judged = () => busy(`${main.result.n.toLocaleString()} samples judged.`);
const subject = (view = main) => ({ checkpoint: view.name(), psi, label });

// ---- asking

async function examine() {
  if (!props.value || !props.value.checkpoint) return;
  if (!element.offsetParent) return void (pending = true);
  pending = false;
  const mine = (stamp = Date.now() + Math.random());
  say("");
  try {
    for (const n of props.value.samples) {
      busy(main.result && n > 1000 ? `${main.result.n.toLocaleString()} samples judged, refining to ${n.toLocaleString()} …` : `Examining ${n.toLocaleString()} samples …`);
      const answer = await ask(server.diagnose, { ...subject(), page, stamp: mine, n });
      if (mine !== stamp || answer.outdated) return;
      await show(answer);
      await compare();
    }
    judged();
  } catch (error) {
    if (mine !== stamp) return;
    clear();
    busy("");
    say(error.message);
  }
}

function clear() {
  main.result = main.map = null;
  apart();
  $(".judgement").replaceChildren();
  for (const strip of element.querySelectorAll(".odd .strip")) strip.replaceChildren();
  for (const count of element.querySelectorAll(".odd small")) count.textContent = "";
  $(".near").hidden = true;
  element.classList.add("empty");
  if (window.Plotly) window.Plotly.purge(main.plot);
}

/** Judge the other checkpoint by as many samples, and show both in the same axes with their measures in one table. */
async function compare() {
  if (!main.result || !twin.name()) return apart();
  const [name, mine] = [twin.name(), stamp];
  busy(`Examining ${main.result.n.toLocaleString()} samples of ${name} …`);
  try {
    const answer = await ask(server.diagnose, { ...subject(twin), page: `${page} beside`, stamp: Date.now() + Math.random(), n: main.result.n });
    if (mine !== stamp || name !== twin.name() || answer.outdated) return;
    twin.result = answer;
    twin.map = decoded(answer.map);
    if (main.map.method !== "PCA") main.map = decoded(main.result.map); // the only plane that both share
    $("[data-field=method]").value = "PCA";
    element.classList.add("comparing");
    $(".second").hidden = $(".versus").hidden = false;
    [main, twin].forEach((view, i) => (element.querySelectorAll(".who")[i].textContent = view.name()));
    tabulate();
    paint();
  } catch (error) {
    say(error.message);
    alone();
  }
}

/** Choose nothing beside it. */
function alone() {
  $("[data-field=beside]").value = "";
  apart();
}

/** One checkpoint alone again. */
function apart() {
  if (!element.classList.contains("comparing")) return;
  twin.result = twin.map = null;
  element.classList.remove("comparing");
  $(".second").hidden = $(".versus").hidden = true;
  for (const title of element.querySelectorAll(".who")) title.textContent = "";
  if (window.Plotly) window.Plotly.purge(twin.plot);
  paint();
}

function tabulate() {
  const views = [main, twin];
  const row = (cells, kind = "td") => {
    const line = document.createElement("tr");
    line.append(...cells.map((textContent, i) => Object.assign(document.createElement(i ? kind : "th"), { textContent })));
    return line;
  };
  const [head, body] = ["thead", "tbody"].map((name) => document.createElement(name));
  head.append(row([`${main.result.n.toLocaleString()} samples each`, ...views.map((view) => view.name())], "th"));
  body.append(row(["Verdict", ...views.map(({ result }) => result.numbers.findings[0].title)]));
  for (const key of COMPARED) {
    const found = views.map(({ result }) => result.numbers.measures.find((m) => m.key === key));
    if (found.every(Boolean)) body.append(row([found[0].title, ...found.map((m) => (m.value === null ? "undefined" : m.value.toPrecision(3)))]));
  }
  $(".versus").replaceChildren(head, body);
}

async function show(answer) {
  main.result = answer;
  element.classList.remove("empty");
  const open = [...element.querySelectorAll(".judgement details[open] > summary > span")].map((span) => span.textContent);
  $(".judgement").innerHTML = answer.panel; // escaped by the server
  for (const span of element.querySelectorAll(".judgement .measure > summary > span")) {
    if (open.includes(span.textContent)) span.closest("details").open = true;
  }
  $(".judgement").dataset.n = answer.n;
  const compared = answer.judged.toLocaleString();
  for (const [name, what] of [["holes", "real pictures have no generated one near"], ["strays", "generated pictures are near no real one"]]) {
    const { count, html } = answer[name];
    $(`.${name} .strip`).innerHTML = html;
    $(`.${name} small`).textContent = `${count.toLocaleString()} of ${compared} ${what}${count ? ", the furthest first" : ""}`;
  }
  const method = $("[data-field=method]").value || "PCA";
  await draw(method === answer.map.method ? answer.map : await points(method));
}

async function points(method) {
  busy(`Computing ${method} …`);
  return (await ask(server.map_points, { ...subject(), n: main.result.n, method })).map;
}

// ---- the map

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);
const whole = (text) => new Int32Array(bytes(text).buffer);

async function draw(encoded) {
  await script(props.value.plotly);
  main.map = decoded(encoded);
  offerFilters();
  paint();
}

const decoded = (encoded) => ({
  axes: encoded.axes, method: encoded.method,
  real: floats(encoded.real), fake: floats(encoded.fake), rows: whole(encoded.real_rows),
  heads: encoded.heads.map((head) => ({ ...head, real: bytes(head.real), fake: bytes(head.fake) })),
  holes: new Set(whole(encoded.holes)), strays: new Set(whole(encoded.strays)),
});

function offerFilters() {
  const select = $("[data-field=filter]");
  const wanted = JSON.stringify(main.map.heads.map((head) => [head.name, head.values]));
  if (select.dataset.offered === wanted) return;
  select.dataset.offered = wanted;
  filter = null;
  const all = Object.assign(document.createElement("option"), { value: "", textContent: "all classes" });
  const groups = main.map.heads.map((head, i) => {
    const group = Object.assign(document.createElement("optgroup"), { label: head.name });
    group.append(...head.values.map((value, j) => Object.assign(document.createElement("option"), { value: `${i}:${j}`, textContent: value })));
    return group;
  });
  select.replaceChildren(all, ...groups);
}

/** Rows of one side that the filter lets through. */
function chosen(map, side) {
  const count = map[side].length / 2;
  const rows = Array.from({ length: count }, (_, i) => i);
  return filter ? rows.filter((i) => map.heads[filter[0]][side][i] === filter[1]) : rows;
}

function trace(map, side, name, rows, marker, visible = true) {
  const at = map[side];
  const gl = document.createElement("canvas").getContext("webgl");
  return {
    type: gl ? "scattergl" : "scatter", mode: "markers", name: `${name} (${rows.length.toLocaleString()})`, visible, hoverinfo: "none",
    x: rows.map((i) => at[2 * i]), y: rows.map((i) => at[2 * i + 1]),
    customdata: rows.map((i) => [side, side === "real" ? map.rows[i] : i]), marker,
  };
}

function paint() {
  for (const view of [main, twin]) if (view.map && window.Plotly) paintOne(view);
}

function paintOne(view) {
  const { plot, map } = view;
  const css = getComputedStyle($(".diagnosis"));
  const colour = { real: css.getPropertyValue("--real").trim(), fake: css.getPropertyValue("--fake").trim() };
  const ink = css.getPropertyValue("--body-text-color");
  const line = css.getPropertyValue("--border-color-primary");
  const [real, fake] = [chosen(map, "real"), chosen(map, "fake")];
  const size = real.length + fake.length > 4000 ? 4 : 6;
  const traces = [
    trace(map, "real", "real", real, { color: colour.real, size, opacity: 0.55 }),
    trace(map, "fake", "generated", fake, { color: colour.fake, size, opacity: 0.55 }),
    trace(map, "real", "holes", real.filter((i) => map.holes.has(map.rows[i])), { color: colour.real, size: size + 5, symbol: "circle-open", line: { width: 1.5 } }, "legendonly"),
    trace(map, "fake", "strays", fake.filter((i) => map.strays.has(i)), { color: colour.fake, size: size + 3, symbol: "x-open", line: { width: 1.2 } }, "legendonly"),
  ];
  if (plot.data) plot.data.forEach((old, i) => traces[i] && (traces[i].visible = old.visible ?? true));
  const axis = (title, k) => ({ title: { text: title, font: { size: 12 } }, zeroline: false, gridcolor: line, linecolor: line, tickfont: { size: 10 }, ...(twin.map && { range: joint(k) }) });
  const layout = {
    xaxis: axis(map.axes[0], 0), yaxis: axis(map.axes[1], 1), hovermode: "closest", dragmode: "pan", uirevision: `${view.name()} ${map.method} ${Boolean(twin.map)}`,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink, family: "ui-sans-serif, system-ui, sans-serif", size: 12 },
    margin: { l: 46, r: 8, t: 8, b: 40 }, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", itemsizing: "constant" },
  };
  window.Plotly.react(plot, traces, layout, { responsive: true, scrollZoom: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] });
  listen(view);
  plot.dataset.points = real.length + fake.length;
  window.Plotly.Plots.resize(plot); // the room may have changed
  if (view === main) $(".method").textContent = props.value.methods[map.method] || "";
}

/** From the least to the most of both maps on an axis, with a little room. */
function joint(axis) {
  let [low, high] = [Infinity, -Infinity];
  for (const { map } of [main, twin]) {
    for (const side of [map.real, map.fake]) {
      for (let i = axis; i < side.length; i += 2) [low, high] = [Math.min(low, side[i]), Math.max(high, side[i])];
    }
  }
  const room = (high - low) / 20;
  return [low - room, high + room];
}

/** Plotly forgets nothing on `react`, so its events are attached once; `purge` makes it forget. */
function listen(view) {
  const { plot } = view;
  if (plot.listening === plot.on) return;
  plot.listening = plot.on;
  plot.on("plotly_hover", ({ points: [point], event }) => hover(view, point.customdata, event));
  plot.on("plotly_unhover", () => (tip.hidden = true));
  plot.on("plotly_click", ({ points: [point] }) => pick(...point.customdata, view));
}

let hovered = "";
async function hover(view, [side, row], event) {
  const mine = (hovered = `${view.name()} ${side} ${row}`);
  const { uri } = await ask(server.hover, { ...subject(view), n: view.result.n, side, row }).catch(() => ({}));
  if (!uri || hovered !== mine) return;
  const box = $(".diagnosis").getBoundingClientRect();
  tip.querySelector("img").src = uri;
  tip.querySelector("span").textContent = side === "real" ? "real" : `seed ${row}`;
  tip.style.left = `${Math.min(event.clientX - box.left + 14, box.width - 110)}px`;
  tip.style.top = `${event.clientY - box.top - 50}px`;
  tip.hidden = false;
}

/** A generated picture goes to Slide; a real one shows what the model makes nearest to it. */
async function pick(side, row, view = main) {
  tip.hidden = true;
  try {
    if (side === "fake") return trigger("pick", await ask(server.recipe_of, { ...subject(view), row }));
    $(".near").innerHTML = (await ask(server.near, { ...subject(view), n: view.result.n, row })).html;
    $(".near").hidden = false;
  } catch (error) {
    say(error.message);
  }
}

// ---- events

const again = pausing(examine, 250);

element.addEventListener("input", ({ target }) => {
  if (target.dataset.field !== "psi") return;
  psi = target.valueAsNumber;
  $("[data-out=psi]").textContent = psi.toFixed(2);
  stamp = 0; // what is on its way is stale already
  again();
});

element.addEventListener("change", async ({ target }) => {
  const name = target.dataset.field;
  if (name === "label") {
    label = target.value === "" ? null : Number(target.value);
    examine();
  } else if (name === "filter") {
    filter = target.value ? target.value.split(":").map(Number) : null;
    paint();
  } else if (name === "beside") {
    await compare();
    if (main.result) judged();
  } else if (name === "method" && main.result) {
    try {
      if (target.value !== "PCA") alone();
      await draw(await points(target.value));
      judged();
    } catch (error) {
      say(error.message);
    }
  }
});

const csv = (rows) => rows.map((row) => row.map((cell) => (cell === null ? "" : `"${String(cell).replaceAll('"', '""')}"`)).join(",")).join("\n");
const text = (type, content) => `data:${type};charset=utf-8,${encodeURIComponent(content)}`;
const exporters = {
  png: (name) => window.Plotly.downloadImage(main.plot, { format: "png", filename: name, width: 1200, height: 900, scale: 2 }),
  svg: (name) => window.Plotly.downloadImage(main.plot, { format: "svg", filename: name, width: 1200, height: 900 }),
  json: (name) => download(`${name}.json`, text("application/json", JSON.stringify(main.result.numbers, null, 2))),
  csv: (name) => {
    const { measures, modes, within } = main.result.numbers;
    const rows = [["kind", "name", "value", "real", "healthy_low", "healthy_high"]];
    rows.push(...measures.map((m) => ["measure", m.key, m.value, null, m.low, m.high]));
    rows.push(...modes.map((m) => ["mode", `${m.attribute}: ${m.class}`, m.generated, m.real, m.healthy_low, m.healthy_high]));
    rows.push(...within.map((w) => ["variety within", w.name, w.variety, 1, 0.5, null]));
    rows.push(...within.filter((w) => w.asked).map((w) => ["come as asked for", w.name, w.obeyed, null, null, null]));
    download(`${name}.csv`, text("text/csv", csv(rows)));
  },
};

element.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { do: action, fake, real } = button.dataset;
  if (fake !== undefined) pick("fake", Number(fake));
  else if (real !== undefined) pick("real", Number(real));
  else if (exporters[action]) {
    if (!(["json", "csv"].includes(action) ? main.result : main.map)) return say("There is nothing to export yet.");
    exporters[action](`${props.value.checkpoint.replace(/[^\w.-]/g, "-")}-diagnosis`);
  }
});

/** The chooser has another checkpoint. */
function follow() {
  const value = props.value;
  if (!value || !value.checkpoint) return clear();
  options($("[data-field=label]"), [["", "all"], ...value.classes.map((name, i) => [i, name])]);
  $("[data-needs=classes]").hidden = !value.classes.length;
  const methods = $("[data-field=method]");
  if (!methods.children.length) options(methods, Object.keys(value.methods).map((name) => [name, name]));
  options($("[data-field=beside]"), [["", "nothing"], ...value.others.map((name) => [name, name])]);
  $(".others").hidden = !value.others.length;
  label = null;
  stamp = 0;
  clear();
  examine();
}

new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && pending && examine()).observe(element);
new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
watch("value", follow);
follow();
