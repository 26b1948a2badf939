import { expect, test } from 'vitest';
import { Painter } from '../../src/tui/painter.js';

/** A screen that records what is written to it. */
function recorder(columns = 10, rows = 3) {
  const written: string[] = [];
  return { columns, rows, written, write: (text: string) => written.push(text) };
}

const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

test('the first frame clears the screen and writes everything once', async () => {
  const screen = recorder();
  const painter = new Painter(screen);
  painter.stdout.write('one\ntwo\nthree');
  await turn();
  expect(screen.written).toHaveLength(1);
  expect(screen.written[0]).toContain('\u001B[2J');
  expect(screen.written[0]).toContain('\u001B[2;1Htwo');
});

test('nothing changed, nothing written', async () => {
  const screen = recorder();
  const painter = new Painter(screen);
  painter.stdout.write('one\ntwo\nthree');
  await turn();
  painter.stdout.write('one\ntwo\nthree');
  await turn();
  painter.flush();
  expect(screen.written).toHaveLength(1);
});

test('a surface lies over the chrome, and only what changed of it is written', async () => {
  const screen = recorder();
  const painter = new Painter(screen);
  painter.stdout.write('aaaaaaaaaa\nbbbbbbbbbb\ncccccccccc');
  painter.track('box', () => ({ x: 2, y: 1, width: 3, height: 2 }));
  painter.set('box', ['XYZ', '123']);
  await turn();
  expect(screen.written.join('')).toContain('\u001B[2;1HbbXYZbbbbb');
  screen.written.length = 0;
  painter.set('box', ['XYZ', '456']);
  painter.flush();
  expect(screen.written).toEqual(['\u001B[?2026h\u001B[3;3H456\u001B[?2026l']);
});

test('another layout writes only what looks different', async () => {
  const screen = recorder();
  const painter = new Painter(screen);
  painter.stdout.write('aaaaaaaaaa\nbbbbbbbbbb\ncccccccccc');
  await turn();
  screen.written.length = 0;
  painter.track('box', () => ({ x: 0, y: 1, width: 4, height: 1 }));
  painter.set('box', ['bbXb']);
  await turn();
  expect(screen.written).toEqual(['\u001B[?2026h\u001B[2;3HX\u001B[?2026l']);
});

test('asked to draw anew, it writes everything again', async () => {
  const screen = recorder();
  const painter = new Painter(screen);
  painter.stdout.write('one');
  await turn();
  screen.written.length = 0;
  painter.invalidate();
  painter.flush();
  expect(screen.written).toEqual(['\u001B[?2026h\u001B[2J\u001B[1;1Hone\u001B[?2026l']);
});

test('a surface that goes away uncovers the chrome', async () => {
  const screen = recorder();
  const painter = new Painter(screen);
  painter.stdout.write('aaaaaaaaaa');
  const leave = painter.track('box', () => ({ x: 0, y: 0, width: 10, height: 1 }));
  painter.set('box', ['XXXXXXXXXX']);
  await turn();
  screen.written.length = 0;
  leave();
  await turn();
  expect(screen.written.join('')).toContain('aaaaaaaaaa');
});

test('the layout callback comes before the rows are written', async () => {
  const screen = recorder();
  const painter = new Painter(screen);
  painter.onLayout = () => painter.set('box', ['late']);
  painter.track('box', () => ({ x: 0, y: 0, width: 4, height: 1 }));
  await turn();
  expect(screen.written.join('')).toContain('late');
});

test('after closing nothing reaches the terminal', async () => {
  const screen = recorder();
  const painter = new Painter(screen);
  painter.close();
  painter.stdout.write('one');
  painter.flush();
  await turn();
  expect(screen.written).toEqual([]);
});

test('a terminal of size zero is taken for 80 by 24', () => {
  const painter = new Painter(recorder(0, 0));
  expect([painter.columns, painter.rows]).toEqual([80, 24]);
});
