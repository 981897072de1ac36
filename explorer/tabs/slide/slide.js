// The Slide tab: holds a recipe, changes it, asks the server for its picture. The latest position always wins.
const { paint, put, options, reveal, ranges, latest, pausing, canonical, link, download, copy, ask, engine } = window.explorer;
const $ = (selector) => element.querySelector(selector);
const canvas = $(".picture");
const message = $(".message");

let model = null; // capabilities of the present checkpoint
let recipe = null; // what is shown
let history = []; // recipes, for undo
let at = -1; // our place in it
let method = "pca";
let layers = [0, null]; // the range that the sliders act on
let rough = false; // whether the picture that is shown, or on its way, may be compressed for a drag

const say = (text, bad = false) => {
  message.textContent = text;
  message.classList.toggle("bad", bad);
};

const draw = latest(async ({ wanted, quick }) => {
  const asked = canonical(wanted, model.defaults);
  try {
    if (engine.ready(asked.checkpoint) && (await drawnHere(asked))) [canvas.dataset.by, rough] = ["page", false];
    else {
      const answer = await ask(server.render, { recipe: asked, quick });
      await paint(canvas, answer);
      [canvas.dataset.by, rough] = ["server", Boolean(answer.image)];
    }
    canvas.dataset.painted = Number(canvas.dataset.painted || 0) + 1;
    canvas.dataset.link = quick ? "" : link(asked, model.defaults); // of what is seen at rest, which may be behind the page's
    if (element.offsetParent && model) engine.prepare(server, model.name);
    if (message.classList.contains("bad")) say("");
  } catch (error) {
    say(error.message, true);
  }
});

/** Draw in the page, at the display's own rate. False where the server has to do it after all. */
async function drawnHere(asked) {
  try {
    const [image] = await engine.draw(server, [asked]);
    await new Promise((frame) => requestAnimationFrame(frame));
    put(canvas, image);
    return true;
  } catch {
    return false; // a recipe that cannot be drawn gets its sentence from the server
  }
}

// ---- the recipe and its history

const same = (a, b) => JSON.stringify(canonical(a, model.defaults)) === JSON.stringify(canonical(b, model.defaults));

function change(fields) {
  recipe = { ...recipe, ...fields };
  rough = true;
  draw({ wanted: recipe, quick: true });
}

function commit() {
  if (rough) draw({ wanted: recipe });
  if (at >= 0 && same(history[at], recipe)) return settled();
  history = [...history.slice(0, at + 1), recipe].slice(-200);
  at = history.length - 1;
  settled();
}

function goTo(place) {
  if (place < 0 || place >= history.length) return;
  at = place;
  recipe = history[at];
  draw({ wanted: recipe });
  settled();
}

function settled() {
  show();
  ends();
  window.history.replaceState(null, "", link(recipe, model.defaults));
}

// ---- edits: one a direction and layer range

const sameRange = (edit) => edit[2] === layers[0] && (edit[3] ?? null) === layers[1];
const strengthOf = (axis) => (recipe.edits.find((e) => e[0] === `${method}:${axis}` && sameRange(e)) || [0, 0])[1];

function setStrength(axis, strength) {
  const name = `${method}:${axis}`;
  const others = recipe.edits.filter((e) => !(e[0] === name && sameRange(e)));
  change({ edits: strength ? [...others, [name, strength, ...layers]] : others });
}

// ---- what the controls show

