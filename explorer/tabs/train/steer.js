// Steers the watched run, and starts new ones: every press is a command that a terminal could give.
const { ask, copy, pausing, latest } = window.explorer;
const $ = (selector) => element.querySelector(selector);
const dialog = $("dialog");
const main = $(".new form");

let schema = null; // {fields, presets, augmentations}
let watched = null; // what "explorer:run" said last
let rate = 0; // pictures a second, of the last estimate
let unit = "kimg"; // of the budget
let checked = { errors: {}, command: "" };

const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};
const say = (place, text, bad = false) => {
  place.textContent = text;
  place.classList.toggle("bad", bad);
};
const kimg = (images) => (images / 1000).toLocaleString(undefined, { maximumFractionDigits: 2 });
const hours = (seconds) => (seconds >= 5400 ? `${(seconds / 3600).toFixed(1)} hours` : `${Math.max(1, Math.round(seconds / 60))} min`);

// ---- fields

/** One labelled control for a field of the schema, with room for its error. */
function control(field, value, id) {
  const { name, kind, choices, help } = field;
  let input;
  if (kind === "switch") input = make("input", { type: "checkbox", checked: Boolean(value) });
  else if (choices.length && name !== "data") input = select(choices, value);
  else if (kind === "text") input = make("input", { type: "text", value: value ?? "", spellcheck: false });
  else input = make("input", { type: "number", value: value ?? "", step: kind === "whole" ? 1 : "any", min: field.least ?? field.above ?? "", max: field.most ?? field.below ?? "" });
  input.id = `${id}-${name}`;
  input.dataset.field = name;
  const error = make("span", { className: "error", id: `${id}-${name}-error` });
  input.setAttribute("aria-describedby", error.id);
  const label = make("label", { className: "knob", htmlFor: input.id, title: help }, make("span", { textContent: field.label }), input, make("small", { textContent: help }), error);
  if (name === "data" && choices.length) {
    const names = make("datalist", { id: `${id}-names` }, ...choices.map((choice) => make("option", { value: choice })));
    input.setAttribute("list", names.id);
    label.append(names);
  }
  label.dataset.knob = name;
  return label;
}

const select = (choices, value) => {
  const input = make("select", {}, ...choices.map((choice) => make("option", { value: choice, textContent: choice })));
  input.value = value;
  return input;
};

/** What a control holds, as JSON has it; null where it is empty or no number. */
function valueOf(input) {
  if (input.type === "checkbox") return input.checked;
  if (input.type !== "number") return input.value;
  return Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber;
}

function fill(settings) {
  for (const input of main.querySelectorAll("[data-field]")) {
    const name = input.dataset.field;
    if (!(name in settings)) continue;
    if (input.type === "checkbox") input.checked = settings[name];
    else input.value = name === "kimg" && unit === "minutes" ? minutes(settings.kimg) : settings[name];
  }
}

const minutes = (thousands) => (rate ? Math.max(1, Math.round((1000 * thousands) / rate / 60)) : "");

function settings() {
  const found = {};
  for (const input of main.querySelectorAll("[data-field]")) found[input.dataset.field] = valueOf(input);
  if (unit === "minutes" && found.kimg !== null) found.kimg = rate ? (found.kimg * 60 * rate) / 1000 : null;
  return found;
}

const preset = () => schema.presets.find(({ name }) => name === main.querySelector("[name=preset]").value);
const job = () => ({ name: main.querySelector("[name=run]").value, preset: preset().name, settings: settings() });

function build() {
  const first = schema.presets.find(({ name }) => name === "mnist-dcgan") || schema.presets[0];
  const presets = select(schema.presets.map(({ name }) => name), first.name);
  presets.name = "preset";
  presets.onchange = () => (fill(preset().settings), put());
  const run = make("input", { type: "text", name: "run", value: "my-first", spellcheck: false });
  run.id = "new-run";
  run.setAttribute("aria-describedby", "new-name-error");
  const budget = select(["kimg", "minutes"], "kimg");
  budget.ariaLabel = "Unit of the budget";
  budget.onchange = () => changeUnit(budget.value);
  $(".new .main").replaceChildren(
    make("label", { className: "knob" }, make("span", { textContent: "preset" }), presets, make("small", { className: "preset-help" })),
    make("label", { className: "knob", htmlFor: "new-run" }, make("span", { textContent: "name of the run" }), run, make("span", { className: "error", id: "new-name-error" })),
    ...schema.fields.filter(({ group }) => group === "Main").map((field) => control(field, first.settings[field.name], "new")),
  );
  $("[data-knob=data] small").textContent = "a name, or a folder or zip of pictures on the server";
  $("[data-knob=kimg] > span").textContent = "budget";
  $("[data-knob=kimg] input").after(budget);
  const groups = [...new Set(schema.fields.map(({ group }) => group))].filter((group) => group !== "Main");
  $(".groups").replaceChildren(
    ...groups.map((group) =>
      make("fieldset", {}, make("legend", { textContent: group }), ...schema.fields.filter((field) => field.group === group).map((field) => control(field, first.settings[field.name], "new"))),
    ),
  );
  $("[data-knob=augment] small").textContent += ` (${schema.augmentations.join(", ")})`;
  put();
}

