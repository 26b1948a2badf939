import { Descriptor } from '../../../src/engine/formats/vmdk/descriptor.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { type MemoryFolder, write } from './model.js';

/** An empty child of a disk. */
export function child(folder: MemoryFolder, parent: string, name: string, format: string): void {
  const { cid } = Descriptor.parse(folder.text(parent), parent);
  const { sectors } = openDisk(folder, parent, zlibCodec);
  const nothing = { sectors, probe: hole, read: () => undefined };
  write(folder, name, format, nothing, { parent: { cid, hint: parent } });
}

function hole(_sector: number, limit: number, run: { kind: number; sectors: number }): void {
  run.kind = 0;
  run.sectors = limit;
}
