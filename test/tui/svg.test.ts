import xterm from '@xterm/headless';
import { expect, test } from 'vitest';
import { toSvg } from './svg.js';

async function screen(text: string): Promise<string> {
  const term = new xterm.Terminal({ cols: 20, rows: 2, allowProposedApi: true });
  await new Promise<void>((done) => term.write(text, done));
  return toSvg(term);
}

test('text, colours, reverse', async () => {
  const svg = await screen('a<b&c \u001B[31mred\u001B[0m \u001B[7mrev\u001B[0m \u001B[38;5;231mw');
  expect(svg).toContain('a&lt;b&amp;c<');
  expect(svg).toContain('fill="#e0626c"');
  expect(svg).toContain('fill="#ffffff"');
  expect(svg).toContain('<rect x="96"');
  expect(svg.match(/<svg/g)).toHaveLength(1);
});

test('blocks and braille are shapes, not characters', async () => {
  const svg = await screen('\u2588\u28ff');
  expect(svg).toContain('<path');
  expect(svg).not.toContain('\u2588');
  // One block and eight dots.
  expect(svg.match(/M[\d.]+ [\d.]+h/g)).toHaveLength(9);
});
