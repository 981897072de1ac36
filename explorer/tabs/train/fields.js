// Controls for options: one labelled control for a field of the schema, with room for its error.
import { make } from "../../web/lib/dom.js";

/**
 * One of the settings is set, to one of the names if there are any.
 * @typedef {{settings: string[], names: string[] | null}} Condition
 */

/**
 * An option of a training: `field` of explorer/tabs/train/form.py.
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {string} kind switch, text, whole or number
 * @property {string} help
 * @property {string} group
 * @property {string[]} choices
 * @property {boolean} open whether it may be something else than a choice
 * @property {Condition[]} applies_to all of these must hold for it to have an effect
 * @property {boolean} mutable whether it may change while the run trains
 * @property {boolean} branchable whether a branch may change it
 * @property {number | null} min bounds, included or not
 * @property {number | null} max
 */

/** A <select> of texts. @param {string[]} choices @param {unknown} value */
export function select(choices, value) {
  const input = make("select", {}, ...choices.map((choice) => make("option", { value: choice, textContent: choice })));
  input.value = String(value);
  return input;
}

/** @param {Field} field */
function limits({ kind, min, max }) {
  return { step: kind === "whole" ? 1 : "any", min: min ?? "", max: max ?? "" };
}

/** @param {Field} field @param {any} value */
function inputFor(field, value) {
  const { kind, choices } = field;
  if (kind === "switch") return make("input", { type: "checkbox", checked: Boolean(value) });
  if (choices.length && !field.open) return select(choices, value);
  if (kind === "text") return make("input", { type: "text", value: value ?? "", spellcheck: false });
  return make("input", { type: "number", value: value ?? "", ...limits(field) });
}

/** @param {Field} field @param {unknown} value @param {string} id before the names of all controls of a form */
export function control(field, value, id) {
  const { name, help, choices } = field;
  const input = inputFor(field, value);
  input.id = `${id}-${name}`;
  input.dataset.field = name;
  const error = make("span", { className: "error", id: `${id}-${name}-error` });
  input.setAttribute("aria-describedby", error.id);
  const parts = [make("span", { textContent: field.label }), input, make("small", { textContent: help }), error];
  const label = make("label", { className: "knob", htmlFor: input.id, title: help }, ...parts);
  if (field.open) {
    const names = make(
      "datalist",
      { id: `${input.id}-names` },
      ...choices.map((choice) => make("option", { value: choice })),
    );
    input.setAttribute("list", names.id);
    label.append(names);
  }
  label.dataset.knob = name;
  return label;
}

/**
 * Controls for options under the headings of their groups.
 * @param {Field[]} fields @param {Record<string, any>} settings @param {string} id
 */
export function fieldsets(fields, settings, id) {
  const groups = [...new Set(fields.map(({ group }) => group))];
  return groups.map((group) => {
    const mine = fields.filter((field) => field.group === group);
    const controls = mine.map((field) => control(field, settings[field.name], id));
    return make("fieldset", {}, make("legend", { textContent: group }), ...controls);
  });
}

/** Whether an option has an effect under these settings. @param {Pick<Field, "applies_to">} field @param {Record<string, any>} settings */
export const applies = ({ applies_to: conditions }, settings) =>
  conditions.every((condition) =>
    condition.settings.some((name) => condition.names?.includes(settings[name]) ?? Boolean(settings[name])),
  );

/**
 * Mark the controls whose options have no effect under what the form holds, and what else is set.
 * @param {ParentNode} form @param {Field[]} fields @param {Record<string, any>} others
 */
export function markIdle(form, fields, others = {}) {
  const settings = { ...others, ...valuesOf(form) };
  for (const field of fields) {
    const knob = form.querySelector(`[data-knob="${field.name}"]`);
    knob?.classList.toggle("idle", !applies(field, settings));
  }
}

/** A text field that is no option. @param {string} text @param {string} name @param {string} value */
export function textField(text, name, value) {
  const input = make("input", { type: "text", name, value });
  return make("label", { className: "knob" }, make("span", { textContent: text }), input);
}

/** What a control holds, as JSON has it; null where it is empty or no number. @param {any} input */
export function valueOf(input) {
  if (input.type === "checkbox") return input.checked;
  if (input.type !== "number") return input.value;
  return Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber;
}

/** What all controls of a form hold, by name. @param {ParentNode} form @returns {Record<string, any>} */
export function valuesOf(form) {
  const inputs = /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-field]"));
  return Object.fromEntries([...inputs].map((input) => [input.dataset.field, valueOf(input)]));
}

/** The name of a next run: 64 characters at most. @param {string} name */
export const nextName = (name) => `${name.slice(0, 62)}-2`;
