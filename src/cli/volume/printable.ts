/** Text from a volume must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\udc80-\udcff]/gu, '\ufffd');
}
