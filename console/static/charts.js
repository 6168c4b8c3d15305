// Draws each canvas[data-chart] in the page's own colours, and again when those change.
const dark = matchMedia("(prefers-color-scheme: dark)");
let drawn = [];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function draw(canvas) {
  const { shape, labels, series } = JSON.parse(canvas.dataset.chart);
  const datasets = Object.entries(series).map(([label, data], index) => ({
    label: label.replaceAll("_", " "),
    data,
    borderColor: colour(`--series-${index % 8}`),
    backgroundColor: colour(`--series-${index % 8}`),
    borderDash: index % 2 ? [6, 4] : [],
    borderWidth: shape === "bar" ? 0 : 2,
    borderRadius: 4,
    maxBarThickness: 40,
    pointRadius: 3,
    pointStyle: ["circle", "rect", "triangle", "rectRot"][index % 4],
  }));
  const text = { color: colour("--text") };
  const x = { ticks: { ...text, maxRotation: 0, autoSkipPadding: 16 }, grid: { display: false } };
  const y = { ticks: { ...text, maxTicksLimit: 6 }, grid: { color: colour("--line") } };
  return new Chart(canvas, {
    type: shape,
    data: { labels, datasets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      font: { family: getComputedStyle(document.body).fontFamily, size: 13 },
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: { align: "start", labels: { ...text, usePointStyle: true, boxHeight: 7 } },
      },
      scales: { x, y: { ...y, beginAtZero: true, border: { display: false } } },
    },
  });
}

function drawAll() {
  drawn.forEach((chart) => chart.destroy());
  drawn = [...document.querySelectorAll("canvas[data-chart]")].map(draw);
}

dark.addEventListener("change", drawAll);
drawAll();
