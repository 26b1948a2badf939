/** Run by the build: writes the manual page to the file it is given. */
import { writeFileSync } from 'node:fs';
import { version } from './main.js';
import { manPage } from './man-page.js';

const [, , file = ''] = process.argv;
const { bindings } = await import('../tui/keymap.js');
writeFileSync(file, manPage(version(), bindings));
