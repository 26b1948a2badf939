import { assert } from '../../core/assert.js';
import { InputError } from '../../core/errors.js';
import { BLOCK_BYTES } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import { formatSize } from '../../core/units.js';
import type { ArrayPlan, LunPlan, PoolPlan, Qos } from '../../plan/plan.js';
import { ByteContent, contentOf, type OpenImage } from '../content.js';
import { Disk } from '../disk.js';
import { BackEnd } from './back-end.js';
import { Cache } from './cache.js';
import type { CacheSafety } from './cache-safety.js';
import { Controllers } from './controllers.js';
import { Destager } from './destager.js';
import { Lun } from './lun.js';
import { LunPlace } from './lun-place.js';
import type { Offload } from './offload.js';
import { PAGE_BLOCKS, Pool, stripeBlocksOf } from './pool.js';
import { dataUnitsOf } from './raid/layout.js';
import { StripeDestager } from './raid/stripe-destager.js';
import { CopyLun } from './snapshot/copy-lun.js';
import { SnapshotContent } from './snapshot/snapshot-content.js';
import { SnapshotImage } from './snapshot/snapshot-image.js';
import { SnapshotLun } from './snapshot/snapshot-lun.js';
import { ScaleOutClients, StorageNode } from './storage-node.js';
import { TargetPort } from './target-port.js';

/** A storage array, or a shelf of disks that are LUNs each on its own (`jbod`). */
export class DiskArray {
  readonly name: string;
  /** By uid. */
  readonly luns = new Map<string, Lun>();
  /** By the pool's name in the plan. */
  readonly pools = new Map<string, Pool>();
  readonly ports: TargetPort[] = [];
  readonly disks: Disk[] = [];
  /** One per pool of nodes. */
  private readonly scaleOut: ScaleOutClients[] = [];
  private readonly controllers: Controllers;
  private readonly offloads = new Map<number, Offload>();
  private readonly cache: Cache | undefined;
  /** Where the next LUN starts in the array's address space. */
  private nextBlock = 0;

  constructor(
    private readonly sim: Sim,
    readonly plan: ArrayPlan,
    private readonly openImage?: OpenImage,
  ) {
    this.name = plan.name;
    this.controllers = new Controllers(plan.controllers);
    const cached = plan.kind === 'array' && plan.cacheBytes > 0;
    this.cache = cached ? new Cache(sim, plan.cacheBytes, plan.mirror) : undefined;
    for (let controller = 0; controller < plan.controllers; controller++) {
      for (let number = 0; number < plan.portsPerController; number++) {
        this.ports.push(this.makePort(controller, number));
      }
    }
    for (const pool of plan.pools) this.addPool(pool);
    for (const lun of plan.luns) this.addLun(lun);
  }

  /** @param index number of the port on its controller, from 0 */
  port(controller: number, index: number): TargetPort {
    const port = this.ports[controller * this.plan.portsPerController + index];
    assert(port !== undefined, `${this.name} has no port ${index} on controller ${controller}`);
    return port;
  }

  /** Tells nodes of distributed storage about a virtual disk; other arrays know nothing of them. */
  setQos(disk: number, qos: Qos): void {
    for (const clients of this.scaleOut) clients.setQos(disk, qos);
  }

  controllerUp(controller: number): boolean {
    return this.controllers.alive[controller] === 1;
  }

  /** False while writes go through to the disks because the cache is not safe; undefined without one. */
  get writeBack(): boolean | undefined {
    return this.cache?.safety.writeBack;
  }

  /** @throws InputError when the LUN is a disk of its own, or there is one of that name */
  createSnapshot(lun: Lun, name: string, why: string): void {
    this.snapshotLun(lun).createSnapshot(name, () => this.space(lun.sizeBlocks), why);
  }

  /**
   * Makes a LUN larger. Hosts go by the size they know until they look again.
   * @throws InputError when it is a disk of its own, has snapshots, is as large already, or the pool
   *   has too little room
   */
  growLun(lun: Lun, sizeBytes: number, why: string): void {
    const place = `LUN ${lun.name}`;
    const count = this.snapshotLun(lun, 'larger LUNs').snapshotCount;
    const before = lun.sizeBlocks;
    const blocks = Math.floor(sizeBytes / BLOCK_BYTES);
    if (blocks <= before) {
      const what = `has ${formatSize(before * BLOCK_BYTES)} already`;
      throw InputError.of(place, what, 'LUNs only grow: give a larger size');
    }
    if (count > 0) {
      const hint = 'delete them first';
      throw InputError.of(place, `cannot grow while it has snapshots (${count})`, hint);
    }
    const pagesOf = (size: number): number => Math.ceil(size / PAGE_BLOCKS) * PAGE_BLOCKS;
    if (!lun.thin) lun.pool.reserve(pagesOf(blocks) - pagesOf(before), lun.name);
    lun.grow(blocks, (more) => this.space(more));
    const what = `grown from ${formatSize(before * BLOCK_BYTES)} to ${formatSize(blocks * BLOCK_BYTES)}`;
    this.sim.log.note('lun.grown', lun.name, what, why);
  }

