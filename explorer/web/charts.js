// Curves of one run or several, as a grid of small Plotly charts that keep their zoom. window.explorer.charts.
window.explorer.charts = (() => {
  // `band`: the reading whose healthy band is shaded. `log`: whether a logarithmic axis makes sense.
  const CHARTS = [
    { title: "Losses", series: { loss_d: "D", loss_g: "G" }, log: true },
    { title: "D's accuracy", series: { d_accuracy_real: "on real", d_accuracy_fake: "on generated" }, range: [0, 1], half: true },
    { title: "Coverage", series: { pixel_coverage: "generated" }, range: [0, 1], band: "pixel_coverage" },
    { title: "Fréchet distance, lower is better", series: { fid: "to real data" }, log: true, band: "fid" },
    { title: "Precision, recall", series: { precision: "precision", recall: "recall" }, range: [0, 1], band: "precision" },
    { title: "Modes made", series: { modes: "of the first attribute" }, zero: true },
    { title: "Diversity (Vendi score)", series: { vendi: "effective number of pictures" }, zero: true, band: "vendi" },
    { title: "Gradient norms", series: { grad_d: "D", grad_g: "G" }, log: true },
    { title: "Jensen-Shannon divergence, lower bound on D's batches", series: { jsd: "nats, at most 0.69" }, range: [-0.1, 0.7] },
    { title: "Critic's estimate of the distance", series: { distance: "real minus generated" } },
    { title: "VAE: squared error", series: { reconstruction: "of pixels in -1 to 1" }, log: true },
    { title: "VAE: divergence from the prior", series: { divergence: "nats a picture" }, zero: true },
    { title: "InfoGAN's codes, misread", series: { code_loss: "nats, lower is better" }, zero: true },
    { title: "Share of pictures augmented (ADA)", series: { augmented: "adapts" }, range: [0, 1] },
    { title: "Pictures a second", series: { images_per_s: "while training" }, zero: true },
  ];
  const LIGHT = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9"]; // Okabe and Ito
  const DARK = ["#56b4e9", "#e69f00", "#2fc79a", "#e7a9cb", "#f0e442", "#8fb8ff"];
  const DASHES = ["solid", "dot"];
  const palette = () => (document.body.classList.contains("dark") ? DARK : LIGHT);

  /** Exponential mean with its start corrected; 0 leaves the values as they are. */
  function smooth(values, weight) {
    let mean = 0;
    let mass = 0;
    return values.map((value) => {
      mean = weight * mean + (1 - weight) * value;
      mass = weight * mass + (1 - weight);
      return mean / mass;
    });
  }

  /** Traces of one chart: each series faint as measured, and strong when smoothed. */
  function traces(chart, runs, { smoothing }) {
    const colours = palette();
    const found = [];
    runs.forEach((run, r) => {
      Object.entries(chart.series).forEach(([key, label], s) => {
        const [x, y] = run.curves[key] || [[], []];
        if (!x.length) return;
        const colour = colours[(runs.length > 1 ? r : s) % colours.length];
        const name = runs.length > 1 ? `${run.name}, ${label}` : label;
        const line = { color: colour, width: 1.8, dash: DASHES[runs.length > 1 ? s : 0] };
        const kimg = x.map((images) => images / 1000);
        const few = x.length < 40;
        if (smoothing && !few) found.push({ x: kimg, y, line: { ...line, width: 1 }, opacity: 0.25, hoverinfo: "skip", showlegend: false, mode: "lines" });
        const shown = smoothing && !few ? smooth(y, smoothing) : y;
        found.push({ x: kimg, y: shown, name, line, mode: few ? "lines+markers" : "lines", marker: { size: 4 }, hovertemplate: "%{y:.4g}" });
      });
    });
    return found;
  }

  const upright = (images, colour, dash) => ({
    type: "line", x0: images / 1000, x1: images / 1000, y0: 0, y1: 1, yref: "paper", line: { color: colour, width: 1, dash },
  });

  /** The healthy band of the watched run's newest verdict, and what happened, pinned to its moment. */
  function marks(chart, runs) {
    const style = getComputedStyle(document.body);
    const [bad, quiet] = [style.getPropertyValue("--error"), style.getPropertyValue("--body-text-color-subdued")];
    const shapes = [];
    const annotations = [];
    const [run] = runs;
    const verdict = run && run.events.findLast((event) => event.kind === "verdict");
    const band = chart.band && verdict && verdict.detail.readings[chart.band];
    if (band && runs.length === 1) {
      const [, low, high] = band;
      const [y0, y1] = [low ?? chart.range?.[0] ?? 0, high ?? chart.range?.[1] ?? low];
      shapes.push({ type: "rect", xref: "paper", x0: 0, x1: 1, y0, y1, fillcolor: "rgba(0,158,115,0.14)", line: { width: 0 }, layer: "below" });
    }
    if (chart.half) shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: 0.5, y1: 0.5, line: { color: quiet, width: 1, dash: "dash" } });
    for (const one of runs) {
      for (const { kind, images, text, detail } of one.events) {
        if (kind === "alarm") {
          shapes.push(upright(images, bad, "solid"));
          annotations.push({
            x: images / 1000, y: 1, yref: "paper", yanchor: "bottom", text: "▼", showarrow: false, captureevents: true,
            font: { color: bad, size: 10 }, hovertext: wrapped(`${detail.title}. ${text}`),
          });
        } else if (["changed", "rolled-back"].includes(kind)) {
          shapes.push(upright(images, quiet, "dot"));
          annotations.push({
            x: images / 1000, y: 1, yref: "paper", yanchor: "bottom", text: "◇", showarrow: false, captureevents: true,
            font: { color: quiet, size: 10 }, hovertext: wrapped(text),
          });
        }
      }
    }
    return { shapes, annotations };
  }

  /** Plotly breaks no lines, and reads some markup. */
  function wrapped(text) {
    const plain = text.replace(/[<>&]/g, (c) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;" })[c]);
    return plain.replace(/(.{50}\S*)\s/g, "$1<br>");
  }

  const lastOf = ({ curves }) => Math.max(1, ...Object.values(curves).map(([x]) => x[x.length - 1] || 0));

  function layout(chart, runs, { log, zoom }) {
    const style = getComputedStyle(document.body);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { gridcolor: colour("--border-color-primary"), zeroline: false, tickfont: { size: 10 }, automargin: true };
    const logarithmic = log && chart.log;
    const y = { ...axis, type: logarithmic ? "log" : "linear", nticks: 5 };
    if (chart.range) y.range = chart.range;
    if (chart.zero) y.rangemode = "tozero";
    const x = { ...axis, ticksuffix: " k", nticks: 6, hoverformat: ",.4~g" };
    x.range = zoom || [0, Math.max(...runs.map(lastOf)) / 1000];
    return {
      height: 190, margin: { l: 38, r: 8, t: 14, b: 24 }, paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { family: style.fontFamily, size: 11, color: colour("--body-text-color") }, showlegend: runs.length > 1 || Object.keys(chart.series).length > 1, hovermode: "x unified",
      legend: { orientation: "h", x: 0, y: 1.0, yanchor: "bottom", xanchor: "left", font: { size: 10 }, bgcolor: "transparent" },
      hoverlabel: { bgcolor: colour("--body-background-fill"), bordercolor: colour("--border-color-primary"), font: { size: 11 } },
      xaxis: x, yaxis: y, uirevision: `${runs.map((run) => run.name)}${logarithmic}`, ...marks(chart, runs),
    };
  }

  /** Make the charts' places once; `zoomed` is called with [from, to] in kimg, or null, when somebody zooms in one. */
  function build(container, zoomed) {
    container.replaceChildren(
      ...CHARTS.map(({ title }) => {
        const figure = document.createElement("figure");
        figure.append(Object.assign(document.createElement("figcaption"), { textContent: title }), document.createElement("div"));
        figure.lastChild.setAttribute("role", "img");
        figure.lastChild.setAttribute("aria-label", title);
        return figure;
      }),
    );
    container.zoomed = zoomed;
  }

  /** Draw or redraw: runs [{name, curves, events}], options {smoothing, log, zoom}. */
  function draw(container, runs, options) {
    CHARTS.forEach((chart, i) => {
      const figure = container.children[i];
      const data = traces(chart, runs, options);
      figure.hidden = !data.length;
      if (figure.hidden) return;
      const plot = figure.lastChild;
      window.Plotly.react(plot, data, layout(chart, runs, options), { responsive: true, displayModeBar: false, doubleClick: "reset" });
      if (plot.dataset.heard) return;
      plot.dataset.heard = "yes";
      plot.on("plotly_relayout", (change) => {
        if ("xaxis.range[0]" in change || "xaxis.range" in change) container.zoomed([...plot.layout.xaxis.range]);
        else if (change["xaxis.autorange"]) container.zoomed(null);
      });
    });
  }

  return { build, draw, palette };
})();
