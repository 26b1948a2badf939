import type { EntityInfo } from '../../core/meters.js';

/** What every view asks about the layout: the objects of a scope, and what belongs to what. */
export class Entities {
  private readonly scopes = new Map<string, EntityInfo[]>();
  private readonly families = new Map<string, readonly EntityInfo[]>();

  constructor(readonly all: readonly EntityInfo[]) {
    for (const info of all) {
      const list = this.scopes.get(info.scope);
      if (list === undefined) this.scopes.set(info.scope, [info]);
      else list.push(info);
    }
  }

  /** All objects of a scope, in the order of definition. */
  scope(name: string): readonly EntityInfo[] {
    return this.scopes.get(name) ?? [];
  }

  /** Objects of `scope` that carry the parent's name under the parent's scope, on the same host. */
  children(parent: EntityInfo, scope: string): readonly EntityInfo[] {
    const key = `${parent.index} ${scope}`;
    const known = this.families.get(key);
    if (known !== undefined) return known;
    const found = this.scope(scope).filter((child) => belongs(child, parent));
    this.families.set(key, found);
    return found;
  }

  /** The one object of `scope` that `child` names in its labels, if it is there. */
  parent(child: EntityInfo, scope: string): EntityInfo | undefined {
    return this.scope(scope).find((candidate) => belongs(child, candidate));
  }
}

/** Labels in which an object and its parts do not differ. */
const SHARED = ['host', 'array', 'device'];

function agree(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

/**
 * Whether `child` names `parent` in its labels. Names are unique per host or array, if that; parts of
 * an array carry its name in theirs (`array1:pool1`), labels do not repeat it. A world has the name of
 * its virtual machine and is one per device.
 */
export function belongs(child: EntityInfo, parent: EntityInfo): boolean {
  const named = child.labels[parent.scope === 'world' ? 'vm' : parent.scope];
  if (named === undefined) return false;
  if (named !== parent.name && `${parent.labels.array}:${named}` !== parent.name) return false;
  return SHARED.every((label) => agree(child.labels[label], parent.labels[label]));
}
