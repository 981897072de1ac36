// Watches runs: asks for what is new, draws it, and lets a person walk through a run's sheets. It only reads.
const { ask, download, script, charts } = window.explorer;
const $ = (selector) => element.querySelector(selector);
const SIDE = 8; // tiles of a sheet, a side
const MOST = 1600; // points of a curve that stay in the page
const KEPT = 120; // sheets that stay in the page
const FRAME = 250; // ms of a sheet in the film

let list = []; // summaries of all runs
let stamp = 0; // of the list
let watched = sessionStorage.getItem("explorer-run") || ""; // name of the run in view
let chosen = Boolean(watched); // by a person; else the one that trains is followed
let compared = new Set(); // names of runs beside it
const known = new Map(); // name -> {metric, event, stamp, curves, events, now}
const sheets = new Map(); // "name/images" -> data URI, or a promise of one
let moment = null; // images of the sheet in view; null follows the newest
let film = 0; // timer of the film
let dirty = true; // whether the charts are to be drawn
let zoom = null; // [from, to] in kimg
let asked = 0; // timer of the next question
let asking = false;

const say = (text, bad = false) => {
  const message = $(".message");
  message.textContent = text;
  message.classList.toggle("bad", bad);
};
const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};
const kimg = (images) => (images / 1000).toLocaleString(undefined, { maximumFractionDigits: images < 10000 ? 2 : 0 });
const seen = () => element.offsetParent !== null && !document.hidden;
const run = () => known.get(watched);
const isBusy = (state) => ["preparing", "queued", "training", "paused"].includes(state);

// ---- asking: often while somebody looks at a run that trains, seldom in a hidden page

async function tick() {
  clearTimeout(asked);
  if (asking) return;
  asking = true;
  try {
    const names = [watched, ...compared].filter((name) => list.some((entry) => entry.name === name));
    const runs = Object.fromEntries(names.map((name) => [name, pick(known.get(name) || {}, ["metric", "event", "stamp"])]));
    const answer = await ask(server.watch, { stamp, runs });
    if (element.classList.contains("away")) say("");
    element.classList.remove("away");
    if (answer.list) takeList(answer.list);
    for (const [name, news] of Object.entries(answer.news || {})) take(name, news);
    if (answer.list && !names.includes(watched) && watched) return void setTimeout(tick);
  } catch (error) {
    element.classList.add("away");
    say(`${error.message} Trying again.`, true);
  } finally {
    asking = false;
    const entry = list.find(({ name }) => name === watched);
    asked = setTimeout(tick, !seen() ? 20000 : entry && isBusy(entry.state) ? 1500 : 4000);
  }
  show();
}

const pick = (from, keys) => Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));

function takeList(news) {
  [list, stamp] = [news.runs, news.stamp];
  const gone = !list.some(({ name }) => name === watched) && !waited;
  const trains = list.find(({ state }) => isBusy(state));
  if (gone || (!chosen && trains && trains.name !== watched)) {
    [watched, moment, zoom, dirty] = [(trains || list[0] || { name: "" }).name, null, null, true];
  }
  if (list.some(({ name }) => name === watched)) waited = false;
  compared = new Set([...compared].filter((name) => name !== watched && list.some((entry) => entry.name === name)));
  showList();
}
let waited = false; // whether `watched` has just been started and may not be in the list yet

function take(name, news) {
  const had = known.get(name);
  if (had && (news.events || []).some(({ kind }) => ["resumed", "rolled-back"].includes(kind))) {
    known.delete(name); // what was measured beyond that moment is gone: ask for everything again
    return void setTimeout(tick);
  }
  const all = had || { curves: {}, events: [] };
  Object.assign(all, pick(news, ["metric", "event", "stamp", "now", "error"]));
  if (news.now) delete all.error;
  for (const [key, [x, y]] of Object.entries(news.metrics || {})) {
    const curve = (all.curves[key] ||= [[], []]);
    curve[0].push(...x);
    curve[1].push(...y);
    if (curve[0].length > MOST) all.curves[key] = thinned(curve);
  }
  all.events.push(...(news.events || []));
  all.name = name;
  known.set(name, all);
  if (news.metrics || news.events) dirty = true;
}

/** The older three quarters of a curve by pairs: a point each, with their mean. */
function thinned([x, y]) {
  const older = Math.floor((x.length * 3) / 8) * 2;
  const pairs = Array.from({ length: older / 2 }, (_, i) => 2 * i);
  return [
    [...pairs.map((i) => x[i + 1]), ...x.slice(older)],
    [...pairs.map((i) => (y[i] + y[i + 1]) / 2), ...y.slice(older)],
  ];
}

