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
    pointStyle: ["circle", "rect", "triangle", "rectRot"][index % 4],
  }));
  const axis = { ticks: { color: colour("--text") }, grid: { color: colour("--line") } };
  return new Chart(canvas, {
    type: shape,
    data: { labels, datasets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      plugins: { legend: { labels: { color: colour("--text"), usePointStyle: true } } },
      scales: { x: axis, y: { ...axis, beginAtZero: true } },
    },
  });
}

function drawAll() {
  drawn.forEach((chart) => chart.destroy());
  drawn = [...document.querySelectorAll("canvas[data-chart]")].map(draw);
}

dark.addEventListener("change", drawAll);
drawAll();
