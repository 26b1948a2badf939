/**
 * A dashboard on some screen, with some keyboard and some engine: the part that tests drive as well
 * as a terminal.
 */
import { render } from 'ink';
import { App } from './app.js';
import { chartSeries } from './charts/series.js';
import { ChartStrip } from './charts/strip.js';
import { reachOut } from './copy.js';
import { hearHistory, questionsOf } from './dialogs/history.js';
import type { EngineLink, FromEngine, StartMessage } from './engine.js';
import { noticeRow, statusRow, storyRows } from './frame-rows.js';
import { helpRows } from './help.js';
import { isCrowded, tooSmall } from './layout.js';
import { point } from './mouse/act.js';
import { KeyboardInput } from './mouse/input.js';
import { Painter, type Screen } from './painter.js';
import { renderScreen } from './panels/index.js';
import { screenOf } from './screens.js';
import { SPEEDS, type UiState } from './state.js';
import { type Size, Store } from './store.js';
import { PainterContext } from './surface.js';
import { tableRows } from './table/rows.js';
import type { Theme } from './theme.js';
import { followTime } from './time/follow.js';
import { reportRows } from './time/report.js';
import { type Change, press } from './update.js';
import { sourceOf, World } from './world.js';

export interface SessionOptions {
  readonly screen: Screen;
  readonly stdin: NodeJS.ReadStream;
  readonly theme: Theme;
  readonly start: StartMessage;
  /** The screen before the first key. */
  readonly state: UiState;
  /** Mouse reports are among the input. */
  readonly mouse: boolean;
  /** Folder of screen dumps. */
  readonly folder?: string | undefined;
}

/** How it ended: exit code, and lines for standard error once the terminal is restored. */
export interface Outcome {
  readonly code: number;
  readonly lines: readonly string[];
}

const EXIT_BUG = 1;
const EXIT_INPUT = 2;
/** Two samples per column and a few columns of axis. */
const POINTS_PER_COLUMN = 2;
/** The engine hears within a slice; a large session takes a moment to write, ms. */
const SAVE_MS = 5_000;

export class Session {
  readonly world = new World();
  readonly store: Store;
  readonly painter: Painter;
  readonly ended: Promise<Outcome>;
  private readonly ink: ReturnType<typeof render>;
  private readonly charts: ChartStrip;
  private engine: EngineLink | undefined;
  private finish: (outcome: Outcome) => void = () => {};
  private over = false;
  private painting = false;
  private saved: ((lines: readonly string[]) => void) | undefined;

