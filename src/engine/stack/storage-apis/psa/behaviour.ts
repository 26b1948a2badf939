import type { Satp } from './define.js';
import type { Path } from './path.js';
import { PATH_ACTIVE, PATH_STANDBY, PATH_UNAVAILABLE, PATH_UNOPTIMIZED } from './path-state.js';
import { ACCESS_NON_OPTIMIZED, ACCESS_OPTIMIZED, ACCESS_STANDBY } from './target.js';

type Behaviour = Pick<Satp, 'reportsGroups' | 'stateOf' | 'activate'>;

/** All paths that answer are equal; nothing has to be activated. */
export const activeActive: Behaviour = {
  reportsGroups: false,
  stateOf: () => PATH_ACTIVE,
  activate: () => false,
};

/** Follows the target port groups: reports (RTPG) say the state, STPG asks for another. */
export const alua: Behaviour = {
  reportsGroups: true,
  stateOf(accessState: number): number {
    if (accessState === ACCESS_OPTIMIZED) return PATH_ACTIVE;
    if (accessState === ACCESS_NON_OPTIMIZED) return PATH_UNOPTIMIZED;
    return accessState === ACCESS_STANDBY ? PATH_STANDBY : PATH_UNAVAILABLE;
  },
  activate(path: Path): boolean {
    path.lun.setOwner(path.controller, `SET TARGET PORT GROUPS over ${path.title}`);
    return true;
  },
};
