/** What an entry of the operations menu is: new kinds of commands get theirs in a file of this folder. */
import { count, duration, formatParam, type Param } from '../../../engine/core/params.js';
import { formatDuration } from '../../../engine/core/units.js';
import { Row } from '../../../engine/views/kit/row.js';
import type { Command, PlanSummary } from '../../engine.js';
import type { Form, FormField, MadeCommand, TypedForm } from '../../state.js';
import type { World } from '../../world.js';

/** A line of the menu: a command, or a form that asks for the rest of it. */
export type Offer =
  | { readonly label: string; readonly command: Command; readonly said: string }
  | { readonly label: string; readonly form: Form };

/** What may be done with objects of some scopes, under one heading. */
export interface Operation {
  readonly title: string;
  readonly scopes: readonly string[];
  /** Of rows of this scope, whose screen is about it, it comes first. */
  readonly first?: string;
  offers(row: Row, world: World): readonly Offer[];
}

/** A field of a form; without a param it takes any text. */
export interface Asked {
  readonly name: string;
  readonly help: string;
  readonly text: string;
  readonly param?: Param;
}

/** A form whose values make a command. `make` gives what is wrong instead. */
export function ask(
  title: string,
  fields: readonly Asked[],
  make: (typed: TypedForm) => MadeCommand | string,
): Form {
  return {
    kind: 'form',
    title,
    fields: fields.map(
      ({ name, help, text, param }): FormField => ({ name, help, text, fresh: true, param }),
    ),
    index: 0,
    problem: '',
    purpose: { do: 'command', make },
  };
}

export function asked(name: string, param: Param, value = param.initial): Asked {
  return { name, help: param.help, text: formatParam(param, value), param };
}

/** A field for a name that tells what is made now from what was made before. */
export function nameField(stem: string, help: string, world: World): Asked {
  return { name: 'name', help, text: `${stem}-${instantOf(world)}` };
}

/** The instant as part of a name. */
export function instantOf(world: World): string {
  return formatDuration(world.at).replace(/[^0-9a-z]+/g, '-');
}

export type NamedDisk = PlanSummary['disks'][number];

/** The virtual disk a row is called by. */
export function diskOf(row: Row, world: World): NamedDisk | undefined {
  return world.plan?.disks.find(({ vm, name }) => `${vm}:${name}` === row.name);
}

/** Scopes whose rows are called by their virtual disk. */
export const DISK_SCOPES = ['disk', 'chain', 'backup'];

/** Rows of a scope that carry the name of a machine. */
export function rowsOfVm(world: World, scope: string, vm: string): Row[] {
  const { window } = world.frames;
  return window.entities
    .scope(scope)
    .filter(({ labels }) => labels.vm === vm)
    .map((info) => new Row(window, info));
}

/** Names that one kind of event has brought and another has not taken away, oldest first. */
export function namesLeft(
  world: World,
  object: string,
  brought: string,
  taken: string,
): readonly string[] {
  const names = new Set<string>();
  for (const { kind, object: about, what } of world.events) {
    if (about !== object) continue;
    if (kind === brought) names.add(what);
    if (kind === taken) names.delete(what);
  }
  return [...names];
}

export const depthParam = (help: string, most: number): Param => count(1, 1, most, help);
export const thinkParam = duration('0s', '0s', '1h', 'from an answer to the next command');
