import { InputError } from '../../core/errors.js';
import type { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import type { DiskArray } from '../../devices/array/disk-array.js';
import type { Lun } from '../../devices/array/lun.js';
import { Nexus } from '../../devices/fabric/nexus.js';
import { ManagementNetwork } from '../../operations/backup/network.js';
import { SanDisk } from '../../operations/backup/san-disk.js';
import { SanInitiator } from '../../operations/backup/san-initiator.js';
import { MANAGEMENT_BYTES_PER_SECOND, TRANSPORT } from '../../operations/backup/transport.js';
import { BackupWorld } from '../../operations/backup/world.js';
import type { DataMover } from '../../operations/data-mover.js';
import type { MoverStore } from '../../operations/store.js';
import type { BackupTransport } from '../../plan/commands.js';
import { Chain } from '../../stack/vmfiles/chain/chain.js';
import { ChainView } from '../../stack/vmfiles/chain/chain-view.js';
import type { Link } from '../../stack/vmfiles/chain/link.js';
import { ADAPTER_TYPES } from '../../stack/vscsi/index.js';
import { VirtualAdapter } from '../../stack/vscsi/virtual-adapter.js';
import { VirtualScsiDisk } from '../../stack/vscsi/virtual-scsi-disk.js';
import type { HostFileSystems } from '../build-datastores.js';
import type { BuiltHost } from '../build-hosts.js';
import type { BuiltDisk } from '../build-vms.js';

/** What a backup's reads weigh against those of VMs: normal shares, no reservation, no limit. */
const QOS = { shares: 1000, reservation: 0, limit: 0 };
/** Disks of a virtual adapter: 16 targets, one of them the adapter itself. */
const TARGETS = 15;
const OWN_TARGET = 7;
const PROXY = 'backup-proxy';

export interface TransportParts {
  readonly hosts: ReadonlyMap<string, BuiltHost>;
  readonly arrays: ReadonlyMap<string, DiskArray>;
  readonly disks: ReadonlyMap<number, BuiltDisk>;
  readonly fileSystems: ReadonlyMap<string, HostFileSystems>;
  readonly moverOf: (host: string) => DataMover;
}

/** A disk as a transport reads it. */
export interface Way {
  readonly world: BackupWorld;
  readonly lower: Layer;
  /** What is read: a snapshot's files, leaf first. */
  setLinks(links: readonly Link[]): void;
}

/** The ways backups read disks: made when first asked for, then kept. */
export class BackupTransports {
  private readonly worlds = new Map<string, BackupWorld>();
  private readonly networks = new Map<string, ManagementNetwork>();
  private readonly adapters = new Map<string, VirtualAdapter>();
  private readonly ways = new Map<string, Way>();
  /** By the same key: tells the queues of the datastore of the way's world. */
  private readonly introductions = new Map<string, () => void>();
  private readonly nexuses = new Map<string, readonly Nexus[]>();
  private readonly initiators = new Map<string, SanInitiator>();
  private readonly added = new Map<string, number>();
  /** Hosts whose proxies have failed. */
  private readonly failed = new Set<string>();
  private nextDisk: number;
  private nextWorld: number;

  constructor(
    private readonly sim: Sim,
    private readonly parts: TransportParts,
  ) {
    this.nextDisk = 1 + Math.max(-1, ...parts.disks.keys());
    this.nextWorld = 1 + Math.max(0, ...[...parts.disks.values()].map(({ vm }) => vm.world));
  }

  /** @throws InputError when the disk cannot be read this way */
  check({ plan, vm, backing }: BuiltDisk, transport: BackupTransport): void {
    const place = `${vm.name}:${plan.name}`;
    if (plan.rawDevice !== undefined) {
      throw InputError.of(place, 'is a raw device', 'back it up within its guest');
    }
    const store = this.parts.fileSystems.get(vm.host)?.stores.get(backing.datastore.name);
    if (transport === 'san' && store?.vmfs === undefined) {
      throw InputError.of(place, 'SAN transport reads VMFS only', 'use hotadd, nbd or nbdssl');
    }
  }

  /** The host's management network. */
  network(host: string): ManagementNetwork {
    const known = this.networks.get(host);
    if (known !== undefined) return known;
    const { managementBytesPerSecond: speed } = (this.parts.hosts.get(host) as BuiltHost).plan;
    const network = new ManagementNetwork(speed ?? MANAGEMENT_BYTES_PER_SECOND);
    this.networks.set(host, network);
    return network;
  }

  /** Something ends the backups of a host's machines, or no longer. */
  setProxy(host: string, up: boolean): void {
    if (up) this.failed.delete(host);
    else this.failed.add(host);
  }

  setNetwork(host: string, up: boolean): void {
    this.network(host).setUp(up, this.sim.now);
  }

  /** Why nothing can be told to the disk's host, such as to make or delete a snapshot; undefined when it can. */
  unmanaged({ vm, backing }: BuiltDisk): string | undefined {
    if (!this.hostHas(vm.host, backing.datastore.name)) {
      return `its host does not have ${backing.datastore.name}`;
    }
    return this.network(vm.host).up ? undefined : `the management network of ${vm.host} is down`;
  }

  /** Why a disk cannot be read this way now; undefined when it can. */
  trouble({ vm, backing }: BuiltDisk, transport: BackupTransport): string | undefined {
    const { host } = vm;
    if (this.failed.has(host)) return `the backup proxy of ${host} has failed`;
    // A proxy of its own reads on without the host.
    if (transport !== 'san' && !this.hostHas(host, backing.datastore.name)) {
      return 'its host has died, or lost the datastore';
    }
    const isSent = TRANSPORT[transport].cpuNsPerByte > 0;
    if (!isSent || !this.network(host).isBroken(this.sim.now)) return undefined;
    return `the management network of ${host} has been down for too long`;
  }

  private hostHas(host: string, datastore: string): boolean {
    return this.parts.fileSystems.get(host)?.mountOf(datastore)?.mounted === true;
  }

  /** The datastore has one more device, whose queue knows nothing of backups. */
  extended(datastore: string): void {
    for (const [key, introduce] of this.introductions)
      if (key.endsWith(` ${datastore}`)) introduce();
  }

  /** How a disk is read; `check` has said that it can be. */
  wayOf(built: BuiltDisk, transport: BackupTransport): Way {
    const { plan, backing } = built;
    // A disk that has been moved is read by another way.
    const key = `${plan.index} ${transport} ${backing.datastore.name}`;
    const known = this.ways.get(key);
    if (known !== undefined) return known;
    const world = this.worldOf(built, transport);
    const { name } = backing.datastore;
    const introduce = (): void => this.introduce(built.vm.host, name, world, transport);
    this.introductions.set(key, introduce);
    introduce();
    const way = transport === 'san' ? this.san(built, world) : this.byHost(built, world, transport);
    this.ways.set(key, way);
    return way;
  }

  /** Through the stack of the disk's host. */
  private byHost(built: BuiltDisk, world: BackupWorld, transport: BackupTransport): Way {
    const { plan, vm, backing } = built;
    const { host } = vm;
    const systems = this.parts.fileSystems.get(host) as HostFileSystems;
    const title = `${vm.name}:${plan.name} ${transport}`;
    const chain = new Chain(
      this.sim,
      title,
      systems.fileSystemSwitch,
      this.parts.moverOf(host).holdsGuests,
    );
    systems.mountOf(backing.datastore.name)?.count(chain.tableIo.traffic);
    const setLinks = (links: readonly Link[]): void => {
      chain.links = links;
    };
    if (transport !== 'hotadd') return { world, lower: chain, setLinks };
    const number = this.added.get(host) ?? 0;
    this.added.set(host, number + 1);
    const bus = Math.floor(number / TARGETS);
    const adapter = this.proxyAdapter(host, bus);
    const target = number % TARGETS;
    const name = `scsi${bus}:${target < OWN_TARGET ? target : target + 1}`;
    const { disk: index } = world.options;
    const lower = new VirtualScsiDisk(
      this.sim,
      {
        vm: proxyOf(host),
        host,
        adapter,
        plan: { name, index },
        backing: {
          get file() {
            return backing.file;
          },
          get kind() {
            return backing.kind;
          },
          get datastore() {
            return backing.datastore;
          },
          firstWrites: 0,
          onChange: (listener) => backing.onChange(listener),
        },
      },
      chain,
    );
    return { world, lower, setLinks };
  }

  private san(built: BuiltDisk, world: BackupWorld): Way {
    const { plan, vm, backing } = built;
    const { stores } = this.parts.fileSystems.get(vm.host) as HostFileSystems;
    const store = stores.get(backing.datastore.name) as MoverStore;
    const lower = new SanDisk(
      this.sim,
      `${vm.name}:${plan.name} san`,
      store.vmfs?.extents ?? [],
      this.initiatorOf(vm.host),
    );
    const setLinks = (links: readonly Link[]): void => {
      lower.view = new ChainView(links, (file, block) => store.datastore.holds(file, block));
    };
    return { world, lower, setLinks };
  }

  private worldOf({ vm }: BuiltDisk, transport: BackupTransport): BackupWorld {
    const { host } = vm;
    const key = `${transport} ${host}`;
    const known = this.worlds.get(key);
    if (known !== undefined) return known;
    const { cpuNsPerByte } = TRANSPORT[transport];
    const world = new BackupWorld(this.sim, {
      name: `backup-${transport}`,
      world: this.nextWorld++,
      disk: this.nextDisk++,
      cpuNsPerByte,
      ...(cpuNsPerByte === 0 ? {} : { network: this.network(host) }),
    });
    this.worlds.set(key, world);
    return world;
  }

  /** Every queue its reads may pass gets to know the world. */
  private introduce(
    host: string,
    datastore: string,
    { options }: BackupWorld,
    transport: BackupTransport,
  ): void {
    const { fileSystems, hosts } = this.parts;
    const { world, disk, name } = options;
    const names = { disk: transport, datastore };
    const queues = fileSystems.get(host)?.queuesOf(datastore) ?? [];
    for (const queue of transport === 'san' ? [] : queues) {
      queue.setQos(disk, world, name, QOS, names);
    }
    for (const { array } of hosts.get(host)?.devices.values() ?? []) array.setQos(disk, QOS);
  }

  private proxyAdapter(host: string, number: number): VirtualAdapter {
    const key = `${host} ${number}`;
    const known = this.adapters.get(key);
    if (known !== undefined) return known;
    const options = { vm: proxyOf(host), host, name: `scsi${number}`, type: ADAPTER_TYPES.pvscsi };
    const adapter = new VirtualAdapter(this.sim, options);
    this.adapters.set(key, adapter);
    return adapter;
  }

  /** One physical proxy for the disks of a host, with a link as fast as the host's own. */
  private initiatorOf(host: string): SanInitiator {
    const known = this.initiators.get(host);
    if (known !== undefined) return known;
    const initiator = new SanInitiator(this.sim, `${PROXY} for ${host}`, (lun) =>
      this.nexusesTo(host, lun),
    );
    this.initiators.set(host, initiator);
    return initiator;
  }

  private nexusesTo(host: string, lun: Lun): readonly Nexus[] {
    const arrays = [...this.parts.arrays.values()];
    const array = arrays.find(({ luns }) => luns.get(lun.uid) === lun) as DiskArray;
    const key = `${host} ${array.name}`;
    const known = this.nexuses.get(key) ?? this.connect(host, array);
    this.nexuses.set(key, known);
    for (const { index } of known) lun.attentions.connect(index);
    return known;
  }

  private connect(host: string, array: DiskArray): readonly Nexus[] {
    const { adapters, paths } = (this.parts.hosts.get(host) as BuiltHost).plan;
    const way = paths.find((path) => path.array === array.name);
    const like = adapters.find(({ name }) => name === way?.adapter) ?? adapters[0];
    return array.ports.map(
      (port) =>
        new Nexus(
          this.sim,
          {
            host: proxyOf(host),
            adapter: 'hba0',
            array: array.name,
            latencyNs: like.linkLatencyNs,
            bytesPerSecond: like.linkBytesPerSecond,
          },
          port,
        ),
    );
  }
}

function proxyOf(host: string): string {
  return `${PROXY}-${host}`;
}