  /** @throws InputError when there is none of that name */
  deleteSnapshot(lun: Lun, name: string, why: string): void {
    const own = this.snapshotLun(lun);
    for (const copy of this.luns.values()) {
      if (!(copy instanceof CopyLun) || !copy.presents(own, name)) continue;
      throw InputError.of(`LUN ${lun.name}`, `snapshot ${name} is presented as ${copy.name}`);
    }
    own.deleteSnapshot(name, why);
  }

  /**
   * Presents a snapshot of a LUN to hosts, as another that the plan has for it; they see it when they rescan.
   * @throws InputError when it is none for this LUN, presents one already, or there is no such snapshot
   */
  presentSnapshot(lun: Lun, name: string, copy: Lun, why: string): void {
    const plan = this.plan.luns.find(({ uid }) => uid === copy.uid);
    if (!(copy instanceof CopyLun) || plan?.copyOf !== lun.name) {
      const hint = `give a LUN "copyOf: ${lun.name}" in the scenario`;
      throw InputError.of(`LUN ${copy.name}`, `is not there to copy ${lun.name}`, hint);
    }
    const source = this.snapshotLun(lun);
    copy.present(source, name, why);
    if (source.sizeBlocks > copy.sizeBlocks)
      copy.grow(source.sizeBlocks, (more) => this.space(more));
  }

  private snapshotLun(lun: Lun, what = 'snapshots'): SnapshotLun {
    if (lun instanceof SnapshotLun) return lun;
    throw InputError.of(`LUN ${lun.name}`, 'is a disk of its own', `${what} need a pool`);
  }

  /** Addresses nobody has yet, in whole pages. */
  private space(blocks: number): number {
    const first = this.nextBlock;
    this.nextBlock += Math.ceil(blocks / PAGE_BLOCKS) * PAGE_BLOCKS;
    return first;
  }

  /** Without its battery the cache holds no writes: they go through to the disks. */
  setBattery(well: boolean, why: string): void {
    this.changeSafety(why, (safety) => safety.setBattery(well));
  }

  /** The controller's ports go down and its LUNs move to one that runs, if there is one. */
  failController(controller: number, why: string): void {
    if (!this.controllerUp(controller)) return;
    this.controllers.alive[controller] = 0;
    this.sim.log.note('controller.failed', this.controllerName(controller), 'failed', why);
    this.countControllers(`controller ${controller} failed`);
    const heir = this.controllers.survivor();
    for (const lun of this.luns.values()) {
      if (heir >= 0 && lun.destination === controller) {
        lun.setOwner(heir, `controller ${controller} failed`);
      } else {
        lun.notify();
      }
    }
    for (const port of this.ports) {
      if (port.controller === controller) port.setControllerUp(false, why);
    }
  }

  /** The controller's ports come up; LUNs that prefer it, or have no owner, move to it. */
  repairController(controller: number, why: string): void {
    if (this.controllerUp(controller)) return;
    this.controllers.alive[controller] = 1;
    this.sim.log.note('controller.repaired', this.controllerName(controller), 'runs again', why);
    this.countControllers(`controller ${controller} repaired`);
    for (const port of this.ports) {
      if (port.controller === controller) port.setControllerUp(true, why);
    }
    for (const lun of this.luns.values()) {
      if (lun.preferred === controller || !this.controllerUp(lun.destination)) {
        lun.setOwner(controller, `controller ${controller} repaired`);
      }
      lun.notify();
    }
  }

  /** Answers commands that are held without an answer and came over a broken connection. */
  releaseHeld(nexus: number, only: number | undefined): void {
    for (const lun of this.luns.values()) {
      if (only === undefined || lun.index === only) lun.releaseHeld(nexus);
    }
  }

  private countControllers(why: string): void {
    const running = this.controllers.alive.reduce((sum, alive) => sum + alive, 0);
    this.changeSafety(why, (safety) => safety.setControllers(running));
  }

  /** Where writes no longer end in the cache, what is dirty goes to the disks at once. */
  private changeSafety(why: string, change: (safety: CacheSafety) => void): void {
    const safety = this.cache?.safety;
    if (safety === undefined) return;
    const was = safety.writeBack;
    change(safety);
    if (safety.writeBack === was) return;
    const what = safety.writeBack ? 'write-back' : 'write-through: not safe any more';
    this.sim.log.note('cache.mode', this.name, what, why);
    if (was) for (const { destagers } of this.pools.values()) for (const d of destagers) d.hurry();
  }

