/** Menus: faults, their targets, and answers for stunned machines. */

import type { EntityInfo } from '../../engine/core/meters.js';
import { formatDuration } from '../../engine/core/units.js';
import type { FaultInfo } from '../engine.js';
import type { Menu, MenuItem } from '../state.js';
import { affinity } from '../targets.js';
import type { World } from '../world.js';

/** Active faults to heal first, then all that can be injected. */
export function faultMenu(world: World): Menu {
  const heal = world.active.map(
    ({ id, fault, target, sinceNs }): MenuItem => ({
      group: 'Active: Enter heals',
      label: `${fault} ${target}`,
      detail: `since ${formatDuration(sinceNs)}`,
      choice: {
        do: 'command',
        command: { kind: 'heal', id },
        said: `healing ${fault} on ${target}`,
      },
    }),
  );
  const inject = world.faults.map(
    (fault): MenuItem => ({
      group: 'Inject',
      label: fault.name,
      detail: `${fault.target}: ${fault.summary}`,
      choice: { do: 'target', fault },
    }),
  );
  return { kind: 'menu', title: 'Faults', items: [...heal, ...inject], index: 0, typed: '' };
}

/** All targets of a fault; those the selected object suggests come first. */
export function targetMenu(fault: FaultInfo, world: World, selected: EntityInfo | undefined): Menu {
  const { entities } = world.frames;
  const ranked = fault.targets
    .map((target) => ({ target, rank: affinity(target, fault.target, selected, entities) }))
    .sort((a, b) => b.rank - a.rank);
  const groups = ['', `belongs to ${selected?.name ?? ''}`, 'selected'];
  const items = ranked.map(
    ({ target, rank }): MenuItem => ({
      group: ranked.some((other) => other.rank > 0) ? (groups[rank] ?? '') || 'others' : '',
      label: target,
      detail: '',
      choice: { do: 'params', fault, target },
    }),
  );
  return {
    kind: 'menu',
    title: `${fault.name}: which ${fault.target}?`,
    items,
    index: 0,
    typed: '',
  };
}

/** The question of a stunned machine is about space: try again, or stop the machine. */
export function answerMenu(world: World): Menu {
  const items = world.stunned.flatMap((vm): MenuItem[] =>
    (['retry', 'cancel'] as const).map((answer) => ({
      group: `${vm.name}: there is no more space for its virtual disk`,
      label: `${vm.name}: ${answer}`,
      detail: answer === 'retry' ? 'continue; stops again if still full' : 'end the session',
      choice: {
        do: 'command',
        command: { kind: 'answer', vm: vm.name, answer },
        said: `answered ${answer} for ${vm.name}`,
      },
    })),
  );
  return { kind: 'menu', title: 'Answer', items, index: 0, typed: '' };
}

/** Items that contain what was typed. */
export function menuItems(menu: Menu): readonly MenuItem[] {
  const typed = menu.typed.toLowerCase();
  if (typed === '') return menu.items;
  return menu.items.filter(({ label, detail }) =>
    `${label} ${detail}`.toLowerCase().includes(typed),
  );
}
