// Map & diagnosis: asks for a first verdict on few samples, then for a refined one; what is stale is dropped.
const { ask, download, pausing, script } = window.explorer;
const $ = (selector) => element.querySelector(selector);
const page = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
const plot = $(".plot");
const tip = $(".tip");

let psi = 1;
let label = null;
let stamp = 0; // of the newest question
let pending = true; // whether something is to be asked once the tab is seen
let result = null; // the newest answer
let map = null; // its points, decoded
let filter = null; // [head, class] or null

const say = (text) => ($(".message").textContent = text);
const busy = (text) => {
  $(".progress span").textContent = text;
  element.classList.toggle("busy", Boolean(text) && text.endsWith("…"));
};
const subject = () => ({ checkpoint: props.value.checkpoint, psi, label });

// ---- asking

async function examine() {
  if (!props.value || !props.value.checkpoint) return;
  if (!element.offsetParent) return void (pending = true);
  pending = false;
  const mine = (stamp = Date.now() + Math.random());
  say("");
  try {
    for (const n of props.value.samples) {
      busy(result && n > 1000 ? `${result.n.toLocaleString()} samples judged, refining to ${n.toLocaleString()} …` : `Examining ${n.toLocaleString()} samples …`);
      const answer = await ask(server.diagnose, { ...subject(), page, stamp: mine, n });
      if (mine !== stamp || answer.outdated) return;
      await show(answer);
    }
    busy(`${result.n.toLocaleString()} samples judged.`);
  } catch (error) {
    if (mine !== stamp) return;
    clear();
    busy("");
    say(error.message);
  }
}

function clear() {
  result = map = null;
  $(".judgement").replaceChildren();
  for (const strip of element.querySelectorAll(".odd .strip")) strip.replaceChildren();
  for (const count of element.querySelectorAll(".odd small")) count.textContent = "";
  $(".near").hidden = true;
  element.classList.add("empty");
  if (window.Plotly) window.Plotly.purge(plot);
}

async function show(answer) {
  result = answer;
  element.classList.remove("empty");
  const open = [...element.querySelectorAll(".judgement details[open] > summary > span")].map((span) => span.textContent);
  $(".judgement").innerHTML = answer.panel; // escaped by the server
  for (const span of element.querySelectorAll(".judgement .measure > summary > span")) {
    if (open.includes(span.textContent)) span.closest("details").open = true;
  }
  $(".judgement").dataset.n = answer.n;
  const judged = answer.judged.toLocaleString();
  for (const [name, what] of [["holes", "real pictures have no generated one near"], ["strays", "generated pictures are near no real one"]]) {
    const { count, html } = answer[name];
    $(`.${name} .strip`).innerHTML = html;
    $(`.${name} small`).textContent = `${count.toLocaleString()} of ${judged} ${what}${count ? ", the furthest first" : ""}`;
  }
  const method = $("[data-field=method]").value || "PCA";
  await draw(method === answer.map.method ? answer.map : await points(method));
}

async function points(method) {
  busy(`Computing ${method} …`);
  return (await ask(server.map_points, { ...subject(), n: result.n, method })).map;
}

// ---- the map

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);
const whole = (text) => new Int32Array(bytes(text).buffer);

async function draw(encoded) {
  await script(props.value.plotly);
  const { axes, method, heads } = encoded;
  map = {
    axes, method,
    real: floats(encoded.real), fake: floats(encoded.fake), rows: whole(encoded.real_rows),
    heads: heads.map((head) => ({ ...head, real: bytes(head.real), fake: bytes(head.fake) })),
    holes: new Set(whole(encoded.holes)), strays: new Set(whole(encoded.strays)),
  };
  offerFilters();
  paint();
}

function offerFilters() {
  const select = $("[data-field=filter]");
  const wanted = JSON.stringify(map.heads.map((head) => [head.name, head.values]));
  if (select.dataset.offered === wanted) return;
  select.dataset.offered = wanted;
  filter = null;
  const all = Object.assign(document.createElement("option"), { value: "", textContent: "all classes" });
  const groups = map.heads.map((head, i) => {
    const group = Object.assign(document.createElement("optgroup"), { label: head.name });
    group.append(...head.values.map((value, j) => Object.assign(document.createElement("option"), { value: `${i}:${j}`, textContent: value })));
    return group;
  });
  select.replaceChildren(all, ...groups);
}

/** Rows of one side that the filter lets through. */
function chosen(side) {
  const count = map[side].length / 2;
  const rows = Array.from({ length: count }, (_, i) => i);
  return filter ? rows.filter((i) => map.heads[filter[0]][side][i] === filter[1]) : rows;
}

function trace(side, name, rows, marker, visible = true) {
  const at = map[side];
  const gl = document.createElement("canvas").getContext("webgl");
  return {
    type: gl ? "scattergl" : "scatter", mode: "markers", name: `${name} (${rows.length.toLocaleString()})`, visible, hoverinfo: "none",
    x: rows.map((i) => at[2 * i]), y: rows.map((i) => at[2 * i + 1]),
    customdata: rows.map((i) => [side, side === "real" ? map.rows[i] : i]), marker,
  };
}

