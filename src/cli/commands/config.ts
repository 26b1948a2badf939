import { defineCommand } from './define.js';

export const config = defineCommand({
  command: 'config',
  describe: 'print where the configuration file is, and the settings in force',
  builder: (yargs) => yargs.example('vmtop config', 'as it would stand in that file'),
  handler: async () => {
    const { printConfig } = await import('../print-config.js');
    await printConfig();
  },
});