function show() {
  for (const input of element.querySelectorAll("[data-field]")) {
    const name = input.dataset.field;
    if (name === "method") input.value = method;
    else if (name === "layers") input.value = JSON.stringify(layers);
    else if (name === "across" || name === "along") continue;
    else if (name === "label") input.value = recipe.label ?? 0;
    else if (document.activeElement !== input || input.type === "range") input.value = recipe[name];
  }
  $("[data-out=psi]").textContent = recipe.psi.toFixed(2);
  $("[data-help=method]").textContent = (model.methods.find((m) => m.name === method) || {}).help || "";
  $("[data-field=psi]").disabled = Boolean(recipe.w);
  element.querySelectorAll(".slider").forEach((row, axis) => showSlider(row, strengthOf(axis)));
  $("[data-do=undo]").disabled = at <= 0;
  $("[data-do=redo]").disabled = at >= history.length - 1;
  for (const name of ["reset", "compare", "keep"]) $(`[data-do=${name}]`).disabled = !recipe.edits.length;
  const hidden = recipe.edits.filter((e) => !(e[0].startsWith(`${method}:`) && sameRange(e)));
  $(".chips").replaceChildren(...hidden.map(chip));
}

function showSlider(row, strength) {
  row.querySelector("input").value = strength;
  row.querySelector(".value").textContent = strength ? (strength > 0 ? "+" : "−") + Math.abs(strength).toFixed(2) : "0.00";
  row.querySelector("[data-reset]").disabled = !strength;
}

function chip(edit) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = `${edit[0]} ${rangeName(edit[2], edit[3] ?? null)} ${edit[1] > 0 ? "+" : ""}${edit[1].toFixed(2)} ×`;
  button.title = "Remove this change";
  button.onclick = () => {
    change({ edits: recipe.edits.filter((e) => e !== edit) });
    commit();
  };
  return button;
}

function rangeName(first, last) {
  const found = ranges(model.layers).find((r) => r[1] === first && r[2] === last);
  return model.layers === 1 ? "" : found ? found[0] : `layers ${first}–${last ?? "end"}`;
}

// ---- building

function sliderRow(axis) {
  const row = document.createElement("li");
  row.className = "slider";
  row.innerHTML = `<img class="low" alt="" draggable="false"><label><span>${axis + 1}</span>
    <input type="range" min="${-model.range}" max="${model.range}" step="0.05" value="0" aria-label="Direction ${axis + 1}"></label>
    <span class="value">0.00</span><button type="button" data-reset title="Back to zero" aria-label="Reset direction ${axis + 1}">↺</button>
    <img class="high" alt="" draggable="false">`;
  const input = row.querySelector("input");
  input.oninput = () => {
    const value = Math.abs(input.valueAsNumber) < 0.03 ? 0 : input.valueAsNumber;
    setStrength(axis, value);
    showSlider(row, value);
  };
  input.onchange = commit;
  input.ondblclick = row.querySelector("[data-reset]").onclick = () => {
    setStrength(axis, 0);
    commit();
  };
  for (const [side, sign] of [["low", -1], ["high", 1]]) {
    row.querySelector(`.${side}`).onclick = () => {
      setStrength(axis, sign * model.range);
      commit();
    };
  }
  return row;
}

const ends = pausing(
  latest(async () => {
    const asked = { recipe: canonical(recipe, model.defaults), method, first: layers[0], last: layers[1] };
    try {
      const { axes } = await ask(server.board, asked);
      const list = $(".sliders");
      if (list.children.length !== axes.length) list.replaceChildren(...axes.map((_, axis) => sliderRow(axis)));
      axes.forEach(({ low, high, note }, axis) => {
        const row = list.children[axis];
        row.querySelector(".low").src = low;
        row.querySelector(".high").src = high;
        row.title = `Direction ${axis + 1}: ${note}. Double-click: back to zero.`;
      });
      show();
    } catch (error) {
      say(error.message, true);
    }
  }),
  150,
);

