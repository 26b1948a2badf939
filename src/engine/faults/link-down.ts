import { defineFault } from './define.js';

export const linkDown = defineFault({
  name: 'link-down',
  summary: "an adapter's cable is pulled: all its paths die",
  target: 'adapter',
  params: {},
  lasting: true,
  inject({ vmhba }) {
    vmhba.setLinkUp(false, 'fault link-down');
    return () => vmhba.setLinkUp(true, 'fault link-down healed');
  },
});
