const controls = 'NUL SOH STX ETX EOT ENQ ACK a b t n v f r SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(' ');

/** Text in quotes as Haskell shows it, which scripts know from Ganeti's collectors: control characters have names there. */
export function showText(text: string): string {
  const characters = Array.from(text);
  const shown = characters.map((char, i) => {
    const code = char.codePointAt(0) as number;
    if (char === '"' || char === '\\') return `\\${char}`;
    const named = code === 127 ? 'DEL' : controls[code];
    if (named === undefined && code < 127) return char;
    const next = characters[i + 1] ?? '';
    // \& keeps a digit from being read as part of the number, and an H as part of the name.
    const joined = named === undefined ? /\d/.test(next) : named === 'SO' && next === 'H';
    return `\\${named ?? code}${joined ? '\\&' : ''}`;
  });
  return `"${shown.join('')}"`;
}
