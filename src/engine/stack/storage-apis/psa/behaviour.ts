import { SET_GROUPS } from '../../../core/io.js';
import { choice, type Params, type Values } from '../../../core/params.js';
import type { ArrayModel, Satp } from './define.js';
import type { Path } from './path.js';
import {
  PATH_ACTIVE,
  PATH_OFF,
  PATH_STANDBY,
  PATH_UNAVAILABLE,
  PATH_UNOPTIMIZED,
} from './path-state.js';
import {
  ACCESS_NON_OPTIMIZED,
  ACCESS_OPTIMIZED,
  ACCESS_STANDBY,
  type PathLun,
  TPGS_EXPLICIT,
  TPGS_IMPLICIT,
} from './target.js';

type Description = Pick<Satp, 'name' | 'summary' | 'psp'>;

const OFF_ON = ['off', 'on'] as const;
const ON_OFF = ['on', 'off'] as const;

const retryErrors = {
  action_OnRetryErrors: choice(OFF_ON, 'a path that goes on failing with host errors is dead'),
} as const satisfies Params;

const aluaParams = {
  explicit_allow: choice(ON_OFF, 'move LUNs with SET TARGET PORT GROUPS if the array can'),
  alua_followover: choice(ON_OFF, 'follow when another host has moved the LUN'),
  ...retryErrors,
} as const satisfies Params;

const isOn = (words: readonly string[], value: number): boolean => words[value] === 'on';

/** All paths that answer are equal; nothing has to be activated. */
export function activeActive(description: Description): Satp<typeof retryErrors> {
  return {
    ...description,
    params: retryErrors,
    create: (_lun, values) => ({
      reportsGroups: false,
      activation: undefined,
      deadOnRetryErrors: isOn(OFF_ON, values.action_OnRetryErrors),
      stateOf: () => PATH_ACTIVE,
      takesBack: () => false,
      config: () => `{action_OnRetryErrors=${OFF_ON[values.action_OnRetryErrors]}}`,
    }),
  };
}

/**
 * One controller serves the LUN; ports of the other stand by until a command moves the LUN. A policy
 * with a favourite path takes the LUN there even from another host.
 */
export function activePassive(
  description: Description,
  activation: number,
): Satp<typeof retryErrors> {
  return {
    ...description,
    params: retryErrors,
    create: (_lun, values) => ({
      reportsGroups: false,
      activation,
      deadOnRetryErrors: isOn(OFF_ON, values.action_OnRetryErrors),
      stateOf: stateOfGroup,
      takesBack: (path) => path.state === PATH_STANDBY,
      config: () => `{action_OnRetryErrors=${OFF_ON[values.action_OnRetryErrors]}}`,
    }),
  };
}

/** Follows the target port groups: reports (RTPG) say the state, STPG asks for another. */
export function alua(description: Description): Satp<typeof aluaParams> {
  return { ...description, params: aluaParams, create: createAlua };
}

function createAlua(lun: PathLun, values: Values<typeof aluaParams>): ArrayModel {
  const explicit = (lun.tpgs & TPGS_EXPLICIT) !== 0;
  const moves = explicit && isOn(ON_OFF, values.explicit_allow);
  const follows = isOn(ON_OFF, values.alua_followover);
  const onOff = (on: boolean): string => (on ? 'on' : 'off');
  const head = [
    `implicit_support=${onOff((lun.tpgs & TPGS_IMPLICIT) !== 0)}`,
    `explicit_support=${onOff(explicit)}`,
    `explicit_allow=${ON_OFF[values.explicit_allow]}`,
    `alua_followover=${ON_OFF[values.alua_followover]}`,
    `action_OnRetryErrors=${OFF_ON[values.action_OnRetryErrors]}`,
  ];
  return {
    reportsGroups: true,
    activation: moves ? SET_GROUPS : undefined,
    deadOnRetryErrors: isOn(OFF_ON, values.action_OnRetryErrors),
    stateOf: stateOfGroup,
    takesBack: (path) =>
      !follows && (path.state === PATH_UNOPTIMIZED || path.state === PATH_STANDBY),
    config: (paths) => `{${head.join(';')};${groups(paths)}}`,
  };
}

/** State of a path from its target port group's access state. */
export function stateOfGroup(accessState: number): number {
  if (accessState === ACCESS_OPTIMIZED) return PATH_ACTIVE;
  if (accessState === ACCESS_NON_OPTIMIZED) return PATH_UNOPTIMIZED;
  return accessState === ACCESS_STANDBY ? PATH_STANDBY : PATH_UNAVAILABLE;
}

/** The groups as paths to them show it; a group is a controller, and groups count from 1. */
function groups(paths: readonly Path[]): string {
  const names = new Map<number, string>();
  for (const { controller, state } of paths) {
    if (state !== PATH_OFF || !names.has(controller)) names.set(controller, groupState(state));
  }
  return [...names]
    .sort(([a], [b]) => a - b)
    .map(([controller, state]) => `{TPG_id=${controller + 1},TPG_state=${state}}`)
    .join('');
}

function groupState(state: number): string {
  if (state === PATH_ACTIVE) return 'AO';
  if (state === PATH_UNOPTIMIZED) return 'ANO';
  return state === PATH_STANDBY ? 'STBY' : 'UNAVAIL';
}