async function changeUnit(wanted) {
  const now = settings().kimg;
  if (wanted === "minutes" && !rate) await estimate();
  if (wanted === "minutes" && !rate) return void (main.querySelector("[data-knob=kimg] select").value = "kimg");
  unit = wanted;
  const kept = now ?? 200;
  main.querySelector("[data-field=kimg]").value = unit === "minutes" ? minutes(kept) : Math.round(kept);
  put();
}

/** After any change: marks what differs from the preset, asks whether it can work. */
function put() {
  $(".preset-help").textContent = preset().help;
  const usual = preset().settings;
  for (const [name, value] of Object.entries(settings())) {
    const knob = main.querySelector(`[data-knob="${name}"]`);
    knob?.classList.toggle("changed", name in usual && value !== usual[name] && String(value) !== String(usual[name]));
  }
  check();
}

const check = pausing(
  latest(async () => {
    try {
      checked = await ask(server.check, job());
      showErrors();
      say($(".plan"), checked.note || "");
      $(".typed").hidden = !checked.command;
      $(".typed code").textContent = checked.command;
    } catch (error) {
      say($(".new .said"), error.message, true);
    }
  }),
  250,
);

function showErrors() {
  for (const place of main.querySelectorAll(".error")) place.textContent = "";
  for (const input of main.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  for (const [name, sentence] of Object.entries(checked.errors)) {
    const place = main.querySelector(`#new-${name}-error`);
    if (!place) continue;
    place.textContent = sentence;
    main.querySelector(name === "name" ? "[name=run]" : `[data-field="${name}"]`)?.setAttribute("aria-invalid", "true");
    if (place.closest(".advanced")) $(".advanced").open = true;
  }
  main.querySelector("[type=submit]").disabled = Object.keys(checked.errors).length > 0;
}

async function estimate() {
  const place = $(".new .said");
  say(place, "Measuring a few steps …");
  try {
    const wanted = job();
    if (wanted.settings.kimg === null) wanted.settings.kimg = preset().settings.kimg;
    const found = await ask(server.estimate, wanted);
    rate = found.images_per_s;
    say(place, `About ${rate} pictures/s here: ${hours(found.seconds)} for ${wanted.settings.kimg.toLocaleString()} kimg, ${found.megabytes} MB of memory.`);
  } catch (error) {
    say(place, error.message, true);
  }
}

main.addEventListener("input", ({ target }) => target.name !== "preset" && put());
main.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = main.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const { name, said } = await ask(server.start, job());
    say($(".new .said"), said);
    document.dispatchEvent(new CustomEvent("explorer:watch", { detail: { name } }));
  } catch (error) {
    say($(".new .said"), error.message, true);
  } finally {
    button.disabled = false;
    check();
  }
});

// ---- the watched run

const CAN = {
  pause: ({ state }) => state === "training",
  resume: ({ state, recorded }) => !recorded && ["paused", "stopped", "failed", "finished"].includes(state) && state !== "finished",
  snapshot: ({ state }) => ["training", "paused"].includes(state),
  stop: ({ state }) => ["training", "paused", "queued", "preparing"].includes(state),
  change: ({ state }) => ["training", "paused"].includes(state),
  branch: ({ recorded, latest }) => !recorded && latest,
  publish: ({ latest }) => latest,
};

function showRun() {
  $(".this").hidden = !watched || !watched.name;
  if (!watched) return;
  const title = `${watched.name}: ${watched.state}`;
  if ($(".this h3").textContent !== title) $(".this h3").textContent = title;
  for (const [name, can] of Object.entries(CAN)) $(`.this [data-do=${name}]`).disabled = !can(watched);
  $(".this [data-do=resume]").textContent = watched.state === "paused" ? "Go on" : "Resume training";
}

const told = (text, bad) => say($(".this .said"), text, bad);

/** Write a command and wait for what the training says to it. */
async function command(kind, argument) {
  const run = watched.name;
  const { id } = await ask(server.tell, { run, kind, argument });
  told("Asked …");
  for (let i = 0; i < 40; i++) {
    await new Promise((done) => setTimeout(done, 250));
    const { said } = await ask(server.answer_of, { run, id });
    if (said !== null) return told(said);
  }
  told("The training has not answered yet; it will after its present step or verdict.");
}

const number = (name) => `${name.slice(0, 62)}-2`; // a name has 64 characters at most
const shownKept = () => {
  const { moments, moment, images } = watched;
  const at = moment ?? images;
  return moments.length ? moments.reduce((best, one) => (Math.abs(one - at) < Math.abs(best - at) ? one : best)) : null;
};

