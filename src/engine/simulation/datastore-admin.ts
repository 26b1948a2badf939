import { InputError } from '../core/errors.js';
import type { Sim } from '../core/sim.js';
import { formatDuration } from '../core/units.js';
import type { HostSite } from '../faults/sites.js';
import type { Command } from '../plan/commands.js';
import type { DatastorePlan } from '../plan/plan.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import type { Mount } from '../stack/filesystem/mount.js';
import type { Home } from '../stack/vmfiles/home.js';
import type { Vm } from '../stack/vmfiles/vm.js';
import type { HostFileSystems } from './build-datastores.js';

/** Files a message names at most by their machines. */
const NAMED = 6;

export interface DatastoreParts {
  readonly plans: readonly DatastorePlan[];
  readonly datastores: ReadonlyMap<string, Datastore>;
  readonly fileSystems: ReadonlyMap<string, HostFileSystems>;
  readonly vms: ReadonlyMap<string, Vm>;
  /** The files of each machine, by its name. */
  readonly homes: ReadonlyMap<string, Home>;
  /** Its hosts are to look at what it is made of. */
  readonly onRefresh: (datastore: string) => void;
  /** Why a host cannot use a datastore, and what to do; nothing when it may. */
  readonly refusalOf: (host: string, datastore: string) => Refusal | undefined;
  /** What else a host's death, and its return, means. */
  readonly onDeath: (host: string, isDead: boolean) => void;
}

/** What keeps a host from a datastore, and what helps. */
export interface Refusal {
  readonly what: string;
  readonly hint: string;
}

type Own = Extract<Command, { kind: 'mount' | 'refresh' | 'takeOver' }>;

/** What an administrator does with datastores, and what becomes of locks when a host dies. */
export class DatastoreAdmin {
  /** What the death of each host means. */
  readonly hosts: ReadonlyMap<string, HostSite>;
  private readonly dead = new Set<string>();

  constructor(
    private readonly sim: Sim,
    private readonly parts: DatastoreParts,
  ) {
    this.hosts = new Map(
      [...parts.fileSystems.keys()].map((host) => [
        host,
        { crash: (why) => this.crash(host, why), reboot: (why) => this.reboot(host, why) },
      ]),
    );
  }

  /** @throws InputError when it is not possible now */
  apply(command: Own, why: string): void {
    if (command.kind === 'refresh') {
      const { datastores } = this.parts;
      found('datastore', command.datastore, datastores).refresh(`refreshed by ${why}`);
      this.parts.onRefresh(command.datastore);
    } else if (command.kind === 'mount') {
      this.setMounted(command, why);
    } else {
      this.takeOver(command.vm, command.host, why);
    }
  }

  isDead(host: string): boolean {
    return this.dead.has(host);
  }

  /** `34 files open, of db1`: what a host has open on a datastore; nothing when it has nothing. */
  filesOn(host: string, datastore: string): string | undefined {
    const mount = this.parts.fileSystems.get(host)?.mountOf(datastore);
    if (mount === undefined || mount.openFiles === 0) return undefined;
    return this.filesOf(host, datastore, mount);
  }

  private setMounted(
    { host, datastore, state }: Extract<Own, { kind: 'mount' }>,
    why: string,
  ): void {
    const mount = this.mountOf(host, datastore);
    const place = `datastore ${datastore} on ${host}`;
    const { log } = this.sim;
    if (state === 'on') {
      if (mount.mounted) throw InputError.of(place, 'is mounted already');
      const refusal = this.parts.refusalOf(host, datastore);
      if (refusal !== undefined) throw InputError.of(place, refusal.what, refusal.hint);
      mount.remount();
      log.note('datastore.mounted', datastore, `${host} has mounted it`, why);
      return;
    }
    if (!mount.mounted) throw InputError.of(place, 'is not mounted');
    if (mount.openFiles > 0) {
      const what = `is in use: ${this.filesOf(host, datastore, mount)}`;
      throw InputError.of(place, what, 'power these machines off first');
    }
    if (this.parts.plans.find(({ name }) => name === datastore)?.sioc !== undefined) {
      throw InputError.of(place, 'is in use by Storage I/O Control', 'switch it off first');
    }
    mount.unmount();
    log.note('datastore.unmounted', datastore, `${host} has let it go`, why);
  }

