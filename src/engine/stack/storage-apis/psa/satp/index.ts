import { InputError } from '../../../../core/errors.js';
import type { Satp } from '../define.js';
import { aluaSatp } from './alua.js';
import { aluaCx } from './alua-cx.js';
import { defaultAa } from './default-aa.js';
import { eql } from './eql.js';
import { eva } from './eva.js';
import { inv } from './inv.js';
import { local } from './local.js';
import { svc } from './svc.js';
import { symm } from './symm.js';

/** Storage array types, one line each. */
export const SATPS: readonly Satp[] = [
  local,
  defaultAa,
  aluaSatp,
  aluaCx,
  symm,
  inv,
  eva,
  eql,
  svc,
];

/** A type of the catalogue; an unknown name is bad input. */
export function satpNamed(name: string): Satp {
  const satp = SATPS.find((entry) => entry.name === name);
  if (satp !== undefined) return satp;
  const known = SATPS.map((entry) => entry.name).join(', ');
  throw InputError.of('satp', `unknown storage array type ${name}`, `known here: ${known}`);
}
