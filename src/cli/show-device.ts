import { InputError } from '../engine/core/errors.js';
import { formatTable } from '../output/table.js';
import { CATALOGUES, type DeviceEntry } from '../scenario/catalogues.js';
import { exactValue, findDisk } from '../scenario/disks.js';
import { suggest } from '../scenario/suggest.js';

/** `vmtop device show`. */
export async function showDevice({ name }: { readonly name: string }): Promise<void> {
  process.stdout.write(`${describeDevice(findDevice(name))}\n`);
}

function findDevice(name: string): DeviceEntry {
  const { devices } = CATALOGUES;
  const found = devices.find((device) => device.name === name) ?? findDisk(name);
  if (found !== undefined) return found;
  const hint = suggest(
    name,
    devices.map((device) => device.name),
  );
  throw InputError.of('', `there is no device model and no file "${name}"`, hint);
}

function describeDevice({ name, summary, base, params, sources }: DeviceEntry): string {
  const title = `${name}: ${summary}${base === undefined ? '' : ` (model ${base})`}`;
  const table = formatTable(Object.entries(params), [
    { title: 'setting', align: 'left', text: ([setting]) => setting },
    {
      title: 'value',
      align: 'right',
      text: ([, param]) => String(exactValue(param, param.initial)),
    },
    { title: 'meaning', align: 'left', text: ([, param]) => param.help },
    { title: 'source', align: 'left', text: ([setting]) => sources[setting] ?? '' },
  ]);
  return `${title}\n\n${table}`;
}
