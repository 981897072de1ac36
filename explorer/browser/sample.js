// The Sample tab's sheet: one picture holds all tiles; a tile is a button that knows its recipe.
const { ask, download } = window.explorer;
const list = element.querySelector(".sheet");
const message = element.querySelector(".message");

const recipeOf = (index) => {
  const base = props.value.recipe;
  return { ...base, seed: (base.seed || 0) + index };
};

/** Ask for a PNG and hand it over. */
async function save(call, question) {
  try {
    const { name, data } = await ask(call, question);
    download(name, `data:image/png;base64,${data}`);
    message.textContent = "";
  } catch (error) {
    message.textContent = error.message;
  }
}

function tile(index) {
  const cell = document.createElement("div");
  cell.className = "cell";
  cell.setAttribute("role", "gridcell");
  const pick = Object.assign(document.createElement("button"), { type: "button", className: "tile" });
  pick.onclick = () => trigger("pick", { recipe: recipeOf(index) });
  const down = Object.assign(document.createElement("button"), { type: "button", className: "down", textContent: "↓" });
  down.onclick = () => save(server.png, { recipe: recipeOf(index) });
  cell.append(pick, down);
  return cell;
}

function show() {
  const value = props.value;
  if (!value || !value.sheet) return;
  const { columns, sheet, recipe } = value;
  const count = columns * columns;
  if (list.children.length !== count) list.replaceChildren(...Array.from({ length: count }, (_, i) => tile(i)));
  list.style.setProperty("--columns", columns);
  list.style.setProperty("--sheet", `url("${sheet}")`);
  [...list.children].forEach((cell, i) => {
    const seed = (recipe.seed || 0) + i;
    const [pick, down] = cell.children;
    const [x, y] = [i % columns, Math.floor(i / columns)];
    pick.style.backgroundPosition = `${(100 * x) / (columns - 1)}% ${(100 * y) / (columns - 1)}%`;
    pick.title = `Seed ${seed}: take it to Slide`;
    pick.setAttribute("aria-label", `Seed ${seed}, take it to Slide`);
    down.title = down.ariaLabel = `Download seed ${seed}`;
  });
  list.dataset.shown = `${recipe.seed || 0}/${value.stamp}`;
}

// Arrow keys walk the sheet.
list.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: props.value.columns, ArrowUp: -props.value.columns }[event.key];
  const cells = [...list.children];
  const target = cells[cells.indexOf(event.target.closest(".cell")) + step];
  if (!target) return;
  event.preventDefault();
  target.firstChild.focus();
});

element.querySelector(".save").onclick = () => {
  if (props.value) save(server.sheet, { recipe: props.value.recipe, columns: props.value.columns });
};

watch("value", show);
show();
