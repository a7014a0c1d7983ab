import { StringDecoder } from 'node:string_decoder';
import { lineLimit } from '../wire.ts';

/** Cuts a stream of bytes into lines. @throws Error when a line is too long */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8');
  #pieces: string[] = [];
  #length = 0;

  push(bytes: Buffer): string[] {
    const [first = '', ...more] = this.#decoder.write(bytes).split('\n');
    this.#keep(first);
    const lines: string[] = [];
    for (const piece of more) {
      lines.push(this.#pieces.join(''));
      this.#pieces = [];
      this.#length = 0;
      this.#keep(piece);
    }
    return lines;
  }

  #keep(piece: string): void {
    this.#length += piece.length;
    if (this.#length > lineLimit) throw new Error(`a line is longer than ${lineLimit} characters`);
    if (piece) this.#pieces.push(piece);
  }
}
