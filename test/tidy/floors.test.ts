import { describe, expect, it } from 'vitest';
import { codeOf, sources } from './tree.js';

/** Longest prefix first; a file may import from its own floor's folder and from smaller numbers. */
const FLOORS: readonly (readonly [string, number])[] = [
  ['engine/core/', 0],
  ['engine/plan/', 0],
  ['engine/formats/', 1],
  ['engine/qos/', 1],
  ['engine/devices/', 2],
  ['engine/stack/', 3],
  ['engine/workloads/', 5],
  ['engine/faults/', 6],
  ['engine/operations/', 6],
  ['engine/simulation/', 7],
  ['engine/views/', 8],
  ['input/', 9],
  ['scenario/', 10],
  ['output/', 11],
  ['host/', 11],
  ['tui/', 12],
  ['cli/', 13],
  ['index', 14],
];

function floorOf(path: string): readonly [string, number] {
  const floor = FLOORS.find(([prefix]) => path.startsWith(prefix));
  if (floor === undefined) throw new Error(`src/${path} is on no floor`);
  return floor;
}

const files = sources();
const engine = files.filter((file) => file.path.startsWith('engine/'));

describe('the house', () => {
  it('imports only from lower floors', () => {
    const wrong = files.flatMap((file) => {
      const [folder, level] = floorOf(file.path);
      return file.imports
        .filter((target) => !target.startsWith('@') && !isPackage(target))
        .filter((target) => !target.startsWith(folder) && floorOf(target)[1] >= level)
        .map((target) => `${file.path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps the plan plain data: types, which disappear when compiled', () => {
    const wrong = engine
      .filter((file) => file.path.startsWith('engine/plan/'))
      .filter((file) => /^(?:import (?!type)|export (?!type|interface))/m.test(file.text))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  it('keeps the layers of the stack from importing one another', () => {
    const layer = (path: string): string | undefined => /^engine\/stack\/([^/]+)\//.exec(path)?.[1];
    const wrong = files.flatMap((file) => {
      const own = layer(file.path);
      if (own === undefined) return [];
      return file.imports
        .filter((target) => layer(target) !== undefined && layer(target) !== own)
        .map((target) => `${file.path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps the engine free of packages, of Node, and of what differs by machine', () => {
    const packages = engine.flatMap((file) =>
      file.imports.filter(isPackage).map((target) => `${file.path} imports ${target}`),
    );
    expect(packages).toEqual([]);
    const banned =
      /\bMath\.(random|pow|exp|expm1|log|log2|log10|log1p|sin|cos|tan|atan|atan2|sinh|cosh|tanh|cbrt|hypot)\b|\bDate\b|\bperformance\b|\*\*|\basync\b|\bPromise\b|\bIntl\b|\btoLocale|\blocaleCompare\b|\bWeakRef\b|\bconsole\b|\bprocess\.|\bBuffer\b|\bsetTimeout\b/;
    const wrong = engine
      .map((file) => ({
        path: file.path,
        match: banned.exec(withoutStrings(codeOf(file.text)))?.[0],
      }))
      .filter(({ match }) => match !== undefined);
    expect(wrong).toEqual([]);
  });

  it('keeps the terminal packages in tui/ and loads tui/ only lazily', () => {
    const terminal = /^(ink|react|blessed|blessed-contrib)(\/|$)/;
    const wrong = files
      .filter((file) => !file.path.startsWith('tui/'))
      .filter((file) => file.imports.some((target) => terminal.test(target)))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
    const eager = files
      .filter((file) => file.path.startsWith('cli/') || file.path === 'index.ts')
      .filter((file) => /(^|\n)import (?!type)[^;]*from '\.\.\/tui\//.test(file.text))
      .map((file) => file.path);
    expect(eager).toEqual([]);
  });
});

function isPackage(target: string): boolean {
  return !FLOORS.some(([prefix]) => target.startsWith(prefix));
}

function withoutStrings(code: string): string {
  return code.replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''");
}