const actions = {
  pause: () => command("pause"),
  resume: () => (watched.state === "paused" ? command("resume") : ask(server.resume, { run: watched.name }).then(({ said }) => told(said))),
  snapshot: () => command("snapshot"),
  stop: async () => told((await ask(server.stop, { run: watched.name })).said),
  estimate,
  copy: async () => (await copy(checked.command), say($(".new .said"), "Copied.")),
  close: () => dialog.close(),
  change: () =>
    open_("Change settings", "From the next step on; the run remembers it.", "Change", changeable("change"), async (form) => {
      const wanted = differing(form);
      if (!Object.keys(wanted).length) throw new Error("Nothing is different from before.");
      await command("set", wanted);
    }),
  branch: () => {
    const at = shownKept();
    const where = at === null ? "its last state" : `the state kept at ${kimg(at)} kimg${watched.moment && at !== watched.moment ? `, the nearest to ${kimg(watched.moment)}` : ""}`;
    const name = make("label", { className: "knob" }, make("span", { textContent: "name of the new run" }), make("input", { type: "text", name: "name", value: number(watched.name) }));
    open_(`Branch off ${watched.name}`, `A new run from ${where}, with these settings.`, "Branch and train", [name, ...changeable("branch", true)], async (form) => {
      const { name: made, said } = await ask(server.branch, { run: watched.name, images: at, name: form.elements.name.value, settings: differing(form) });
      told(said);
      document.dispatchEvent(new CustomEvent("explorer:watch", { detail: { name: made } }));
    });
  },
  publish: () => {
    const kept = [...watched.moments].reverse().map((images) => [String(images), `${kimg(images)} kimg`]);
    const choices = [["latest", "the latest"], ...(watched.best ? [["best", "the best by its verdict"]] : []), ...kept];
    const which = make("select", { name: "snapshot" }, ...choices.map(([value, textContent]) => make("option", { value, textContent })));
    if (watched.moments.includes(watched.moment)) which.value = String(watched.moment);
    const fields = [
      make("label", { className: "knob" }, make("span", { textContent: "snapshot" }), which),
      make("label", { className: "knob" }, make("span", { textContent: "name of the checkpoint" }), make("input", { type: "text", name: "name", value: watched.name })),
    ];
    open_(`Publish ${watched.name}`, "Copies a snapshot, its model card and its reference into checkpoints/.", "Publish", fields, async (form) => {
      const { said } = await ask(server.publish, { run: watched.name, snapshot: which.value, name: form.elements.name.value });
      told(said);
    });
  },
};

/** Controls for what may be changed on the way; for a branch, whatever leaves the networks as they are. */
function changeable(id, branching = false) {
  const keeps = ["beta1", "beta2", "loss", "r1_every", "ema_kimg", "style_mixing"];
  const now = watched.settings || {};
  return schema.fields.filter(({ name, steerable }) => steerable || (branching && keeps.includes(name))).map((field) => control(field, now[field.name], id));
}

const differing = (form) => {
  const now = watched.settings || {};
  const inputs = [...form.querySelectorAll("[data-field]")];
  return Object.fromEntries(inputs.map((input) => [input.dataset.field, valueOf(input)]).filter(([name, value]) => value !== now[name]));
};

let submit = null;
function open_(title, about, button, fields, work) {
  dialog.querySelector("h3").textContent = title;
  dialog.querySelector(".about").textContent = about;
  dialog.querySelector("[type=submit]").textContent = button;
  dialog.querySelector(".fields").replaceChildren(...fields);
  say(dialog.querySelector(".said"), "");
  submit = work;
  dialog.showModal();
}
dialog.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = dialog.querySelector("[type=submit]");
  button.disabled = true;
  try {
    await submit(event.target);
    dialog.close();
  } catch (error) {
    say(dialog.querySelector(".said"), error.message, true);
  } finally {
    button.disabled = false;
  }
});

element.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-do]");
  if (!button || button.disabled) return;
  try {
    await actions[button.dataset.do]();
  } catch (error) {
    told(error.message, true);
  }
});

// ---- news from elsewhere

document.addEventListener("explorer:run", ({ detail }) => {
  if (watched && watched.name !== detail.name) told("");
  watched = detail;
  showRun();
});
document.addEventListener("explorer:use-settings", ({ detail }) => {
  if (!schema || !detail.settings) return;
  $(".new").open = true;
  fill(detail.settings);
  main.querySelector("[name=run]").value = number(detail.name);
  put();
  main.querySelector("[name=run]").focus();
});
watch("value", () => {
  if (!schema || !props.value || !props.value.data) return;
  main.querySelector("[data-field=data]").value = props.value.data;
  put();
});

async function begin() {
  try {
    schema = await ask(server.form, {});
    build();
  } catch (error) {
    say($(".new .said"), `${error.message} Reload the page to try again.`, true);
  }
}
const seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && (seen.disconnect(), begin()));
seen.observe(element);
