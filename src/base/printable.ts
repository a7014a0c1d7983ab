// What steers terminals, and what makes a text look other than it is: controls but tab and line end, line separators, directions.
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const allUnsafe = new RegExp(unsafe, 'g');

/** A text of unknown origin that people may read anywhere: what could steer a terminal is shown as an escape. */
export function printable(text: string): string {
  if (!unsafe.test(text)) return text;
  return text.replace(allUnsafe, (sign) => (sign === '\r' ? '\\r' : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`));
}

/** Whether a text has nothing that `printable` would change. */
export const isPrintable = (text: string): boolean => !unsafe.test(text);
