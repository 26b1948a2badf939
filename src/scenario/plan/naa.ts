/** `naa.6` and 31 hexadecimal digits that depend only on the name (NAA 6, IEEE registered extended). */
export function naaOf(name: string): string {
  let digits = '';
  for (let lane = 0; lane < 4; lane++) {
    let hash = Math.imul(lane + 1, 0x9e3779b1);
    for (let index = 0; index < name.length; index++) {
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    digits += ((hash ^ (hash >>> 13)) >>> 0).toString(16).padStart(8, '0');
  }
  return `naa.6${digits.slice(0, 31)}`;
}
