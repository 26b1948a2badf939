/** Hosts and virtual machines, one line each, for the overview. */
import { views } from '../../../engine/views/index.js';
import { formatCell } from '../../../engine/views/kit/format.js';
import { Row } from '../../../engine/views/kit/row.js';
import type { Field } from '../../../engine/views/kit/view.js';
import { plain, shorten } from '../../text.js';
import type { PanelContext } from './panel.js';

const NAME_WIDTH = 14;
/** With fewer rows than this, what they say matters more than what they are called. */
const TITLE_FROM = 4;
/** Values of the gauge `state` of a path, and of `lost` of a host's mounts. */
const DEAD = 3;
const DEAD_HOST = 2;

const machine = views.find(({ name }) => name === 'vm');

function figure(id: string): Field | undefined {
  return machine?.fields.find((field) => field.id === id);
}

const FIGURES = ['CMDS/s', 'MB/s', 'LAT/cmd'].flatMap((id) => figure(id) ?? []);

export function summaryRows(
  { world, theme }: PanelContext,
  width: number,
  height: number,
): string[] {
  const { window } = world.frames;
  const { more } = theme.glyph;
  const name = (text: string): string => shorten(plain(text), NAME_WIDTH, more).padEnd(NAME_WIDTH);
  const hosts = (world.plan?.hosts ?? []).map((host) => {
    const of = (scope: string): Row[] =>
      window.entities
        .scope(scope)
        .filter(({ labels }) => labels.host === host)
        .map((info) => new Row(window, info));
    const paths = of('path');
    const dead = paths.filter((path) => path.now('state') === DEAD).length;
    // A recording does not say which paths are alive.
    const known = paths.some((path) => !Number.isNaN(path.now('state')));
    const alive = known ? `: ${theme.paint('ok', 'all alive')}` : '';
    const state = dead > 0 ? `: ${theme.paint('bad', `! ${dead} dead`)}` : alive;
    const vms = several(of('vm').length, 'VM');
    const title = `  ${theme.paint('strong', name(host))} ${vms}, ${several(paths.length, 'path')}`;
    const isDead = of('mount').some((mount) => mount.now('lost') === DEAD_HOST);
    return title + (isDead ? `: ${theme.paint('bad', '! the host is dead')}` : state);
  });
  const all = window.entities.scope('vm');
  const title = theme.paint('title', width < 60 ? 'Hosts and VMs' : 'Hosts and virtual machines');
  const top = height < TITLE_FROM ? hosts : [title, ...hosts];
  const count = top.length + all.length;
  const fits = count <= height;
  // Only what is seen is made: there may be many more.
  const shown = all.slice(0, Math.max(0, (fits ? height : height - 1) - top.length));
  const machines = shown.map((info) => {
    const row = new Row(window, info);
    const stunned = row.now('stunned') > 0;
    const power = POWER[row.now('power')] ?? '';
    const cells = FIGURES.map(
      ({ format, value, width: room, id }) =>
        `${formatCell(format, value(row), room).padStart(room)} ${UNITS[id] ?? ''}`,
    );
    const state = stunned
      ? theme.paint('bad', ' ! question (a)')
      : theme.paint('dim', power === '' ? '' : ` ${power}`);
    return `  ${name(info.name)} ${cells.join(' ')}${state}`;
  });
  if (fits) return [...top, ...machines];
  const rows = [...top, ...machines].slice(0, height - 1);
  return [...rows, theme.paint('dim', `  and ${count - height + 1} more (V)`)];
}

/** What is not running, by value of the gauge. */
const POWER = ['', 'suspended', 'off', 'template'];

function several(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const UNITS: Readonly<Record<string, string>> = { 'CMDS/s': '/s', 'MB/s': 'MB/s', 'LAT/cmd': 'ms' };
