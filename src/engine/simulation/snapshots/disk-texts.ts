import type { FileHandle } from '../../stack/files.js';
import type { Link } from '../../stack/vmfiles/chain/link.js';
import type { VirtualDisk } from '../../stack/vmfiles/virtual-disk.js';
import type { Vm } from '../../stack/vmfiles/vm.js';
import type { MachineTexts, NewPlace } from './machine-texts.js';
import type { PlaceTexts } from './place-texts.js';

type Then = (problem?: string) => void;

/**
 * Texts of a machine for whoever gives the files of a disk other names or another place. Whoever does
 * has new files described first, then named, and the old ones removed last: power lost at any instant
 * leaves a .vmx whose disks open. Each tells when it is written, or what went wrong.
 */
export interface DiskTexts {
  /** @throws InputError when the snapshot list has no room for these names of links */
  readonly requireRoom: (nameOf: (link: Link) => string) => void;
  /** Writes what new files say of themselves. */
  readonly describe: (place: NewPlace, then: Then) => void;
  /** Has the .vmx name them once these files are on their volume; `then` comes before any other text. */
  readonly name: (place: NewPlace, after: readonly FileHandle[], then: Then) => void;
  /** What is described in this way, whole, in another file; undefined where no bytes are kept. */
  readonly contentFor: (
    place: NewPlace,
    link: Link | undefined,
    into: FileHandle,
  ) => Uint8Array | undefined;
  /** Nothing is written of the machine until what is returned is called. */
  readonly hold: () => () => void;
  /** Writes everything that says where the disk is now. */
  readonly restate: (then: Then) => void;
}

export interface DiskOfTexts {
  readonly vm: Vm;
  /** Its number. */
  readonly disk: number;
  readonly backing: VirtualDisk;
}

export function diskTexts(
  places: PlaceTexts,
  texts: MachineTexts,
  { vm, disk, backing }: DiskOfTexts,
): DiskTexts {
  return {
    requireRoom: (nameOf) => {
      texts.listNow(nameOf);
    },
    describe: (place, then) => places.write(vm, () => texts.moved(disk, backing, place), [], then),
    name: (place, after, then) => places.write(vm, () => [texts.namesOf(disk, place)], after, then),
    contentFor: (place, link, into) => texts.contentFor(disk, backing, { place, link, into }),
    hold: () => places.hold(vm),
    restate: (then) => places.placed(vm, disk, then),
  };
}
