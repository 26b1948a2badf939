import type {
  AdapterPlan,
  ArrayPlan,
  HostPlan,
  PathPlan,
  Transport,
} from '../../engine/plan/plan.js';
import { MERGE_LIMITS } from '../../engine/stack/adapter/merger.js';
import { assignAliases, bind } from '../../engine/stack/driver/binding.js';
import { MAP_ENTRIES } from '../../engine/stack/driver/map-entries.js';
import type { DriverEntry } from '../catalogues.js';
import { type AdapterText, type HostText, readAdapter } from '../schema.js';
import type { Path } from '../source.js';
import { suggest } from '../suggest.js';
import type { PlannedArrays } from './arrays.js';
import { type Context, type Copy, controllerName, Names } from './context.js';

/** Longest list of paths one host may have; 4,096 since ESXi 6.7 (from memory). */
const PATHS_MAX = 4096;

/** What a fabric of each transport looks like when the scenario does not say; *model*. */
const LINKS: Readonly<Record<Transport, { latencyNs: number; bytesPerSecond: number }>> = {
  fc: { latencyNs: 15e3, bytesPerSecond: 1.6e9 },
  iscsi: { latencyNs: 50e3, bytesPerSecond: 1.25e9 },
  sas: { latencyNs: 4e3, bytesPerSecond: 1.2e9 },
  nvme: { latencyNs: 1e3, bytesPerSecond: 3.5e9 },
};

/** Driver a host gets for a transport when it names no adapters. */
const USUAL_DRIVERS: Readonly<Record<Transport, string>> = {
  fc: 'qlnativefc',
  iscsi: 'iscsi_vmk',
  sas: 'lsi_mr3',
  nvme: 'nvme_pcie',
};

/** Adapter with the part of the fabric it may see. */
interface PlannedAdapter {
  readonly plan: AdapterPlan;
  readonly targets: readonly string[] | undefined;
  readonly path: Path;
}

export function planHosts(
  context: Context,
  hosts: readonly Copy<HostText>[],
  planned: PlannedArrays,
): Map<string, HostPlan> {
  const names = new Names<HostPlan>(context, 'host');
  for (const host of hosts) {
    const adapters = planAdapters(context, host, planned);
    const plan: HostPlan = {
      name: host.name,
      settings: planSettings(context, host),
      ...(host.item.managementBandwidth === undefined
        ? {}
        : { managementBytesPerSecond: host.item.managementBandwidth }),
      adapters: adapters.map((adapter) => adapter.plan),
      paths: planPaths(context, host, adapters, planned),
    };
    names.add(host.name, plan, [...host.path, 'name']);
  }
  return names;
}

function planSettings(context: Context, { item, path }: Copy<HostText>): Record<string, number> {
  const settings: Record<string, number> = {};
  const known = context.catalogues.settings;
  for (const [name, value] of Object.entries(item.settings)) {
    const at = [...path, 'settings', name];
    const setting = known[name];
    if (setting === undefined) {
      context.report(at, 'unknown advanced setting', suggest(name, Object.keys(known)));
    } else if (typeof value !== 'number' || value < setting.min || value > setting.max) {
      context.report(
        at,
        `expected a number from ${setting.min} to ${setting.max}, found "${value}"`,
      );
    } else {
      settings[name] = value;
    }
  }
  return settings;
}

