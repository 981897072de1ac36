// The Interpolate tab: keyframes that can be moved and removed, and a player over one sheet of all frames.
const $ = (selector) => element.querySelector(selector);
const canvas = $(".picture");
const scrub = $(".scrub");
const play = $(".play");
let image = null; // the sheet
let timer = 0;

const value = () => props.value || {};

function drawFrame(index) {
  const { columns, tile } = value();
  if (!image) return;
  if (canvas.width !== tile) [canvas.width, canvas.height] = [tile, tile];
  canvas.getContext("2d").drawImage(image, (index % columns) * tile, Math.floor(index / columns) * tile, tile, tile, 0, 0, tile, tile);
  canvas.dataset.frame = index;
  $(".count").textContent = `${index + 1} / ${value().count}`;
  scrub.value = index;
}

function pause() {
  clearInterval(timer);
  timer = 0;
  play.textContent = "▶ Play";
  play.setAttribute("aria-pressed", "false");
}

function start() {
  pause();
  timer = setInterval(() => drawFrame((Number(scrub.value) + 1) % value().count), 1000 / (value().fps || 12));
  play.textContent = "❚❚ Pause";
  play.setAttribute("aria-pressed", "true");
}

function keyframe(recipe, index, all) {
  const item = document.createElement("li");
  const edit = (next) => trigger("edit", { keyframes: next });
  const picture = Object.assign(document.createElement("img"), { src: value().thumbs[index], alt: `Keyframe ${index + 1}` });
  const caption = document.createElement("span");
  caption.textContent = recipe.w || recipe.z || recipe.edits ? "edited" : `seed ${recipe.seed || 0}`;
  const button = (text, title, act, off) => {
    const b = Object.assign(document.createElement("button"), { type: "button", textContent: text, title, disabled: off });
    b.setAttribute("aria-label", `${title}, keyframe ${index + 1}`);
    b.onclick = act;
    return b;
  };
  const swapped = (i, j) => all.map((k, n) => (n === i ? all[j] : n === j ? all[i] : k));
  const tools = document.createElement("div");
  tools.append(
    button("←", "Earlier", () => edit(swapped(index, index - 1)), index === 0),
    button("✕", "Remove", () => edit(all.filter((_, n) => n !== index)), all.length <= 2),
    button("→", "Later", () => edit(swapped(index, index + 1)), index === all.length - 1),
  );
  item.append(picture, caption, tools);
  return item;
}

function show() {
  const { keyframes, sheet, count, columns, tile, note } = value();
  $(".message").textContent = note || "";
  if (!keyframes) return;
  $(".keyframes").replaceChildren(...keyframes.map(keyframe));
  element.classList.toggle("empty", !sheet);
  if (!sheet) return pause();
  scrub.max = count - 1;
  const next = new Image();
  next.onload = () => {
    image = next;
    drawFrame(Math.min(Number(scrub.value), count - 1));
    const shown = Math.min(count, 12);
    $(".strip").replaceChildren(
      ...Array.from({ length: shown }, (_, i) => {
        const frame = Math.round((i * (count - 1)) / Math.max(1, shown - 1));
        const thumb = Object.assign(document.createElement("canvas"), { width: tile, height: tile });
        thumb.getContext("2d").drawImage(next, (frame % columns) * tile, Math.floor(frame / columns) * tile, tile, tile, 0, 0, tile, tile);
        thumb.onclick = () => (pause(), drawFrame(frame));
        return thumb;
      }),
    );
    element.dataset.shown = value().stamp;
    if (timer) start();
  };
  next.src = sheet;
}

scrub.addEventListener("input", () => (pause(), drawFrame(Number(scrub.value))));
play.addEventListener("click", () => (timer ? pause() : start()));
$(".open").addEventListener("click", () => trigger("open", { frame: Number(scrub.value) }));
$(".player").addEventListener("keydown", (event) => {
  if (event.key !== " " || event.target.tagName === "BUTTON") return;
  event.preventDefault();
  play.click();
});
new IntersectionObserver(([entry]) => entry.isIntersecting || pause()).observe(element);

watch("value", show);
show();
