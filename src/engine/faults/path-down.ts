import { defineFault } from './define.js';

export const pathDown = defineFault({
  name: 'path-down',
  summary: 'one path dies: the target no longer answers for this LUN over this connection',
  target: 'path',
  params: {},
  lasting: true,
  inject({ nexus, lun }) {
    nexus.setLunReachable(lun.index, false, 'fault path-down');
    return () => nexus.setLunReachable(lun.index, true, 'fault path-down healed');
  },
});
