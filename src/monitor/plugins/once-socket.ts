import { connect } from 'node:net';
import { parseReport } from './parse-report.ts';
import { flood, type PluginReader, type ReaderParts } from './plugin-reader.ts';
import { unreadable } from './stream-reader.ts';

/** A socket that gives one report to each who connects: until it closes, or as a line. */
export function createOnceSocket({ definition }: ReaderParts): PluginReader {
  const largest = definition.manifest.largest_report;
  const read = async (signal: AbortSignal) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const socket = connect({ path: definition.path, signal });
    try {
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > largest) throw flood(definition, bytes);
        chunks.push(chunk);
        if (chunk.at(-1) === 0x0a && isJson(Buffer.concat(chunks))) break;
      }
    } catch (error) {
      throw (error as NodeJS.ErrnoException).syscall ? unreadable(definition, (error as Error).message) : error;
    } finally {
      socket.destroy();
    }
    return parseReport(definition, Buffer.concat(chunks));
  };
  return { read, close: () => undefined, stderr: '' };
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    // A report over several lines, of which some are to come.
    return false;
  }
}
