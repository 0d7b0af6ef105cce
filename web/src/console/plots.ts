import { locale } from '~/text';
import type { Row } from './series';
import type { ConsoleKey } from './text';

/** One line of a plot. What is sent is dashed, so that colour alone tells nothing. */
export interface Line {
  figure: Exclude<keyof Row, 'at'>;
  label: ConsoleKey;
  /** Name of the colour's custom property. */
  color: string;
  dashed?: boolean;
  stepped?: boolean;
}

export interface PlotPlan {
  title: ConsoleKey;
  lines: readonly Line[];
  digits: number;
  /** Bounds of the axis; null follows the figures. */
  range: readonly [number, number | null];
  /** Where a line across says that it becomes bad. */
  limit?: number;
}

const HEARS = '--accent';
const SENDS = '--warn';

/** The plots of a person, one below the other. */
export const PLOTS: readonly PlotPlan[] = [
  {
    title: 'plotOpinion',
    lines: [
      { figure: 'hears', label: 'seriesHears', color: HEARS },
      { figure: 'sends', label: 'seriesSends', color: SENDS, dashed: true },
    ],
    digits: 1,
    range: [1, 5],
    limit: 3.5,
  },
  {
    title: 'plotLoss',
    lines: [
      { figure: 'lossDown', label: 'seriesHears', color: HEARS },
      { figure: 'lossUp', label: 'seriesSends', color: SENDS, dashed: true },
    ],
    digits: 1,
    range: [0, null],
  },
  {
    title: 'plotMissing',
    lines: [
      { figure: 'missingDown', label: 'seriesHears', color: HEARS },
      { figure: 'missingUp', label: 'seriesSends', color: SENDS, dashed: true },
      { figure: 'frozenDown', label: 'seriesFrozen', color: '--ink-3', stepped: true },
    ],
    digits: 1,
    range: [0, null],
  },
  {
    title: 'plotDelay',
    lines: [
      { figure: 'rttMs', label: 'seriesRtt', color: '--ink-2' },
      { figure: 'jitterDownMs', label: 'seriesJitterDown', color: HEARS },
      { figure: 'jitterUpMs', label: 'seriesJitterUp', color: SENDS, dashed: true },
    ],
    digits: 0,
    range: [0, null],
  },
  {
    title: 'plotRate',
    lines: [
      { figure: 'down', label: 'seriesHears', color: HEARS },
      { figure: 'up', label: 'seriesSends', color: SENDS, dashed: true },
      { figure: 'estimate', label: 'seriesEstimate', color: '--ink-3', stepped: true },
    ],
    digits: 0,
    range: [0, null],
  },
  {
    title: 'plotLayer',
    lines: [{ figure: 'layer', label: 'seriesLayer', color: HEARS, stepped: true }],
    digits: 0,
    range: [0, 2],
  },
];

/** The plots and lines for which there is anything to draw. */
export const plotsOf = (rows: readonly Row[]): PlotPlan[] =>
  PLOTS.map((plan) => ({
    ...plan,
    lines: plan.lines.filter((line) => rows.some((row) => row[line.figure] !== null)),
  })).filter((plan) => plan.lines.length > 0);

/** A figure of a plot in the reader's notation. */
export const figureText = (value: number | null | undefined, digits: number): string =>
  value === null || value === undefined
    ? '–'
    : value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
