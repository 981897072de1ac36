// The Interpolate tab: keyframes that can be moved and removed, and a player. The server sends one sheet of all frames;
// once the page can draw by itself it does so, at full size and between two frames, too.
const { ask, latest, picture, put, engine } = window.explorer;
const $ = (selector) => element.querySelector(selector);
const canvas = $(".picture");
const scrub = $(".scrub");
const play = $(".play");
let sheet = null; // the server's frames
let vectors = null; // {stamp, ws, noise, keys} of the path that is shown, once the page may draw it
let playing = 0; // request of the next frame of the film

const value = () => props.value || {};

/** The server's frame of this number, onto a canvas of its size. */
function cut(frame, target) {
  const { columns, tile } = value();
  target.getContext("2d").drawImage(sheet, (frame % columns) * tile, Math.floor(frame / columns) * tile, tile, tile, 0, 0, tile, tile);
}

/** Show a place on the path, in frames from 0; between two frames where the page draws. */
const show = latest(async (place) => {
  const { tile, count, keyframes } = value();
  if (!sheet) return;
  const frame = Math.min(Math.round(place), count - 1);
  const here = vectors && vectors.stamp === value().stamp && engine.ready(keyframes[0].checkpoint) && (await drawnHere(place));
  if (!here) {
    if (canvas.width !== tile) [canvas.width, canvas.height] = [tile, tile];
    cut(frame, canvas);
  }
  canvas.dataset.by = here ? "page" : "server";
  canvas.dataset.frame = frame;
  $(".count").textContent = `${frame + 1} / ${count}`;
});

function go(place) {
  scrub.value = place;
  show(place);
}

/** Draw in the page. False where the server's frame has to do. */
async function drawnHere(place) {
  try {
    const [image] = await engine.synthesize([between(place)]);
    await new Promise((frame) => requestAnimationFrame(frame));
    put(canvas, image);
    return true;
  } catch {
    return false;
  }
}

/** {ws, noise} at a place: on the straight line between two neighbouring frames, the noise that of the nearer. */
function between(place) {
  const { count, path } = value();
  const [low, t] = [Math.floor(place), place - Math.floor(place)];
  const high = path.loop ? (low + 1) % count : Math.min(low + 1, count - 1);
  const [a, b] = [vectors.ws[low], vectors.ws[high]];
  const ws = t ? a.map((from, i) => from + t * (b[i] - from)) : a;
  return { ws, noise: vectors.noise[vectors.keys[t < 0.5 ? low : high]] };
}

/** Let the page draw this path: load the network, then fetch its frames as vectors. Nobody waits for it. */
async function prepare() {
  const { keyframes, path, stamp } = value();
  if (!element.offsetParent || !keyframes || !sheet) return;
  const { checkpoint } = keyframes[0];
  await engine.prepare(server, checkpoint);
  if (!engine.ready(checkpoint) || (vectors && vectors.stamp === stamp)) return;
  try {
    const { ws, noise, keys } = await ask(server.path, { keyframes, ...path });
    if (stamp !== value().stamp) return;
    const full = engine.width;
    const whole = (found) => (found.length === full ? found : Float32Array.from({ length: full }, (_, i) => found[i % found.length]));
    const sets = noise.map((set) => set && set.map(engine.floats));
    vectors = { stamp, ws: ws.map((text) => whole(engine.floats(text))), noise: sets, keys };
    show(Number(scrub.value));
  } catch (error) {
    $(".message").textContent = error.message;
  }
}

function pause() {
  cancelAnimationFrame(playing);
  playing = 0;
  play.textContent = "▶ Play";
  play.setAttribute("aria-pressed", "false");
}

/** Play from here at the path's own pace, however often the display asks for a picture. */
function start() {
  pause();
  const [since, from] = [performance.now(), Number(scrub.value)];
  const step = (now) => {
    const { fps, count, path } = value();
    const length = path.loop ? count : count - 1;
    go((from + ((now - since) / 1000) * (fps || 12)) % length);
    playing = requestAnimationFrame(step);
  };
  playing = requestAnimationFrame(step);
  play.textContent = "❚❚ Pause";
  play.setAttribute("aria-pressed", "true");
}

function keyframe(recipe, index, all) {
  const item = document.createElement("li");
  const edit = (next) => trigger("edit", { keyframes: next });
  const picture = Object.assign(document.createElement("img"), { src: value().thumbs[index], alt: `Keyframe ${index + 1}` });
  const caption = document.createElement("span");
  const name = value().classes[recipe.label || 0];
  caption.textContent = recipe.w || recipe.z || recipe.edits ? "edited" : `seed ${recipe.seed || 0}${name ? ` · ${name}` : ""}`;
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

async function open() {
  const { keyframes, sheet: address, count, tile, note, stamp } = value();
  $(".message").textContent = note || "";
  if (!keyframes) return;
  $(".keyframes").replaceChildren(...keyframes.map(keyframe));
  element.classList.toggle("empty", !address);
  if (!address) return pause();
  const next = await picture(address);
  if (stamp !== value().stamp) return;
  sheet = next;
  scrub.max = value().path.loop ? count - 0.01 : count - 1;
  const shown = Math.min(count, 12);
  $(".strip").replaceChildren(
    ...Array.from({ length: shown }, (_, i) => {
      const frame = Math.round((i * (count - 1)) / Math.max(1, shown - 1));
      const thumb = Object.assign(document.createElement("canvas"), { width: tile, height: tile });
      cut(frame, thumb);
      thumb.onclick = () => (pause(), go(frame));
      return thumb;
    }),
  );
  if (playing) start();
  else go(Math.min(Number(scrub.value), count - 1));
  element.dataset.shown = stamp;
  prepare();
}

scrub.addEventListener("input", () => (pause(), show(Number(scrub.value))));
scrub.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
  if (!step) return;
  event.preventDefault(); // a whole frame, where the browser's own step would be none at all
  pause();
  go(Math.min(Math.max(Math.round(Number(scrub.value)) + step, 0), value().count - 1));
});
play.addEventListener("click", () => (playing ? pause() : start()));
$(".open").addEventListener("click", () => trigger("open", { frame: Math.round(Number(scrub.value)) }));
$(".player").addEventListener("keydown", (event) => {
  if (event.key !== " " || event.target.tagName === "BUTTON") return;
  event.preventDefault();
  play.click();
});
new IntersectionObserver(([entry]) => (entry.isIntersecting ? prepare() : pause())).observe(element);

watch("value", open);
open();
