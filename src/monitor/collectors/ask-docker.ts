import { existsSync } from 'node:fs';
import type { Json } from '../../base/index.ts';

/** Answers longer than this (bytes) are refused. */
const largestAnswer = 8 * 1024 * 1024;

/**
 * Asks the Docker engine over its socket; `undefined` where there is no engine.
 * @throws Error for any status but 200, and for what is no JSON
 */
export async function askDocker(socketPath: string, path: string, signal: AbortSignal): Promise<Json | undefined> {
  if (!existsSync(socketPath)) return undefined;
  // Not loaded on nodes without Docker.
  const { request } = await import('node:http');
  const { promise, resolve, reject } = Promise.withResolvers<Json | undefined>();
  const asking = request({ socketPath, path, signal, headers: { host: 'docker' } }, (answer) => {
    const pieces: Buffer[] = [];
    let length = 0;
    answer.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > largestAnswer) asking.destroy(new Error(`Docker's answer to ${path} is longer than ${largestAnswer} bytes`));
      else pieces.push(piece);
    });
    answer.on('error', reject);
    answer.on('end', () => {
      const text = Buffer.concat(pieces).toString();
      if (answer.statusCode !== 200) return reject(new Error(`Docker answers ${answer.statusCode} to ${path}: ${text.slice(0, 200)}`));
      try {
        resolve(JSON.parse(text) as Json);
      } catch (error) {
        reject(error);
      }
    });
  });
  asking.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
    else reject(error);
  });
  asking.end();
  return promise;
}