/** Show a recipe that came from elsewhere: another tab, a link, a dropped file. */
function open(value) {
  if (!value || !value.recipe) {
    element.classList.add("empty");
    return;
  }
  element.classList.remove("empty");
  const other = !model || model.name !== value.model.name;
  model = value.model;
  recipe = { ...model.defaults, edits: [], ...value.recipe };
  if (other) {
    history = [];
    at = -1;
    layers = [0, null];
    if (model.methods.some((m) => m.name === "codes")) method = "codes"; // what the training itself gave a meaning
    options($("[data-field=method]"), model.methods.map((m) => [m.name, m.title]));
    options($("[data-field=layers]"), ranges(model.layers).map(([name, a, b]) => [JSON.stringify([a, b]), name]));
    options($("[data-field=label]"), model.classes.map((name, i) => [i, name]));
    reveal(element, model);
    $(".sliders").replaceChildren(...Array.from({ length: 10 }, (_, axis) => sliderRow(axis)));
  }
  const edit = recipe.edits[recipe.edits.length - 1];
  if (edit) [method, layers] = [edit[0].split(":")[0], [edit[2], edit[3] ?? null]];
  if (!model.methods.some((m) => m.name === method)) method = model.methods[0].name;
  say("");
  draw({ wanted: recipe });
  if (Object.keys(value.recipe).length > 1) return commit();
  [history, at] = [[recipe], 0]; // a checkpoint's own start: nothing to undo, and no reason to open Slide on reload
  show();
  ends();
  window.history.replaceState(null, "", link(recipe, model.defaults));
}

// ---- events

element.addEventListener("input", ({ target }) => {
  const name = target.dataset.field;
  if (name === "psi") {
    change({ psi: target.valueAsNumber });
    $("[data-out=psi]").textContent = recipe.psi.toFixed(2);
  }
});

element.addEventListener("change", ({ target }) => {
  const name = target.dataset.field;
  if (!name || name === "across" || name === "along") return;
  if (name === "method") method = target.value;
  else if (name === "layers") layers = JSON.parse(target.value);
  else if (name === "label") change({ label: Number(target.value), w: "" });
  else if (name === "noise") change({ noise: target.value });
  else if (name === "seed") {
    if (!target.checkValidity() || target.value === "") return say("The seed is a whole number from 0 to 4294967295.", true);
    change({ seed: target.valueAsNumber, z: "", w: "", mix: [] });
  }
  if (name === "method" || name === "layers") {
    show();
    ends();
  } else commit();
});

const actions = {
  undo: () => goTo(at - 1),
  redo: () => goTo(at + 1),
  reset: () => (change({ edits: [] }), commit()),
  random: () => (change({ seed: Math.floor(Math.random() * 2 ** 32), z: "", w: "", mix: [] }), commit()),
  smooth: (button) => {
    const on = canvas.classList.toggle("smooth");
    button.setAttribute("aria-pressed", on);
  },
  link: async () => (await copy(link(recipe, model.defaults)), say("Link copied.")),
  save: async () => {
    const { name, data } = await ask(server.png, { recipe: canonical(recipe, model.defaults) });
    download(name, `data:image/png;base64,${data}`);
  },
  keep: async () => {
    const kept = await ask(server.keep, { recipe: canonical(recipe, model.defaults) });
    recipe = { ...model.defaults, edits: [], ...kept.recipe };
    draw({ wanted: recipe });
    commit();
    say("This picture is the new start.");
  },
  path: () => (trigger("path", { recipe: canonical(recipe, model.defaults) }), say("Sent to the path in Interpolate.")),
};

element.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-do]");
  if (!button || !recipe || !actions[button.dataset.do]) return;
  try {
    await actions[button.dataset.do](button);
  } catch (error) {
    say(error.message, true);
  }
});

// ---- the picture as a pad: two directions at once

const frame = $(".frame");
const PER_SIDE = 4; // deviations of w from one edge of the picture to the other
const KEY_STEP = 0.1;
const padAxes = () => [Number($("[data-field=across]").value), Number($("[data-field=along]").value)];
const padNumbers = Array.from({ length: 10 }, (_, axis) => [axis, `direction ${axis + 1}`]);
options($("[data-field=across]"), padNumbers);
options($("[data-field=along]"), padNumbers);
$("[data-field=along]").value = 1;

