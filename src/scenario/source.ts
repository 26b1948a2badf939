import { dirname, isAbsolute, join } from 'node:path';
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import type { Problem } from '../engine/core/errors.js';

/** Where something stands in a scenario: keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** YAML text with the position of everything in it. */
export class Source {
  private readonly lines = new LineCounter();
  private readonly document: Document;
  private plain: unknown;

  constructor(
    readonly file: string,
    text: string,
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines, merge: true });
  }

  /** A file the text names: relative paths start at its own folder. */
  beside(path: string): string {
    return isAbsolute(path) ? path : join(dirname(this.file), path);
  }

  /** What makes the text no YAML at all; nothing else can be checked then. */
  problems(): Problem[] {
    const hint = 'indent with spaces, and put text that holds ": " or "#" in quotes';
    const problems: Problem[] = this.document.errors.map((error) => ({
      place: this.at(error.pos[0]),
      message: `not valid YAML: ${firstLine(error.message)}`,
      hint,
    }));
    if (problems.length > 0) return problems;
    try {
      this.data();
    } catch (error) {
      // An alias to nowhere, or aliases of aliases beyond the parser's limit.
      if (!(error instanceof Error)) throw error;
      problems.push({
        place: this.file,
        message: `not valid YAML: ${firstLine(error.message)}`,
        hint,
      });
    }
    return problems;
  }

  /** The text as plain data. */
  data(): unknown {
    this.plain ??= this.document.toJS() as unknown;
    return this.plain;
  }

  /**
   * `file:line:column` of the value at `path`, or of the nearest thing around it that exists.
   * @param key true for the key itself rather than its value
   */
  place(path: Path, key = false): string {
    let node = this.document.contents as Node | null;
    let offset = node?.range?.[0] ?? 0;
    for (const [depth, step] of path.entries()) {
      if (isAlias(node)) node = node.resolve(this.document) ?? null;
      if (isMap(node)) {
        const pair = node.items.find(
          (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
        );
        if (pair === undefined) break;
        const keyNode = pair.key as Node;
        const valueNode = pair.value as Node | null;
        const wanted = key && depth === path.length - 1 ? keyNode : (valueNode ?? keyNode);
        offset = wanted.range?.[0] ?? offset;
        node = valueNode;
      } else if (isSeq(node)) {
        const item = node.items[Number(step)] as Node | undefined;
        if (item === undefined) break;
        offset = item.range?.[0] ?? offset;
        node = item;
      } else {
        break;
      }
    }
    return this.at(offset);
  }

  /** `vms[2].disks[0].size`: the path as people write it; a list of one may be written without. */
  label(path: Path): string {
    let text = '';
    let value: unknown = this.data();
    for (const step of path) {
      if (typeof step === 'string') text += text === '' ? step : `.${step}`;
      else if (value === undefined || Array.isArray(value)) text += `[${step}]`;
      else break;
      value = (value as Record<string | number, unknown> | null | undefined)?.[step];
    }
    return text;
  }

  private at(offset: number): string {
    const { line, col } = this.lines.linePos(offset);
    return `${this.file}:${line}:${col}`;
  }
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}
