/** The key that has a host's data mover clone a disk or reclaim space. */
import { afterEach, expect, test } from 'vitest';
import { Entities } from '../../src/engine/views/kit/entities.js';
import { Row } from '../../src/engine/views/kit/row.js';
import { volumes } from '../../src/tui/dialogs/operations/volumes.js';
import { World } from '../../src/tui/world.js';
import { PLAN } from './fake-engine.js';
import { fakeLayout } from './fake-layout.js';
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

const commands = ({ engine }: Mounted): unknown[] =>
  engine.heard.flatMap((message) => (message.type === 'command' ? [message.command] : []));

test('O clones the selected virtual disk to the datastore that is chosen', async () => {
  const m = open();
  await m.press('v', 'ctrl+o');
  expect(await m.text()).toContain('Operations: web1:scsi0:0');
  expect(await m.text()).toContain('clone to ds1');
  await m.press('down', 'enter');
  const [command] = commands(m);
  expect(command).toMatchObject({ kind: 'clone', disk: 0, datastore: 'ds2' });
  expect((command as { name: string }).name).toMatch(/^web1-copy-[0-9a-z-]+$/);
  expect(await m.text()).toContain('web1:scsi0:0: clone to ds2 begins');
});

test('O gives the free space of the selected datastore back', async () => {
  const m = open();
  await m.press('D', 'ctrl+o', 'enter');
  expect(commands(m)).toEqual([{ kind: 'reclaim', datastore: 'ds1' }]);
});

test('O is for disks and datastores, and not for who may only look', async () => {
  const m = open();
  await m.press('P', 'ctrl+o');
  expect(await m.text()).toContain('select a virtual disk, a datastore');
  await m.close();
  const reader = open({ readOnly: true });
  await reader.press('v', 'ctrl+o');
  expect(await reader.text()).toContain('read only: nothing can be cloned or powered');
  expect(commands(reader)).toEqual([]);
});

test('O powers the selected machine', async () => {
  const m = open();
  await m.press('V', 'ctrl+o');
  expect(await m.text()).toContain('suspend');
  await m.press('down', 'enter');
  expect(commands(m)).toEqual([{ kind: 'power', vm: 'web1', state: 'off' }]);
});

test("O makes a snapshot of the disk's machine, or merges what is left of them", async () => {
  const m = open();
  await m.press('v', 'ctrl+o');
  expect(await m.text()).toContain('snapshot of web1, quiesced');
  await select(m, 'snapshot of web1, quiesced');
  await m.press('enter');
  const [command] = commands(m);
  expect(command).toMatchObject({
    kind: 'snapshot',
    vm: 'web1',
    action: 'create',
    quiesce: true,
  });
  await m.close();
  const merging = open();
  await merging.press('n');
  for (const [change, offered] of [
    [{ links: 0 }, []],
    [{ links: 1 }, ['delete all snapshots of web1', 'consolidate web1']],
  ] as const) {
    merging.engine.frame({ 'chain web1:scsi0:0': change });
    await merging.press('ctrl+o');
    const text = await merging.text();
    for (const label of ['delete all snapshots of web1', 'consolidate web1']) {
      expect(text.includes(label)).toBe((offered as readonly string[]).includes(label));
    }
    await merging.press('escape');
  }
});

test('O offers what the state of a row allows', async () => {
  const m = open();
  const mounts = async (mountedNow: number): Promise<string[]> => {
    m.engine.frame({ 'mount ds1': { mounted: mountedNow } });
    await m.press('D', 'ctrl+o');
    const found = (await m.screen()).flatMap(
      (line) => /(un)?mount it on esx1/.exec(line)?.[0] ?? [],
    );
    await m.press('escape');
    return found;
  };
  expect(await mounts(1)).toEqual(['unmount it on esx1']);
  expect(await mounts(0)).toEqual(['mount it on esx1']);
  const disk = async (): Promise<string> => {
    await m.press('v', 'ctrl+o');
    const text = await m.text();
    await m.press('escape');
    return text;
  };
  // It is on ds1, and nothing is under way.
  expect(await disk()).toContain('migrate to ds2');
  expect(await disk()).not.toMatch(/migrate to ds1|give up its clone|cancel the backup or restore/);
  m.engine.event('disk.alter.begin', 'web1:scsi0:0', 'migrate to ds2');
  m.engine.event('disk.tracking', 'web1:scsi0:0', 'changes are tracked, 52 aa');
  expect(await disk()).toContain('give up its clone or migration that is under way');
  expect(await disk()).toMatch(/track its changes no longer/);
  expect(await disk()).not.toMatch(/track its changes \(CBT\)/);
  m.engine.event('disk.alter.end', 'web1:scsi0:0', 'migrated');
  m.engine.frame({ 'backup web1:scsi0:0': { phase: 1 } });
  expect(await disk()).not.toContain('give up its clone');
  expect(await disk()).toContain('cancel the backup or restore of web1');
});

