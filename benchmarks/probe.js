// Runs in the page: moves one slider and notes when the image shows something new. The same for both apps.
window.probe = (() => {
  const scratch = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  let slider = null;
  let shown = []; // [milliseconds, fingerprint] of every new image
  let last = null;
  let waiting = null;

  /** 32 bits of the pixels (FNV-1a over RGBA words). */
  function fingerprint(source) {
    const [width, height] = [source.naturalWidth || source.width, source.naturalHeight || source.height];
    Object.assign(scratch.canvas, { width, height });
    scratch.drawImage(source, 0, 0);
    let hash = 0x811c9dc5;
    for (const word of new Uint32Array(scratch.getImageData(0, 0, width, height).data.buffer))
      hash = Math.imul(hash ^ word, 0x01000193);
    return hash >>> 0;
  }

  function note(source) {
    const now = performance.now();
    const mark = fingerprint(source);
    if (mark === last) return;
    last = mark;
    shown.push([now, mark]);
    if (waiting) waiting([now, mark]);
  }

  /** Watch a canvas that counts its paints in data-painted, or every image that loads inside an element. */
  function start(sliderSelector, imageSelector) {
    slider = document.querySelector(sliderSelector);
    const image = document.querySelector(imageSelector);
    if (image.tagName === "CANVAS") {
      new MutationObserver(() => note(image)).observe(image, {
        attributes: true,
        attributeFilter: ["data-painted"],
      });
      last = fingerprint(image);
    } else {
      image.addEventListener("load", ({ target }) => target.tagName === "IMG" && note(target), true);
      last = fingerprint(image.querySelector("img"));
    }
  }

  function move(value) {
    slider.value = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  /** One input event; [milliseconds to the new pixels, fingerprint], or null if none come within `patience`. */
  async function step(value, patience = 10000) {
    const answer = new Promise((done) => (waiting = done));
    const from = performance.now();
    move(value);
    const found = await Promise.race([answer, pause(patience)]);
    waiting = null;
    await pause(50); // what the step leaves behind is no part of the next
    return found ? [found[0] - from, found[1]] : null;
  }

  /** One input event a frame for some seconds, through `values` over and over; then wait for the last image. */
  async function drag(values, seconds) {
    const events = [];
    shown = [];
    const from = performance.now();
    while (performance.now() - from < 1000 * seconds) {
      await new Promise((done) => requestAnimationFrame(done));
      const value = values[events.length % values.length];
      events.push([performance.now(), value]);
      move(value);
    }
    const until = performance.now();
    while (performance.now() - Math.max(until, ...shown.slice(-1).map(([time]) => time)) < 1500) await pause(100);
    return { from, until, events, shown };
  }

  return { start, step, drag };
})();
