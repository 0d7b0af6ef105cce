import { createEffect, onCleanup, onMount } from 'solid-js';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { locale } from '~/text';
import { formatStamp } from '~/text/time';
import type { PlotPlan } from './plots';
import type { Row } from './series';
import type { Mark } from './wire';

const HEIGHT_PX = 140;
const AXIS_PX = 52;
const TIMES_PX = 26;

interface PlotProps {
  plan: PlotPlan;
  rows: readonly Row[];
  marks: readonly Mark[];
  /** Which row the reader is at; null is none. */
  at: number | null;
  onAt: (index: number | null) => void;
  /** Told of the canvas, for the picture to download. */
  onCanvas: (canvas: HTMLCanvasElement) => void;
}

/** One plot over time. Its figures stand in the text beside it: the canvas itself is for eyes only. */
export function Plot(props: PlotProps) {
  let box!: HTMLDivElement;
  let plot: uPlot | undefined;
  /** What moves the plot's cursor from here must not be told back as the reader's doing. */
  let moving = false;

  const make = () => {
    plot?.destroy();
    plot = new uPlot(
      options(props, box, (index) => !moving && props.onAt(index)),
      aligned(props),
      box,
    );
    props.onCanvas(plot.ctx.canvas);
  };
  onMount(() => {
    make();
    const sizes = new ResizeObserver(() => {
      if (plot && plot.width !== box.clientWidth && box.clientWidth > 0) {
        plot.setSize({ width: box.clientWidth, height: HEIGHT_PX });
      }
    });
    sizes.observe(box);
    // Colours are read once per drawing, so another theme needs another plot.
    const themes = new MutationObserver(make);
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'lang'] });
    onCleanup(() => {
      sizes.disconnect();
      themes.disconnect();
      plot?.destroy();
    });
  });
  createEffect((first: boolean) => {
    const data = aligned(props);
    void props.marks.length;
    if (first) return false;
    // A line may come while a call goes on, as when somebody begins to speak: then another plot is needed.
    if (plot && plot.series.length === data.length) plot.setData(data);
    else make();
    return false;
  }, true);
  createEffect(() => {
    const { at } = props;
    const row = at === null ? undefined : props.rows[at];
    if (!plot || plot.cursor.idx === at) return;
    moving = true;
    plot.setCursor(row ? { left: plot.valToPos(row.at, 'x'), top: 0 } : { left: -10, top: -10 });
    moving = false;
  });
  return <div class="plot" aria-hidden="true" ref={box} />;
}

const aligned = (props: PlotProps): uPlot.AlignedData => [
  props.rows.map((row) => row.at),
  ...props.plan.lines.map((line) => props.rows.map((row) => row[line.figure])),
];

function options(props: PlotProps, box: HTMLElement, onAt: (index: number | null) => void): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const { plan } = props;
  const axis: uPlot.Axis = {
    stroke: color('--ink-2'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
    font: `12px ${color('--font')}`,
  };
  return {
    width: Math.max(box.clientWidth, 200),
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: true },
      y: { range: (_, __, highest) => [plan.range[0], plan.range[1] ?? Math.max(highest * 1.1, plan.range[0] + 1)] },
    },
    axes: [
      { ...axis, size: TIMES_PX, space: 90, values: (_, times) => times.map((time) => timeText(time, times)) },
      { ...axis, size: AXIS_PX, values: (_, values) => values.map((value) => value.toLocaleString(locale())) },
    ],
    series: [
      {},
      ...plan.lines.map((line): uPlot.Series => {
        const stepped = line.stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {};
        return {
          stroke: color(line.color),
          width: 2,
          points: { show: props.rows.length < 3 },
          ...(line.dashed ? { dash: [6, 3] } : {}),
          ...stepped,
        };
      }),
    ],
    hooks: {
      setCursor: [(self) => onAt(self.cursor.idx ?? null)],
      draw: [
        (self) => {
          drawMarks(self, props.marks, color('--line-strong'), color('--danger'));
          if (plan.limit !== undefined) drawLimit(self, plan.limit, color('--danger'));
        },
      ],
    },
  };
}

/** A time of the axis, with seconds where minutes would say the same twice. */
function timeText(time: number, times: readonly number[]): string {
  const step = (times[1] ?? 60) - (times[0] ?? 0);
  return formatStamp(time * 1000, step % 60 === 0 ? 't' : 'T', locale());
}

/** What weighs on a call stands out among the marks. */
const GRAVE = new Set([
  'congested',
  'failed',
  'silent',
  'quality_degraded',
  'path_changed',
  'stream_paused',
  'resumed',
  'came_back',
]);

function drawMarks(plot: uPlot, marks: readonly Mark[], color: string, grave: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.at_ms / 1000, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = GRAVE.has(mark.what) ? grave : color;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function drawLimit(plot: uPlot, limit: number, color: string): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(limit, 'y', true));
  ctx.save();
  ctx.strokeStyle = color;
  ctx.globalAlpha = 0.6;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
