import { defineFault } from './define.js';

export const adapterReset = defineFault({
  name: 'adapter-reset',
  summary: 'the driver resets an adapter: commands in flight come back with RESET and are retried',
  target: 'adapter',
  params: {},
  inject({ vmhba }) {
    vmhba.reset('fault adapter-reset');
    return () => undefined;
  },
});
