/** All screens: the overview, every table view, and the event log. */
import { views } from '../engine/views/index.js';
import type { View } from '../engine/views/kit/view.js';

export interface Screen {
  readonly name: string;
  readonly key: string;
  readonly title: string;
  readonly tab: string;
  readonly summary: string;
  /** The table this screen shows, if it is one. */
  readonly view: View | undefined;
}

export const OVERVIEW = 'overview';
export const EVENTS = 'events';
export const LATENCY = 'latency';

const tables = views.map(
  (view): Screen => ({
    name: view.name,
    key: view.key,
    title: view.title,
    tab: view.tab,
    summary: view.summary,
    view,
  }),
);

export const screens: readonly Screen[] = [
  {
    name: OVERVIEW,
    key: 'O',
    title: 'Overview',
    tab: 'Stack',
    summary: 'the way of the I/O through all layers: load, queues, where time is spent',
    view: undefined,
  },
  ...tables,
  {
    name: LATENCY,
    key: 'b',
    title: 'Latency',
    tab: 'Lat',
    summary: 'where the time of a VM, disk or device goes, from guest to platter, and how it was',
    view: undefined,
  },
  {
    name: EVENTS,
    key: 'E',
    title: 'Events',
    tab: 'Event',
    summary: 'what happened to which object, and why',
    view: undefined,
  },
];

export function screenOf(name: string): Screen {
  return screens.find((screen) => screen.name === name) ?? (screens[0] as Screen);
}
