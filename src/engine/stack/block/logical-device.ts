import type { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import { DiskDriver, type DiskDriverOptions } from './disk-driver.js';

/**
 * A LUN as the block layer of a host has it: with the capacity it has read last, which a LUN that has
 * grown since exceeds, as the partition a VMFS extent is in and as a whole.
 */
export class LogicalDevice {
  /** The VMFS partition. */
  readonly driver: DiskDriver;
  /** How many have it open: volumes, raw device maps. */
  opens: () => number = () => 0;
  private readonly raw: DiskDriver[] = [];
  private size: number;

  constructor(
    private readonly sim: Sim,
    private readonly options: DiskDriverOptions,
    private readonly queue: Layer,
  ) {
    this.size = options.capacityBlocks;
    this.driver = new DiskDriver(sim, options, queue);
  }

  /** As the host knows it, in blocks. */
  get sizeBlocks(): number {
    return this.size;
  }

  /** The host has read another capacity. */
  resize(blocks: number): void {
    this.size = blocks;
    for (const driver of [this.driver, ...this.raw]) driver.resize(blocks);
  }

  /** The device without a partition, for a raw device map; each its own. */
  openRaw(): DiskDriver {
    const uid = `${this.options.uid} raw`;
    const options = { ...this.options, capacityBlocks: this.size, uid, partitionStart: 0 };
    const driver = new DiskDriver(this.sim, options, this.queue);
    this.raw.push(driver);
    return driver;
  }

  /** The device without a partition, for the block layer itself. */
  get whole(): DiskDriver {
    return this.raw[0] ?? this.openRaw();
  }
}
