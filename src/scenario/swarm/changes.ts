import type { Draw } from '../../engine/simulation/swarm/draw.js';
import type { DatastoreText } from '../swarm.js';
import type { VmText } from './machines.js';

type Text = Readonly<Record<string, unknown>>;

/** What the operations of a run are drawn for. */
export interface Changeable {
  /** Machines without snapshots: those have to be alone with their disks. */
  readonly vms: readonly VmText[];
  readonly datastores: readonly DatastoreText[];
  readonly healNs: number;
  readonly stopNs: number;
  /** Guests may see errors. */
  readonly mayFail: boolean;
}

/** NFS servers with several addresses, and exports that are mounted as NFS 4.1. */
export function drawNfs<S extends Text, D extends DatastoreText>(
  draw: Draw,
  servers: readonly S[],
  datastores: readonly D[],
): { nfsServers: Text[]; datastores: (D & Text)[] } {
  return {
    nfsServers: servers.map((server) => ({ ...server, addresses: draw.whole(1, 2) })),
    datastores: datastores.map((datastore) =>
      datastore.server !== undefined && draw.chance(0.5)
        ? { ...datastore, version: 4.1 }
        : datastore,
    ),
  };
}

/**
 * Some machines are suspended and resumed; where guests may see errors, powered off and on, too. All of
 * them run again once everything is well.
 */
export function drawPower(draw: Draw, around: Changeable): Text[] {
  const { vms, healNs, stopNs, mayFail } = around;
  return vms.flatMap(({ name: vm }) => {
    if (draw.chance(0.5)) return [];
    const power = (time: number, state: string): Text => ({
      at: `${time}ns`,
      power: { vm, state },
    });
    const pairs = Array.from({ length: draw.whole(1, 3) }, () => {
      const from = draw.whole(0, healNs - 2);
      const state = mayFail && draw.chance(0.4) ? 'off' : 'suspended';
      return [power(from, state), power(draw.whole(from + 1, healNs - 1), 'on')];
    });
    const last = Math.round(healNs + (stopNs - healNs) / 4);
    return [...pairs.flat(), power(last, 'on')];
  });
}

/**
 * Hosts let datastores go and have them again; where files are open they refuse. All are mounted once
 * everything is well, before the machines are powered on.
 */
export function drawMounts(
  draw: Draw,
  datastores: readonly DatastoreText[],
  healNs: number,
  stopNs: number,
): Text[] {
  return datastores.flatMap(({ name: datastore, hosts }) =>
    hosts.flatMap((host) => {
      if (draw.chance(0.6)) return [];
      const about = { host, datastore };
      const pairs = Array.from({ length: draw.whole(1, 3) }, () => {
        const from = draw.whole(0, healNs - 2);
        const to = draw.whole(from + 1, healNs - 1);
        return [
          { at: `${from}ns`, unmount: about },
          { at: `${to}ns`, mount: about },
        ];
      });
      const last = Math.round(healNs + (stopNs - healNs) / 8);
      return [...pairs.flat(), { at: `${last}ns`, mount: about }];
    }),
  );
}

/** Some disks are inflated, punched and migrated while guests verify what they hold. */
export function drawDiskChanges(draw: Draw, around: Changeable): Text[] {
  const { vms, datastores, healNs } = around;
  return vms.flatMap(({ name: vm, host, disks, workloads }) => {
    if (draw.chance(0.6)) return [];
    const trims = workloads.some((job) => 'trim_percentage' in job || job.rw === 'unmap');
    // A guest that gives blocks back gets errors where nobody takes them.
    const places = datastores.filter(
      ({ hosts, server }) => hosts.includes(host) && !(trims && server !== undefined),
    );
    return Array.from({ length: draw.whole(1, 3) }, () => {
      const at = `${draw.whole(0, Math.round(healNs * 0.9))}ns`;
      const about = { vm, disk: draw.whole(0, disks.length - 1) };
      const choice = draw.whole(0, 99);
      const kind = trims || draw.chance(0.5) ? {} : { kind: draw.one(KINDS) };
      const to = draw.one(places);
      if (choice < 60) return { at, migrate: { ...about, to: to.name, ...kind } };
      if (choice < 80 && !trims) return { at, inflate: about };
      return { at, punchZero: about };
    });
  });
}

const KINDS = ['thin', 'lazyThick', 'eagerThick'];
