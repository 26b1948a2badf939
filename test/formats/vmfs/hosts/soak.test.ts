import { expect, it } from 'vitest';
import { checkVolume } from '../../../../src/engine/formats/vmfs/check/check.js';
import { VMFS3, VMFS5, VMFS6 } from '../../../../src/engine/formats/vmfs/generation.js';
import { formatted, MIB, openToWrite } from '../model.js';
import { Game } from './players.js';

it('soak', () => {
  const from = Number(process.env.FROM ?? 100);
  for (let seed = from; seed < from + 60; seed++) {
    const generation = [VMFS5, VMFS3, VMFS6][seed % 3];
    const [image] = formatted({ generation, sizes: [400 * MIB] });
    const kills = seed % 2 ? 200 + (seed % 7) * 50 : 0,
      stalls = seed % 4 >= 2 ? 200 : 0;
    const game = new Game(image, {
      seed,
      hosts: 2 + (seed % 3),
      operations: 120,
      atomic: kills + stalls > 0,
      kills,
      stalls,
      locking: seed % 5 === 0 ? 'reservation' : 'ats',
    });
    try {
      game.play();
      openToWrite([image]).close();
      expect(checkVolume([image]).findings.list).toEqual([]);
      game.expectOn(image);
    } catch (e) {
      console.log('SEED', seed, kills, stalls, generation.name, (e as Error).stack?.slice(0, 1500));
    }
  }
}, 3_000_000);
