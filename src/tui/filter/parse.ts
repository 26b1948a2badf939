/**
 * The language of filters: `kavg>2 and not (datastore~prod or vm=web1)`. A text without operators,
 * brackets, quotes and the words and, or, not is one text to look for.
 */

export type Operator = '=' | '!=' | '~' | '!~' | '<' | '<=' | '>' | '>=';

export type Filter =
  | { readonly is: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly is: 'not'; readonly inner: Filter }
  | { readonly is: 'text'; readonly text: string }
  | {
      readonly is: 'test';
      readonly column: string;
      readonly operator: Operator;
      readonly value: string;
      /** Of the column and of the value in the text, from 0. */
      readonly columnAt: number;
      readonly valueAt: number;
    };

/** What is wrong with a filter, and where in it, from 0. */
export class FilterError extends Error {
  override readonly name = 'FilterError';

  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

interface Token {
  readonly kind: 'word' | 'quoted' | 'operator' | '(' | ')' | 'end';
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /\s*(?:(?<quoted>"[^"]*"|'[^']*')|(?<operator>!=|!~|>=|<=|==|[=~<>])|(?<bracket>[()])|(?<word>[^\s()"'<>=~!]+))/y;
const SPACE = /\s*/y;
/** Deep enough for people; brackets without end are no filter. */
const DEPTH_MAX = 50;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
    if (at >= text.length) break;
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) {
      const quote = text[at] === '"' || text[at] === "'";
      throw new FilterError(
        quote ? 'the quotation has no end' : `"${text[at]}" means nothing here`,
        at,
      );
    }
    const { quoted, operator, bracket, word } = groups;
    if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.slice(1, -1), at });
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator, at });
    else if (bracket !== undefined) tokens.push({ kind: bracket as '(' | ')', text: bracket, at });
    else tokens.push({ kind: 'word', text: word ?? '', at });
    at = TOKEN.lastIndex;
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }];
}

const WORDS = new Set(['and', 'or', 'not']);

/** @throws FilterError */
export function parseFilter(text: string): Filter | undefined {
  if (text.trim() === '') return undefined;
  if (isPlain(text)) return { is: 'text', text: text.trim() };
  return new Parser(tokensOf(text)).whole();
}

/** Whether the text is only something to look for; names may hold apostrophes, so quotes alone do not count. */
export function isPlain(text: string): boolean {
  const words = text.toLowerCase().split(/\s+/);
  return !/[<>=~()"!]/.test(text) && !words.some((word) => WORDS.has(word));
}

class Parser {
  private next = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Filter {
    const filter = this.either();
    const { kind, text, at } = this.token;
    if (kind === ')') throw new FilterError('this bracket was never opened', at);
    if (kind !== 'end') throw new FilterError(`expected and, or, or the end before "${text}"`, at);
    return filter;
  }

  private get token(): Token {
    return this.tokens[this.next] as Token;
  }

  private word(wanted: string): boolean {
    const { kind, text } = this.token;
    if (kind !== 'word' || text.toLowerCase() !== wanted) return false;
    this.next++;
    return true;
  }

  private either(): Filter {
    let left = this.both();
    while (this.word('or')) left = { is: 'or', left, right: this.both() };
    return left;
  }

  private both(): Filter {
    let left = this.single();
    while (this.word('and')) left = { is: 'and', left, right: this.single() };
    return left;
  }

  private single(): Filter {
    const start = this.token;
    if (++this.depth > DEPTH_MAX) throw new FilterError('too many brackets', start.at);
    const filter = this.word('not')
      ? ({ is: 'not', inner: this.single() } as const)
      : this.primary();
    this.depth--;
    return filter;
  }

  private primary(): Filter {
    const { kind, text, at } = this.token;
    if (kind === '(') {
      this.next++;
      const inner = this.either();
      if (this.token.kind !== ')') throw new FilterError('this bracket is never closed', at);
      this.next++;
      return inner;
    }
    if (kind === 'quoted' || (kind === 'word' && !WORDS.has(text.toLowerCase()))) {
      this.next++;
      return this.token.kind === 'operator' ? this.test(text, at) : { is: 'text', text };
    }
    const found = kind === 'end' ? 'the end' : `"${text}"`;
    throw new FilterError(`expected a column or a text before ${found}`, at);
  }

  private test(column: string, columnAt: number): Filter {
    const operator = this.token.text === '==' ? '=' : (this.token.text as Operator);
    this.next++;
    const { kind, text, at } = this.token;
    if (kind !== 'word' && kind !== 'quoted') {
      throw new FilterError(`expected a value after ${column} ${operator}`, at);
    }
    this.next++;
    return { is: 'test', column, operator, value: text, columnAt, valueAt: at };
  }
}
