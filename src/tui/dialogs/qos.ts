/** Which virtual disk the QoS form is about, and what is set now. */
import { Row } from '../../engine/views/kit/row.js';
import type { PlanSummary } from '../engine.js';
import { screenOf } from '../screens.js';
import type { UiState } from '../state.js';
import { selectedRow } from '../table/rows.js';
import type { Change } from '../update.js';
import type { World } from '../world.js';
import { qosForm } from './form.js';

type Disk = PlanSummary['disks'][number];

export function openQos(state: UiState, world: World): Change {
  const say = (notice: string): Change => ({ state: { ...state, notice }, messages: [] });
  if (state.readOnly) return say('read only: QoS cannot be changed');
  const { view } = screenOf(state.screen);
  const row = view === undefined ? undefined : selectedRow(view, world, state);
  const disk = row === undefined ? undefined : diskOf(row, world);
  if (disk === undefined) return say('select a virtual disk, or a VM on a device');
  const form = qosForm(disk, qosNow(disk, world));
  return { state: { ...state, dialogs: [form] }, messages: [] };
}

/** The row's disk; of a VM on a device, its first disk there. */
function diskOf(row: Row, world: World): Disk | undefined {
  const { plan } = world;
  if (plan === undefined) return undefined;
  const { scope, name } = row.info;
  if (scope === 'disk') return plan.disks.find((disk) => `${disk.vm}:${disk.name}` === name);
  if (scope !== 'world' && scope !== 'vm') return undefined;
  const vm = scope === 'vm' ? name : row.label('vm');
  return plan.disks.find(
    (disk) =>
      disk.vm === vm && (scope === 'vm' || devicesOf(disk, plan).includes(row.label('device'))),
  );
}

function devicesOf(disk: Disk, plan: PlanSummary): readonly string[] {
  return plan.datastores.find(({ name }) => name === disk.datastore)?.devices ?? [];
}

/** The scheduler's own settings where the disk has a queue; else what the plan says. */
function qosNow(disk: Disk, world: World): Disk['qos'] {
  const { plan } = world;
  const { window } = world.frames;
  const devices = plan === undefined ? [] : devicesOf(disk, plan);
  const found = window.entities
    .scope('world')
    .find(({ labels }) => labels.vm === disk.vm && devices.includes(labels.device ?? ''));
  const sharing = plan?.disks.filter(
    (other) => other.vm === disk.vm && other.datastore === disk.datastore,
  );
  if (found === undefined || (sharing?.length ?? 0) > 1) return disk.qos;
  const row = new Row(window, found);
  return {
    limit: row.now('limit'),
    shares: row.now('shares'),
    reservation: row.now('reservation'),
  };
}