/** Set the strengths of the two directions of the pad, within their sliders' ends. */
function movePad(strengths) {
  padAxes().forEach((axis, i) => {
    const value = Math.max(-model.range, Math.min(model.range, strengths[i]));
    setStrength(axis, value);
    const row = $(".sliders").children[axis];
    if (row) showSlider(row, value);
  });
}

let drag = null;
frame.addEventListener("pointerdown", (event) => {
  if (!recipe || event.button) return;
  drag = { x: event.clientX, y: event.clientY, from: padAxes().map(strengthOf), moved: false };
  frame.setPointerCapture(event.pointerId);
});
frame.addEventListener("pointermove", ({ clientX, clientY }) => {
  if (!drag) return;
  const side = frame.clientWidth;
  const [dx, dy] = [clientX - drag.x, drag.y - clientY];
  drag.moved ||= Math.hypot(dx, dy) > 3; // less is a click
  if (drag.moved) movePad([drag.from[0] + (PER_SIDE * dx) / side, drag.from[1] + (PER_SIDE * dy) / side]);
});
const letGo = () => {
  if (drag && drag.moved) commit();
  drag = null;
};
frame.addEventListener("pointerup", letGo);
frame.addEventListener("pointercancel", letGo);
const padToZero = () => recipe && (movePad([0, 0]), commit());
frame.addEventListener("dblclick", padToZero);
frame.addEventListener("keydown", (event) => {
  const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (!recipe || event.ctrlKey || event.metaKey) return;
  if (event.key === "Delete" || event.key === "Backspace") padToZero();
  if (!step) return;
  event.preventDefault();
  const size = KEY_STEP * (event.shiftKey ? 5 : 1);
  movePad(padAxes().map((axis, i) => strengthOf(axis) + size * step[i]));
});
frame.addEventListener("keyup", ({ key }) => key.startsWith("Arrow") && recipe && commit());
frame.addEventListener("wheel", (event) => {
  if (document.activeElement !== frame || !recipe) return; // else the page scrolls
  event.preventDefault();
  const [across, along] = padAxes().map(strengthOf);
  movePad([across - Math.sign(event.deltaY) * KEY_STEP, along]);
  wheelDone();
}, { passive: false });
const wheelDone = pausing(commit, 300);

const compare = $("[data-do=compare]");
const start = () => recipe && (draw({ wanted: { ...recipe, edits: [] } }), say("The start. Let go to come back."));
const back = () => recipe && message.textContent.startsWith("The start") && (draw({ wanted: recipe }), say(""));
compare.addEventListener("pointerdown", start);
for (const name of ["pointerup", "pointerleave", "pointercancel", "blur"]) compare.addEventListener(name, back);
compare.addEventListener("keydown", (e) => [" ", "Enter"].includes(e.key) && !e.repeat && start());
compare.addEventListener("keyup", (e) => [" ", "Enter"].includes(e.key) && back());

element.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.type === "number") return;
  const key = event.key.toLowerCase();
  if (key === "z" || key === "y") {
    event.preventDefault();
    goTo(at + (key === "y" || event.shiftKey ? 1 : -1));
  }
});

const veil = $(".veil");
frame.addEventListener("dragover", (event) => (event.preventDefault(), (veil.hidden = false)));
frame.addEventListener("dragleave", () => (veil.hidden = true));
frame.addEventListener("drop", async (event) => {
  event.preventDefault();
  veil.hidden = true;
  const file = event.dataTransfer.files[0];
  if (!file) return;
  try {
    if (file.size > 5e6) throw new Error("The dropped file is larger than 5 MB. Drop a PNG saved by the explorer.");
    const bytes = new Uint8Array(await file.arrayBuffer());
    const data = btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
    trigger("drop", await ask(server.open_png, { data }));
  } catch (error) {
    say(error.message, true);
  }
});

watch("value", () => open(props.value));
open(props.value);
