/** Charts side by side under a table: lines where they fit, filled graphs elsewhere. */
import { formatDuration } from '../../engine/core/units.js';
import { beside } from '../text.js';
import type { Theme } from '../theme.js';
import { areaChart, chartTitle, isSigned, type Series } from './area.js';
import { type ContribLibrary, type LineChart, lineChart, loadContrib } from './contrib.js';

/** A line chart smaller than this is mostly axes. */
const LINE_WIDTH_MIN = 44;
const LINE_HEIGHT_MIN = 8;
const LINE_WIDTH_GOOD = 50;
const AREA_WIDTH_MIN = 34;
const GAP = 2;

export class ChartStrip {
  private library: ContribLibrary | undefined;
  private asked = false;
  private charts: LineChart[] = [];
  private size = '';

  /** @param onReady called when line charts have become possible */
  constructor(private readonly onReady: () => void) {}

  rows(all: readonly Series[], width: number, height: number, theme: Theme): string[] {
    const least = height > LINE_HEIGHT_MIN ? LINE_WIDTH_GOOD : AREA_WIDTH_MIN;
    const count = Math.min(all.length, Math.max(1, Math.floor((width + GAP) / (least + GAP))));
    const shown = all.slice(0, count);
    if (shown.length === 0) return [];
    const each = Math.floor((width - GAP * (count - 1)) / count);
    const lines = this.lines(count, each, height - 1, theme);
    const blocks = shown.map((series, index) => {
      const chart = lines[index];
      const rows =
        // The scale of a line chart begins at zero.
        chart === undefined || series.values.length < 2 || isSigned(series)
          ? areaChart(series, each, height, theme)
          : [chartTitle(series, each, theme), ...chart.rows(series, axisOf(series), theme)];
      return { rows, width: each };
    });
    return beside(blocks, height, GAP);
  }

  dispose(): void {
    for (const chart of this.charts) chart.dispose();
    this.charts = [];
    this.size = '';
  }

  /** Widgets for this size; none while the library loads or where lines cannot be drawn. */
  private lines(count: number, width: number, height: number, theme: Theme): readonly LineChart[] {
    const drawable = theme.glyph.braille && theme.depth > 1;
    if (!drawable || width < LINE_WIDTH_MIN || height < LINE_HEIGHT_MIN) return [];
    if (this.library === undefined) {
      this.load();
      return [];
    }
    const size = `${count} ${width} ${height}`;
    if (size !== this.size) {
      this.dispose();
      this.size = size;
      const { library } = this;
      this.charts = Array.from({ length: count }, () => lineChart(library, width, height));
    }
    return this.charts;
  }

  /** Without the packages the filled graphs stay. */
  private load(): void {
    if (this.asked) return;
    this.asked = true;
    loadContrib().then(
      (library) => {
        this.library = library;
        this.onReady();
      },
      () => {},
    );
  }
}

/** Labels of the time axis: how long ago in simulated time. The widget shows as many as fit. */
function axisOf({ values, spanNs, past }: Series): string[] {
  const last = values.length - 1;
  return values.map((_, index) => {
    const ago = ((last - index) / Math.max(1, last)) * spanNs;
    return ago === 0 ? (past ? 'then' : 'now') : `-${formatDuration(Math.round(ago / 1e8) * 1e8)}`;
  });
}
