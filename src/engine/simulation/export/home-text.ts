import { assert } from '../../core/assert.js';
import type { Sim } from '../../core/sim.js';
import { formatStamp } from '../../formats/pdh/stamp.js';
import { encodeChangeMap } from '../../formats/vmdk/change-map.js';
import { alignUp, encodeUtf8 } from '../../formats/vmfs/bytes.js';
import type { DiskPlan, VmPlan } from '../../plan/plan.js';
import { EPOCH_SECONDS } from '../../stack/filesystem/vmfs/on-disk/volume-bytes.js';
import { NO_CID } from '../../stack/vmfiles/chain/link.js';
import { diskFile, type FileRole, type NewContent } from '../../stack/vmfiles/home.js';
import type { SnapshotInfo } from '../snapshots/snapshot.js';
import { describeLink, type LinkText, plainName } from './link-files.js';
import { configurationOf, type ExportedDisk, snapshotListOf } from './machine-text.js';

const SECTOR = 512;
/** What the .vmx has at least: the model's size of it. */
const VMX_BYTES = 3072;
/** Room for names that grow, of at most 127 characters: three of them in a descriptor. */
const NAME_ROOM = 128;
const DESCRIPTOR_ROOM = 3 * NAME_ROOM;
/** In the .vmx a disk on another datastore is named by its whole path. */
const PATH_ROOM = 3 * NAME_ROOM;
/** Snapshots the list has room for, a chain of them, and what each takes with its name. */
const LISTED = 31;
const LISTED_BYTES = 400;
const LISTED_DISK_BYTES = 160;
const LIST_STEP = 4096;
const LINE_FEED = 0x0a;

/**
 * What the small files of a machine say where datastores keep bytes. A text fills its file with blank
 * lines, which its readers skip: so its file keeps its length, and one write, done or not done, changes
 * all of it. Files whose form is not public (.nvram, .vmsn) hold zeros, or what the run calls unverified.
 */
export class HomeText {
  /** Descriptor a disk is named by now: `[one] web1/web1-000001.vmdk`. */
  leafOf: (disk: DiskPlan) => string;
  /** Change id of a disk whose changes are tracked now. */
  changeIdOf: (disk: DiskPlan) => string | undefined = () => undefined;

  constructor(
    private readonly sim: Sim,
    private readonly vm: VmPlan,
    /** Whether a datastore keeps bytes. */
    readonly keeps: (datastore: string) => boolean,
  ) {
    this.leafOf = (disk) => `${this.stemOf(disk)}.vmdk`;
  }

  /** For the machine's `Home`. */
  readonly newContent: NewContent = (role, file, datastore) => {
    if (!this.keeps(datastore)) return undefined;
    return this.contentOf(role, file, datastore);
  };

  /** The .vmx, with every disk's leaf as it is, or is to be. */
  configuration(leafOf = this.leafOf): Uint8Array {
    return configurationOf(this.vm, this.disksOf(leafOf, []));
  }

  /**
   * The .vmsd.
   * @param frozen by snapshot: descriptors of what it froze, in the order of the machine's disks
   */
  list(
    snapshots: readonly SnapshotInfo[],
    current: number,
    frozen: readonly (readonly (string | undefined)[])[],
    needsConsolidation: boolean,
  ): Uint8Array {
    const disks = this.disksOf(this.leafOf, frozen);
    return snapshotListOf(this.vm, snapshots, current, disks, needsConsolidation);
  }

  /** A descriptor; two links of one name have the same identifiers. */
  descriptor(path: string, link: LinkText, parent: string | undefined, thin: boolean): Uint8Array {
    const stream = this.sim.random.stream(`export ${path}`);
    return describeLink(link, parent, thin, () => stream.next());
  }

  /** Descriptor of the base of a disk: its content id is the first one that its chain will draw. */
  baseDescriptor(disk: DiskPlan, path: string, changeMap?: string): Uint8Array {
    const cid = this.sim.random.stream(`${this.vm.name}:${disk.name}.cid`).next();
    const { rawDevice, sizeBytes, kind } = disk;
    const raw = rawDevice?.physical ? ('rdmp' as const) : ('rdm' as const);
    const format = rawDevice === undefined ? ('flat' as const) : raw;
    const extent = `${path.replace(/\.vmdk$/, '')}-${format}.vmdk`;
    const link = {
      format,
      capacityBlocks: sizeBytes / SECTOR,
      extent,
      cid,
      parentCid: NO_CID,
      changeMap,
    };
    return this.descriptor(path, link, undefined, kind === 'thin');
  }

