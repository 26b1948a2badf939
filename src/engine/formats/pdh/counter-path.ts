/**
 * Names of counters in a performance log: `\\HOST\OBJECT(INSTANCE)\COUNTER`, the instance left out
 * where there is one of the kind. The object ends at the first `(`, the counter starts after the
 * last `\`; instances hold blanks, colons, dots, hyphens and brackets (esxtop reference, section 6.1).
 */
export interface CounterPath {
  readonly host: string;
  readonly object: string;
  /** Empty where the object has none. */
  readonly instance: string;
  readonly counter: string;
}

export function formatCounterPath({ host, object, instance, counter }: CounterPath): string {
  const of = instance === '' ? object : `${object}(${instance})`;
  return `\\\\${host}\\${of}\\${counter}`;
}

/** Undefined when the text is no name of a counter. */
export function parseCounterPath(text: string): CounterPath | undefined {
  if (!text.startsWith('\\\\')) return undefined;
  const hostEnd = text.indexOf('\\', 2);
  const counterStart = text.lastIndexOf('\\');
  if (hostEnd <= 2 || counterStart <= hostEnd) return undefined;
  const host = text.slice(2, hostEnd);
  const middle = text.slice(hostEnd + 1, counterStart);
  const counter = text.slice(counterStart + 1);
  if (middle === '' || counter === '') return undefined;
  const open = middle.indexOf('(');
  if (open < 0) return { host, object: middle, instance: '', counter };
  if (!middle.endsWith(')')) return undefined;
  return { host, object: middle.slice(0, open), instance: middle.slice(open + 1, -1), counter };
}
