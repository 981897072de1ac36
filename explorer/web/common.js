// Functions that the elements share, as window.explorer. Loaded once, before any element.
window.explorer = (() => {
  /** The bytes of base64 text. */
  const unpacked = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

  /** Paint {width, height, channels, pixels: base64}, or {image: address}, on a canvas. */
  async function paint(canvas, { width, height, channels, pixels, image: address }) {
    if (address) return put(canvas, await picture(address));
    const bytes = unpacked(pixels);
    const image = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      for (let k = 0; k < 3; k++) image.data[4 * i + k] = bytes[channels === 3 ? 3 * i + k : i];
      image.data[4 * i + 3] = 255;
    }
    put(canvas, image);
  }

  /** A picture at an address, decoded. */
  async function picture(address) {
    const image = Object.assign(new Image(), { src: address });
    await image.decode();
    return image;
  }

  /** Put ImageData or an image on a canvas, which takes its size. */
  function put(canvas, image) {
    if (canvas.width !== image.width || canvas.height !== image.height) [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d");
    if (image instanceof ImageData) context.putImageData(image, 0, 0);
    else context.drawImage(image, 0, 0);
  }

  /** Fill a <select> with [value, text] pairs. */
  const options = (select, pairs) =>
    select.replaceChildren(...pairs.map(([value, textContent]) => Object.assign(document.createElement("option"), { value, textContent })));

  /** Show of an element's [data-needs] fields those that a model has a use for. */
  function reveal(element, model) {
    const has = { classes: model.classes.length > 0, layers: model.layers > 2, noise: model.noise };
    for (const field of element.querySelectorAll("[data-needs]")) field.hidden = !has[field.dataset.needs];
  }

  /** Ranges of layers, [name, first, last]: all, and the thirds that StyleGAN's papers call coarse, middle and fine. */
  function ranges(count) {
    const a = Math.max(1, Math.round(count / 3));
    const b = Math.max(a + 1, Math.round((2 * count) / 3));
    const named = [["all", 0, null], ["coarse", 0, a - 1], ["middle", a, b - 1], ["fine", b, count - 1]];
    return count > 2 ? named : named.slice(0, 1);
  }

  /** Calls `work` with the latest argument only: one call in flight, what came between is dropped. */
  function latest(work) {
    let running = false;
    let waiting = null;
    return async (argument) => {
      waiting = { argument };
      if (running) return;
      running = true;
      try {
        while (waiting) {
          const { argument: now } = waiting;
          waiting = null;
          await work(now);
        }
      } finally {
        running = false;
      }
    };
  }

  /** Run `work` once the calls have paused for `ms`. */
  function pausing(work, ms) {
    let timer = 0;
    return (...args) => {
      clearTimeout(timer);
      timer = setTimeout(() => work(...args), ms);
    };
  }

  /** The recipe without fields that have their default value: the form that links and files carry. */
  function canonical(recipe, defaults) {
    const short = {};
    for (const key of ["checkpoint", ...Object.keys(defaults), "mix", "edits"]) {
      const value = recipe[key];
      const dull = Array.isArray(value) ? !value.length : key !== "checkpoint" && value === defaults[key];
      if (value !== undefined && !dull) short[key] = value;
    }
    return short;
  }

  /** The address that restores this recipe: text as it is, everything else as JSON. */
  function link(recipe, defaults) {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(canonical(recipe, defaults))) {
      query.set(key, typeof value === "string" ? value : JSON.stringify(value));
    }
    return `${location.origin}${location.pathname}?${query}`;
  }

  /** Hand the browser a file. */
  function download(name, href) {
    const a = document.createElement("a");
    Object.assign(a, { href, download: name });
    a.click();
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  const PATIENCE = 5; // times that a busy server is asked
  /** Ask a server function; its {error} becomes an exception with that sentence. */
  async function ask(call, question) {
    let answer = null;
    for (let wait = 1; wait <= PATIENCE && (!answer || answer.busy); wait++) {
      if (answer) await new Promise((done) => setTimeout(done, 1000 * wait)); // too many ask for the same just now
      answer = await call(question).catch(() => null);
      if (!answer) break;
    }
    if (!answer) throw new Error("The server does not answer. Is the app still running?");
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  /** Requests that ask for more than a file carry the page's token; a page that outlived its app asks for the new one. */
  const plain = window.fetch.bind(window);
  let token = document.querySelector('meta[name="explorer-token"]')?.content ?? "";
  window.fetch = async (input, init = {}) => {
    const address = new URL(input instanceof Request ? input.url : input, document.baseURI);
    if (input instanceof Request || (init.method ?? "GET") === "GET" || address.origin !== location.origin) return plain(input, init);
    const send = () => {
      const headers = new Headers(init.headers);
      headers.set("X-Explorer-Token", token);
      return plain(input, { ...init, headers });
    };
    const answer = await send();
    if (answer.status !== 403 || !answer.headers.has("X-Explorer-Token")) return answer;
    token = await (await plain(new URL("explorer/token", document.baseURI))).text();
    return send();
  };

  /** Copy the page's address, which Slide keeps up to date. */
  async function share() {
    await copy(location.href);
    toast("Link copied: it restores the picture in Slide.");
  }

  /** A short note at the foot of the page. */
  function toast(text) {
    const note = Object.assign(document.createElement("div"), { className: "explorer-toast", textContent: text, role: "status" });
    document.body.append(note);
    setTimeout(() => note.remove(), 2500);
  }

  /** A file of the app, by its place below the page's own address: the app may live in a folder behind a proxy. */
  const address = (place) => new URL(place, `${location.origin}${location.pathname.replace(/\/*$/, "/")}`).href;

  /** Load a script of the app once, however many ask for it. */
  const scripts = {};
  function script(src) {
    scripts[src] ||= new Promise((done, failed) => {
      const tag = document.createElement("script");
      Object.assign(tag, { src: address(src), onload: done, onerror: () => failed(new Error("A script of this page could not be loaded. Reload the page.")) });
      document.head.append(tag);
    });
    return scripts[src];
  }

  /** Dark or light: the choice made now, else the address's __theme, else the remembered one, else the system's. */
  function theme(choice) {
    const forced = new URLSearchParams(location.search).get("__theme");
    const wanted = choice || forced || localStorage.getItem("explorer-theme");
    if (choice) localStorage.setItem("explorer-theme", choice);
    if (wanted === "dark" || wanted === "light") document.body.classList.toggle("dark", wanted === "dark");
  }

  /** Gradio's notes put their Close inside a header that calls itself a button, to fold them: a button in a button. */
  const headers = document.getElementsByClassName("toast-header");
  new MutationObserver(() => {
    for (const header of headers) for (const name of ["role", "tabindex"]) header.removeAttribute(name);
  }).observe(document.documentElement, { childList: true, subtree: true });

  return { unpacked, paint, picture, put, options, reveal, ranges, latest, pausing, canonical, link, download, copy, ask, share, toast, address, script, theme };
})();
