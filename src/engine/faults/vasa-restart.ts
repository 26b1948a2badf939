import { defineFault } from './define.js';

/** While it is down nobody tells vCenter anything; what happened meanwhile it tells afterwards. */
export const vasaRestart = defineFault({
  name: 'vasa-restart',
  summary: 'the VASA provider of an array is down until the fault is healed, then starts again',
  target: 'array',
  params: {},
  lasting: true,
  inject({ provider }) {
    provider.setUp(false, 'fault vasa-restart');
    return () => provider.setUp(true, 'vasa-restart healed');
  },
});
