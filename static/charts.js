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

  // A target of 0 is one.
  const hasTarget = (data) => data.target !== null && data.target !== undefined;

  const targetLine = (data, colours, axis) => ({
    id: "target",
    afterDatasetsDraw(chart) {
      if (!hasTarget(data)) return;
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
    const all = hasTarget(data) ? [...known, data.target] : known;
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
    hasTarget(data) &&
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
      options: { ...drawn, layout: { padding: { top: hasTarget(data) ? 20 : 0 } }, scales },
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
        layout: { padding: { top: hasTarget(data) ? 18 : 0, right: 56 } },
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

  // Names of lines at their ends, and beside points: those that stand out first, each where nothing
  // is written yet. The tooltip and the table name the rest.
  const pointNames = (data, colours) => ({
    id: "names",
    afterDatasetsDraw(chart) {
      const { left, right, top, bottom } = chart.chartArea;
      const pen = chart.ctx;
      pen.save();
      pen.textBaseline = "middle";
      const points = chart.data.datasets.flatMap((dataset, index) =>
        (dataset.rows ?? []).map((row, place) => ({ row, at: chart.getDatasetMeta(index).data[place] })),
      );
      const taken = points.map(({ at }) => ({ left: at.x - 6, right: at.x + 6, top: at.y - 6, bottom: at.y + 6 }));
      const isFree = (box) =>
        box.left >= left &&
        box.right <= right &&
        box.top >= top &&
        box.bottom <= bottom + 8 &&
        !taken.some(
          (other) =>
            box.left < other.right + 4 && other.left < box.right + 4 && box.top < other.bottom && other.top < box.bottom,
        );
      const write = (words, weight, corners) => {
        pen.font = `${weight} 12px ${Chart.defaults.font.family}`;
        const width = pen.measureText(words).width;
        const free = corners(width)
          .map(([x, y]) => ({ left: x, right: x + width, top: y - 7, bottom: y + 7 }))
          .find(isFree);
        if (!free) return;
        taken.push(free);
        pen.fillStyle = colours.ground; // over the lines
        pen.fillRect(free.left - 1, free.top, width + 2, 14);
        pen.fillStyle = colours.text;
        pen.fillText(words, free.left, (free.top + free.bottom) / 2);
      };
      // From the lowest line up, so that names which need room keep the order of their lines.
      const ends = chart.data.datasets
        .filter((dataset) => !dataset.rows)
        .map(({ label, data: path }) => ({ label, y: chart.scales.y.getPixelForValue(path.at(-1).y) }))
        .sort((one, other) => other.y - one.y);
      let under = Infinity;
      for (const { label, y } of ends) {
        under = Math.min(y, under - 16);
        const at = under;
        write(label, 400, (width) => [2, 60, 120].map((inward) => [right - width - inward, at]));
      }
      const order = [...points].sort(
        (one, other) =>
          Boolean(data.marks[other.row]) - Boolean(data.marks[one.row]) ||
          data.series[0].values[other.row] - data.series[0].values[one.row],
      );
      for (const { row, at } of order) {
        const words = data.marks[row] ? `${data.labels[row]} (${data.marks[row]})` : data.labels[row];
        write(words, data.marks[row] ? 600 : 400, (width) => [
          [at.x + 10, at.y],
          [at.x - 10 - width, at.y],
          [at.x - width / 2, at.y - 14],
          [at.x - width / 2, at.y + 14],
          [at.x - 4, at.y - 14],
          [at.x + 4 - width, at.y - 14],
        ]);
      }
      pen.restore();
    },
  });

  // A rate against the count that it stands on, with the limits that chance keeps to.
  const funnel = (data, colours) => {
    const [rates] = data.series;
    const kinds = [
      { mark: "", label: "within the limits", ink: colours.good, style: "circle", size: 5 },
      { mark: "watch", label: "watch", ink: colours.kinds[3], style: "rectRot", size: 7 },
      { mark: "flag", label: "flag", ink: colours.bad, style: "triangle", size: 8 },
    ];
    const people = kinds
      .map(({ mark, label, ink, style, size }) => {
        const rows = data.marks.flatMap((found, row) => (found === mark ? [row] : []));
        return {
          type: "scatter",
          label,
          rows,
          data: rows.map((row) => ({ x: data.volume.values[row], y: rates.values[row] })),
          backgroundColor: ink,
          borderColor: colours.ground,
          borderWidth: 1,
          pointStyle: style,
          radius: size,
          hoverRadius: size + 2,
          clip: 10, // a rate of zero lies on the edge
          order: 1,
        };
      })
      .filter(({ rows }) => rows.length);
    const lines = data.lines.map(({ label, points }, index) => ({
      type: "line",
      label,
      data: points,
      borderColor: index ? colours.target : colours.text,
      backgroundColor: "transparent",
      borderWidth: 1.5,
      borderDash: [[], [3, 4], [9, 4]][index],
      pointRadius: 0,
      pointHoverRadius: 0,
      order: 2,
    }));
    const highest = Math.max(...rates.values, ...lines.map(({ data: points }) => points.at(-1).y));
    const drawn = options(data, colours);
    return {
      type: "scatter",
      data: { datasets: [...people, ...lines] },
      options: {
        ...drawn,
        interaction: { mode: "nearest", intersect: false },
        plugins: {
          legend: {
            position: "bottom",
            labels: {
              color: colours.text,
              usePointStyle: true,
              filter: (item, { datasets }) => datasets[item.datasetIndex].rows !== undefined,
            },
          },
          tooltip: {
            filter: (item) => item.dataset.rows !== undefined,
            callbacks: {
              title: (items) => items.map((item) => data.labels[item.dataset.rows[item.dataIndex]]).join(", "),
              label: (item) => {
                const row = item.dataset.rows[item.dataIndex];
                const mark = data.marks[row] ? `, ${data.marks[row]}` : "";
                return `${rates.label}: ${full(item.parsed.y, rates.unit)} of ${full(item.parsed.x)} actions${mark}`;
              },
            },
          },
        },
        scales: {
          x: {
            min: 0,
            suggestedMax: Math.max(...data.volume.values) * 1.1,
            border: { color: colours.faint },
            grid: { display: false },
            ticks: { color: colours.text, maxTicksLimit: 6, callback: (value) => brief(value, "") },
            title: { display: true, text: data.volume.label, color: colours.text },
          },
          y: {
            ...valueAxis(data, colours),
            min: 0,
            max: Math.min(100, Math.max(5, Math.ceil((highest * 1.2) / 5) * 5)),
            title: { display: true, text: rates.label, color: colours.text },
          },
        },
      },
      plugins: [pointNames(data, colours)],
    };
  };

  const KINDS = {
    lines,
    bars,
    stacks: (data, colours, box) =>
      stacked(data, colours, { across: true, most: box.clientWidth < NARROW ? 16 : 34 }),
    columns: (data, colours) => stacked(data, colours, { across: false }),
    funnel,
    sparkline,
  };

  // On the page

  const legend = (holder, data) => {
    const words = [];
    if (data.series.length === 1 && hasTarget(data) && data.kind === "bars") {
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
    if (data.kind === "funnel") box.style.blockSize = "26rem";
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
