/** Names people gave, beside the names arrays and hosts use: `lun3 on prod1 naa.600...`. */
import type { Row } from '../../engine/views/kit/row.js';
import type { Field } from '../../engine/views/kit/view.js';
import { datastoresOf } from '../filter/relations.js';
import { shortenMiddle } from '../text.js';
import type { World } from '../world.js';

/** Columns that show a device by its id. */
const DEVICE_COLUMNS = new Set(['DEVICE', 'UID']);

/** Fewer characters of an id tell nothing. */
const ID_MIN = 8;
const WIDTH = 30;

/** How wide a cell may be, and what stands for what is cut. */
export interface Room {
  readonly width: number;
  readonly more: string;
}

const FREE: Room = { width: Number.POSITIVE_INFINITY, more: '' };

/** Names need more room than ids, of which the end is enough. */
export function widerForNames(field: Field): Field {
  return isDeviceColumn(field.id) ? { ...field, width: Math.max(field.width, WIDTH) } : field;
}

export function isDeviceColumn(id: string): boolean {
  return DEVICE_COLUMNS.has(id);
}

/**
 * The LUN's name and the datastores on it before the id, where the cell shows the id of a device.
 * @param text the cell as it is without
 * @param room the id gives way to the names where there is less than both need
 */
export function friendlyName(row: Row, text: string, world: World, room: Room = FREE): string {
  const device =
    row.info.scope === 'device' || row.info.scope === 'lun' ? row : row.parent('device');
  if (device === undefined || (device.name !== text && device.label('uid') !== text)) return text;
  const lun = row.info.scope === 'lun' ? '' : device.label('lun');
  const stores = datastoresOf(device, world).join(' ');
  const names = [lun, stores].filter((name) => name !== '' && name !== text);
  if (names.length === 0) return text;
  const given = names.join(' on ');
  const left = room.width - given.length - 1;
  return left < ID_MIN ? given : `${given} ${shortenMiddle(text, left, room.more)}`;
}