// ---- the list of runs

const rows = new Map(); // name -> its line, which is changed in place: somebody may be about to press it

function showList() {
  $(".none").hidden = list.length > 0;
  $("table").hidden = !list.length;
  $(".one").hidden = !list.length;
  for (const entry of list) {
    if (!rows.has(entry.name)) rows.set(entry.name, row(entry.name));
    update(rows.get(entry.name), entry);
  }
  const body = $(".runs tbody");
  const wanted = list.map(({ name }) => rows.get(name));
  if (wanted.some((line, i) => body.children[i] !== line) || body.children.length !== wanted.length) body.replaceChildren(...wanted);
}

function row(name) {
  const choose = make("input", { type: "radio", name: "explorer-run", ariaLabel: `Watch ${name}` });
  choose.onchange = () => watch_(name);
  const beside = make("input", { type: "checkbox", ariaLabel: `Compare ${name}` });
  beside.onchange = () => {
    compared[beside.checked ? "add" : "delete"](name);
    dirty = true;
    tick();
  };
  const title = make("td", {}, make("b", { textContent: name }), make("small"));
  const line = make("tr", {}, make("td", {}, choose), make("td", {}, beside), title, make("td", {}, make("i"), make("span")), make("td"), make("td"));
  line.dataset.name = name;
  line.addEventListener("click", ({ target }) => target.tagName !== "INPUT" && watch_(name));
  return line;
}

function update(line, entry) {
  const [choose, beside] = line.querySelectorAll("input");
  const [, , title, state, far, verdict] = line.children;
  choose.checked = entry.name === watched;
  beside.checked = compared.has(entry.name);
  beside.disabled = entry.name === watched;
  title.lastChild.textContent = ` ${entry.about || ""}${entry.recorded ? " (recorded)" : ""}`;
  state.className = `is-${entry.state}`;
  state.lastChild.textContent = entry.state;
  far.textContent = entry.total ? `${kimg(entry.images)} of ${kimg(entry.total)}` : "";
  verdict.className = ["good", "fair", "bad"][entry.grade] || "";
  verdict.textContent = entry.verdict || "";
  line.classList.toggle("watched", entry.name === watched);
}

/** Look at another run; `waiting` says that it was just started. */
function watch_(name, waiting = false) {
  [watched, chosen, waited, moment, zoom, dirty] = [name, true, waiting, null, null, true];
  sessionStorage.setItem("explorer-run", name);
  compared.delete(name);
  stop();
  showList();
  show();
  tick();
}

// ---- the watched run

function show() {
  const all = run();
  if (!list.length) return;
  const entry = list.find(({ name }) => name === watched) || { state: "preparing", images: 0, words: "" };
  const parts = [entry.state];
  const share = entry.total ? Math.min(1, entry.images / entry.total) : 0;
  if (entry.total) parts.push(`${kimg(entry.images)} of ${kimg(entry.total)} kimg`);
  const rate = all && all.curves.images_per_s && recent(all.curves.images_per_s[1]);
  if (rate && entry.state === "training") parts.push(`${rate.toFixed(0)} pictures/s`, `about ${duration((entry.total - entry.images) / rate)} left`);
  const origin = all?.now?.lineage;
  if (origin?.run) parts.push(`a branch of ${origin.run} at ${kimg(origin.images)} kimg`);
  put(".state", parts.join(" · "));
  element.dataset.images = entry.images;
  element.dataset.run = watched;
  $(".bar i").style.width = `${100 * share}%`;
  $(".bar").setAttribute("aria-valuenow", Math.round(100 * share));
  if (!element.classList.contains("away")) say(all?.error || entry.words || "", entry.state === "failed" || Boolean(all?.error));
  if (!all || !all.now) return tell(entry, all);
  showAlarms(all);
  showSheets(all);
  showJudged(all);
  showLog(all);
  tell(entry, all);
  if (seen()) drawCharts();
}

