import { ratio } from '../core/params.js';
import { defineFault } from './define.js';

export const switchLoss = defineFault({
  name: 'switch-loss',
  summary: 'a switch fails: every connection through its fabric is lost, for all hosts',
  target: 'switch',
  params: { share: ratio(1, 0.01, 1, 'share of the connections that are lost') },
  lasting: true,
  inject({ nexuses }, { share }) {
    // Spread evenly: of half of them every other one.
    const lost = nexuses.filter(
      (_, index) => Math.floor((index + 1) * share) > Math.floor(index * share),
    );
    for (const nexus of lost) nexus.setUp(false, 'fault switch-loss');
    return () => {
      // All of them: an overlapping loss of another share ends with the last of them.
      for (const nexus of nexuses) nexus.setUp(true, 'fault switch-loss healed');
    };
  },
});
