// Draws each plot when it comes into view, in the colour of the page's text.
const ink = () => getComputedStyle(document.body).color;

function draw(plot) {
  const {data, layout} = JSON.parse(plot.firstElementChild.textContent);
  layout.font = {color: ink(), family: 'system-ui, sans-serif', size: 12};
  Plotly.newPlot(plot, data, layout, {
    responsive: true, displaylogo: false, modeBarButtons: [['zoom2d', 'pan2d', 'resetScale2d', 'toImage']],
  });
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((entry) => entry.isIntersecting)) {
    seen.unobserve(entry.target);
    draw(entry.target);
  }
}, {rootMargin: '400px'});
document.querySelectorAll('.plot').forEach((plot) => seen.observe(plot));

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  document.querySelectorAll('.js-plotly-plot').forEach((plot) => Plotly.relayout(plot, {'font.color': ink()}));
});
