import { parseReport } from './parse-report.ts';
import { type PluginProcess, startPluginProcess } from './plugin-process.ts';
import { ended, flood, type PluginReader, type ReaderParts } from './plugin-reader.ts';

/** A program that is run for each report. */
export function createOnceProgram(parts: ReaderParts): PluginReader {
  const { definition } = parts;
  const largest = definition.manifest.largest_report;
  let running: PluginProcess | undefined;
  let stderr = '';

  const read = async (signal: AbortSignal) => {
    if (running) throw ended(definition, 'a run that hangs in a system call and cannot be killed', running.stderr());
    const chunks: Buffer[] = [];
    let bytes = 0;
    const child = startPluginProcess({
      ...parts,
      onOutput: (chunk) => {
        bytes += chunk.length;
        if (bytes > largest) child.kill();
        else chunks.push(chunk);
      },
    });
    running = child;
    signal.addEventListener('abort', child.kill, { once: true });
    const outcome = await child.ended;
    running = undefined;
    signal.removeEventListener('abort', child.kill);
    stderr = child.stderr();
    if (bytes > largest) throw flood(definition, bytes);
    if (outcome !== undefined) throw ended(definition, outcome, stderr);
    return parseReport(definition, Buffer.concat(chunks));
  };

  return {
    read,
    close: () => running?.kill(),
    get stderr() {
      return running?.stderr() ?? stderr;
    },
  };
}
