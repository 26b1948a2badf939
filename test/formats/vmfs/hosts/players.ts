import { expect } from 'vitest';
import { checkVolume } from '../../../../src/engine/formats/vmfs/check/check.js';
import { VMFS5 } from '../../../../src/engine/formats/vmfs/generation.js';
import { HostStopped, type Steps } from '../../../../src/engine/formats/vmfs/hosts/access.js';
import type { ClusterHost } from '../../../../src/engine/formats/vmfs/hosts/cluster-host.js';
import type { MemoryImage } from '../../../../src/input/image/memory-image.js';
import { formatted, MIB, openToRead, pattern, readAll } from '../model.js';
import { Entry, ModelTree } from './model-tree.js';
import { type Machine, World, type WorldOptions } from './world.js';

/** An operation, and what it does to the model. */
interface Operation {
  readonly steps: Steps<unknown>;
  /** Finds in the model what the operation found. */
  readonly find: () => void;
  readonly apply: () => void;
  readonly mayBeNothing?: boolean;
}

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
 * operation takes effect, on the entries that had its names when its locks were taken: a directory above
 * them may be renamed in between. That it then can is itself a test: no two hosts may have made the same
 * name, nobody may have removed what was found.
 */
export class Game {
  readonly tree = new ModelTree();
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
    const { steps, find, apply, mayBeNothing } = this.draw(host);
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
      {
        locked: find,
        committed: () => {
          expect(applied, 'an operation that took effect twice').toBe(false);
          applied = true;
          this.done++;
          apply();
        },
      },
    );
  }

  private draw(host: ClusterHost): Operation {
    const next = this.world.random;
    const pick = (list: readonly Entry[]): string => list[next() % list.length].path;
    const { root, entries } = this.tree;
    const others = entries.filter((entry) => entry !== root);
    const files = others.filter(({ isDirectory }) => !isDirectory);
    const folders = entries.filter(({ isDirectory }) => isDirectory);
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
    if (choice < 17) return this.rename(host, pick(others), fresh);
    return this.remove(host, pick(others));
  }

  private create(host: ClusterHost, path: string): Operation {
    return this.enter(host.createFile(path), path, new Uint8Array(0));
  }

  private makeDirectory(host: ClusterHost, path: string): Operation {
    return this.enter(host.makeDirectory(path), path, undefined);
  }

  private enter(steps: Steps<void>, path: string, content: Uint8Array | undefined): Operation {
    const { tree } = this;
    let parent: Entry | undefined;
    return {
      steps,
      find: () => {
        parent = tree.find(parentOf(path));
      },
      apply: () => {
        const into = tree.expectThere(parent, parentOf(path));
        new Entry('', into, content).enter(into, nameOf(path));
      },
    };
  }

  /** @param change the content before and after */
  private change(
    path: string,
    steps: Steps<void>,
    change: (old: Uint8Array) => Uint8Array,
  ): Operation {
    const { tree } = this;
    let file: Entry | undefined;
    return {
      steps,
      find: () => {
        file = tree.find(path);
      },
      apply: () => {
        const there = tree.expectThere(file, path);
        expect(there.content, `${path} is a file`).toBeDefined();
        there.content = change(there.content as Uint8Array);
      },
    };
  }

  private write(host: ClusterHost, path: string): Operation {
    const next = this.world.random;
    const known = this.tree.find(path)?.content?.length ?? 0;
    const at = this.options.atomic === true ? known : next() % (known + 3000);
    const bytes = pattern(next(), 1 + (next() % [200, 200, 2000, 5000, 20_000][next() % 5]));
    return this.change(path, host.write(path, at, bytes), (old) => {
      const content = new Uint8Array(Math.max(old.length, at + bytes.length));
      content.set(old);
      content.set(bytes, at);
      return content;
    });
  }

  private resize(host: ClusterHost, path: string): Operation {
    const next = this.world.random;
    const length = next() % [100, 3000, 9000, 70_000][next() % 4];
    const operation = this.change(path, host.resize(path, length), (old) => {
      const content = new Uint8Array(length);
      content.set(old.subarray(0, length));
      return content;
    });
    return { ...operation, mayBeNothing: true };
  }

  private rename(host: ClusterHost, from: string, to: string): Operation {
    const { tree } = this;
    let moving: Entry | undefined;
    let parent: Entry | undefined;
    return {
      steps: host.rename(from, to),
      find: () => {
        moving = tree.find(from);
        parent = tree.find(parentOf(to));
      },
      apply: () => {
        const entry = tree.expectThere(moving, from);
        const into = tree.expectThere(parent, parentOf(to));
        expect([...entry.all()], `${from} is moved into itself`).not.toContain(into);
        entry.leave();
        entry.enter(into, nameOf(to));
      },
      mayBeNothing: from === to,
    };
  }

  private remove(host: ClusterHost, path: string): Operation {
    const { tree } = this;
    let entry: Entry | undefined;
    return {
      steps: host.remove(path),
      find: () => {
        entry = tree.find(path);
      },
      apply: () => {
        const there = tree.expectThere(entry, path);
        expect(there.names, `${path} is removed with what is in it`).toEqual([]);
        there.leave();
      },
    };
  }

  /**
   * Every file is on the volume with its content, and nothing else is.
   * @param others names that were in the root before
   */
  expectOn(others: readonly string[] = []): void {
    const volume = openToRead(this.images);
    for (const { path, content, names } of this.tree.entries) {
      if (content !== undefined) {
        expect(Buffer.compare(readAll(volume, path), content), path).toBe(0);
        continue;
      }
      const listed = volume.list(path).map(({ name }) => name);
      expect(
        listed.filter((name) => !name.endsWith('.sf') && !(path === '/' && others.includes(name))),
        path,
      ).toEqual(names);
    }
  }
}

/**
 * Operations of each game that ends in agreement, instead of its own, and the seed, instead of 1:
 * `VMFS_OPERATIONS=10000 VMFS_SEED=2 npx vitest run --config test/vitest.config.ts test/formats/vmfs/hosts`
 * plays as long as issue 7 asks for.
 */
export const LONGER = Number(process.env.VMFS_OPERATIONS ?? 0);

/** A new volume, and the hosts' game on it. */
export function played(
  options: Omit<GameOptions, 'seed'> & { readonly seed?: number },
  generation = VMFS5,
  sizes: readonly number[] = [400 * MIB],
): { game: Game; media: MemoryImage[] } {
  const media = formatted({ generation, sizes });
  const seed = Number(process.env.VMFS_SEED ?? options.seed ?? 1);
  const operations = LONGER || options.operations;
  const game = new Game(media, { ...options, seed, operations });
  game.play();
  return { game, media };
}

export function expectAgreement(game: Game, media: readonly MemoryImage[]): void {
  expect(checkVolume(media).findings.list).toEqual([]);
  game.expectOn();
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
