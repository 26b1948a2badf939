/** The form of shares, reservation and limit: what may be typed, and what is sent. */
import type { Qos } from '../../engine/plan/plan.js';
import type { ToEngine } from '../engine.js';
import type { Form, Purpose, UiState } from '../state.js';
import type { Change } from '../update.js';

type Setting = keyof Qos;

interface SettingRule {
  readonly min: number;
  readonly max: number;
  /** Words for some of the values; the first word of a value is how it is shown. */
  readonly words: Readonly<Record<string, number>>;
  readonly help: string;
}

/** The limits of a scenario's `qos` key; the words are vSphere's. */
const RULES: Readonly<Record<Setting, SettingRule>> = {
  limit: {
    min: 0,
    max: 1e7,
    words: { none: 0, unlimited: 0 },
    help: 'at most, I/Os per second of 32 KB; or none',
  },
  shares: {
    min: 1,
    max: 1e5,
    words: { low: 500, normal: 1000, high: 2000 },
    help: 'weight: low 500, normal 1000, high 2000',
  },
  reservation: {
    min: 0,
    max: 1e7,
    words: { none: 0 },
    help: 'at least, I/Os per second of 32 KB; or none',
  },
};
const SETTINGS: readonly Setting[] = ['limit', 'shares', 'reservation'];

const DIFFERENT = 'differs';

/**
 * @param name what the disks are called together
 * @param disks numbers of the virtual disks that get the settings
 * @param now what is set for each of them
 */
export function qosForm(name: string, disks: readonly number[], now: readonly Qos[]): Form {
  return {
    kind: 'form',
    title: `QoS of ${name}`,
    fields: SETTINGS.map((setting) => ({
      name: setting,
      help: RULES[setting].help,
      text: textOf(setting, new Set(now.map((qos) => qos[setting]))),
      fresh: true,
      param: undefined,
    })),
    index: 0,
    problem: '',
    purpose: { do: 'qos', disks, name },
  };
}

function textOf(setting: Setting, values: ReadonlySet<number>): string {
  const [value] = values;
  if (values.size !== 1 || value === undefined) return DIFFERENT;
  return value === 0 && setting !== 'shares' ? 'none' : String(value);
}

/** Sends what was typed, to every disk; what was left as it was is not sent. */
export function submitQos(
  state: UiState,
  form: Form,
  { disks, name }: Extract<Purpose, { do: 'qos' }>,
): Change {
  const read = readQos(form);
  if (typeof read === 'string') {
    const dialogs = [...state.dialogs.slice(0, -1), { ...form, problem: read }];
    return { state: { ...state, dialogs }, messages: [] };
  }
  const typed = SETTINGS.filter((_, index) => form.fields[index]?.fresh === false);
  const qos = Object.fromEntries(typed.map((setting) => [setting, read[setting]]));
  const said = typed.map((setting) => `${setting} ${shown(setting, read[setting] ?? 0)}`);
  const notice = said.length > 0 ? `${name}: ${said.join(', ')}` : `QoS of ${name} is as it was`;
  const messages = (said.length > 0 ? disks : []).map(
    (disk): ToEngine => ({ type: 'command', command: { kind: 'qos', disk, qos } }),
  );
  return { state: { ...state, dialogs: [], notice }, messages };
}

function shown(setting: Setting, value: number): string {
  return textOf(setting, new Set([value]));
}

/** The form's values, or what is wrong; settings that differ and were left alone have none. */
function readQos({ fields }: Form): Partial<Qos> | string {
  const values: { -readonly [Key in Setting]?: number } = {};
  for (const [index, setting] of SETTINGS.entries()) {
    const { text = '', fresh = true } = fields[index] ?? {};
    if (fresh && text === DIFFERENT) continue;
    const { min, max, words } = RULES[setting];
    const word = text.trim().toLowerCase();
    const value = Object.hasOwn(words, word) ? words[word] : wholeNumber(word);
    if (value === undefined || value < min || value > max) {
      const named = Object.keys(words).join(', ');
      return `${setting}: ${JSON.stringify(text)} is not a whole number from ${min} to ${max}, or ${named}`;
    }
    values[setting] = value;
  }
  return values;
}

function wholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
