import { duration, type Params } from '../../core/params.js';

/** What happens to commands when a connection breaks, in this order. */
export interface LinkLoss {
  /** The host notices nothing and commands hang: this long after the first that gets no answer, */
  readonly noticeNs: number;
  /** or this long after the break when nobody asks; both 0 when it knows at once. */
  readonly idleNoticeNs: number;
  /** From then on commands come back with RETRY for this long; then with NO_CONNECT. */
  readonly retryNs: number;
  /** Failing for this long, the connection is given up: it comes back only when looked for; 0 never. */
  readonly giveUpNs: number;
}

/** What a driver speaks to its targets. */
export type Protocol =
  | 'fc'
  | 'fcoe'
  | 'iscsi'
  | 'iser'
  | 'sas'
  | 'sata'
  | 'ide'
  | 'nvme'
  | 'nvmeof'
  | 'block'
  | 'virtual';

/** A transport protocol as seen when it fails. */
export interface ProtocolInfo {
  readonly summary: string;
  readonly params: Params;
  loss(values: Readonly<Record<string, number>>): LinkLoss;
}

/** Longest time a lost connection is kept (model). */
const RETRY_MAX = '50s';

/** The connection is gone the moment it breaks. */
const AT_ONCE: LinkLoss = { noticeNs: 0, idleNoticeNs: 0, retryNs: 0, giveUpNs: 0 };
const immediate = (summary: string): ProtocolInfo => ({
  summary,
  params: {},
  loss: () => AT_ONCE,
});

const fibreChannel = (summary: string): ProtocolInfo => ({
  summary,
  params: {
    deviceLoss: duration('10s', '0s', RETRY_MAX, 'remote port gone: retried this long (devloss)'),
  },
  loss: ({ deviceLoss }) => ({ ...AT_ONCE, retryNs: deviceLoss }),
});

const iscsi = (summary: string): ProtocolInfo => ({
  summary,
  params: {
    nopInterval: duration('15s', '1s', '60s', 'pause between NOP-outs of an idle session'),
    nopTimeout: duration('10s', '1s', '60s', 'a NOP-out without an answer: session unresponsive'),
    recoveryTimeout: duration('10s', '1s', RETRY_MAX, 'pause before a lost session fails'),
  },
  loss: ({ nopInterval, nopTimeout, recoveryTimeout }) => ({
    noticeNs: nopTimeout,
    idleNoticeNs: nopInterval + nopTimeout,
    retryNs: recoveryTimeout,
    giveUpNs: 0,
  }),
});

/**
 * How each protocol of a driver loses its targets. Timers: stack-lower reference, section 1.6, all of
 * them from memory; that software iSCSI notices only by asking, and FC knows at once, is fact.
 */
export const PROTOCOLS: Readonly<Record<Protocol, ProtocolInfo>> = {
  fc: fibreChannel('Fibre Channel: retried until the device loss time-out'),
  fcoe: fibreChannel('FC over Ethernet: as Fibre Channel'),
  iscsi: iscsi('software iSCSI: commands hang until a NOP-out finds out'),
  iser: iscsi('iSCSI over RDMA: as software iSCSI'),
  sas: {
    summary: 'SAS: retried during the device missing delay',
    params: {
      // 0 to 30 s by firmware; the value is model.
      deviceMissing: duration('5s', '0s', RETRY_MAX, 'a device that vanished may come back'),
    },
    loss: ({ deviceMissing }) => ({ ...AT_ONCE, retryNs: deviceMissing }),
  },
  sata: immediate('SATA: a disk without link is gone'),
  ide: immediate('IDE: a disk without cable is gone'),
  nvme: immediate('NVMe in a slot: a controller that vanished is gone'),
  nvmeof: {
    summary: 'NVMe over fabrics: commands hang until the keep-alive time-out',
    params: {
      keepAlive: duration('30s', '1s', '600s', 'a controller this long without a sign is lost'),
      controllerLoss: duration('600s', '1s', '1h', 'a lost controller is looked for this long'),
    },
    loss: ({ keepAlive, controllerLoss }) => ({
      noticeNs: keepAlive,
      idleNoticeNs: keepAlive,
      retryNs: 0,
      giveUpNs: controllerLoss,
    }),
  },
  block: immediate('block device emulation: the device is gone'),
  virtual: immediate('adapter of a nested host: the device is gone'),
};

/** How a protocol loses its targets, with its timers or the given ones, ns. */
export function linkLossOf(
  protocol: Protocol,
  timers: Readonly<Record<string, number>> = {},
): LinkLoss {
  const { params, loss } = PROTOCOLS[protocol];
  const initial = Object.entries(params).map(([name, { initial: value }]) => [name, value]);
  return loss({ ...Object.fromEntries(initial), ...timers });
}

/** How long commands are retried after the host's own port lost its link, which it knows at once. */
export function hostLinkLossNs({ noticeNs, retryNs }: LinkLoss): number {
  return noticeNs === 0 ? retryNs : Math.min(noticeNs + retryNs, 50e9);
}