function planAdapters(
  context: Context,
  host: Copy<HostText>,
  planned: PlannedArrays,
): PlannedAdapter[] {
  const names = new Names<PlannedAdapter>(context, `adapter of ${host.name}`);
  const texts = adapterTexts(host, planned);
  // vmhba0 is the local controller; HBAs follow; software iSCSI is vmhba64, as on a real host.
  const aliases = aliasesOf(texts.map(({ text }) => text));
  const taken = new Set([...texts.map(({ text }) => text.name), ...aliases.values()]);
  const free = (from: number): string => {
    let number = from;
    while (taken.has(`vmhba${number}`)) number++;
    taken.add(`vmhba${number}`);
    return `vmhba${number}`;
  };
  const drivers = new Map(context.catalogues.drivers.map((entry) => [entry.name, entry]));
  for (const { text, path, local } of texts) {
    const wanted = wantedDriver(context, text, path);
    if (wanted === undefined) continue;
    const driver = context.find(drivers, wanted, [...path, 'driver'], 'driver');
    if (driver === undefined) continue;
    const transport = text.transport ?? driver.transports[0]!;
    if (!driver.transports.includes(transport)) {
      const known = driver.transports.join(', ');
      context.report(
        [...path, 'transport'],
        `${driver.name} does not drive ${transport}`,
        `it drives ${known}`,
      );
    }
    for (let copy = 0; copy < (text.count ?? 1); copy++) {
      const from = local ? 0 : driver.name === 'iscsi_vmk' ? 64 : 1;
      const alias = text.name ?? aliases.get(text.slot ?? '');
      const named = text.count === undefined ? alias : undefined;
      const plan: AdapterPlan = {
        name: named ?? free(from),
        driver: driver.name,
        family: driver.family,
        transport,
        aqlen: text.aqlen ?? driver.aqlen,
        lunQueueDepth: text.lunQueueDepth ?? driver.lunQueueDepth,
        ...planQueue(context, text, driver, path),
        linkLatencyNs: text.linkLatency ?? LINKS[transport].latencyNs,
        linkBytesPerSecond: text.linkBandwidth ?? LINKS[transport].bytesPerSecond,
      };
      names.add(plan.name, { plan, targets: text.targets, path }, [...path, 'name']);
    }
  }
  return [...names.values()];
}

/** Names of the adapters that say where they sit; a name that is given is the slot's for good. */
function aliasesOf(texts: readonly AdapterText[]): ReadonlyMap<string, string> {
  const slots = texts.flatMap(({ slot }) => slot ?? []);
  const remembered = new Map(
    texts.flatMap(({ slot, name }) => (name ? [[slot ?? name, name]] : [])),
  );
  return slots.length === 0 ? new Map() : assignAliases(slots, remembered);
}

/** The driver an adapter names, or the one whose map has its PCI device. */
function wantedDriver(
  context: Context,
  { driver, pci }: AdapterText,
  path: Path,
): string | undefined {
  if ((driver === undefined) === (pci === undefined)) {
    context.report(path, 'expected exactly one of driver and pci');
    return undefined;
  }
  if (pci === undefined) return driver;
  const { entry } = bind({ slot: '', ...pci }, MAP_ENTRIES);
  if (entry === undefined) {
    context.report([...path, 'pci'], 'no driver claims this device', 'name the driver instead');
  }
  return entry?.module;
}

/** How the adapter's commands wait, interrupt and fail. */
function planQueue(
  context: Context,
  { order: { order, ...given }, merge, coalesce, timers }: AdapterText,
  driver: DriverEntry,
  path: Path,
): Pick<AdapterPlan, 'order' | 'merge' | 'coalesce' | 'timers'> {
  const orders = new Map(context.catalogues.orders.map((entry) => [entry.name, entry]));
  const entry = context.find(orders, order, [...path, 'order'], 'order');
  const limits = MERGE_LIMITS[driver.family];
  return {
    order: {
      order,
      params: context.params(entry?.params ?? {}, given as never, [...path, 'order']),
    },
    merge: merge !== undefined && {
      maxBytes: merge.maxSize ?? limits.maxBytes,
      maxSegments: merge.segments ?? limits.maxSegments,
    },
    ...(coalesce && {
      coalesce: { maxNs: coalesce.time, maxCount: coalesce.count, adaptive: coalesce.adaptive },
    }),
    timers: context.params(driver.timers, timers, [...path, 'timers']),
  };
}