const put = (selector, text) => $(selector).textContent !== text && ($(selector).textContent = text);
const recent = (values) => values.slice(-10).reduce((sum, value) => sum + value, 0) / Math.min(10, values.length);
const duration = (seconds) => (seconds >= 5400 ? `${(seconds / 3600).toFixed(1)} h` : seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${Math.max(1, Math.round(seconds))} s`);

/** Tell whoever steers what is watched. */
let told = "";
function tell(entry, all) {
  const now = all?.now || {};
  const detail = {
    name: watched, state: entry.state, recorded: Boolean(entry.recorded), images: entry.images, total: entry.total || 0,
    moment: shownMoment(), moments: now.moments || [], latest: Boolean(now.latest), best: Boolean(now.best), settings: now.settings || null,
  };
  const text = JSON.stringify(detail);
  if (text === told) return;
  told = text;
  document.dispatchEvent(new CustomEvent("explorer:run", { detail }));
}

function showAlarms({ events }) {
  const open = new Map();
  for (const event of events) {
    if (event.kind === "alarm") open.set(event.detail.name, event);
    else if (event.kind === "calm") open.delete(event.detail.name);
  }
  const wanted = [...open.values()].map(({ id }) => id).join();
  const place = $(".alarms");
  if (place.dataset.shown === `${watched}/${wanted}`) return;
  place.dataset.shown = `${watched}/${wanted}`;
  place.replaceChildren(
    ...[...open.values()].map(({ images, text, detail }) =>
      make("div", { className: "alarm" }, make("b", { textContent: `${detail.title}, since ${kimg(images)} kimg. ` }), text, make("small", { textContent: detail.remedy })),
    ),
  );
}

function showLog({ events }) {
  const place = $(".log ol");
  if (place.dataset.shown === `${watched}/${events.length}`) return;
  place.dataset.shown = `${watched}/${events.length}`;
  const lines = events.slice(-200).reverse().map(({ images, time, kind, text }) =>
    make("li", { className: `kind-${kind}` }, make("time", { textContent: new Date(1000 * time).toLocaleString() }), make("b", { textContent: `${kimg(images)} kimg` }), make("span", { textContent: text })),
  );
  place.replaceChildren(...lines);
}

// ---- sheets: the same latents over time

const shownMoment = () => {
  const all = run()?.now?.sheets || [];
  return moment !== null && all.includes(moment) ? moment : all[all.length - 1] ?? null;
};

const plane = (now) => now?.settings?.resolution === 1; // a training on points, whose sheet is a map

function showSheets({ now }) {
  const range = $(".scrub input");
  const at = shownMoment();
  const growth = $(".growth");
  growth.hidden = at === null;
  if (at === null) return;
  range.max = now.sheets.length - 1;
  range.value = now.sheets.indexOf(at);
  range.setAttribute("aria-valuetext", `${kimg(at)} kimg`);
  $("[data-do=live]").setAttribute("aria-pressed", moment === null);
  const kept = new Set(now.moments);
  const about = plane(now) ? "grey: real, orange: generated, blue: where D takes a point for real" : "a click opens one in Slide";
  put(".caption", `${plane(now) ? "The plane" : "Seeds 0 to 63"} at ${kimg(at)} kimg${kept.has(at) ? ", snapshot kept" : ""}; ${about}.`);
  const marks = $(".marks");
  const wanted = now.sheets.map((images) => (kept.has(images) ? 1 : 0)).join("");
  if (marks.dataset.shown !== wanted) {
    marks.dataset.shown = wanted;
    const last = Math.max(1, now.sheets.length - 1);
    marks.replaceChildren(...now.sheets.flatMap((images, i) => (kept.has(images) ? [Object.assign(make("i"), { style: `left:${(100 * i) / last}%` })] : [])));
  }
  showSheet(watched, at);
}

async function showSheet(name, images) {
  const picture = $(".sheet-frame img");
  const key = `${name}/${images}`;
  if (picture.dataset.shown === key) return;
  try {
    const uri = await sheet(name, images);
    if (name !== watched || images !== shownMoment()) return; // another one is wanted by now
    picture.src = uri;
    const points = plane(run()?.now);
    $(".tiles").hidden = points;
    picture.alt = points ? `Points of the plane at ${kimg(images)} kimg` : `Generated pictures of seeds 0 to 63 at ${kimg(images)} kimg`;
    picture.dataset.shown = key;
  } catch (error) {
    say(error.message, true);
  }
}

function sheet(name, images) {
  const key = `${name}/${images}`;
  if (!sheets.has(key)) {
    sheets.set(key, ask(server.sheet_at, { run: name, images }).then((answer) => answer.sheet));
    sheets.get(key).catch(() => sheets.delete(key));
    if (sheets.size > KEPT) sheets.delete(sheets.keys().next().value);
  }
  return sheets.get(key);
}

function goTo(index) {
  const all = run()?.now?.sheets || [];
  moment = all[Math.max(0, Math.min(index, all.length - 1))] ?? null;
  show();
}

function stop() {
  clearInterval(film);
  film = 0;
  const button = $("[data-do=play]");
  button.textContent = "▶";
  button.setAttribute("aria-label", "Play as a film");
}

function play() {
  if (film) return stop();
  const all = run()?.now?.sheets || [];
  if (all.indexOf(shownMoment()) >= all.length - 1) goTo(0);
  const button = $("[data-do=play]");
  button.textContent = "❚❚";
  button.setAttribute("aria-label", "Pause the film");
  let ready = true;
  film = setInterval(async () => {
    const now = run()?.now?.sheets || [];
    const next = now.indexOf(shownMoment()) + 1;
    if (next >= now.length) return stop();
    if (!ready) return; // its sheet is still on the way
    ready = false;
    await sheet(watched, now[next]).catch(() => {});
    ready = true;
    if (film) goTo(next);
  }, FRAME);
}

async function openTile(tile) {
  const at = moment === null ? null : shownMoment();
  const { recipe, note } = await ask(server.tile, { run: watched, images: at, tile });
  trigger("pick", { recipe });
  if (note) window.explorer.toast(note);
}

const tiles = Array.from({ length: SIDE * SIDE }, (_, i) => {
  const button = make("button", { type: "button", title: `Seed ${i}: open it in Slide`, ariaLabel: `Seed ${i}, open it in Slide`, tabIndex: i ? -1 : 0 });
  button.onclick = () => openTile(i).catch((error) => say(error.message, true));
  return button;
});
$(".tiles").append(
  ...Array.from({ length: SIDE }, (_, row) => {
    const cells = tiles.slice(row * SIDE, (row + 1) * SIDE).map((button) => make("div", { role: "gridcell" }, button));
    return make("div", { role: "row" }, ...cells);
  }),
);
$(".tiles").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: SIDE, ArrowUp: -SIDE }[event.key];
  const target = tiles[tiles.indexOf(event.target) + step];
  if (!target) return;
  event.preventDefault();
  for (const tile of tiles) tile.tabIndex = tile === target ? 0 : -1;
  target.focus();
});

// ---- the verdict at the moment in view

function verdictAt({ events }) {
  const verdicts = events.filter(({ kind }) => kind === "verdict");
  if (moment === null) return verdicts.at(-1);
  return verdicts.findLast(({ images }) => images <= moment) || verdicts[0];
}

const unjudged = () => run()?.now?.settings?.diagnose === false;

function showJudged(all) {
  const event = verdictAt(all);
  const card = $(".judged .verdict");
  card.className = `verdict ${event ? ["good", "fair", "bad"][event.detail.grade] : ""}`;
  put(".judged h3", event ? event.detail.title : unjudged() ? "Not judged" : "No verdict yet");
  put(".judged .verdict p", event ? event.text : unjudged() ? "This run is trained without verdicts (--no-diagnose)." : waiting(all));
  put(".judged .basis", event ? `${event.detail.n.toLocaleString()} fresh samples at ${kimg(event.images)} kimg, judged in ${event.detail.seconds.toFixed(1)} s` : "");
  const heads = event ? event.detail.heads : [];
  const select = $("[data-field=head]");
  const names = heads.map(({ name }) => name).join("\n");
  if (select.dataset.offered !== names) {
    select.dataset.offered = names;
    select.replaceChildren(...heads.map(({ name }, i) => make("option", { value: i, textContent: name })));
  }
  select.closest("label").hidden = heads.length < 2;
  const head = heads[Number(select.value) || 0] || heads[0];
  const most = head && Math.max(...head.shares.flatMap((share) => share.slice(1, 5)));
  const silent = event && event.detail.n && "moot" in event.detail ? [make("p", { textContent: "Which modes are made is not judged of such images." })] : [];
  $(".modes").replaceChildren(...(head ? [legend(), ...head.shares.map(mode(most))] : silent));
}

const waiting = ({ events }) => events.findLast(({ kind }) => kind === "note")?.text || "The first one comes after some seconds of training, where the data set has a reference.";
const legend = () => make("p", { className: "legend" }, make("i", { className: "real" }), "real ", make("i", { className: "fake" }), "generated ", make("i", { className: "band" }), "healthy");
const percent = (share) => `${(100 * share).toFixed(1)} %`;

// `dropped` came later: older records leave it to the shares.
const mode = (most) => ([name, real, fake, low, high, dropped = fake < low && fake < real / 4]) => {
  const bars = make("div", { className: "bars" });
  const width = (share) => `${(100 * share) / most}%`;
  bars.append(
    Object.assign(make("b"), { style: `left:${width(low)};width:${width(Math.max(0, high - low))}` }),
    Object.assign(make("i", { className: "real" }), { style: `width:${width(real)}` }),
    Object.assign(make("i", { className: "fake" }), { style: `width:${width(fake)}` }),
  );
  const state = dropped ? "missing" : fake < low || fake > high ? "odd" : "";
  const line = make("div", { className: `mode ${state}`, title: `${name}: ${percent(fake)} generated, ${percent(real)} real, healthy ${percent(low)} to ${percent(high)}` });
  line.append(make("span", { textContent: name }), bars, make("output", { textContent: percent(fake) }));
  return line;
};

// ---- curves

async function drawCharts() {
  if (!dirty) return;
  dirty = false;
  try {
    await script(props.value.plotly);
  } catch (error) {
    return say(error.message, true);
  }
  const chosen = [watched, ...compared].map((name) => known.get(name)).filter(Boolean);
  const options = { smoothing: $("[data-field=smoothing]").valueAsNumber, log: $("[data-field=log]").checked, zoom };
  charts.draw($(".charts"), chosen, options);
  showComparison(chosen);
}

charts.build($(".charts"), (range) => {
  if (JSON.stringify(range) === JSON.stringify(zoom)) return;
  [zoom, dirty] = [range, true];
  drawCharts();
});

const figures = { kimg: "kimg", minutes: "minutes of training", fid: "lowest Fréchet distance", kid: "lowest kernel distance", pixel_coverage: "highest coverage", verdict: "newest verdict" };
const told_ = (value) => (typeof value === "number" ? Number(value.toPrecision(4)).toLocaleString(undefined, { maximumFractionDigits: 6 }) : String(value ?? "–"));

async function showComparison(chosen) {
  const place = $(".comparison");
  place.hidden = chosen.length < 2;
  if (place.hidden) return;
  try {
    const names = chosen.map(({ name }) => name);
    const { settings, best } = await ask(server.compare, { runs: names });
    const colours = charts.palette();
    const heads = names.map((name, i) => make("th", {}, make("i", { style: `background:${colours[i % colours.length]}` }), name));
    const line = (title, values) => make("tr", {}, make("th", { textContent: title, scope: "row" }), ...values.map((value) => make("td", { textContent: told_(value) })));
    const body = [
      ...Object.entries(figures).map(([key, title]) => line(title, best.map((figure) => figure[key]))),
      ...Object.entries(settings).map(([name, values]) => line(name, values)),
    ];
    place.replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, make("th", { textContent: "Best figures, settings that differ" }), ...heads)), make("tbody", {}, ...body)));
  } catch (error) {
    say(error.message, true);
  }
}

// ---- events

const actions = {
  play,
  live: () => (stop(), (moment = null), show()),
  explore: () => openTile(null),
  webp: () => saveFilm("webp"),
  mp4: () => saveFilm("mp4"),
  settings: () => document.dispatchEvent(new CustomEvent("explorer:use-settings", { detail: { name: watched, settings: run()?.now?.settings } })),
  unzoom: () => ([zoom, dirty] = [null, true], drawCharts()),
};

async function saveFilm(kind) {
  const { name, data } = await ask(server.film, { run: watched, kind });
  download(name, `data:${kind === "mp4" ? "video/mp4" : "image/webp"};base64,${data}`);
}

element.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-do]");
  if (!button) return;
  button.disabled = true;
  try {
    await actions[button.dataset.do]();
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
  }
});
$(".scrub input").addEventListener("input", ({ target }) => (stop(), goTo(target.valueAsNumber)));
element.addEventListener("input", ({ target }) => {
  if (!["smoothing", "log"].includes(target.dataset.field)) return;
  dirty = true;
  drawCharts();
});
$("[data-field=head]").addEventListener("change", show);
document.addEventListener("explorer:watch", ({ detail }) => watch_(detail.name, true));
document.addEventListener("visibilitychange", () => seen() && tick());
new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && tick()).observe(element);
new MutationObserver(() => ((dirty = true), seen() && drawCharts())).observe(document.body, { attributes: true, attributeFilter: ["class"] });
tick();
