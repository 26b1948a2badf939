import { defineFault } from './define.js';

export const controllerHang = defineFault({
  name: 'controller-hang',
  summary: 'an array controller hangs: its ports have light and answer nothing, not even aborts',
  target: 'controller',
  params: {},
  lasting: true,
  inject({ array, controller }) {
    const ports = array.ports.filter((port) => port.controller === controller);
    for (const port of ports) port.setHung(true, 'fault controller-hang');
    return () => {
      for (const port of ports) port.setHung(false, 'fault controller-hang healed');
    };
  },
});
