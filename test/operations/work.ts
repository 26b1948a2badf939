import { stringify } from 'yaml';
import type { DiskArray } from '../../src/engine/devices/array/disk-array.js';
import type { Lun } from '../../src/engine/devices/array/lun.js';
import type { Media } from '../../src/engine/devices/media.js';
import type { NfsServer } from '../../src/engine/devices/nfs-server.js';
import type { Plan } from '../../src/engine/plan/plan.js';
import type { BuiltDisk } from '../../src/engine/simulation/build-vms.js';
import type { DiskOperations } from '../../src/engine/simulation/disk-operations.js';
import type { FileHandle } from '../../src/engine/stack/files.js';
import type { VmfsFile } from '../../src/engine/stack/filesystem/vmfs/file.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { Run } from '../simulation/support.js';

/** A host, an array, a VM with a disk of 64 MiB on the first datastore and one job. */
export function planOf(text: {
  readonly array: Record<string, unknown>;
  readonly nfsServers?: unknown[];
  readonly host?: Record<string, unknown>;
  readonly datastores: unknown[];
  readonly job: Record<string, unknown>;
}): Plan {
  const yaml = stringify({
    seed: 5,
    duration: '10m',
    arrays: [{ name: 'array1', ...text.array }],
    nfsServers: text.nfsServers ?? [],
    hosts: [{ name: 'esx1', ...text.host }],
    datastores: text.datastores,
    vms: [
      {
        name: 'vm1',
        memory: '16MiB',
        datastore: 'one',
        disks: [{ size: '64MiB', kind: 'thin' }],
        workloads: text.job,
      },
    ],
  });
  const { source, text: scenario } = parseScenario(yaml, 'clone.yaml');
  return planScenario(source, scenario);
}

interface InsideOperations {
  readonly fileSystems: ReadonlyMap<
    string,
    { stores: ReadonlyMap<string, { vmfs: { extents: { shift: number }[] } }> }
  >;
}

interface Inside {
  readonly qos: { readonly parts: { readonly disks: ReadonlyMap<number, BuiltDisk> } };
  readonly operations: DiskOperations;
  readonly arrays: ReadonlyMap<string, DiskArray>;
  readonly sites: { readonly server: ReadonlyMap<string, NfsServer> };
}

/** A run, and what lies on its arrays. */
export class Work extends Run {
  private get inside(): Inside {
    return this.simulation as unknown as Inside;
  }

  private get parts(): InsideOperations {
    return this.inside.operations as unknown as InsideOperations;
  }

  run(untilNs: number): void {
    this.simulation.runUntil(untilNs);
  }

  events(kind: string) {
    return this.of(kind);
  }

  exists(datastore: string, name: string): boolean {
    return this.inside.operations.find(datastore, name) !== undefined;
  }

  disk(datastore: string, name: string): FileHandle {
    return this.inside.operations.find(datastore, name) as FileHandle;
  }

  source(): FileHandle {
    return (this.inside.qos.parts.disks.get(0) as BuiltDisk).backing.file;
  }

  lun(name: string): Lun {
    const luns = [...(this.inside.arrays.get('array1') as DiskArray).luns.values()];
    return luns.find((lun) => lun.name === name) as Lun;
  }

  /** Where a file's blocks lie on the LUN of its datastore: one address per 4 KiB, -1 in holes. */
  places(handle: FileHandle, datastore: string): { lun: Lun; blocks: number[] } {
    const { map } = handle as VmfsFile;
    const store = this.parts.fileSystems.get('esx1')?.stores.get(datastore);
    const shift = store?.vmfs.extents[0]?.shift ?? 0;
    const blocks = [...map].flatMap((block) =>
      Array.from({ length: 256 }, (_, part) => (block < 0 ? -1 : shift + block * 2048 + part * 8)),
    );
    return { lun: this.lun(datastore === 'one' ? 'lun0' : 'lun1'), blocks };
  }

  /** What reads of a file return, from the LUN itself. */
  stamps(handle: FileHandle, datastore: string): number[] {
    const { lun, blocks } = this.places(handle, datastore);
    return blocks.map((lba) => (lba < 0 ? 0 : (lun.media as Media).stampAt(lba)));
  }

  nfsStamps(handle: FileHandle): number[] {
    const server = this.inside.sites.server.get('filer') as NfsServer;
    const files = (server as unknown as { files: Map<number, Media> }).files;
    const media = files.get(handle.index);
    return Array.from({ length: handle.sizeBlocks / 8 }, (_, at) => media?.stampAt(at * 8) ?? 0);
  }

  fabricBytes(): number {
    return this.sum('nexus', ['bytesOut', 'bytesIn']);
  }

  serverBytes(): number {
    const blocks = this.sum('port', ['readBlocks', 'writeBlocks'], 'filer');
    return blocks * 512;
  }

  device(lun: string): Record<string, number> {
    return this.values('device', ({ labels }) => labels.lun === lun);
  }

  /** Free bytes of a datastore. */
  freeBytes(datastore: string): number {
    const { freeBlocks = 0 } = this.values('datastore', ({ name }) => name === datastore);
    return freeBlocks * 512;
  }

  /** The disk as the guest sees it. */
  guestDisk(): Record<string, number> {
    return this.values('disk', () => true);
  }

  /** Names of the files that are there. */
  filesThere(): string[] {
    const { values } = this.simulation.sample(false);
    return this.simulation.entities.flatMap(({ scope, name, base, fields }) =>
      scope === 'file' && values[base + fields.indexOf('present')] === 1 ? [name] : [],
    );
  }

  mover(): Record<string, number> {
    return this.values('mover', () => true);
  }

  private values(
    scope: string,
    which: (entity: { name: string; labels: Readonly<Record<string, string>> }) => boolean,
  ): Record<string, number> {
    const { simulation } = this;
    const sample = simulation.sample(false);
    const info = simulation.entities.find((entity) => entity.scope === scope && which(entity));
    if (info === undefined) throw new Error(`no ${scope}`);
    return Object.fromEntries(
      info.fields.map((field, index) => [field, sample.values[info.base + index] ?? 0]),
    );
  }

  private sum(scope: string, fields: readonly string[], name = ''): number {
    const { simulation } = this;
    const sample = simulation.sample(false);
    let sum = 0;
    for (const info of simulation.entities) {
      if (info.scope !== scope || !info.name.includes(name)) continue;
      for (const field of fields) sum += sample.values[info.base + info.fields.indexOf(field)] ?? 0;
    }
    return sum;
  }
}
