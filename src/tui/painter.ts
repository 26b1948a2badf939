/**
 * Puts the screen together: the frame Ink laid out (the chrome) and, over it, rectangles that panels
 * fill with ready rows (surfaces). Only cells that changed are written. Ink's own renderer would
 * tokenise the whole screen for every frame (tui reference, section 3).
 */
import { Writable } from 'node:stream';
import { BLANK, type Cells, difference, RowBuilder } from './cells.js';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The part of a terminal the painter needs; tests pass a terminal parser. */
export interface Screen {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

interface Surface {
  readonly measure: () => Rect;
  rect: Rect;
  rows: readonly string[];
}

/** A part of one screen row with one source: a row of a surface, or the chrome. */
interface Segment {
  readonly x: number;
  readonly width: number;
  readonly surface: Surface | undefined;
  /** The row it was last made from. */
  source: string | undefined;
}

const NOWHERE: Rect = { x: 0, y: 0, width: 0, height: 0 };
const SYNC_ON = '\u001B[?2026h';
const SYNC_OFF = '\u001B[?2026l';
const CLEAR = '\u001B[2J';

export class Painter {
  /** What Ink renders to; in its debug mode every write is one complete frame. */
  readonly stdout: NodeJS.WriteStream;
  private chrome: readonly string[] = [];
  private readonly surfaces = new Map<string, Surface>();
  /** By row of the screen, left to right. */
  private segments: Segment[][] | undefined;
  /** What the terminal shows, by row. */
  private shown: Cells[] = [];
  private cleared = false;
  private scheduled = false;
  private closed = false;
  /** Called before a frame goes out when the layout has changed: the rows must be made anew. */
  onLayout: (() => void) | undefined;

  constructor(private readonly screen: Screen) {
    const stream = new Writable({
      decodeStrings: false,
      write: (frame: string | Buffer, _encoding, done) => {
        this.chrome = String(frame).split('\n');
        this.measure();
        this.schedule();
        done();
      },
    });
    Object.defineProperties(stream, {
      columns: { get: () => this.columns },
      rows: { get: () => this.rows },
      isTTY: { value: true },
    });
    this.stdout = stream as unknown as NodeJS.WriteStream;
  }

  /** Some pseudo terminals report a size of zero. */
  get columns(): number {
    return this.screen.columns || 80;
  }

  get rows(): number {
    return this.screen.rows || 24;
  }

  /** Adds a surface where `measure` says Ink has put it; returns how to take it away. */
  track(id: string, measure: () => Rect): () => void {
    const surface: Surface = { measure, rect: NOWHERE, rows: [] };
    this.surfaces.set(id, surface);
    this.measure();
    this.schedule();
    return () => {
      if (this.surfaces.get(id) === surface) this.surfaces.delete(id);
      this.segments = undefined;
      this.schedule();
    };
  }

  /** Size of a surface, undefined when it is not on the screen. */
  rectOf(id: string): Rect | undefined {
    const rect = this.surfaces.get(id)?.rect;
    return rect === undefined || rect.width <= 0 || rect.height <= 0 ? undefined : rect;
  }

  set(id: string, rows: readonly string[]): void {
    const surface = this.surfaces.get(id);
    if (surface !== undefined) surface.rows = rows;
  }

  /** Forgets what the terminal shows: after a resize, a resume, or on request. */
  invalidate(): void {
    this.segments = undefined;
    this.cleared = false;
  }

  /** One frame per turn, after React's layout effects. */
  schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  /** Nothing is written from here on: the terminal belongs to the shell again. */
  close(): void {
    this.closed = true;
  }

  /** What is on the screen, as plain text: a line per row, without blanks at their ends. */
  text(): string {
    return Array.from(
      { length: this.rows },
      (_, y) => `${(this.shown[y]?.text ?? '').trimEnd()}\n`,
    ).join('');
  }

  flush(): void {
    if (this.closed) return;
    let out = '';
    if (!this.cleared) {
      out = CLEAR;
      this.cleared = true;
      this.shown = [];
    }
    if (this.segments === undefined) {
      this.segments = this.plan();
      this.onLayout?.();
    }
    for (const [y, segments] of this.segments.entries()) {
      if (!this.isNew(segments, y)) continue;
      const builder = new RowBuilder();
      for (const { x, width, surface, source = '' } of segments) {
        builder.add(source, surface === undefined ? x : 0, width);
      }
      const { cells } = builder;
      out += difference(this.shown[y] ?? BLANK, cells, y);
      this.shown[y] = cells;
    }
    if (out !== '') this.screen.write(SYNC_ON + out + SYNC_OFF);
  }

  /** Takes over the rows the segments are now made from; false when all are the same as before. */
  private isNew(segments: readonly Segment[], y: number): boolean {
    let changed = false;
    for (const segment of segments) {
      const { surface } = segment;
      const source =
        (surface === undefined ? this.chrome[y] : surface.rows[y - surface.rect.y]) ?? '';
      if (source === segment.source) continue;
      segment.source = source;
      changed = true;
    }
    return changed;
  }

  /** Ink has laid out everything by the time it writes, so every surface is asked again. */
  private measure(): void {
    for (const surface of this.surfaces.values()) {
      const { rect } = surface;
      const now = surface.measure();
      if (
        now.x === rect.x &&
        now.y === rect.y &&
        now.width === rect.width &&
        now.height === rect.height
      ) {
        continue;
      }
      surface.rect = now;
      this.segments = undefined;
    }
  }

  /** Cuts every screen row at the edges of the surfaces on it. */
  private plan(): Segment[][] {
    const surfaces = [...this.surfaces.values()].sort((a, b) => a.rect.x - b.rect.x);
    return Array.from({ length: this.rows }, (_, y) => {
      const segments: Segment[] = [];
      let x = 0;
      for (const surface of surfaces) {
        const { rect } = surface;
        const width = Math.min(rect.width, this.columns - rect.x);
        if (y < rect.y || y >= rect.y + rect.height || width <= 0 || rect.x < x) continue;
        if (rect.x > x) segments.push(segment(x, rect.x - x, undefined));
        segments.push(segment(rect.x, width, surface));
        x = rect.x + width;
      }
      if (x < this.columns) segments.push(segment(x, this.columns - x, undefined));
      return segments;
    });
  }
}

function segment(x: number, width: number, surface: Surface | undefined): Segment {
  return { x, width, surface, source: undefined };
}