/** Goes down to an entry of a menu. */
async function select(m: ReturnType<typeof open>, label: string): Promise<void> {
  for (let row = 0; row < 40 && !(await m.text()).includes(`▸ ${label}`); row++) {
    await m.press('down');
  }
}

test('O lets a datastore grow into its extents', async () => {
  const m = open();
  await m.press('D', 'ctrl+o');
  await select(m, 'grow into what its extents have more');
  await m.press('enter');
  expect(commands(m)).toEqual([{ kind: 'growDatastore', datastore: 'ds1' }]);
});

test('O lets a LUN grow in its array', async () => {
  const m = open();
  await m.press('A', 'ctrl+o');
  await select(m, 'grow it to');
  await m.press('enter');
  const [command] = commands(m);
  expect(command).toMatchObject({ kind: 'growLun', lun: expect.stringMatching(/^\S+\/\S+$/) });
});

test('a menu that does not fit says how much more there is, and of which group', async () => {
  const m = open({ columns: 80, rows: 24 });
  await m.press('v', 'ctrl+o');
  expect(await m.text()).toMatch(/Operations: web1:scsi0:0 +more: \d+ below/);
  await m.press('end');
  const lines = await m.screen();
  const title = lines.findIndex((line) => line.includes('Operations: web1:scsi0:0'));
  expect(lines[title]).toMatch(/more: \d+ above {2}/);
  // The first line is the name of the group that is cut by the edge.
  expect(lines[title + 1]).toMatch(/│ (Disk|Backups|Snapshots) +│/);
  expect(lines[title + 2]).toMatch(/│ {3}\S/);
});

test('what a screen is about comes first in its menu', async () => {
  const m = open({ columns: 80, rows: 24 });
  for (const [key, group] of [
    ['v', 'Disk'],
    ['n', 'Snapshots'],
    ['&', 'Backups'],
  ] as const) {
    await m.press(key, 'ctrl+o');
    const lines = await m.screen();
    const title = lines.findIndex((line) => line.includes('Operations: web1:scsi0:0'));
    expect(lines[title + 1]).toContain(`│ ${group} `);
    await m.press('escape');
  }
});

test('O makes a snapshot of the selected machine', async () => {
  const m = open();
  await m.press('V', 'ctrl+o');
  await select(m, 'snapshot of web1, quiesced');
  await m.press('enter');
  expect(commands(m)).toMatchObject([{ kind: 'snapshot', vm: 'web1', action: 'create' }]);
});

test('a datastore is extended by LUNs that all of its hosts see', () => {
  const layout = fakeLayout();
  for (const uid of ['naa.shared', 'naa.local']) {
    layout.add('lun', uid.slice(4), { array: 'array1', pool: 'pool1', uid }, []);
    layout.add('device', uid, { host: 'esx1', lun: uid.slice(4), array: 'array1' }, []);
  }
  layout.add('device', 'naa.shared', { host: 'esx2', lun: 'shared', array: 'array1' }, []);
  layout.add('mount', 'ds1', { host: 'esx2', datastore: 'ds1', type: 'vmfs', version: '5' }, []);
  const world = new World();
  world.hear({ type: 'layout', version: 1, entities: layout.entities, plan: PLAN, faults: [] });
  const sample = {
    at: 0,
    values: new Float64Array(layout.size),
    histograms: new Uint32Array(0),
  };
  const entities = new Entities(layout.entities);
  const row = (name: string) => {
    const info = entities.scope('datastore').find((each) => each.name === name);
    if (info === undefined) throw new Error(`no datastore ${name}`);
    return new Row({ entities, before: sample, after: sample }, info);
  };
  const luns = (name: string) =>
    volumes.offers(row(name), world).flatMap(({ label }) => /LUN (.*)/.exec(label)?.[1] ?? []);
  expect(luns('ds1')).toEqual(['array1/shared']);
  // Only esx1 has it.
  expect(luns('ds2')).toEqual(['array1/shared', 'array1/local']);
});
