import type { MapEntry } from './map-entries.js';

/** A PCI device as the device layer announces it; numbers in hexadecimal, lower case. */
export interface PciDevice {
  /** Where it sits, `0000:3b:00.0`; what an alias belongs to. */
  readonly slot: string;
  readonly vendor: string;
  readonly device: string;
  readonly subvendor?: string;
  readonly subdevice?: string;
  readonly classCode?: string;
}

/** What became of a device. */
export interface Binding {
  readonly device: PciDevice;
  /** The entry whose driver attached; undefined when the device stays unclaimed. */
  readonly entry: MapEntry | undefined;
  /** Drivers that were tried before and did not attach. */
  readonly refused: readonly MapEntry[];
}

/** The parts of a map entry, from the most to the least specific. */
const PARTS = ['subdevice', 'subvendor', 'device', 'vendor', 'classCode'] as const;
/** A more specific part outweighs all less specific ones together. */
const WEIGHTS = [16, 8, 4, 2, 1] as const;

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '*';

function matches(entry: MapEntry, device: PciDevice): boolean {
  return PARTS.every((part) => !isSet(entry[part]) || entry[part] === device[part]);
}

function weight(entry: MapEntry): number {
  return PARTS.reduce((sum, part, index) => sum + (isSet(entry[part]) ? WEIGHTS[index] : 0), 0);
}

/**
 * The drivers that would take a device, best first: native before vmklinux, then the most specific
 * map entry, then the order of the maps (stack-lower reference, 1.3; from memory).
 */
export function candidates(device: PciDevice, entries: readonly MapEntry[]): MapEntry[] {
  const rank = (entry: MapEntry): number => (entry.family === 'native' ? 100 : 0) + weight(entry);
  return entries
    .filter((entry) => matches(entry, device))
    .map((entry, order) => ({ entry, order }))
    .sort((a, b) => rank(b.entry) - rank(a.entry) || a.order - b.order)
    .map(({ entry }) => entry);
}

/**
 * Binds a device as vmkdevmgr does: the best driver that attaches.
 * @param attaches asks a module to claim the device; a driver that fails leaves it to the next
 */
export function bind(
  device: PciDevice,
  entries: readonly MapEntry[],
  attaches: (module: string) => boolean = () => true,
): Binding {
  const refused: MapEntry[] = [];
  for (const entry of candidates(device, entries)) {
    if (attaches(entry.module)) return { device, entry, refused };
    refused.push(entry);
  }
  return { device, entry: undefined, refused };
}

/**
 * Names of adapters by slot. A slot that has a name keeps it, whatever is plugged in; a new slot gets
 * the lowest free number, and a name is never given away while its slot is remembered, so a device
 * that moves gets a new one.
 * @param remembered the host's configuration: `/vmkdevmgr/pci/<slot>/alias`
 */
export function assignAliases(
  slots: readonly string[],
  remembered: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const aliases = new Map(remembered);
  const taken = new Set(remembered.values());
  let number = 0;
  // The bus is scanned in the order of addresses.
  for (const slot of [...slots].sort()) {
    if (aliases.has(slot)) continue;
    while (taken.has(`vmhba${number}`)) number++;
    taken.add(`vmhba${number}`);
    aliases.set(slot, `vmhba${number}`);
  }
  return aliases;
}
