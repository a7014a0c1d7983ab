// Everything that a terminal, an editor or a log reader may take for the end of a line or for a command.
const unsafe = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

/** A text that stays one line wherever it is written: control characters are shown as escapes. */
export function oneLine(text: string): string {
  return text.replace(unsafe, (sign) => short[sign] ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
