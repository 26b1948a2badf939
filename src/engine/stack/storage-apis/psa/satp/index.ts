import { InputError, type Problem } from '../../../../core/errors.js';
import { readParams } from '../../../../core/params.js';
import type { ArrayModel, Satp } from '../define.js';
import type { PathLun } from '../target.js';
import { aluaSatp } from './alua.js';
import { aluaCx } from './alua-cx.js';
import { cx } from './cx.js';
import { defaultAa } from './default-aa.js';
import { defaultAp } from './default-ap.js';
import { eql } from './eql.js';
import { eva } from './eva.js';
import { inv } from './inv.js';
import { local } from './local.js';
import { lsi } from './lsi.js';
import { msa } from './msa.js';
import { svc } from './svc.js';
import { symm } from './symm.js';

/** Storage array types, one line each. */
export const SATPS: readonly Satp[] = [
  local,
  defaultAa,
  defaultAp,
  aluaSatp,
  aluaCx,
  cx,
  symm,
  inv,
  eva,
  eql,
  svc,
  lsi,
  msa,
];

/** A type of the catalogue; an unknown name is bad input. */
export function satpNamed(name: string): Satp {
  const satp = SATPS.find((entry) => entry.name === name);
  if (satp !== undefined) return satp;
  const known = SATPS.map((entry) => entry.name).join(', ');
  throw InputError.of('satp', `unknown storage array type ${name}`, `known here: ${known}`);
}

/** A type with its settings, for one device; unknown names and bad settings are bad input. */
export function createSatp(
  name: string,
  lun: PathLun,
  params: Readonly<Record<string, number>> = {},
): ArrayModel {
  const satp = satpNamed(name);
  const problems: Problem[] = [];
  const values = readParams(satp.params, params, name, problems);
  if (problems.length > 0) throw new InputError(problems);
  return satp.create(lun, values);
}
