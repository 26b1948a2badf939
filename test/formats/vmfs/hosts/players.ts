import { expect } from 'vitest';
import { HostStopped, type Steps } from '../../../../src/engine/formats/vmfs/hosts/access.js';
import type { ClusterHost } from '../../../../src/engine/formats/vmfs/hosts/cluster-host.js';
import type { MemoryImage } from '../../../../src/input/image/memory-image.js';
import { openToRead, pattern, readAll } from '../model.js';
import { type Machine, World, type WorldOptions } from './world.js';

type Content = Uint8Array | undefined;
type Operation = readonly [steps: Steps<unknown>, apply: () => void, mayBeNothing?: boolean];

export interface GameOptions extends WorldOptions {
  readonly hosts: number;
  /** Operations that take effect, in all. */
  readonly operations: number;
  /** A host loses power once in so many steps; 0 for never. */
  readonly kills?: number;
  /** Only what is one transaction on the medium as well: writes leave what is there alone. */
  readonly atomic?: boolean;
}

/**
 * Hosts at work on the same files: each draws an operation, and the model changes at the instant the
 * operation takes effect. That it then can is itself a test: no two hosts may have made the same name.
 */
export class Game {
  readonly files = new Map<string, Content>([['/', undefined]]);
  /** Paths that were renamed, with the newer ones. */
  private readonly moved = new Map<string, string>();
  readonly world: World;
  done = 0;
  refused = 0;
  stopped = 0;
  kills = 0;
  private made = 0;
  private lives = 0;

  constructor(
    private readonly images: readonly MemoryImage[],
    private readonly options: GameOptions,
  ) {
    this.world = new World(images, options);
  }

  play(): void {
    const { world, options } = this;
    for (let number = 0; number < options.hosts; number++) this.boot(number, number);
    const { kills = 0 } = options;
    while (this.done < options.operations) {
      if (!world.step()) throw new Error('no host has anything to do');
      if (kills > 0 && world.random() % kills === 0) this.kill();
    }
    while (world.machines.some(({ operation }) => operation !== undefined) && world.step());
    for (const machine of [...world.machines]) {
      if (machine.host !== undefined) world.start(machine, machine.host.unmount(), () => undefined);
    }
    while (world.machines.some(({ operation }) => operation !== undefined) && world.step());
  }

  private boot(number: number, life: number): void {
    this.world.boot(number, life, (machine) => this.next(machine));
  }

  private kill(): void {
    const { world } = this;
    const victim = world.machines[world.random() % world.machines.length];
    world.kill(victim);
    this.kills++;
    // Every other one comes back as itself; the others never do, and a new host takes their place.
    const life = world.random() % 2 === 0 ? victim.life : this.options.hosts + this.lives++;
    this.boot(victim.number, life);
  }

  private next(machine: Machine): void {
    const { host } = machine;
    if (host === undefined || this.done >= this.options.operations) return;
    const [steps, apply, mayBeNothing] = this.draw(host);
    let applied = false;
    this.world.start(
      machine,
      steps,
      (_, error) => {
        if (error instanceof HostStopped) {
          this.stopped++;
          this.world.kill(machine);
          this.boot(machine.number, machine.life);
          return;
        }
        if (error !== undefined) this.refused++;
        else expect(applied || mayBeNothing, 'an operation without effect').toBe(true);
        machine.again = () => this.next(machine);
      },
      () => {
        expect(applied, 'an operation that took effect twice').toBe(false);
        applied = true;
        this.done++;
        apply();
      },
    );
  }

  private draw(host: ClusterHost): Operation {
    const next = this.world.random;
    const pick = <T>(list: readonly T[]): T => list[next() % list.length];
    const paths = [...this.files.keys()].filter((path) => path !== '/');
    const files = paths.filter((path) => this.files.get(path) !== undefined);
    const folders = [...this.files.keys()].filter((path) => this.files.get(path) === undefined);
    const folder = pick(folders);
    const prefix = folder === '/' ? '' : folder;
    // Half of the names are ones other hosts draw as well.
    const name = next() % 2 === 0 ? `s${next() % 6}` : `n${this.made++}`;
    const fresh = `${prefix}/${name}`;
    const choice = next() % 20;
    if (files.length < 4 || (choice < 5 && files.length < 60)) return this.create(host, fresh);
    if (choice < 7 && folders.length < 8) return this.makeDirectory(host, fresh);
    if (choice < 12) return this.write(host, pick(files));
    if (choice < 14) return this.resize(host, pick(files));
    if (choice < 17) return this.rename(host, pick(paths), fresh);
    return this.remove(host, pick(paths));
  }