  private contentOf(role: FileRole, file: string, datastore: string): Uint8Array | undefined {
    const { vm } = this;
    switch (role) {
      case 'config':
      case 'template': {
        const room = vm.disks.length * PATH_ROOM;
        return roomy(this.configuration(), room, VMX_BYTES);
      }
      case 'snapshotList': {
        const bytes = LISTED * (LISTED_BYTES + vm.disks.length * LISTED_DISK_BYTES);
        return filled(new Uint8Array(), alignUp(bytes, LIST_STEP));
      }
      case 'diskDescriptor': {
        const path = `[${datastore}] ${vm.name}/${file}`;
        const disk = vm.disks.find((one) => this.stemOf(one) === path.replace(/\.vmdk$/, ''));
        // Another one is of a delta or of a disk that moves: written when it is known what it says.
        const text = this.baseDescriptor(disk ?? vm.disks[0], path);
        const least = text.length + DESCRIPTOR_ROOM;
        return roomy(disk === undefined ? new Uint8Array() : text, 0, least);
      }
      case 'changeTracking': {
        const stem = `[${datastore}] ${vm.name}/${file}`.replace(/-ctk\.vmdk$/, '');
        const disk = vm.disks.find((one) => this.stemOf(one) === stem);
        const changeId = disk && this.changeIdOf(disk);
        return changeId === undefined
          ? undefined
          : encodeChangeMap(changeId.split('/')[0], new Uint32Array());
      }
      case 'extendedConfig':
        return filled(supplementOf(vm), alignUp(supplementOf(vm).length, SECTOR));
      case 'log':
        return encodeUtf8(`${this.stamp}| vmx| log of ${vm.name} on ${vm.host}\n`);
      default:
        return undefined;
    }
  }

  private get stamp(): string {
    return formatStamp(EPOCH_SECONDS + this.sim.now / 1e9);
  }

  private disksOf(
    leafOf: (disk: DiskPlan) => string,
    frozen: readonly (readonly (string | undefined)[])[],
  ): ExportedDisk[] {
    return this.vm.disks.flatMap((plan, position) => {
      const names = frozen.map((disks) => disks[position]);
      const known = names.flatMap((name) => name ?? []);
      if (known.length < names.length) return [];
      const named = known.map((name) => this.nameOn(name));
      return [{ plan, leaf: this.nameOn(leafOf(plan)), frozen: named }];
    });
  }

  /** How a file in the home names a disk: plainly there, by its whole path on another datastore. */
  private nameOn(path: string): string {
    const datastore = path.slice(1, path.indexOf(']'));
    const { home, name } = this.vm;
    return datastore === home
      ? plainName(path)
      : `/vmfs/volumes/${datastore}/${name}/${plainName(path)}`;
  }

  private stemOf(disk: DiskPlan): string {
    const file = diskFile(this.vm, this.vm.disks.indexOf(disk));
    return `[${disk.datastore}] ${this.vm.name}/${file}`;
  }
}

/** A text with blank lines behind it, `bytes` long. */
export function filled(text: Uint8Array, bytes: number): Uint8Array {
  assert(text.length <= bytes, `a text of ${text.length} bytes in a file of ${bytes}`);
  const whole = new Uint8Array(bytes).fill(LINE_FEED);
  whole.set(text);
  return whole;
}

function roomy(text: Uint8Array, room: number, least: number): Uint8Array {
  return filled(text, alignUp(Math.max(text.length + room, least), SECTOR));
}

/** The .vmxf, for tools that group machines: names the machine's configuration. */
function supplementOf({ name }: VmPlan): Uint8Array {
  const safe = name.replace(/[<>&"]/g, '_');
  return encodeUtf8(
    `<?xml version="1.0"?>\n<Foundry>\n<VM>\n<VMId type="string"/>\n` +
      `<metaFile type="string">${safe}.vmx</metaFile>\n</VM>\n</Foundry>\n`,
  );
}
