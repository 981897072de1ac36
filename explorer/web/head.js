// The one script that is no module: it runs before Gradio asks for anything, so that every request carries the token.
(() => {
  /** @param {string} name of a <meta> in the page's head */
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
  const plain = window.fetch.bind(window);
  let token = meta("explorer-token");

  /** Whether a request asks this app for more than a file. @param {RequestInfo | URL} input @param {RequestInit} init */
  function needsToken(input, init) {
    if (input instanceof Request || (init.method ?? "GET") === "GET") return false;
    return new URL(input, document.baseURI).origin === location.origin;
  }

  // A page that outlived its app asks for the new token.
  window.fetch = async (input, init = {}) => {
    if (!needsToken(input, init)) return plain(input, init);
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

  const modules = new URL(meta("explorer-modules"), document.baseURI);
  window.explorer = { module: (name) => import(new URL(name, modules).href) };
})();