  constructor(private readonly options: SessionOptions) {
    const { screen, theme } = options;
    const stdin = options.mouse ? this.withoutMouse(options.stdin) : options.stdin;
    this.painter = new Painter(screen);
    this.painter.onLayout = () => this.fill();
    this.store = new Store(options.state, this.size());
    this.charts = new ChartStrip(() => this.repaint());
    this.ended = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.ink = render(
      <PainterContext value={this.painter}>
        <App store={this.store} theme={theme} onKey={(key) => this.key(key)} />
      </PainterContext>,
      {
        stdout: this.painter.stdout,
        stdin,
        // One write per complete frame, which is what the painter takes.
        debug: true,
        patchConsole: false,
        exitOnCtrlC: false,
      },
    );
    this.ink.waitUntilExit().catch((error: unknown) => {
      this.end(EXIT_BUG, [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
    });
  }

  /** Starts the engine, once the first frame is out. */
  connect(engine: EngineLink): void {
    this.engine = engine;
    engine.listen((message) => this.hear(message));
    engine.post(this.options.start);
    engine.post({ type: 'frame-interval', ms: this.store.ui.delayMs });
    engine.post({ type: 'pace', speed: SPEEDS[this.store.ui.speed] ?? 1 });
  }

  /** Ends it from outside, as leaving by a key does. */
  leave(code: number): void {
    if (!this.over) this.end(code, []);
  }

  /** The terminal has another size, or has come back to us. */
  resize(): void {
    this.painter.invalidate();
    this.store.set({ size: this.size() });
    this.makeRoom();
    this.painter.schedule();
  }

  /** Takes everything down; the caller restores the terminal. */
  async close(): Promise<void> {
    this.over = true;
    this.painter.close();
    this.ink.unmount();
    this.charts.dispose();
    await this.engine?.close();
  }

  private size(): Size {
    return { columns: this.painter.columns, rows: this.painter.rows };
  }

  /** Charts give way to a table with many rows. */
  private makeRoom(): void {
    const { world, store } = this;
    const { view } = screenOf(store.ui.screen);
    const rows = view === undefined ? 0 : tableRows(view, world, store.ui).length;
    store.set({ crowded: isCrowded(store.get(), rows) });
  }

  private key(key: string): void {
    if (this.over) return;
    this.take(press(this.store.ui, key, this.world));
  }

  private withoutMouse(stdin: NodeJS.ReadStream): NodeJS.ReadStream {
    const keyboard = new KeyboardInput(stdin, (report) => {
      if (!this.over && !tooSmall(this.size())) this.take(point(this.store.ui, report, this));
    });
    return keyboard as unknown as NodeJS.ReadStream;
  }

  /** Takes over what a key or the mouse has changed. */
  private take({ state, messages, redraw, effect, saveSettings }: Change): void {
    for (const message of messages) {
      if (message.type === 'pace') this.world.pausing = message.speed === 0;
      if (message.type === 'step') this.world.pausing = false;
      this.engine?.post(message);
    }
    this.world.look(state.lookAt);
    this.store.set({ ui: state });
    this.makeRoom();
    if (state.exitCode !== undefined) {
      this.end(state.exitCode, []);
      return;
    }
    if (saveSettings !== undefined) void this.saveSettings(saveSettings);
    if (redraw) this.painter.invalidate();
    if (effect !== undefined) {
      const { folder } = this.options;
      const notice = reachOut(effect, this.store.ui, this, this.options.screen, folder);
      this.store.set({ ui: { ...this.store.ui, notice } });
    }
    this.repaint();
  }

  /** Loaded when asked for: YAML takes its time, and most never ask. */
  private async saveSettings(file: string): Promise<void> {
    const { saveSettings } = await import('./config/save.js');
    const notice = saveSettings(file, this.store.ui);
    this.store.set({ ui: { ...this.store.ui, notice } });
    this.repaint();
  }

  private hear(message: FromEngine): void {
    if (message.type === 'saved') this.saved?.([]);
    if (message.type === 'refused') this.saved?.(message.lines);
    if (this.over) return;
    if (message.type === 'problem') {
      this.end(EXIT_INPUT, message.lines);
    } else if (message.type === 'crash') {
      this.end(EXIT_BUG, ['vmtop: the engine has stopped on a bug', message.message]);
    } else if (message.type === 'refused') {
      this.store.set({ ui: { ...this.store.ui, notice: message.lines.join(' ') } });
      this.repaint();
    } else if (message.type === 'path-history') {
      this.store.set({ ui: hearHistory(this.store.ui, message) });
      this.repaint();
    } else if (message.type === 'said' || message.type === 'saved') {
      this.answer(message);
    } else {
      this.world.hear(message);
      this.follow(message);
      if (message.type === 'frame') this.ask();
      this.store.set({
        story: this.world.narrative !== undefined || (this.world.plan?.drill ?? false),
        source: sourceOf(this.world),
      });
      this.makeRoom();
      this.repaint();
    }
  }

  /** Writes what was run and done to a file; lines that say what went wrong, none when it is there. */
  save(file: string): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const late = `${file}: not saved, the engine does not answer`;
      const timer = setTimeout(() => resolve([late]), SAVE_MS);
      this.saved = (lines) => {
        clearTimeout(timer);
        resolve(lines);
      };
      this.engine?.post({ type: 'save', file });
    });
  }

  private answer(message: Extract<FromEngine, { type: 'said' | 'saved' }>): void {
    const notice =
      message.type === 'said' ? message.text : `the session is saved in ${message.file}`;
    this.store.set({ ui: { ...this.store.ui, notice } });
    this.repaint();
  }

  /** What the screen does on its own when time has been turned back, or a drill is over. */
  private follow(message: FromEngine): void {
    const ui = followTime(this.store.ui, message, this.world);
    this.store.set({ ui });
    this.world.look(ui.lookAt);
  }

  /** What an open dialog shows goes on changing. */
  private ask(): void {
    for (const message of questionsOf(this.store.ui.dialogs.at(-1))) this.engine?.post(message);
  }

  private end(code: number, lines: readonly string[]): void {
    this.over = true;
    this.painter.close();
    this.finish({ code, lines });
  }

  /** Once per turn, however many messages and keys came in. */
  private repaint(): void {
    if (this.painting || this.over) return;
    this.painting = true;
    setImmediate(() => {
      this.painting = false;
      if (this.over) return;
      this.fill();
      this.painter.flush();
    });
  }

  /** Gives every surface its rows. */
  private fill(): void {
    const { world, painter, store } = this;
    const { ui, size } = store.get();
    const theme = this.options.theme.as(ui.theme);
    if (tooSmall(size)) return;
    const draw = (id: string, rows: (width: number, height: number) => readonly string[]): void => {
      const rect = painter.rectOf(id);
      if (rect !== undefined) painter.set(id, rows(rect.width, rect.height));
    };
    draw('status', (width) => [statusRow(world, ui, width, theme)]);
    draw('story', (width, height) => storyRows(world, width, height, theme));
    draw('notice', (width) => [noticeRow(world, ui, width, theme)]);
    draw('screen', (width, height) => {
      const help = ui.dialogs.at(-1);
      if (help?.kind === 'help') {
        const rows = helpRows(world, ui, width, theme);
        const first = Math.min(help.scroll, Math.max(0, rows.length - height));
        return rows.slice(first, first + height);
      }
      if (help?.kind === 'report') return reportRows(help, world, width, height, theme);
      return renderScreen({ world, ui, theme }, width, height);
    });
    draw('charts', (width, height) =>
      this.charts.rows(chartSeries(world, ui, width * POINTS_PER_COLUMN), width, height, theme),
    );
  }
}
