/** What the README says of names, keys and commands is what the program has. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { LISTS } from '../../src/cli/commands/list.js';
import { LAYERS } from '../../src/engine/simulation/layer-summary.js';
import { bundledScenarios } from '../../src/scenario/bundled.js';
import { CATALOGUES } from '../../src/scenario/catalogues.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { scenarioSchema } from '../../src/scenario/schema.js';
import { bindings } from '../../src/tui/keymap.js';
import { screens } from '../../src/tui/screens.js';
import { codeOf, ROOT, sources } from './tree.js';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
/** Everything in code type, and the words in it. */
const quoted = new Set(
  [...README.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => [
    ...code.split(' '),
    ...(code.match(/\w+/g) ?? []),
  ]),
);

/** First fenced block of a language. */
function block(language: string): string {
  return new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(README)?.[1] ?? '';
}

describe('README', () => {
  it('has every screen with its key, title and summary', () => {
    for (const { key, title, summary } of screens) {
      expect(README).toContain(`| \`${key}\` | ${title} | ${summary} |`);
    }
  });

  it('has every key that is not a screen, and what it does where one line says it', () => {
    for (const { scope, keys, action } of bindings) {
      if (!['global', 'table'].includes(scope) || action.do === 'screen') continue;
      for (const key of keys) expect(quoted, key).toContain(key);
    }
    for (const { scope, help, action } of bindings) {
      if (scope !== 'global' || action.do === 'screen') continue;
      expect(README.replace(/: .*?\|/g, ' |'), help).toContain(help);
    }
  });

  it('has every key of a scenario', () => {
    const missing = keysOf(scenarioSchema).filter((key) => !quoted.has(key));
    expect(missing).toEqual([]);
  });

  it('has an example scenario without mistakes', () => {
    const { source, text } = parseScenario(block('yaml'), 'example.yaml');
    expect(planScenario(source, text).vms).toHaveLength(3);
  });

  it('has every kind of event the engine writes, and no other', () => {
    const kinds = /\bnote\(\s*'([a-z]+(?:\.[a-zA-Z.]+)?)'/g;
    const written = new Set(
      sources()
        .filter(({ path }) => path.startsWith('engine/'))
        .flatMap(({ text }) => [...codeOf(text).matchAll(kinds)].map(([, kind]) => kind)),
    );
    const table = README.slice(
      README.indexOf('| Event kind'),
      README.indexOf('## What is modelled'),
    );
    const told = new Set(
      table
        .split('\n')
        .map((row) => row.split('|')[1] ?? '')
        .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, kind]) => kind)),
    );
    expect([...told].sort()).toEqual([...written].sort());
  });

  it('has every fault beside its target', () => {
    const [, table = ''] = README.split('\n| Target | Such as | Faults |\n');
    const rows = table.split('\n\n', 1)[0]!.split('\n');
    for (const { name, target } of CATALOGUES.faults) {
      const row = rows.find((text) => text.includes(`\`${name}\``)) ?? '';
      expect(row.split('|')[1]?.toLowerCase(), name).toContain(target);
    }
  });

  it('has every bundled scenario', () => {
    for (const name of bundledScenarios()) expect(quoted, name).toContain(name);
  });

  it('has every layer, list and option', () => {
    expect(README).toContain(LAYERS.map(({ name }) => name).join(', '));
    expect(README).toContain(LISTS.join(', '));
    for (const { path, text } of sources()) {
      if (!path.startsWith('cli/commands/')) continue;
      for (const [, option, about] of text.matchAll(/\.option\('([\w-]+)',([^)]*)\)/g)) {
        if (about.includes('hidden: true')) continue;
        expect(quoted, option).toContain(`--${option}`);
      }
    }
  });

  it('points at files that exist and scripts there are', () => {
    for (const [, path] of README.matchAll(/\]\(([^)#:]+)\)/g)) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
    }
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, script] of README.matchAll(/npm run (\w+)/g)) {
      expect(scripts, script).toHaveProperty(script);
    }
  });
});

/** Every key anywhere in a schema; what a catalogue describes (settings, params) has none of its own. */
function keysOf(schema: z.ZodType): string[] {
  const { def } = schema as unknown as { def: Readonly<Record<string, unknown>> };
  const inner = ['innerType', 'element', 'in', 'out']
    .map((part) => def[part])
    .filter((part) => part !== undefined)
    .flatMap((part) => keysOf(part as z.ZodType));
  const shape = (def.shape ?? {}) as Readonly<Record<string, z.ZodType>>;
  const own = Object.entries(shape).flatMap(([key, value]) => [key, ...keysOf(value)]);
  return [...new Set([...own, ...inner])];
}
