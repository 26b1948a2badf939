/** What may be done with a LUN in its array, and with the volume a VMFS datastore is. */
import { BLOCK_BYTES } from '../../engine/core/io.js';
import { formatSize } from '../../engine/core/units.js';
import type { Row } from '../../engine/views/kit/row.js';
import type { Command } from '../engine.js';
import type { World } from '../world.js';

export interface Choice {
  readonly label: string;
  readonly command: Command;
  readonly said: string;
}

/** Sizes a LUN may grow to, by what it is now. */
const FACTORS = [1.25, 1.5, 2];
const GIB = 2 ** 30;

/** A LUN becomes larger. */
export function lunChoices(row: Row): Choice[] {
  const lun = `${row.label('array')}/${row.name}`;
  const now = row.now('sizeBlocks') * BLOCK_BYTES;
  return FACTORS.map((factor) => {
    const sizeBytes = Math.ceil((now * factor) / GIB) * GIB;
    return {
      label: `grow it to ${formatSize(sizeBytes)}`,
      command: { kind: 'growLun', lun, sizeBytes },
      said: `${lun} grows; hosts see it after a rescan`,
    };
  });
}

/** A VMFS datastore grows into its extents, or takes a LUN that is no extent by the scenario. */
export function volumeChoices(datastore: string, world: World): Choice[] {
  const used = new Set((world.plan?.datastores ?? []).flatMap(({ devices }) => devices));
  const free = world.frames.entities
    .scope('lun')
    .filter(({ labels }) => !used.has(labels.uid as string))
    .map(({ name, labels }) => `${labels.array}/${name}`);
  return [
    {
      label: 'grow into what its extents have more (rescan first)',
      command: { kind: 'growDatastore', datastore },
      said: `${datastore} grows`,
    },
    ...free.map((lun) => ({
      label: `extend by LUN ${lun}`,
      command: { kind: 'extendDatastore', datastore, lun } as const,
      said: `${datastore}: ${lun} becomes an extent`,
    })),
  ];
}
