import { GantryError } from '../../base/index.ts';
import type { PluginData } from './expose-plugin.ts';
import { PrometheusTextError, parsePrometheusText } from './parse-prometheus-text.ts';
import { parseReport } from './parse-report.ts';
import { resolveUser } from './plugin-confinement.ts';
import type { PluginDefinition } from './plugin-definition.ts';
import { readPluginFile, requirePluginFile } from './plugin-file.ts';
import { flood, type PluginReader, type ReaderParts } from './plugin-reader.ts';
import { unreadable } from './stream-reader.ts';

/** A file that others write: in Prometheus's text format, or a report in JSON. */
export function createFileReader({ definition }: ReaderParts): PluginReader {
  const { manifest, source, name } = definition;
  const read = async (): Promise<PluginData> => {
    const { text, modified } = await readTrusted(definition);
    const age = (Date.now() - modified) / 1000;
    if (manifest.max_age !== undefined && age > manifest.max_age)
      throw new GantryError('MONITOR_PLUGIN_SILENT', { name, seconds: Math.round(age) });
    if (source === 'report-file') return parseReport(definition, Buffer.from(text));
    try {
      return { modified: Math.round(modified / 1000), families: parsePrometheusText(text) };
    } catch (error) {
      if (error instanceof PrometheusTextError) throw textInvalid(definition, error.message);
      throw error;
    }
  };
  return { read, close: () => undefined, stderr: '' };
}

const textInvalid = ({ name }: PluginDefinition, problem: string) => new GantryError('MONITOR_PLUGIN_TEXT_INVALID', { name, problem });

async function readTrusted(definition: PluginDefinition) {
  const { path, manifest, source } = definition;
  try {
    // Again each time: it is put in place anew by whoever writes it.
    const real = await requirePluginFile(
      path,
      manifest.owner === undefined ? {} : { owner: resolveUser(manifest.owner, 'the manifest').uid },
    );
    return await readPluginFile(real, manifest.largest_report);
  } catch (error) {
    if (error instanceof GantryError) throw error;
    if (error instanceof RangeError) throw flood(definition, manifest.largest_report + 1);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA' && source === 'prometheus-file')
      throw textInvalid(definition, 'it is not text in UTF-8');
    throw unreadable(definition, message);
  }
}
