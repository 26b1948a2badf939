import { existsSync } from 'node:fs';

/** `vmtop config`: a comment that names the file, then what it would hold. */
export async function printConfig(): Promise<void> {
  const { configFile } = await import('../tui/config/location.js');
  const { readConfig } = await import('../tui/config/file.js');
  const { settingsOf } = await import('../tui/config/settings.js');
  const { formatSettings } = await import('../tui/config/format.js');
  const file = configFile();
  const settings = settingsOf(readConfig(file));
  const found = existsSync(file) ? '' : ' (there is none: these are the defaults)';
  process.stdout.write(`# ${file}${found}\n${formatSettings(settings)}`);
}
