import { z } from 'zod';
import { scalar, text } from './quantities.js';

export const setting = scalar('a number, or a text with its unit', (value) =>
  typeof value === 'number' || typeof value === 'string' ? value : undefined,
);

/** `ssd`, or `{ model: hdd, rpm: 15000 }`. */
export const diskModel = z.preprocess(
  (value) => (typeof value === 'string' ? { model: value } : value),
  z.object({ model: text }).catchall(setting),
);