function paint() {
  if (!map || !window.Plotly) return;
  const css = getComputedStyle($(".diagnosis"));
  const colour = { real: css.getPropertyValue("--real").trim(), fake: css.getPropertyValue("--fake").trim() };
  const ink = css.getPropertyValue("--body-text-color");
  const line = css.getPropertyValue("--border-color-primary");
  const [real, fake] = [chosen("real"), chosen("fake")];
  const size = real.length + fake.length > 4000 ? 4 : 6;
  const traces = [
    trace("real", "real", real, { color: colour.real, size, opacity: 0.55 }),
    trace("fake", "generated", fake, { color: colour.fake, size, opacity: 0.55 }),
    trace("real", "holes", real.filter((i) => map.holes.has(map.rows[i])), { color: colour.real, size: size + 5, symbol: "circle-open", line: { width: 1.5 } }, "legendonly"),
    trace("fake", "strays", fake.filter((i) => map.strays.has(i)), { color: colour.fake, size: size + 3, symbol: "x-open", line: { width: 1.2 } }, "legendonly"),
  ];
  if (plot.data) plot.data.forEach((old, i) => traces[i] && (traces[i].visible = old.visible ?? true));
  const axis = (title) => ({ title: { text: title, font: { size: 12 } }, zeroline: false, gridcolor: line, linecolor: line, tickfont: { size: 10 } });
  const layout = {
    xaxis: axis(map.axes[0]), yaxis: axis(map.axes[1]), hovermode: "closest", dragmode: "pan", uirevision: `${props.value.checkpoint} ${map.method}`,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink, family: "ui-sans-serif, system-ui, sans-serif", size: 12 },
    margin: { l: 46, r: 8, t: 8, b: 40 }, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", itemsizing: "constant" },
  };
  window.Plotly.react(plot, traces, layout, { responsive: true, scrollZoom: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] });
  listen();
  plot.dataset.points = real.length + fake.length;
  $(".method").textContent = props.value.methods[map.method] || "";
}

/** Plotly forgets nothing on `react`, so its events are attached once. */
function listen() {
  if (plot.dataset.listening) return;
  plot.dataset.listening = "yes";
  plot.on("plotly_hover", ({ points: [point], event }) => hover(point.customdata, event));
  plot.on("plotly_unhover", () => (tip.hidden = true));
  plot.on("plotly_click", ({ points: [point] }) => pick(...point.customdata));
}

let hovered = "";
async function hover([side, row], event) {
  const mine = (hovered = `${side} ${row}`);
  const { uri } = await ask(server.hover, { ...subject(), n: result.n, side, row }).catch(() => ({}));
  if (!uri || hovered !== mine) return;
  const box = $(".diagnosis").getBoundingClientRect();
  tip.querySelector("img").src = uri;
  tip.querySelector("span").textContent = side === "real" ? "real" : `seed ${row}`;
  tip.style.left = `${Math.min(event.clientX - box.left + 14, box.width - 110)}px`;
  tip.style.top = `${event.clientY - box.top - 50}px`;
  tip.hidden = false;
}

/** A generated picture goes to Slide; a real one shows what the model makes nearest to it. */
async function pick(side, row) {
  tip.hidden = true;
  try {
    if (side === "fake") return trigger("pick", await ask(server.recipe_of, { ...subject(), row }));
    $(".near").innerHTML = (await ask(server.near, { ...subject(), n: result.n, row })).html;
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
  } else if (name === "method" && result) {
    try {
      await draw(await points(target.value));
      busy(`${result.n.toLocaleString()} samples judged.`);
    } catch (error) {
      say(error.message);
    }
  }
});

const csv = (rows) => rows.map((row) => row.map((cell) => (cell === null ? "" : `"${String(cell).replaceAll('"', '""')}"`)).join(",")).join("\n");
const text = (type, content) => `data:${type};charset=utf-8,${encodeURIComponent(content)}`;
const exporters = {
  png: (name) => window.Plotly.downloadImage(plot, { format: "png", filename: name, width: 1200, height: 900, scale: 2 }),
  svg: (name) => window.Plotly.downloadImage(plot, { format: "svg", filename: name, width: 1200, height: 900 }),
  json: (name) => download(`${name}.json`, text("application/json", JSON.stringify(result.numbers, null, 2))),
  csv: (name) => {
    const { measures, modes, within } = result.numbers;
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
    if (!(["json", "csv"].includes(action) ? result : map)) return say("There is nothing to export yet.");
    exporters[action](`${props.value.checkpoint.replace(/[^\w.-]/g, "-")}-diagnosis`);
  }
});

/** The chooser has another checkpoint. */
function follow() {
  const value = props.value;
  if (!value || !value.checkpoint) return clear();
  const classes = $("[data-field=label]");
  const names = ["all", ...value.classes];
  classes.replaceChildren(...names.map((name, i) => Object.assign(document.createElement("option"), { value: i ? i - 1 : "", textContent: name })));
  $("[data-needs=classes]").hidden = !value.classes.length;
  const methods = $("[data-field=method]");
  if (!methods.children.length) methods.replaceChildren(...Object.keys(value.methods).map((name) => Object.assign(document.createElement("option"), { value: name, textContent: name })));
  label = null;
  stamp = 0;
  clear();
  examine();
}

new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && pending && examine()).observe(element);
new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
watch("value", follow);
follow();
