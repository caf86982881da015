// Draws every [data-chart] from the JSON element that it names. Colours come from app.css, so that
// charts follow the theme; numbers are formatted as the tables write them.
(() => {
  "use strict";
  const NARROW = 480; // pixels below which names are cut short
  const BAR = 30; // pixels for one horizontal bar
  const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
  const ONE = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

  // Words

  const full = (value, unit) => {
    if (value === null || value === undefined) return "no data";
    if (unit === "%") return `${ONE.format(value)} %`;
    if (unit === "$") return value < 0 ? `-$${WHOLE.format(-value)}` : `$${WHOLE.format(value)}`;
    return unit ? `${WHOLE.format(value)} ${unit}` : WHOLE.format(value);
  };

  const brief = (value, unit) => {
    if (unit === "%") return `${Math.round(value * 10) / 10} %`;
    if (unit === "$" && Math.abs(value) >= 1000) return `${value < 0 ? "-" : ""}$${SHORT.format(Math.abs(value))}`;
    if (unit === "$") return full(value, unit);
    return SHORT.format(value);
  };

  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

  // Colours

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const palette = (holder) => ({
    text: colour("--chart-text"),
    faint: colour("--chart-grid"),
    ground: getComputedStyle(holder.closest(".card")).backgroundColor,
    line: colour("--chart-1"),
    good: colour("--chart-1"),
    bad: colour("--chart-2"),
    beside: colour("--chart-beside"),
    target: colour("--chart-target"),
    kinds: [1, 2, 3, 4, 5].map((number) => colour(`--chart-${number}`)),
    ages: [1, 2, 3, 4, 5].map((number) => colour(`--chart-age-${number}`)),
  });

  const hatched = (ink) => {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.strokeStyle = ink;
    pen.lineWidth = 1.5;
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift, 8);
      pen.lineTo(shift + 8, 0);
    }
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  };

  // What Chart.js does not draw itself

  const targetLine = (data, colours, axis) => ({
    id: "target",
    afterDatasetsDraw(chart) {
      if (data.target === null || data.target === undefined) return;
      const { left, right, top, bottom } = chart.chartArea;
      const at = chart.scales[axis].getPixelForValue(data.target);
      const upright = axis === "x";
      const pen = chart.ctx;
      pen.save();
      pen.strokeStyle = pen.fillStyle = colours.target;
      pen.lineWidth = 1.5;
      pen.setLineDash([6, 4]);
      pen.beginPath();
      pen.moveTo(upright ? at : left, upright ? top : at);
      pen.lineTo(upright ? at : right, upright ? bottom : at);
      pen.stroke();
      pen.font = `600 12px ${Chart.defaults.font.family}`;
      const width = pen.measureText(data.target_label).width;
      pen.textAlign = "left";
      pen.textBaseline = "bottom";
      if (upright) {
        pen.fillText(data.target_label, Math.min(Math.max(at - width / 2, left), right - width), top - 4);
      } else {
        // Above the plot, where no line runs through it, behind a piece of the dashes.
        pen.beginPath();
        pen.moveTo(right - width - 30, top - 11);
        pen.lineTo(right - width - 6, top - 11);
        pen.stroke();
        pen.fillText(data.target_label, right - width, top - 4);
      }
      pen.restore();
    },
  });

  // Weeks that will still change stand on a hatched ground.
  const immatureGround = (data, colours) => ({
    id: "immature",
    beforeDatasetsDraw(chart) {
      if (!data.immature?.some(Boolean)) return;
      const { left, right, top, bottom } = chart.chartArea;
      const scale = chart.scales.x;
      const step = data.labels.length > 1 ? scale.getPixelForValue(1) - scale.getPixelForValue(0) : right - left;
      const pen = chart.ctx;
      pen.save();
      pen.fillStyle = hatched(colours.faint);
      data.immature.forEach((immature, index) => {
        if (!immature) return;
        const from = Math.max(left, scale.getPixelForValue(index) - step / 2);
        const to = Math.min(right, scale.getPixelForValue(index) + step / 2);
        pen.fillRect(from, top, to - from, bottom - top);
      });
      pen.restore();
    },
  });

  const barEnds = (data, colours) => ({
    id: "ends",
    afterDatasetsDraw(chart) {
      const pen = chart.ctx;
      pen.save();
      pen.font = `12px ${Chart.defaults.font.family}`;
      pen.fillStyle = colours.text;
      pen.textBaseline = "middle";
      chart.getDatasetMeta(0).data.forEach((bar, index) => {
        const value = data.series[0].values[index];
        const words = data.unit === "$" ? brief(value, "$") : full(value, data.unit);
        const width = pen.measureText(words).width + 10;
        const fits = bar.x + width < chart.width;
        pen.textAlign = fits ? "left" : "right";
        if (fits) {
          pen.fillStyle = colours.ground; // over the target line
          pen.fillRect(bar.x + 3, bar.y - 8, width - 4, 16);
        }
        pen.fillStyle = fits ? colours.text : colours.ground;
        pen.fillText(words, fits ? bar.x + 6 : bar.x - 6, bar.y);
      });
      pen.restore();
    },
  });

  // Parts that several drawings share

  // Bars start at zero. A line of high rates need not: from zero it would look flat.
  const range = (data) => {
    const known = (data.series ?? []).flatMap((series) => series.values).filter((value) => value !== null);
    const all = data.target ? [...known, data.target] : known;
    if (data.kind === "lines" && data.unit === "%" && all.length && Math.min(...all) > 50) {
      return { suggestedMin: Math.min(...all) - 5, suggestedMax: Math.max(...all) + 3 };
    }
    const room = data.target ? data.target * 1.15 : undefined;
    const isShare = data.unit === "%" && Math.max(...all) <= 100;
    return { beginAtZero: true, suggestedMax: isShare && room > 100 ? 100 : room };
  };

  const valueAxis = (data, colours, unit = data.unit) => ({
    ...range(data),
    border: { display: false },
    grid: { color: colours.faint },
    ticks: { color: colours.text, maxTicksLimit: 6, callback: (value) => brief(value, unit) },
    title: { display: unit === "days" || unit === "", text: unit || "claims", color: colours.text },
  });

  const nameAxis = (data, colours, most) => ({
    grid: { display: false },
    border: { color: colours.faint },
    ticks: {
      color: colours.text,
      autoSkip: most === undefined && data.labels.length > 8,
      maxRotation: 0,
      autoSkipPadding: 12,
      callback: (_, index) => (most ? cut(data.labels[index], most) : data.labels[index]),
    },
  });

  const options = (data, colours) => ({
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    plugins: {
      legend: {
        display: data.series.length > 1,
        position: "bottom",
        labels: { color: colours.text, boxWidth: 14, boxHeight: 14 },
      },
      tooltip: {
        callbacks: {
          title: (items) => (items.length ? data.labels[items[0].dataIndex] : ""),
          label: (item) => `${item.dataset.label}: ${full(item.raw, item.dataset.unit)}`,
          footer: (items) => (data.immature?.[items[0]?.dataIndex] ? "Immature: will still change" : ""),
        },
      },
    },
  });

  const misses = (data, value) =>
    data.target !== null &&
    data.target !== undefined &&
    value !== null &&
    (data.better === "higher" ? value < data.target : value > data.target);

  // Drawings

  const lines = (data, colours) => {
    const datasets = data.series.map((series, index) => ({
      type: "line",
      label: series.label,
      unit: series.unit,
      data: series.values,
      borderColor: colours.kinds[index],
      backgroundColor: colours.kinds[index],
      borderWidth: 2.5,
      borderDash: index ? [2, 3] : [],
      pointStyle: index ? "rectRot" : "circle",
      pointRadius: data.labels.length > 40 ? 0 : 3.5,
      pointHoverRadius: 6,
      pointBackgroundColor: (point) =>
        data.immature[point.dataIndex] ? colours.ground : colours.kinds[index],
      segment: { borderDash: (part) => (data.immature[part.p1DataIndex] ? [4, 4] : undefined) },
      yAxisID: "y",
      order: 1,
    }));
    const scales = {
      x: { ...nameAxis(data, colours), offset: Boolean(data.beside) || data.labels.length < 3 },
      y: valueAxis(data, colours),
    };
    if (data.beside) {
      datasets.push({
        type: "bar",
        label: `${data.beside.label} (claims, right)`,
        unit: data.beside.unit,
        data: data.beside.values,
        backgroundColor: colours.beside,
        yAxisID: "beside",
        order: 2,
      });
      scales.beside = {
        ...valueAxis({ target: null }, colours, data.beside.unit),
        position: "right",
        grid: { display: false },
        title: { display: false },
      };
    }
    const drawn = options(data, colours);
    drawn.plugins.legend.display = datasets.length > 1;
    return {
      type: "line",
      data: { labels: data.labels, datasets },
      options: { ...drawn, layout: { padding: { top: data.target ? 20 : 0 } }, scales },
      plugins: [immatureGround(data, colours), targetLine(data, colours, "y")],
    };
  };

  const bars = (data, colours, box) => {
    const most = box.clientWidth < NARROW ? 16 : 34;
    const [series] = data.series;
    return {
      type: "bar",
      data: {
        labels: data.labels,
        datasets: [
          {
            label: series.label,
            unit: series.unit,
            data: series.values,
            backgroundColor: series.values.map((value) => (misses(data, value) ? colours.bad : colours.good)),
            borderRadius: 2,
            maxBarThickness: 26,
          },
        ],
      },
      options: {
        ...options(data, colours),
        indexAxis: "y",
        interaction: { mode: "index", axis: "y", intersect: false },
        layout: { padding: { top: data.target ? 18 : 0, right: 56 } },
        scales: { x: valueAxis(data, colours), y: nameAxis(data, colours, most) },
      },
      plugins: [targetLine(data, colours, "x"), barEnds(data, colours)],
    };
  };

  const stacked = (data, colours, { across, most }) => {
    const inks = data.by_age ? colours.ages : colours.kinds;
    const value = { ...valueAxis(data, colours), stacked: true };
    const name = { ...nameAxis(data, colours, most), stacked: true };
    return {
      type: "bar",
      data: {
        labels: data.labels,
        datasets: data.series.map((series, index) => ({
          label: series.label,
          unit: series.unit,
          data: series.values,
          backgroundColor: inks[index],
          borderColor: colours.ground,
          borderWidth: 1,
          maxBarThickness: across ? 26 : 72,
        })),
      },
      options: {
        ...options(data, colours),
        indexAxis: across ? "y" : "x",
        interaction: { mode: "index", axis: across ? "y" : "x", intersect: false },
        scales: across ? { x: value, y: name } : { x: name, y: value },
      },
    };
  };

  const sparkline = (data, colours) => {
    const last = data.labels.length - 1;
    return {
      type: "line",
      data: {
        labels: data.labels,
        datasets: data.series.map((series) => ({
          label: series.label,
          unit: series.unit,
          data: series.values,
          borderColor: colours.line,
          borderWidth: 2,
          pointRadius: (point) => (point.dataIndex === last ? 3 : 0),
          pointBackgroundColor: colours.line,
          spanGaps: true,
        })),
      },
      options: {
        ...options(data, colours),
        layout: { padding: { left: 6, right: 6, top: 8, bottom: 6 } },
        scales: { x: { display: false }, y: { display: false, grace: "15%" } },
      },
    };
  };

  const KINDS = {
    lines,
    bars,
    stacks: (data, colours, box) =>
      stacked(data, colours, { across: true, most: box.clientWidth < NARROW ? 16 : 34 }),
    columns: (data, colours) => stacked(data, colours, { across: false }),
    sparkline,
  };

  // On the page

  const legend = (holder, data) => {
    const words = [];
    if (data.series.length === 1 && data.target && data.kind === "bars") {
      words.push(["bad", "misses the target"], ["good", "meets it"]);
    }
    if (data.immature?.some(Boolean)) words.push(["hatched", "immature: will still change"]);
    holder.replaceChildren(
      ...words.map(([kind, text]) => {
        const entry = document.createElement("span");
        entry.className = `key key-${kind}`;
        entry.textContent = text;
        return entry;
      }),
    );
  };

  const draw = (holder) => {
    const source = document.getElementById(holder.dataset.chart);
    const canvas = holder.querySelector("canvas");
    if (!source || !canvas || Chart.getChart(canvas)) return;
    const data = JSON.parse(source.textContent);
    const box = canvas.parentElement;
    if (["bars", "stacks"].includes(data.kind)) {
      box.style.blockSize = `${Math.max(data.labels.length * BAR + 70, 160)}px`;
    }
    new Chart(canvas, KINDS[data.kind](data, palette(holder), box));
    const key = holder.querySelector("[data-chart-legend]");
    if (key) legend(key, data);
  };

  const drawAll = () => {
    for (const chart of Object.values(Chart.instances)) {
      if (!chart.canvas?.isConnected) chart.destroy();
    }
    document.querySelectorAll("[data-chart]").forEach(draw);
  };

  const redrawAll = () => {
    for (const chart of Object.values(Chart.instances)) chart.destroy();
    drawAll();
  };

  // Paper is white: a dark page prints as a light one.
  let before = null;
  const toPaper = () => {
    before = document.documentElement.dataset.bsTheme;
    document.documentElement.dataset.bsTheme = "light";
    redrawAll();
  };
  const fromPaper = () => {
    if (before) document.documentElement.dataset.bsTheme = before;
    before = null;
    redrawAll();
  };

  Chart.defaults.font.family = "system-ui, sans-serif";
  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("htmx:afterSettle", drawAll);
  document.addEventListener("themechange", redrawAll);
  window.addEventListener("beforeprint", toPaper);
  window.addEventListener("afterprint", fromPaper);
})();
