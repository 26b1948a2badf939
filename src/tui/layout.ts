/** How the screen is divided: classes of width and height, not a design per size. */
import { dialogHeight } from './dialogs/render.js';
import { EVENTS, LATENCY, OVERVIEW } from './screens.js';
import type { Chrome, Size } from './store.js';

export const COLUMNS_MIN = 72;
export const ROWS_MIN = 20;

/** Heights of the parts; the screen itself takes what is left. */
export interface Parts {
  readonly story: number;
  readonly charts: number;
  /** Rows inside the dialog's box; 0 is no box. */
  readonly dialog: number;
}

/** Status, tabs, notice, footer. */
const FIXED_ROWS = 4;
/** Two rows of 80 columns hold any line of the bundled drills' stories. */
const STORY_ROWS = 2;
const BORDER_ROWS = 2;
/** Columns of a dialog's border and of the blanks beside it. */
export const DIALOG_BESIDE = 4;
/** What is left of a screen under a dialog or above charts. */
const SCREEN_ROWS_MIN = 5;
/** The layers with their head, a machine and an event. */
const OVERVIEW_ROWS = 20;
/** Heights at which the steps of a line chart's scale come out even; see charts/contrib.ts. */
const LINE_CHART_ROWS = [9, 15, 27] as const;
const AREA_CHART_ROWS = 6;

export function tooSmall({ columns, rows }: Size): boolean {
  return columns < COLUMNS_MIN || rows < ROWS_MIN;
}

/** Title and head of a table. */
const TABLE_HEAD_ROWS = 2;

/** Whether so many rows of a table want the room that charts would take. */
export function isCrowded({ ui, size, story }: Chrome, tableRows: number): boolean {
  const room = size.rows - FIXED_ROWS - (story ? STORY_ROWS : 0);
  return tableRows + TABLE_HEAD_ROWS > room - chartRows(ui.screen, false, room, false);
}

export function partsOf({ ui, size, story, crowded }: Chrome): Parts {
  const storyRows = story ? STORY_ROWS : 0;
  const room = size.rows - FIXED_ROWS - storyRows;
  const dialog = ui.dialogs.at(-1);
  const over = dialog?.kind === 'help' || dialog?.kind === 'report';
  const wanted =
    dialog === undefined || over ? 0 : dialogHeight(dialog, size.columns - DIALOG_BESIDE);
  const dialogRows = Math.min(wanted, room - SCREEN_ROWS_MIN - BORDER_ROWS);
  const left = room - (wanted > 0 ? dialogRows + BORDER_ROWS : 0);
  return {
    story: storyRows,
    charts: chartRows(ui.screen, over, left, crowded),
    dialog: dialogRows,
  };
}

function chartRows(screen: string, covered: boolean, room: number, crowded: boolean): number {
  if (covered || screen === EVENTS || screen === LATENCY) return 0;
  const [small, middle, large] = LINE_CHART_ROWS;
  if (screen === OVERVIEW) {
    return room >= OVERVIEW_ROWS + 24 ? middle : room >= OVERVIEW_ROWS + 12 ? small : 0;
  }
  if (room >= 52) return crowded ? middle : large;
  if (room >= 30) return crowded ? small : middle;
  return room >= 16 ? AREA_CHART_ROWS : 0;
}