  private create(host: ClusterHost, path: string): Operation {
    return [host.createFile(path), () => this.put(path, new Uint8Array(0))];
  }

  private makeDirectory(host: ClusterHost, path: string): Operation {
    return [host.makeDirectory(path), () => this.put(path, undefined)];
  }

  private put(path: string, content: Content): void {
    expect(this.files.has(path), `${path} twice`).toBe(false);
    expect(this.files.has(parentOf(path)), `no directory for ${path}`).toBe(true);
    this.files.set(path, content);
  }

  /**
   * Where a file is now that was at a path when it was looked up: a folder above it may be renamed
   * until the write takes effect, which then reaches the same file.
   */
  private where(path: string): string {
    const to = this.moved.get(path);
    return this.files.has(path) || to === undefined ? path : this.where(to);
  }

  private contentOf(path: string): Uint8Array {
    const content = this.files.get(path);
    expect(content, `${path} is written to`).toBeDefined();
    return content as Uint8Array;
  }

  private write(host: ClusterHost, path: string): Operation {
    const next = this.world.random;
    const known = this.files.get(path)?.length ?? 0;
    const at = this.options.atomic === true ? known : next() % (known + 3000);
    const bytes = pattern(next(), 1 + (next() % [200, 200, 2000, 5000, 20_000][next() % 5]));
    return [
      host.write(path, at, bytes),
      () => {
        const now = this.where(path);
        const old = this.contentOf(now);
        const content = new Uint8Array(Math.max(old.length, at + bytes.length));
        content.set(old);
        content.set(bytes, at);
        this.files.set(now, content);
      },
    ];
  }

  private resize(host: ClusterHost, path: string): Operation {
    const next = this.world.random;
    const length = next() % [100, 3000, 9000, 70_000][next() % 4];
    return [
      host.resize(path, length),
      () => {
        const now = this.where(path);
        const content = new Uint8Array(length);
        content.set(this.contentOf(now).subarray(0, length));
        this.files.set(now, content);
      },
      true,
    ];
  }

  private rename(host: ClusterHost, from: string, to: string): Operation {
    return [
      host.rename(from, to),
      () => {
        expect(this.files.has(from), `${from} is renamed`).toBe(true);
        const moved = [...this.files].filter(
          ([path]) => path === from || path.startsWith(`${from}/`),
        );
        for (const [path] of moved) this.files.delete(path);
        expect(this.files.has(to), `${to} twice`).toBe(false);
        expect(this.files.has(parentOf(to)), `no directory for ${to}`).toBe(true);
        for (const [path, content] of moved) {
          this.files.set(to + path.slice(from.length), content);
          this.moved.set(path, to + path.slice(from.length));
        }
      },
      from === to,
    ];
  }

  private remove(host: ClusterHost, path: string): Operation {
    return [
      host.remove(path),
      () => {
        expect(this.files.has(path), `${path} is removed`).toBe(true);
        const inside = [...this.files.keys()].some((other) => other.startsWith(`${path}/`));
        expect(inside, `${path} is removed with what is in it`).toBe(false);
        this.files.delete(path);
      },
    ];
  }

  /**
   * Every file is on the volume with its content, and nothing else is.
   * @param others names that were in the root before
   */
  expectOn(others: readonly string[] = []): void {
    const volume = openToRead(this.images);
    for (const [path, content] of this.files) {
      if (content !== undefined) {
        expect(Buffer.compare(readAll(volume, path), content), path).toBe(0);
        continue;
      }
      const names = [...this.files.keys()]
        .filter((other) => other !== '/' && parentOf(other) === path)
        .map((other) => other.slice(other.lastIndexOf('/') + 1))
        .sort();
      const listed = volume.list(path).map(({ name }) => name);
      expect(
        listed.filter((name) => !name.endsWith('.sf') && !(path === '/' && others.includes(name))),
        path,
      ).toEqual(names);
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
