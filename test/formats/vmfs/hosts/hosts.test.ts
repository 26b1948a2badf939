/** Several hosts on one volume: they agree on every file, whatever the order of their accesses. */
import { afterAll, describe, expect, it } from 'vitest';
import { checkVolume } from '../../../../src/engine/formats/vmfs/check/check.js';
import { VMFS3, VMFS5, VMFS6 } from '../../../../src/engine/formats/vmfs/generation.js';
import type { MemoryImage } from '../../../../src/input/image/memory-image.js';
import { formatted, MIB, openToWrite } from '../model.js';
import { hasTool, Images, run } from '../tools.js';
import { Game, type GameOptions } from './players.js';

/** `VMFS_OPERATIONS=10000 npx vitest run ... hosts.test.ts -t agree` plays as long as issue 7 asks for. */
const LONGER = Number(process.env.VMFS_OPERATIONS ?? 300) / 300;

const images = new Images();
afterAll(() => images.remove());

function played(options: GameOptions, generation = VMFS5): { game: Game; image: MemoryImage } {
  const [image] = formatted({ generation, sizes: [400 * MIB] });
  const game = new Game(image, {
    ...options,
    operations: Math.ceil(options.operations * LONGER),
  });
  game.play();
  return { game, image };
}

function expectAgreement(game: Game, image: MemoryImage): void {
  expect(checkVolume([image]).findings.list).toEqual([]);
  game.expectOn(image);
}

describe('hosts on one volume', () => {
  it.each([
    { generation: VMFS5, hosts: 2, operations: 120 },
    { generation: VMFS5, hosts: 3, operations: 100 },
    { generation: VMFS6, hosts: 3, operations: 40 },
    { generation: VMFS3, hosts: 2, operations: 40, locking: 'reservation' as const },
  ])(
    '$hosts hosts agree on $generation.name ($locking)',
    ({ generation, ...options }) => {
      const { game, image } = played({ seed: 1, ...options }, generation);
      expectAgreement(game, image);
      // Most operations are possible; most of those are computed once.
      expect(game.refused).toBeLessThan(game.done);
      expect(game.stopped).toBe(0);
      if (generation.product === 6 || !hasTool('fsck.vmfs')) return;
      const [path] = images.store([image]);
      const counters =
        run('fsck.vmfs', path)
          .toString()
          .match(/^[A-Z].* : \d+$/gm) ?? [];
      expect(counters.length).toBeGreaterThanOrEqual(5);
      for (const line of counters) expect(line).toMatch(/ : 0$/);
      for (const [file, content] of [...game.files].slice(-10)) {
        if (content === undefined) continue;
        expect(Buffer.compare(run('debugvmfs', path, 'cat', file), content), file).toBe(0);
      }
    },
    300_000,
  );

  it.each(['ats', 'reservation'] as const)(
    'recover the dead (%s), none before 16 s',
    (locking) => {
      const options = { seed: 5, hosts: 3, operations: 80, kills: 300, atomic: true, locking };
      const { game, image } = played(options);
      expect(game.kills).toBeGreaterThan(3);
      expect(game.world.broken).toBeGreaterThan(0);
      // Whoever is still dead is recovered by the next to come.
      openToWrite([image]).close();
      expectAgreement(game, image);
    },
    300_000,
  );

  it('stop when a command was held up so long that they count as dead', () => {
    const { game, image } = played({
      seed: 3,
      hosts: 3,
      operations: 80,
      stalls: 200,
      atomic: true,
    });
    expect(game.stopped).toBeGreaterThan(0);
    openToWrite([image]).close();
    expectAgreement(game, image);
  }, 300_000);
});

describe('a host that does it wrong is found out', () => {
  /** What the planted bug leads to: an exception, or damage. */
  function outcome(options: GameOptions): unknown {
    const [image] = formatted({ sizes: [400 * MIB] });
    const game = new Game(image, options);
    try {
      game.play();
      openToWrite([image]).close();
      expectAgreement(game, image);
      return 'nothing';
    } catch (error) {
      return error;
    }
  }

  it.each([
    { locksAlwaysTaken: true },
    { checksSeeThePast: true },
    { hasty: 10, kills: 300 },
    { lateIsPerformed: true, stalls: 100 },
  ])(
    '%j',
    (planted) => {
      const base = { hosts: 3, operations: 100, atomic: true };
      const found = [1, 2, 3].some((seed) => outcome({ ...base, seed, ...planted }) !== 'nothing');
      expect(found).toBe(true);
    },
    300_000,
  );
});
