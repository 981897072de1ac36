// The Sample tab: a sheet of recipes, each a tile that can be taken to Slide. Drawn in the page where that is ready.
const { ask, download, latest, options, picture, put, reveal, ranges, engine } = window.explorer;
const $ = (selector) => element.querySelector(selector);
const list = $(".sheet");
const message = $(".message");
const MAX_SEED = 2 ** 32 - 1;
const IN_TURN = -1; // the label of a sheet whose classes take turns
const AT_ONCE = 6; // pictures a pass in the page: they appear as they are drawn

let model = null; // capabilities of the present checkpoint
let cells = []; // one a tile, row by row
let settings = { seed: 0, columns: 6, psi: 1, noise: "fixed", label: IN_TURN, mix: "" };

const say = (text, bad = false) => {
  message.textContent = text;
  message.classList.toggle("bad", bad);
};

/** The recipe of each tile, row by row. Mixing, the first row and column hold the sources, and the corner nothing. */
function recipes() {
  const { seed, columns, psi, noise, label, mix } = settings;
  const base = { checkpoint: model.name };
  if (psi !== 1) base.psi = psi;
  if (model.noise && noise !== "fixed") base.noise = noise;
  const labelled = (seed) => {
    const drawn = label === IN_TURN ? seed % model.classes.length : label;
    return model.classes.length && drawn ? { ...base, label: drawn } : base;
  };
  const at = (offset) => (seed + offset ? { ...labelled(seed + offset), seed: seed + offset } : labelled(0));
  if (!mix) return Array.from({ length: columns ** 2 }, (_, i) => at(i));
  const [first, last] = JSON.parse(mix);
  return Array.from({ length: columns ** 2 }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    if (!row) return column ? at(columns - 2 + column) : null;
    if (!column) return at(row - 1);
    return { ...at(row - 1), mix: [[seed + columns - 2 + column, first, last]] };
  });
}

const spoken = (recipe) => `Seed ${recipe.seed || 0}${model.classes.length ? `, class ${model.classes[recipe.label || 0]}` : ""}${recipe.mix ? ` with layers of seed ${recipe.mix[0][0]}` : ""}`;

function tile() {
  const cell = document.createElement("div");
  cell.className = "cell";
  cell.setAttribute("role", "gridcell");
  const pick = Object.assign(document.createElement("button"), { type: "button", className: "tile" });
  pick.append(document.createElement("canvas"));
  pick.onclick = () => trigger("pick", { recipe: cell.recipe });
  const down = Object.assign(document.createElement("button"), { type: "button", className: "down", textContent: "↓" });
  down.onclick = () => save(server.png, { recipe: cell.recipe });
  cell.append(pick, down);
  return cell;
}

/** The cells in the rows that a grid has to have; the style sheet lays out the cells alone. */
const rows = (all, columns) =>
  Array.from({ length: columns }, (_, i) => {
    const row = document.createElement("div");
    row.setAttribute("role", "row");
    row.append(...all.slice(i * columns, (i + 1) * columns));
    return row;
  });

/** As many tiles as recipes, each knowing its own. */
function lay(all, columns) {
  if (cells.length !== all.length) list.replaceChildren(...rows((cells = all.map(tile)), columns));
  list.style.setProperty("--columns", columns);
  const mixing = all[0] === null;
  all.forEach((recipe, i) => {
    const cell = cells[i];
    const [pick, down] = cell.children;
    cell.recipe = recipe;
    cell.classList.toggle("source", Boolean(mixing && recipe && !recipe.mix));
    pick.disabled = down.hidden = !recipe;
    if (!recipe) return put(pick.firstChild, new ImageData(1, 1));
    pick.title = `${spoken(recipe)}: take it to Slide`;
    pick.setAttribute("aria-label", `${spoken(recipe)}, take it to Slide`);
    down.title = down.ariaLabel = `Download ${spoken(recipe).toLowerCase()}`;
  });
}

