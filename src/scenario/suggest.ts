/** "Did you mean ...": the known word nearest to one that was not known. */

/** Names listed in full in a hint; beyond that the list is cut. */
const LISTED = 12;
/** Shorter beginnings say too little. */
const BEGINNING = 3;

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
export function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + (same ? 0 : 1),
      );
      const swapped =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, before[column - 2]! + 1);
      current.push(cost);
    }
    before = previous;
    previous = current;
  }
  return previous[to.length]!;
}

/** The known word a person most likely meant, or undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** The known word of which this is the beginning: `KAVG` of `KAVG/cmd`. */
function beginning(word: string, known: readonly string[]): string | undefined {
  const start = word.toLowerCase();
  if (start.length < BEGINNING) return undefined;
  return known.find((candidate) => candidate.toLowerCase().startsWith(start));
}

/** Hint for an unknown word: the nearest known one, or what is known here. */
export function suggest(word: string, known: Iterable<string>): string {
  const all = [...known];
  const best = nearest(word, all) ?? beginning(word, all);
  if (best !== undefined) return `did you mean "${best}"?`;
  if (all.length === 0) return 'none are defined';
  const more = all.length > LISTED ? `, and ${all.length - LISTED} more` : '';
  return `known here: ${all.slice(0, LISTED).join(', ')}${more}`;
}
