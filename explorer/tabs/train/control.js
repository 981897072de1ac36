// Controls the watched run, and starts new ones.
import { finder, say, sentence } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { TrainingForm } from "./form.js";
import { RunControls } from "./run_controls.js";

/**
 * @param {HTMLElement} element
 * @param {Props} props
 * @param {Server} server
 * @param {Trigger} _trigger
 * @param {Watch} watch
 */
export function mount(element, props, server, _trigger, watch) {
  const $ = finder(element);
  const run = new RunControls(element, server);
  /** @type {TrainingForm | null} */
  let form = null;

  /** @type {Record<string, () => unknown>} */
  const actions = {
    estimate: () => form?.estimate(),
    copy: () => form?.copyCommand(),
    close: () => run.dialog.close(),
  };

  async function press(/** @type {string} */ name) {
    try {
      if (actions[name]) await actions[name]();
      else if (run.watched) await run.actions[name](run.watched);
    } catch (error) {
      run.say(sentence(error), true);
    }
  }

  async function buildForm() {
    try {
      const schema = await ask(server.form, {});
      run.fields = schema.fields;
      form = new TrainingForm(element, server, schema);
    } catch (error) {
      say($(".new form > .said"), `${sentence(error)} Reload the page to try again.`, true);
    }
  }

  element.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? /** @type {any} */ (target.closest("[data-do]")) : null;
    if (button && !button.disabled) press(button.dataset.do);
  });
  document.addEventListener("explorer:run", (/** @type {any} */ { detail }) => run.show(detail));
  document.addEventListener("explorer:use-settings", (/** @type {any} */ { detail }) => {
    if (!form || !detail.settings) return;
    $(".new").open = true;
    form.applySettings(detail.name, detail.settings);
  });
  watch("value", () => props.value?.data && form?.useData(props.value.data));

  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    buildForm();
  });
  seen.observe(element);
}
