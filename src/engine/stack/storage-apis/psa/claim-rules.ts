import type { ClaimRulePlan, Transport } from '../../../plan/plan.js';
import {
  DEFAULT_MP_RULES,
  DEFAULT_SATP_RULES,
  type MpRule,
  type SatpRule,
} from './default-rules.js';
import { DEFAULT_PSS } from './pss/index.js';
import { satpNamed } from './satp/index.js';

/** What rules look at: the device's INQUIRY data and how it is attached. */
export interface ClaimedDevice {
  readonly vendor: string;
  readonly model: string;
  readonly transport: Transport;
  /** The array reports target port groups (ALUA). */
  readonly tpgs: boolean;
  /** One controller at a time serves a LUN, and the others refuse. */
  readonly passive: boolean;
  /** Inside the host, without moving parts. */
  readonly localFlash: boolean;
}

type Numbers = Readonly<Record<string, number>>;

/** Who takes a device: masked devices do not exist for the host. */
export type Claim =
  | { readonly plugin: 'MASK_PATH' }
  | {
      readonly plugin: 'NMP';
      readonly satp: string;
      readonly satpParams: Numbers;
      readonly psp: string;
      readonly pspParams: Numbers;
    }
  | {
      readonly plugin: 'HPP';
      readonly pss: string;
      readonly pssParams: Numbers;
      /** Below this latency commands pass the I/O scheduler by; never when left out. */
      readonly latencyThresholdNs?: number;
    }
  | { readonly plugin: 'third-party'; readonly name: string; readonly params: Numbers };

/** True when `text` is the pattern, in which `*` stands for any text; empty matches all. */
export function matches(pattern: string, text: string): boolean {
  if (pattern === '') return true;
  const [first, ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

interface Match {
  readonly vendor: string;
  readonly model: string;
  readonly transport: Transport | '*';
}

function fits(rule: Match, device: ClaimedDevice): boolean {
  return (
    matches(rule.vendor, device.vendor) &&
    matches(rule.model, device.model) &&
    (rule.transport === '*' || rule.transport === device.transport)
  );
}

function fitsOwn(rule: MpRule, device: ClaimedDevice): boolean {
  return fits(rule, device) && (rule.localFlash === undefined || device.localFlash);
}

function fitsSatp(rule: SatpRule, device: ClaimedDevice): boolean {
  const groups = rule.tpgs === '*' || (rule.tpgs === 'on') === device.tpgs;
  return groups && fits(rule, device) && (rule.passive === undefined || device.passive);
}

/**
 * Decides who claims a device. MP rules count in ascending number, the user's among the host's own;
 * the first match takes the device. Under NMP the array type comes from the user's rule if it names
 * one, else from the host's SATP rules (vendor before transport), else ALUA for arrays with target
 * port groups; the policy from the user's rule, the SATP rule, or the array type, in this order.
 */
export function claim(device: ClaimedDevice, userRules: readonly ClaimRulePlan[] = []): Claim {
  const own = DEFAULT_MP_RULES.find((rule) => fitsOwn(rule, device))!;
  const user = userRules
    .filter((rule) => rule.number <= own.number && fits(rule, device))
    .sort((a, b) => a.number - b.number)
    .at(0);
  const plugin = user?.plugin ?? own.plugin;
  switch (plugin) {
    case 'MASK_PATH':
      return { plugin };
    case 'NMP':
      return claimForNmp(device, user);
    case 'HPP':
      return {
        plugin,
        pss: user?.psp ?? DEFAULT_PSS,
        pssParams: user?.pspParams ?? {},
        ...(user?.latencyThresholdNs ? { latencyThresholdNs: user.latencyThresholdNs } : {}),
      };
    default:
      return { plugin: 'third-party', name: plugin, params: user?.pspParams ?? {} };
  }
}

function claimForNmp(device: ClaimedDevice, user: ClaimRulePlan | undefined): Claim {
  const rule = DEFAULT_SATP_RULES.find((entry) => fitsSatp(entry, device));
  const satp = user?.satp ?? rule?.satp ?? 'VMW_SATP_ALUA';
  const type = { plugin: 'NMP', satp, satpParams: user?.satpParams ?? {} } as const;
  if (user?.psp !== undefined) return { ...type, psp: user.psp, pspParams: user.pspParams };
  // A rule's policy belongs to the rule's array type.
  if (rule?.psp !== undefined && rule.satp === satp) {
    return { ...type, psp: rule.psp, pspParams: { ...rule.pspParams, ...user?.pspParams } };
  }
  return { ...type, psp: satpNamed(satp).psp, pspParams: user?.pspParams ?? {} };
}