const draw = latest(async () => {
  const [all, { columns }] = [recipes(), settings];
  try {
    const here = engine.ready(model.name) && (await drawnHere(all, columns));
    if (!here) await drawnThere(all, columns);
    list.dataset.by = here ? "page" : "server";
    list.dataset.shown = JSON.stringify(settings);
    if (element.offsetParent) engine.prepare(server, model.name);
    if (message.classList.contains("bad")) say("");
  } catch (error) {
    say(error.message, true);
  }
});

/** Draw in the page, a few at once. False where the server has to do it after all. */
async function drawnHere(all, columns) {
  try {
    const places = all.flatMap((recipe, i) => (recipe ? [i] : []));
    for (let start = 0; start < places.length; start += AT_ONCE) {
      const some = places.slice(start, start + AT_ONCE);
      const images = await engine.draw(server, some.map((i) => all[i]));
      if (!start) lay(all, columns);
      some.forEach((i, k) => put(cells[i].querySelector("canvas"), images[k]));
    }
    return true;
  } catch {
    return false; // a recipe that cannot be drawn gets its sentence from the server
  }
}

async function drawnThere(all, columns) {
  const { sheet } = await ask(server.tiles, { recipes: all, columns });
  const image = await picture(sheet);
  const side = image.width / columns;
  lay(all, columns);
  all.forEach((recipe, i) => {
    if (!recipe) return;
    const canvas = cells[i].querySelector("canvas");
    canvas.width = canvas.height = side;
    canvas.getContext("2d").drawImage(image, -(i % columns) * side, -Math.floor(i / columns) * side);
  });
}

/** Ask for a PNG and hand it over. */
async function save(call, question) {
  try {
    const { name, data } = await ask(call, question);
    download(name, `data:image/png;base64,${data}`);
    say("");
  } catch (error) {
    say(error.message, true);
  }
}

function change(fields) {
  settings = { ...settings, ...fields };
  show();
  draw();
}

function show() {
  for (const input of element.querySelectorAll("[data-field]")) {
    if (document.activeElement !== input || input.type !== "number") input.value = settings[input.dataset.field];
  }
  $("[data-out=columns]").textContent = settings.columns;
  $("[data-out=psi]").textContent = settings.psi.toFixed(2);
  $("[data-do=back]").disabled = settings.seed === 0;
}

/** Turn the page: as many seeds on as the sheet shows. */
function turn(direction) {
  const count = settings.mix ? 2 * (settings.columns - 1) : settings.columns ** 2;
  change({ seed: Math.min(Math.max(settings.seed + direction * count, 0), MAX_SEED - count) });
}

const actions = {
  back: () => turn(-1),
  next: () => turn(1),
  random: () => change({ seed: Math.floor(Math.random() * 1e6) }),
  save: () => save(server.sheet, { recipes: recipes(), columns: settings.columns }),
};
element.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-do]");
  if (button && model) actions[button.dataset.do]();
});

element.addEventListener("input", ({ target }) => {
  const name = target.dataset.field;
  if (!name || !model) return;
  if (target.type === "range") change({ [name]: target.valueAsNumber });
  else if (target.tagName === "SELECT") change({ [name]: name === "label" ? Number(target.value) : target.value });
});
element.addEventListener("change", ({ target }) => {
  if (target.dataset.field !== "seed" || !model) return;
  const most = MAX_SEED - settings.columns ** 2;
  if (target.value === "" || !target.checkValidity() || target.valueAsNumber > most) return say(`The first seed is a whole number from 0 to ${most}.`, true);
  change({ seed: target.valueAsNumber });
});

// Arrow keys walk the sheet.
list.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: settings.columns, ArrowUp: -settings.columns }[event.key];
  const target = cells[cells.indexOf(event.target.closest(".cell")) + step];
  if (!target) return;
  event.preventDefault();
  target.firstChild.focus();
});

function open(value) {
  if (!value || !value.model) return;
  model = value.model;
  options($("[data-field=label]"), [[IN_TURN, "all, in turn"], ...model.classes.map((name, i) => [i, name])]);
  options($("[data-field=mix]"), [["", "off"], ...ranges(model.layers).slice(1).map(([name, a, b]) => [JSON.stringify([a, b]), name])]);
  reveal(element, model);
  change({ label: IN_TURN, mix: "" });
}

watch("value", () => open(props.value));
open(props.value);
