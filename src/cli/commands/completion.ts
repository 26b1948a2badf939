import { defineCommand } from './define.js';

export const completion = defineCommand({
  command: 'completion [shell]',
  describe: 'print a script that completes words, for bash, zsh or fish',
  builder: (yargs) =>
    yargs
      .positional('shell', {
        choices: ['bash', 'zsh', 'fish'],
        describe: 'default: as $SHELL says',
      })
      .example('vmtop completion >> ~/.bashrc', 'from the next shell on'),
  handler: async (args) => {
    const { printCompletion } = await import('../completion.js');
    await printCompletion(args.shell);
  },
});
