import { describe, expect, test } from 'vitest';
import { READ, TEST_UNIT_READY } from '../../../src/engine/core/io.js';
import { buildHost, type Host, type HostOptions } from './host.js';

const MS = 1e6;
const S = 1e9;

const RR = 'VMW_PSP_RR';
const [, IOPS, BYTES, LATENCY] = [0, 1, 2, 3];

function paths(host: Host): number[] {
  return host.commands().map(({ path }) => path);
}

/** Sends reads of so many blocks, one after the other. */
function run(host: Host, blocks: readonly number[]): void {
  for (const [lba, length] of blocks.entries()) {
    host.source.send(lba, READ, 1, length);
    host.sim.runUntil(host.sim.now + 1 * MS);
  }
}

describe('round robin by bytes', () => {
  const options: HostOptions = { psp: RR, pspParams: { policy: BYTES, bytes: 64 * 512 } };

  test('switches once so many bytes went down a path', () => {
    const host = buildHost(options);
    run(host, [32, 32, 32, 32, 32]);
    expect(paths(host)).toEqual([0, 0, 1, 1, 0]);
  });

  test('a command larger than what is left goes out whole, then comes the switch', () => {
    const host = buildHost(options);
    run(host, [60, 60, 8, 200, 8]);
    expect(paths(host)).toEqual([0, 0, 1, 1, 0]);
  });

  test('the default carries the byte limit, but commands govern', () => {
    const host = buildHost({ psp: RR, pspParams: { bytes: 512, iops: 3 } });
    run(host, [8, 8, 8, 8]);
    expect(paths(host)).toEqual([0, 0, 0, 1]);
  });

  test('other commands stay on the path in turn', () => {
    const host = buildHost({ psp: RR, pspParams: { policy: IOPS, iops: 1 } });
    host.source.send(0);
    host.source.send(0, TEST_UNIT_READY);
    host.source.send(0);
    host.sim.runUntil(10 * MS);
    expect(host.seen.map(({ path, op }) => [path, op])).toEqual([
      [0, READ],
      [0, TEST_UNIT_READY],
      [1, READ],
    ]);
  });
});

describe('round robin by latency', () => {
  const options: HostOptions = {
    controllers: [0, 1],
    psp: RR,
    pspParams: { policy: LATENCY, latencyEvalTime: 10_000, samplingCycles: 16 },
  };

  /** Path 1 answers `slow` times slower. */
  function slowed(slow: number, more: HostOptions = {}): Host {
    const host = buildHost({ ...options, ...more, rows: 512 });
    for (const nexus of host.nexuses) {
      const serve = nexus.submit.bind(nexus);
      nexus.submit = (io) => {
        host.lun.serviceNs = nexus === host.nexuses[1] ? 100_000 * slow : 100_000;
        serve(io);
      };
    }
    return host;
  }

  test('samples every path 16 times, then keeps to the quicker one', () => {
    const host = slowed(5);
    run(host, new Array(132).fill(8));
    const seen = paths(host);
    expect(seen.slice(0, 32)).toEqual([...new Array(16).fill(0), ...new Array(16).fill(1)]);
    expect(new Set(seen.slice(32))).toEqual(new Set([0]));
  });

  test('samples again after latencyEvalTime', () => {
    const host = slowed(5);
    run(host, new Array(40).fill(8));
    host.sim.runUntil(10 * S);
    const before = host.commands().length;
    run(host, new Array(33).fill(8));
    expect(paths(host).slice(before + 16, before + 32)).toEqual(new Array(16).fill(1));
    expect(paths(host).at(-1)).toBe(0);
  });

  test('commands under way count: a full quick path loses to an empty slower one', () => {
    const host = slowed(2);
    run(host, new Array(40).fill(8));
    const before = host.commands().length;
    // Latency 1 and 2: the quick path is as good up to 16 commands, then they share.
    for (let lba = 0; lba < 64; lba++) host.source.send(lba);
    host.sim.runUntil(host.sim.now + 100 * MS);
    const burst = paths(host).slice(before);
    expect(burst.slice(0, 16)).toEqual(new Array(16).fill(0));
    const share = burst.filter((path) => path === 1).length / burst.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
  });

  test('without Misc.EnablePSPLatencyPolicy it is plain round robin', () => {
    const host = buildHost({ ...options, settings: { 'Misc.EnablePSPLatencyPolicy': 0 } });
    expect(host.nmp.status().pspConfig).toContain('policy=rr');
  });
});

describe('device configuration as the host prints it', () => {
  test('round robin', () => {
    const host = buildHost({ psp: RR });
    expect(host.nmp.status().pspConfig).toBe(
      '{policy=rr,iops=1000,bytes=10485760,useANO=0; lastPathIndex=0: NumIOsPending=0,numBytesPending=0}',
    );
  });

  test('by latency', () => {
    const host = buildHost({ psp: RR, pspParams: { policy: LATENCY } });
    run(host, new Array(40).fill(8));
    expect(host.nmp.status().pspConfig).toBe(
      '{policy=latency,latencyEvalTime=180000,samplingCycles=16,curSamplingCycle=16,useANO=0; ' +
        'CurrentPath=vmhba1:C0:T0:L1: NumIOsPending=0,latency=102}',
    );
  });

  test('fixed, most recently used, and the array types', () => {
    expect(buildHost({ pspParams: { preferred: 1 } }).nmp.status()).toEqual({
      plugin: 'NMP',
      satp: 'VMW_SATP_DEFAULT_AA',
      satpConfig: '{action_OnRetryErrors=off}',
      psp: 'VMW_PSP_FIXED',
      pspConfig: '{preferred=vmhba2:C0:T0:L1;current=vmhba2:C0:T0:L1}',
      workingPaths: ['vmhba2:C0:T0:L1'],
    });
    const alua = buildHost({ psp: 'VMW_PSP_MRU', satp: 'VMW_SATP_ALUA', access: [0, 1], tpgs: 1 });
    expect(alua.nmp.status()).toMatchObject({
      satpConfig:
        '{implicit_support=on;explicit_support=off;explicit_allow=on;alua_followover=on;' +
        'action_OnRetryErrors=off;{TPG_id=1,TPG_state=AO}{TPG_id=2,TPG_state=ANO}}',
      pspConfig: 'Current Path=vmhba1:C0:T0:L1',
    });
  });
});

describe('MRU ranking', () => {
  test('a path of higher rank takes over, also when it comes back', () => {
    const host = buildHost({ psp: 'VMW_PSP_MRU', controllers: [0, 0, 0] });
    host.paths[2].setRank(5);
    expect(host.nmp.workingPath).toBe(host.paths[2]);
    host.nexuses[2].setUp(false);
    host.sim.runUntil(1 * MS);
    expect(host.nmp.workingPath).toBe(host.paths[0]);
    host.nexuses[2].setUp(true);
    host.sim.runUntil(2 * MS);
    expect(host.nmp.workingPath).toBe(host.paths[2]);
    // Among equals there is no failback.
    host.nexuses[2].setUp(false);
    host.paths[0].setAdminState('off');
    host.sim.runUntil(3 * MS);
    host.paths[0].setAdminState('on');
    host.sim.runUntil(4 * MS);
    expect(host.nmp.workingPath).toBe(host.paths[1]);
  });
});
