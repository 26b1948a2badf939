/** The QoS and SIOC screens on a real terminal parser: groups, settings, the pair of lines. */
import { afterEach, describe, expect, test } from 'vitest';
import { NAA } from './fake-layout.js';
import { type Mounted, type MountOptions, mount } from './harness.js';

let mounted: Mounted | undefined;

function open(options: MountOptions = {}): Mounted {
  mounted = mount(options);
  return mounted;
}

afterEach(async () => {
  await mounted?.close();
  mounted = undefined;
});

describe('rows of one device stay together', () => {
  const names = (lines: readonly string[]): (string | undefined)[] =>
    lines.flatMap((line) => /^. (lun\d on esx1)|^[▸ ].(web\d|db\d) /.exec(line)?.slice(1, 3) ?? []);

  test('under what they share, however they are sorted', async () => {
    const { press, screen, engine } = open();
    await press('Q');
    const order = ['lun0 on esx1', 'web1', 'web2', 'lun1 on esx1', 'db1'];
    expect(names(await screen()).filter(Boolean)).toEqual(order);
    expect((await screen()).join('\n')).toContain(
      'lun0 on esx1: 2 VMs share 2000 units/s, queue depth 64',
    );
    engine.frame({ 'world db1': { reads: 90_000 }, 'world web2': { reads: 80_000 } });
    await press('c');
    expect(names(await screen()).filter(Boolean)).toEqual([
      'lun0 on esx1',
      'web2',
      'web1',
      'lun1 on esx1',
      'db1',
    ]);
  });

  test('a title that was scrolled past stays above what is left of its rows', async () => {
    const { press, screen, engine } = open({ columns: 80, rows: 20 });
    for (let number = 3; number < 23; number++) {
      const vm = `web${number}`;
      const labels = { host: 'esx1', device: NAA[0] ?? '', vm };
      engine.layout.add('world', vm, labels, engine.layout.find('world', 'web1').fields);
    }
    engine.sendLayout();
    engine.frame();
    engine.frame();
    await press('Q', 'end', 'up', 'up', 'up', 'up');
    const lines = await screen();
    const head = lines.findIndex((line) => line.includes('ASKED/s'));
    expect(lines[head + 1]).toContain('lun0 on esx1: 22 VMs share');
    expect(lines.some((line) => /^▸.web19 /.test(line))).toBe(true);
  });
});

describe.each([
  [80, 24, ['VM', 'ASKED/s', 'ENTITLED', 'GIVEN/s', 'WHY', 'ACTV', 'QUED', 'WAIT/cmd', 'LAT/cmd']],
  [120, 40, ['SHARES', 'RESERV', 'LIMIT', 'RESV%', 'LIM%', 'DEV%']],
  [200, 60, ['CMDS/s', 'READS/s', 'WRITES/s', 'MBREAD/s', 'MBWRTN/s']],
] as const)('at %i x %i', (columns, rows, expected) => {
  test('what an administrator looks for first has room', async () => {
    const { press, screen } = open({ columns, rows });
    await press('Q');
    const head = (await screen()).find((line) => line.includes('ENTITLED')) ?? '';
    expect(head.trim().split(/\s+/)).toEqual(expect.arrayContaining([...expected]));
  });
});

test('given and entitled are two lines of one chart, told apart by dashes', async () => {
  const { press, screen, settle, engine } = open({ columns: 140, rows: 40 });
  const client = `client web1:scsi0:0 on ${NAA[0]}`;
  for (let second = 0; second < 4; second++) engine.frame({ [client]: { shares: 3000 } });
  await press('Q');
  let lines: string[] = [];
  for (let wait = 0; wait < 100 && !lines.join('').includes('-1 s'); wait++) {
    await new Promise((done) => setTimeout(done, 50));
    await settle();
    lines = await screen();
  }
  const title = lines.findIndex((line) => line.startsWith('GIVEN/s web1'));
  expect(lines[title]).toMatch(/^GIVEN\/s web1 1000 {2}╌╌ ENTITLED 1500/);
  const left = lines.slice(title + 1).map((line) => line.slice(0, 68));
  // From 1,000 to 1,500 and on: the only line with gaps, above the one without.
  const dashed = left.findIndex((line) => /([\u2801-\u28ff]{2} ){4}/.test(line));
  const solid = left.findIndex((line) => /[\u2801-\u28ff]{40}/.test(line));
  expect(dashed).toBeGreaterThan(-1);
  expect(dashed).toBeLessThan(solid);
});

test('a change is seen at once, also while nothing moves', async () => {
  const { press, text, engine } = open({ columns: 140, rows: 40 });
  await press('Q', 'space');
  const client = `client web1:scsi0:0 on ${NAA[0]}`;
  engine.at -= 1e9;
  engine.frame({ [client]: { shares: 3000 }, 'world web1': { shares: 3000 } });
  // Three quarters of the 2,000 units both get.
  expect(await text()).toMatch(/web1 +1000\+ +1500 +1000 shares +3000/);
});

test('without SIOC the screen says how to get it', async () => {
  const { press, text, engine } = open();
  engine.layout.entities.splice(
    0,
    engine.layout.entities.length,
    ...engine.layout.entities
      .filter(({ scope }) => scope !== 'sioc')
      .map((info, index) => ({ ...info, index })),
  );
  engine.sendLayout();
  await press('I');
  expect(await text()).toContain('no datastore here has Storage I/O Control');
});
