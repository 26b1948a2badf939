import { defineFault } from './define.js';

export const cacheBatteryLoss = defineFault({
  name: 'cache-battery-loss',
  summary: "the battery of an array's cache fails: writes go through to the disks until it is well",
  target: 'cache',
  params: {},
  lasting: true,
  inject(array) {
    array.setBattery(false, 'fault cache-battery-loss');
    return () => array.setBattery(true, 'fault cache-battery-loss healed');
  },
});
