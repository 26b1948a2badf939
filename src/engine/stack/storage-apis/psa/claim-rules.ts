import type { ClaimRulePlan, Transport } from '../../../simulation/plan.js';
import { DEFAULT_MP_RULES, DEFAULT_SATP_RULES, type SatpRule } from './default-rules.js';
import { satpNamed } from './satp/index.js';

/** What rules look at: the device's INQUIRY data and how it is attached. */
export interface ClaimedDevice {
  readonly vendor: string;
  readonly model: string;
  readonly transport: Transport;
  /** The array reports target port groups (ALUA). */
  readonly tpgs: boolean;
}

/** Who takes a device: masked devices do not exist for the host. */
export type Claim =
  | { readonly plugin: 'MASK_PATH' }
  | {
      readonly plugin: 'NMP';
      readonly satp: string;
      readonly psp: string;
      readonly pspParams: Readonly<Record<string, number>>;
    };

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

function fitsSatp(rule: SatpRule, device: ClaimedDevice): boolean {
  return fits(rule, device) && (rule.tpgs === '*' || (rule.tpgs === 'on') === device.tpgs);
}

/**
 * Decides who claims a device. MP rules count in ascending number, the user's among the host's own;
 * the first match takes the device. Under NMP the array type comes from the user's rule if it names
 * one, else from the host's SATP rules (vendor before transport), else ALUA for arrays with target
 * port groups; the policy from the user's rule, the SATP rule, or the array type, in this order.
 */
export function claim(device: ClaimedDevice, userRules: readonly ClaimRulePlan[] = []): Claim {
  const user = userRules
    .filter((rule) => fits(rule, device))
    .sort((a, b) => a.number - b.number)
    .at(0);
  const own = DEFAULT_MP_RULES.find((rule) => fits(rule, device))!;
  const first = user !== undefined && user.number <= own.number ? user : own;
  if (first.plugin === 'MASK_PATH') return { plugin: 'MASK_PATH' };
  const rule = DEFAULT_SATP_RULES.find((entry) => fitsSatp(entry, device));
  const satp = user?.satp ?? rule?.satp ?? 'VMW_SATP_ALUA';
  if (user?.psp !== undefined) {
    return { plugin: 'NMP', satp, psp: user.psp, pspParams: user.pspParams };
  }
  // A rule's policy belongs to the rule's array type.
  if (rule?.psp !== undefined && rule.satp === satp) {
    const pspParams = { ...rule.pspParams, ...user?.pspParams };
    return { plugin: 'NMP', satp, psp: rule.psp, pspParams };
  }
  return { plugin: 'NMP', satp, psp: satpNamed(satp).psp, pspParams: user?.pspParams ?? {} };
}
