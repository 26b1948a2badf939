/** Several hosts on one volume: they agree on every file, whatever the order of their accesses. */
import { describe, expect, it } from 'vitest';
import { checkVolume } from '../../../../src/engine/formats/vmfs/check/check.js';
import { VMFS5 } from '../../../../src/engine/formats/vmfs/generation.js';
import { formatted, MIB } from '../model.js';
import { Game } from './players.js';

describe('hosts on one volume', () => {
  it('agree', () => {
    const [image] = formatted({ generation: VMFS5, sizes: [400 * MIB] });
    const game = new Game(image, { seed: 1, hosts: 2, operations: Number(process.env.OPS ?? 200) });
    const t = Date.now();
    game.play();
    console.log(Date.now() - t, game.world.steps, game.world.traffic, game.done, game.refused, game.stopped, game.kills);
    expect(checkVolume([image]).findings.list).toEqual([]);
    game.expectOn(image);
  });
});
