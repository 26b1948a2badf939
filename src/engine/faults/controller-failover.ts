import { defineFault } from './define.js';

export const controllerFailover = defineFault({
  name: 'controller-failover',
  summary: 'an array controller fails: its ports go down, its LUNs trespass to another controller',
  target: 'controller',
  params: {},
  lasting: true,
  inject({ array, controller }) {
    array.failController(controller, 'fault controller-failover');
    return () => array.repairController(controller, 'fault controller-failover healed');
  },
});
