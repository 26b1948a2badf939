/** Writing the settings: what else the file says, and its comments, stay. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import type { UiState } from '../state.js';
import { tableSettings } from './state.js';

/**
 * Saves how tables are shown; says so, or why not. The old file is replaced only by a whole new one.
 * @param file made with its folder where it is not there yet
 */
export function saveSettings(file: string, ui: UiState): string {
  if (file.trim() === '') return 'not saved: no file was named';
  try {
    const document = parseDocument(existsSync(file) ? readFileSync(file, 'utf8') : '');
    const foreign = document.contents !== null && !isMap(document.contents);
    if (document.errors.length > 0 || foreign) {
      return `not saved: ${file} is no configuration of vmtop; name another file`;
    }
    for (const [key, value] of Object.entries(tableSettings(ui))) {
      if (isEmpty(value)) document.delete(key);
      else document.set(key, document.createNode(value));
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, document.toString());
    renameSync(`${file}.new`, file);
    return `settings saved to ${file}`;
  } catch (error) {
    return `not saved: ${(error as Error).message}`;
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