  /** `34 files open, of db1, db2` */
  private filesOf(host: string, datastore: string, { openFiles }: Mount): string {
    const users = [...this.parts.homes]
      .filter(([vm, { files }]) => {
        const { host: own, state } = this.parts.vms.get(vm) as Vm;
        return (
          own === host && state !== 'off' && files.some((file) => file.datastore === datastore)
        );
      })
      .map(([vm]) => vm);
    const some = users.slice(0, NAMED).join(', ');
    const rest = users.length > NAMED ? ` and ${users.length - NAMED} more` : '';
    return `${openFiles} files open${some === '' ? '' : `, of ${some}${rest}`}`;
  }

  /**
   * Another host takes the locks of a machine's files, as it does to start the machine again (HA).
   * Those of a host that is dead it gets when the lease has run out, those of a live one not.
   */
  private takeOver(name: string, host: string, why: string): void {
    const vm = found('VM', name, this.parts.vms);
    if (vm.host === host) {
      throw InputError.of(`VM ${name}`, `runs on ${host} itself`, 'name another host');
    }
    const files = this.parts.homes.get(name)?.files ?? [];
    const mounts = files.map(({ datastore }) => this.mountOf(host, datastore));
    const missing = files.find((_, index) => !mounts[index].mounted);
    if (missing !== undefined) {
      const what = `has files on ${missing.datastore}, which ${host} has not mounted`;
      throw InputError.of(`VM ${name}`, what, 'mount it there first');
    }
    const beganAt = this.sim.now;
    const problems: string[] = [];
    const { log } = this.sim;
    let left = files.length;
    log.note('vm.takeover', name, `${host} opens its ${left} files`, why);
    for (const [index, { handle }] of files.entries()) {
      mounts[index].takeLock(handle, (problem) => {
        if (problem !== undefined) problems.push(problem);
        if (--left > 0) return;
        const span = formatDuration(this.sim.now - beganAt);
        const [first] = problems;
        if (first === undefined) {
          log.note('vm.takenOver', name, `${host} has the locks of all its files`, `took ${span}`);
        } else {
          const what = `${host} did not get ${problems.length} of its ${files.length} files`;
          log.note('vm.locked', name, what, first);
        }
      });
    }
  }

  /** Nothing happens to one that is dead already: a second fault of the kind, or one that lasts. */
  private crash(host: string, why: string): void {
    if (this.dead.has(host)) return;
    this.dead.add(host);
    this.sim.log.note('host.crashed', host, 'its machines stop, its locks stay', why);
    for (const mount of this.mountsOf(host)) mount.crash();
    for (const vm of this.parts.vms.values()) if (vm.host === host) vm.crash(`${host} is dead`);
    this.parts.onDeath(host, true);
  }

  private reboot(host: string, why: string): void {
    if (!this.dead.delete(host)) return;
    for (const mount of this.mountsOf(host)) mount.reboot();
    this.parts.onDeath(host, false);
    this.sim.log.note('host.back', host, 'its machines are off, its locks given up', why);
  }

  private mountsOf(host: string): readonly Mount[] {
    const { datastores, fileSystems } = this.parts;
    return [...datastores.keys()].flatMap((name) => fileSystems.get(host)?.mountOf(name) ?? []);
  }

  private mountOf(host: string, datastore: string): Mount {
    const systems = found('host', host, this.parts.fileSystems);
    const mount = systems.mountOf(datastore);
    if (mount !== undefined) return mount;
    throw InputError.of(`datastore ${datastore}`, `${host} does not know it`, 'name another host');
  }
}

function found<T>(what: string, name: string, known: ReadonlyMap<string, T>): T {
  const value = known.get(name);
  if (value !== undefined) return value;
  const some = [...known.keys()].slice(0, 12).join(', ');
  throw InputError.of(what, `there is no ${what} ${name}`, `known: ${some}`);
}