/** The adapters written down, those a silent host needs, and the ones its local disks need. */
function adapterTexts(
  { item, name, path }: Copy<HostText>,
  { arrays, localTo }: PlannedArrays,
): { text: AdapterText; path: Path; local: boolean }[] {
  const texts = (item.adapters ?? []).map((text, index) => ({
    text,
    path: [...path, 'adapters', index] as Path,
    local: false,
  }));
  const needed = new Set<Transport>();
  for (const array of arrays) {
    const owner = localTo.get(array.name);
    if (owner === name || (owner === undefined && item.adapters === undefined)) {
      needed.add(array.transport);
    }
  }
  for (const transport of needed) {
    const driver = USUAL_DRIVERS[transport];
    const local = transport === 'sas' || transport === 'nvme';
    if (local && texts.some(({ text }) => text.driver === driver)) continue;
    const text = readAdapter(driver);
    texts.push({ text: transport === 'fc' ? { ...text, count: 2 } : text, path, local });
  }
  return texts;
}

function planPaths(
  context: Context,
  host: Copy<HostText>,
  adapters: readonly PlannedAdapter[],
  { arrays, localTo }: PlannedArrays,
): PathPlan[] {
  const paths: PathPlan[] = [];
  const attached = new Set<string>();
  for (const { plan, targets, path } of adapters) {
    const matched = new Set<string>();
    let target = 0;
    for (const array of arrays) {
      const owner = localTo.get(array.name);
      if (array.transport !== plan.transport) continue;
      // A host's own disks hang on its first adapter of their kind.
      if (owner !== undefined && (owner !== host.name || attached.has(array.name))) continue;
      if (owner !== undefined) attached.add(array.name);
      for (const { controller, port } of portsOf(array)) {
        if (targets !== undefined && owner === undefined) {
          const names = portNames(array, controller, port).filter((name) => targets.includes(name));
          if (names.length === 0) continue;
          for (const name of names) matched.add(name);
        }
        for (const lun of array.luns) {
          const single = array.kind === 'jbod';
          paths.push({
            name: `${plan.name}:C0:T${single ? target++ : target}:L${single ? 0 : lun.number}`,
            adapter: plan.name,
            array: array.name,
            controller,
            port,
            lun: lun.uid,
          });
        }
        if (array.kind === 'array') target++;
      }
    }
    reportUnmatched(context, plan, targets ?? [], matched, arrays, path);
  }
  if (paths.length > PATHS_MAX) {
    context.report(
      host.path,
      `${host.name} would have ${paths.length} paths; a host has at most ${PATHS_MAX}`,
      'limit adapters with "targets", or give the arrays fewer ports or LUNs',
    );
  }
  return paths;
}

function reportUnmatched(
  context: Context,
  { name, transport }: AdapterPlan,
  targets: readonly string[],
  matched: ReadonlySet<string>,
  arrays: readonly ArrayPlan[],
  path: Path,
): void {
  for (const [index, target] of targets.entries()) {
    if (matched.has(target)) continue;
    const known = arrays
      .filter((array) => array.transport === transport)
      .flatMap((array) => portsOf(array).flatMap((at) => portNames(array, at.controller, at.port)));
    context.report(
      [...path, 'targets', index],
      `${name} (${transport}) reaches no target port "${target}"`,
      suggest(target, new Set(known)),
    );
  }
}

function portsOf(array: ArrayPlan): { controller: number; port: number }[] {
  return Array.from({ length: array.controllers * array.portsPerController }, (_, index) => ({
    controller: Math.floor(index / array.portsPerController),
    port: index % array.portsPerController,
  }));
}

/** What `targets` may call a port: its array, its controller, or the port itself. */
function portNames(array: ArrayPlan, controller: number, port: number): string[] {
  const letter = controllerName(controller);
  return [array.name, `${array.name}:${letter}`, `${array.name}:${letter}${port}`];
}
