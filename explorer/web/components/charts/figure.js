// What one chart shows, as Plotly reads it.
import { smoothed } from "./curves.js";

/**
 * A chart as the server describes it.
 * @typedef {object} Chart
 * @property {string} title
 * @property {Record<string, string>} series figure -> what it is called in the legend
 * @property {boolean} log whether a logarithmic axis makes sense
 * @property {[number, number] | null} range of the vertical axis
 * @property {boolean} zero whether the axis begins at zero
 * @property {boolean} half whether there is a line at one half
 * @property {string} band the figure whose healthy band is shaded
 */

/** @typedef {import("./curves.js").Curve} Curve */
/** @typedef {{kind: string, images_seen: number, time: number, text: string, id: number, detail: any}} RunEvent */
/** @typedef {{name: string, curves: Record<string, Curve>, events: RunEvent[]}} Run */
/** @typedef {{smoothing: number, log: boolean, zoom: [number, number] | null}} Options */

const LIGHT = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9"]; // Okabe and Ito
const DARK = ["#56b4e9", "#e69f00", "#2fc79a", "#e7a9cb", "#f0e442", "#8fb8ff"];
const DASHES = ["solid", "dot"];
const FEW = 40; // points that are shown each, as measured

export const palette = () => (document.body.classList.contains("dark") ? DARK : LIGHT);

/** Traces of one chart: each series faint as measured, and strong when smoothed. @param {Chart} chart @param {Run[]} runs @param {Options} options */
export function traces(chart, runs, { smoothing }) {
  const several = runs.length > 1;
  return runs.flatMap((run, r) =>
    Object.entries(chart.series).flatMap(([key, label], s) => {
      const curve = run.curves[key];
      if (!curve?.[0].length) return [];
      const colour = palette()[(several ? r : s) % LIGHT.length];
      const line = { color: colour, width: 1.8, dash: DASHES[several ? s : 0] };
      return lines(curve, smoothing, { name: several ? `${run.name}, ${label}` : label, line });
    }),
  );
}

/** @param {Curve} curve @param {number} smoothing @param {{name: string, line: object}} style */
function lines([images_seen, y], smoothing, { name, line }) {
  const x = images_seen.map((value) => value / 1000);
  const few = x.length < FEW;
  const shown = { name, line, marker: { size: 4 }, hovertemplate: "%{y:.4g}" };
  if (few || !smoothing) return [{ x, y, mode: few ? "lines+markers" : "lines", ...shown }];
  const faint = { line: { ...line, width: 1 }, opacity: 0.25, hoverinfo: "skip", showlegend: false };
  return [
    { x, y, mode: "lines", ...faint },
    { x, y: smoothed(y, smoothing), mode: "lines", ...shown },
  ];
}

/** The healthy band of the watched run's newest verdict, and what happened, pinned to its moment. @param {Chart} chart @param {Run[]} runs */
function marks(chart, runs) {
  const style = getComputedStyle(document.body);
  const quiet = style.getPropertyValue("--body-text-color-subdued");
  const pins = runs.flatMap((run) =>
    run.events.flatMap((event) => pin(event, style.getPropertyValue("--error"), quiet)),
  );
  const half = {
    type: "line",
    xref: "paper",
    x0: 0,
    x1: 1,
    y0: 0.5,
    y1: 0.5,
    line: { color: quiet, width: 1, dash: "dash" },
  };
  return {
    shapes: [...band(chart, runs), ...(chart.half ? [half] : []), ...pins.map(({ shape }) => shape)],
    annotations: pins.map(({ annotation }) => annotation),
  };
}

/** @param {Chart} chart @param {Run[]} runs */
function band(chart, runs) {
  const verdict = runs[0]?.events.findLast((event) => event.kind === "verdict");
  const found = verdict?.detail.readings[chart.band];
  if (!found || runs.length > 1) return [];
  const [, low, high] = found;
  const [minimum, maximum] = chart.range ?? [0, low];
  const ends = { x0: 0, x1: 1, y0: low ?? minimum, y1: high ?? maximum };
  return [
    { type: "rect", xref: "paper", ...ends, fillcolor: "rgba(0,158,115,0.14)", line: { width: 0 }, layer: "below" },
  ];
}

/** An upright line and a sign with the event's words, for events that are marked. @param {RunEvent} event @param {string} bad @param {string} quiet */
function pin({ kind, images_seen, text, detail }, bad, quiet) {
  const alert = kind === "alert";
  if (!alert && !["changed", "rolled-back"].includes(kind)) return [];
  const color = alert ? bad : quiet;
  const x = images_seen / 1000;
  const sign = { text: alert ? "▼" : "◇", font: { color, size: 10 }, showarrow: false, captureevents: true };
  const hovertext = wrapped(alert ? `${detail.title}. ${text}` : text);
  return [
    {
      shape: {
        type: "line",
        x0: x,
        x1: x,
        y0: 0,
        y1: 1,
        yref: "paper",
        line: { color, width: 1, dash: alert ? "solid" : "dot" },
      },
      annotation: { x, y: 1, yref: "paper", yanchor: "bottom", hovertext, ...sign },
    },
  ];
}

/** Plotly breaks no lines, and reads some markup. @param {string} text */
export function wrapped(text) {
  const plain = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return plain.replace(/(.{50}\S*)\s/g, "$1<br>");
}

/** @param {Run} run */
const lastOf = ({ curves }) => Math.max(1, ...Object.values(curves).map(([x]) => x[x.length - 1] || 0));

/** @param {Chart} chart @param {boolean} log @param {object} axis */
function vertical(chart, log, axis) {
  const range = chart.range ? { range: chart.range } : {};
  const mode = chart.zero ? { rangemode: "tozero" } : {};
  return { ...axis, type: log ? "log" : "linear", nticks: 5, ...range, ...mode };
}

/** @param {Chart} chart @param {Run[]} runs @param {Options} options */
export function layout(chart, runs, { log, zoom }) {
  const style = getComputedStyle(document.body);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const border = colour("--border-color-primary");
  const axis = { gridcolor: border, zeroline: false, tickfont: { size: 10 }, automargin: true };
  const range = zoom || [0, Math.max(...runs.map(lastOf)) / 1000];
  const logarithmic = Boolean(log && chart.log);
  return {
    height: 190,
    margin: { l: 38, r: 8, t: 14, b: 24 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: style.fontFamily, size: 11, color: colour("--body-text-color") },
    showlegend: runs.length > 1 || Object.keys(chart.series).length > 1,
    legend: {
      orientation: "h",
      x: 0,
      y: 1.0,
      yanchor: "bottom",
      xanchor: "left",
      font: { size: 10 },
      bgcolor: "transparent",
    },
    hovermode: "x unified",
    hoverlabel: { bgcolor: colour("--body-background-fill"), bordercolor: border, font: { size: 11 } },
    xaxis: { ...axis, ticksuffix: " k", nticks: 6, hoverformat: ",.4~g", range },
    yaxis: vertical(chart, logarithmic, axis),
    uirevision: `${runs.map((run) => run.name)}${logarithmic}`,
    ...marks(chart, runs),
  };
}