  private controllerName(controller: number): string {
    return `${this.name}:c${controller}`;
  }

  private makePort(controller: number, number: number): TargetPort {
    const { name, portQueueDepth } = this.plan;
    const options = {
      name: `${this.controllerName(controller)}:p${number}`,
      array: name,
      controller,
      number,
      queueDepth: portQueueDepth,
    };
    return new TargetPort(this.sim, options, this);
  }

  private addPool(plan: PoolPlan): void {
    const units = dataUnitsOf(plan.raid?.level ?? 0, Math.max(1, plan.disks));
    const perDisk = Math.floor(plan.capacityBytes / BLOCK_BYTES / units);
    const stripe = stripeBlocksOf(plan);
    const diskBlocks = Math.max(stripe, perDisk - (perDisk % stripe));
    const clients = plan.scaleOut ? new ScaleOutClients(this.sim, plan.disks) : undefined;
    if (clients !== undefined) this.scaleOut.push(clients);
    const disks: Disk[] = [];
    const count = this.plan.kind === 'array' ? Math.max(1, plan.disks) : 0;
    for (let number = 0; number < count; number++) {
      const name = `${this.name}:${plan.name}:${clients === undefined ? 'd' : 'n'}${number}`;
      disks.push(this.makeDisk(name, plan, diskBlocks, clients));
    }
    const pool = new Pool(this.sim, this.name, plan, disks, diskBlocks);
    pool.onThreshold = () => {
      for (const lun of this.luns.values()) if (lun.pool === pool) lun.warn();
    };
    if (this.cache !== undefined) {
      for (const disk of disks) {
        const destager = pool.group === undefined ? Destager : StripeDestager;
        pool.destagers.push(new destager(this.sim, this.cache, pool, disk));
      }
    }
    this.pools.set(plan.name, pool);
  }

  private addLun(plan: LunPlan): void {
    const pool = this.pools.get(plan.pool);
    assert(pool !== undefined, `LUN ${plan.name} lies in pool ${plan.pool}, which does not exist`);
    assert(this.controllerUp(plan.owner), `LUN ${plan.name} is owned by no controller`);
    const pages = Math.ceil(plan.sizeBytes / BLOCK_BYTES / PAGE_BLOCKS);
    const jbod = this.plan.kind === 'jbod';
    if (!plan.thin && !jbod) pool.reserve(pages * PAGE_BLOCKS, plan.name);
    const blocks = Math.floor(plan.sizeBytes / BLOCK_BYTES);
    const copy = plan.copyOf === undefined ? undefined : this.copyContent(plan, blocks);
    const backing = {
      pool,
      cache: this.cache,
      disk: jbod ? this.makeLunDisk(plan) : undefined,
      place: new LunPlace(this.space(pages * PAGE_BLOCKS), blocks),
      content:
        copy === undefined
          ? contentOf(`${this.name}-${plan.name}`, plan, this.openImage)
          : copy instanceof SnapshotImage
            ? new ByteContent(copy)
            : copy,
    };
    const backEnd = new BackEnd(this.sim, plan.name, backing);
    const kind = jbod ? Lun : plan.copyOf === undefined ? SnapshotLun : CopyLun;
    const lun = new kind(this.sim, this.plan, plan, this.controllers, backing, backEnd);
    if (lun instanceof CopyLun && copy !== undefined) lun.keepIn(copy);
    if (lun instanceof SnapshotLun) {
      lun.isCopied = this.plan.luns.some(({ copyOf }) => copyOf === plan.name);
    }
    lun.offload.join(this.offloads);
    this.luns.set(plan.uid, lun);
  }

  /** Of a LUN that will present a snapshot: bytes, where the LUN it is of keeps them. */
  private copyContent(
    { name, content = 'stamps' }: LunPlan,
    blocks: number,
  ): SnapshotContent | SnapshotImage {
    if (content === 'stamps') return new SnapshotContent();
    return new SnapshotImage(`${this.name}-${name}`, blocks);
  }

  private makeLunDisk(plan: LunPlan): Disk {
    const pool = this.plan.pools.find(({ name }) => name === plan.pool)!;
    const blocks = Math.max(1, Math.floor(plan.sizeBytes / BLOCK_BYTES));
    return this.makeDisk(`${this.name}:${plan.pool}:${plan.name}`, pool, blocks);
  }

  private makeDisk(
    name: string,
    pool: PoolPlan,
    capacityBlocks: number,
    clients?: ScaleOutClients,
  ): Disk {
    const options = { name, array: this.name, pool: pool.name, model: pool.disk, capacityBlocks };
    const disk =
      clients === undefined
        ? new Disk(this.sim, options)
        : new StorageNode(this.sim, options, clients);
    this.disks.push(disk);
    return disk;
  }
}
