/** Forms: values with units and limits, or free text. */
import type { Problem } from '../../engine/core/errors.js';
import { count, duration, formatParam, type Param, readParams } from '../../engine/core/params.js';
import type { FaultInfo } from '../engine.js';
import type { Form, FormField, TypedForm } from '../state.js';

function field(name: string, param: Param | undefined, text: string, help: string): FormField {
  return { name, help, text, fresh: true, param };
}

export function injectForm(fault: FaultInfo, target: string): Form {
  return {
    kind: 'form',
    title: `Inject ${fault.name} on ${target}`,
    fields: fault.params.map((param) =>
      field(param.name, param, formatParam(param, param.initial), param.help),
    ),
    index: 0,
    problem: '',
    purpose: { do: 'inject', fault, target },
  };
}

/** @param note what to add to the answer */
export function rankForm(host: string, path: string, rank: number, note: string): Form {
  const param = count(0, 0, 1000, 'higher ones are used first');
  return {
    kind: 'form',
    title: `Rank of ${host} ${path}`,
    fields: [field('rank', param, String(rank), param.help)],
    index: 0,
    problem: '',
    purpose: { do: 'rank', host, path, note },
  };
}

export function delayForm(delayMs: number): Form {
  const param = duration('1s', '50ms', '60s', 'real time between updates');
  return {
    kind: 'form',
    title: 'Delay',
    fields: [field('delay', param, formatParam(param, delayMs * 1e6), param.help)],
    index: 0,
    problem: '',
    purpose: { do: 'delay' },
  };
}

/** @param file what is suggested */
export function saveForm(file: string): Form {
  return {
    kind: 'form',
    title: 'Save the session',
    fields: [field('file', undefined, file, 'scenario, seed and what was done, to go on from')],
    index: 0,
    problem: '',
    purpose: { do: 'save' },
  };
}

/** @param conditions whether it may be more than a text */
export function filterForm(filter: string, screen: string, conditions: boolean): Form {
  const help = conditions
    ? 'a text, or kavg>2 and (datastore~prod or vm=web1); empty for all'
    : 'lines that contain this text; empty for all';
  return {
    kind: 'form',
    title: 'Filter',
    fields: [field('show', undefined, filter, help)],
    index: 0,
    problem: '',
    purpose: { do: 'filter', screen },
  };
}

export function nameLengthForm(length: number): Form {
  const param = count(0, 0, 120, 'characters of the first column; 0: as there is room');
  return {
    kind: 'form',
    title: 'Name length',
    fields: [field('length', param, String(length), param.help)],
    index: 0,
    problem: '',
    purpose: { do: 'name-length' },
  };
}

export function settingsForm(file: string): Form {
  return {
    kind: 'form',
    title: 'Save the settings of all screens',
    fields: [field('file', undefined, file, 'columns, sort orders, delay, theme, name length')],
    index: 0,
    problem: '',
    purpose: { do: 'save-settings' },
  };
}

/** A character more, or one less for `undefined`; the first one replaces what was there. */
export function typeInto(form: Form, char: string | undefined): Form {
  const fields = form.fields.map((entry, index) => {
    if (index !== form.index) return entry;
    const kept = entry.fresh ? (char === undefined ? entry.text : '') : entry.text;
    const text = char === undefined ? kept.slice(0, -1) : kept + char;
    return { ...entry, text, fresh: false };
  });
  return { ...form, fields, problem: '' };
}

/** The form's values, or what is wrong with the first that cannot be read. */
export function readForm(form: Form): Readonly<Record<string, number>> | string {
  const values: Record<string, number> = {};
  for (const { name, param, text } of form.fields) {
    if (param === undefined) continue;
    const problems: Problem[] = [];
    const seconds = /^\d+(\.\d+)?$/.test(text.trim()) && param.unit === 'ns';
    // A bare number of esxtop's delay is in seconds.
    const read = readParams(
      { [name]: param },
      { [name]: seconds ? `${text}s` : text },
      '',
      problems,
    );
    const [problem] = problems;
    if (problem !== undefined) return `${name}: ${problem.message}`;
    values[name] = read[name] as number;
  }
  return values;
}

/** @param values what `readForm` has read */
export function typedInto({ fields }: Form, values: Readonly<Record<string, number>>): TypedForm {
  return {
    values,
    texts: Object.fromEntries(fields.map(({ name, text }) => [name, text.trim()])),
    isTyped: (name) => fields.some((field) => field.name === name && !field.fresh),
  };
}
