/** Names for what Ink reports. Function keys cannot be told apart there and are not used. */
import type { Key } from 'ink';

const NAMED = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  // What terminals send for Backspace is reported as delete by Ink 6.
  ['delete', 'backspace'],
] as const satisfies readonly (readonly [keyof Key, string])[];

/** One call may carry several typed characters, so this is a list. */
export function keyNames(input: string, key: Key): string[] {
  const named = NAMED.find(([flag]) => key[flag]);
  if (named !== undefined) return [key.shift && named[1] === 'tab' ? 'shift+tab' : named[1]];
  // Mouse and focus reports, pastes: an escape sequence Ink has not understood.
  if (input.startsWith('[') && !/^\[+$/.test(input)) return [];
  const names: string[] = [];
  for (const char of input) {
    if (key.ctrl) names.push(`ctrl+${char}`);
    else if (char === '\r' || char === '\n') names.push('enter');
    else if (char === ' ') names.push('space');
    else if (char === '\t') names.push('tab');
    else if (char === '\u007F' || char === '\b') names.push('backspace');
    else if (char >= ' ') names.push(char);
    else names.push(`ctrl+${String.fromCharCode(char.charCodeAt(0) + CONTROL)}`);
  }
  return names;
}

/** From a control character to its letter (ECMA-48: Ctrl clears the upper bits). */
const CONTROL = 0x60;

/** The character a key types, undefined for keys that type none. */
export function typed(key: string): string | undefined {
  if (key === 'space') return ' ';
  return [...key].length === 1 ? key : undefined;
}
