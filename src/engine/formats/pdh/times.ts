/** Interval of esxtop when nothing else is said, seconds: what a single sample is taken to be about. */
const USUAL_SECONDS = 5;

/**
 * When each sample was taken, in seconds from one interval before the first, so that every sample has
 * the time it is about before it. Spreadsheets cut seconds off: samples that share a stamp are spread
 * evenly up to the next one. Where the clock was set back, the usual interval (the median) goes on.
 *
 * @param stamps seconds, as the file has them
 */
export function sampleTimes(stamps: readonly number[]): Float64Array {
  const usual = usualInterval(stamps);
  const times = new Float64Array(stamps.length);
  let at = 0;
  for (let first = 0; first < stamps.length; ) {
    let next = first + 1;
    while (next < stamps.length && stamps[next] === stamps[first]) next++;
    const count = next - first;
    const span = next < stamps.length ? stamps[next] - stamps[first] : 0;
    const step = span > 0 ? span / count : usual;
    for (let index = first; index < next; index++) {
      if (index === 0) at = step;
      times[index] = at;
      at += step;
    }
    first = next;
  }
  return times;
}

/** The median distance of samples; of samples that share a stamp, their part of it. */
function usualInterval(stamps: readonly number[]): number {
  const steps: number[] = [];
  for (let first = 0; first < stamps.length; ) {
    let next = first + 1;
    while (next < stamps.length && stamps[next] === stamps[first]) next++;
    if (next < stamps.length && stamps[next] > stamps[first]) {
      const step = (stamps[next] - stamps[first]) / (next - first);
      for (let index = first; index < next; index++) steps.push(step);
    }
    first = next;
  }
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? USUAL_SECONDS;
}
