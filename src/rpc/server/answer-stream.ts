import type { ServerResponse } from 'node:http';
import type { GantryError } from '../../base/index.ts';
import type { Progress } from '../contract.ts';
import { lineType, type WireLine } from '../wire.ts';

/** Writes the lines of one answer; a slow reader gets fewer progress lines, never a full memory. */
export class AnswerStream {
  readonly #response: ServerResponse;
  readonly #heartbeatMs: number;
  #timer: NodeJS.Timeout | undefined;
  #waiting: Progress | undefined;

  constructor(response: ServerResponse, heartbeatMs: number) {
    this.#response = response;
    this.#heartbeatMs = heartbeatMs;
    response.on('drain', () => {
      if (this.#waiting) this.#write({ progress: this.#waiting });
      this.#waiting = undefined;
    });
    // A caller that is gone makes writing fail; the request's signal has told the handler already.
    response.on('error', () => this.#stop());
    response.on('close', () => this.#stop());
  }

  /** Says that the work has begun, and from now on at every interval that it goes on. */
  begin(): void {
    this.#response.writeHead(200, { 'content-type': lineType });
    this.#write({ alive: true });
    this.#timer = setInterval(() => this.#write({ alive: true }), this.#heartbeatMs);
  }

  progress(progress: Progress): void {
    if (this.#response.writableNeedDrain) this.#waiting = progress;
    else this.#write({ progress });
  }

  result(result: unknown): void {
    this.#end({ result });
  }

  error(error: GantryError): void {
    if (!this.#response.headersSent) this.#response.writeHead(error.definition.http, { 'content-type': lineType });
    this.#end({ error: error.toReport() });
  }

  #end(line: WireLine): void {
    this.#stop();
    if (!this.#response.writable) return;
    if (this.#waiting) this.#write({ progress: this.#waiting });
    this.#response.end(`${JSON.stringify(line)}\n`);
  }

  #write(line: WireLine): void {
    if (this.#response.writable) this.#response.write(`${JSON.stringify(line)}\n`);
  }

  #stop(): void {
    clearInterval(this.#timer);
  }
}
