/** Which virtual disks the QoS form is about, and what is set now. */

import type { Entities } from '../../engine/views/kit/entities.js';
import { Row } from '../../engine/views/kit/row.js';
import type { PlanSummary } from '../engine.js';
import { screenOf } from '../screens.js';
import type { UiState } from '../state.js';
import { selectedRow } from '../table/rows.js';
import type { Change } from '../update.js';
import type { World } from '../world.js';
import { qosForm } from './qos-form.js';

type Disk = PlanSummary['disks'][number];

export function openQos(state: UiState, world: World): Change {
  const say = (notice: string): Change => ({ state: { ...state, notice }, messages: [] });
  if (state.readOnly) return say('read only: QoS cannot be changed');
  const { view } = screenOf(state.screen);
  const row = view === undefined ? undefined : selectedRow(view, world, state);
  const disks = row === undefined ? [] : disksOf(row, world);
  const [first] = disks;
  if (first === undefined) return say('select a virtual disk, or a VM on a device');
  const name = disks.length === 1 ? nameOf(first) : `${first.vm}, each of ${disks.length} disks`;
  const form = qosForm(
    name,
    disks.map(({ index }) => index),
    disks.map((disk) => qosNow(disk, world)),
  );
  return { state: { ...state, dialogs: [form] }, messages: [] };
}

function nameOf({ vm, name }: Disk): string {
  return `${vm}:${name}`;
}

/** The row's virtual disks: of a VM all, of a VM on a device those that lie there. */
function disksOf(row: Row, { plan, frames }: World): readonly Disk[] {
  const disks = plan?.disks ?? [];
  switch (row.info.scope) {
    case 'disk':
      return disks.filter((disk) => nameOf(disk) === row.name);
    case 'vm':
      return disks.filter(({ vm }) => vm === row.name);
    case 'world':
    case 'client': {
      const own = disks.filter((disk) => isOf(row, disk));
      if (own.length > 0) return own;
      const onDevice = (disk: Disk): boolean =>
        lieOn(disk, plan, frames.entities).includes(row.label('device'));
      return disks.filter((disk) => disk.vm === row.label('vm') && onDevice(disk));
    }
    default:
      return [];
  }
}

/** Devices a disk's commands go to; an NFS volume is a device of its own. */
function lieOn(disk: Disk, plan: PlanSummary | undefined, entities: Entities): readonly string[] {
  const info = entities.scope('disk').find(({ name }) => name === nameOf(disk));
  const datastore = info?.labels.datastore ?? '';
  const found = plan?.datastores.find(({ name }) => name === datastore);
  return [...(found?.devices ?? []), `{NFS}${datastore}`];
}

/** Whether the disk is this client of a scheduler; one that all disks of a VM are together is none. */
function isOf(client: Row, disk: Disk): boolean {
  return client.label('vm') === disk.vm && client.label('disk') === disk.name;
}

/** The scheduler's own settings where the disk is a client of one; else what the plan says. */
function qosNow(disk: Disk, { frames: { window } }: World): Disk['qos'] {
  const client = window.entities
    .scope('client')
    .map((info) => new Row(window, info))
    .find((row) => isOf(row, disk));
  if (client === undefined) return disk.qos;
  return {
    limit: client.now('limit'),
    shares: client.now('shares'),
    reservation: client.now('reservation'),
  };
}
