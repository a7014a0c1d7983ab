import { GantryError } from '../../base/index.ts';
import type { PluginData } from './expose-plugin.ts';
import type { PluginDefinition } from './plugin-definition.ts';
import { misfit, type Report, ReportSchema } from './plugin-schemas.ts';

/** Keys of the agent's report that come from elsewhere than `data`. */
const taken = ['status', 'metrics', 'families'];

/** Reads what a plugin printed. @throws MONITOR_PLUGIN_REPORT_INVALID */
export function parseReport({ name, manifest }: PluginDefinition, bytes: Buffer): PluginData {
  const invalid = (problem: string) => new GantryError('MONITOR_PLUGIN_REPORT_INVALID', { name, problem });
  if (bytes.length === 0) throw invalid('it is empty');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid(error instanceof SyntaxError ? `it is not JSON (${plain(error.message)})` : 'it is not text in UTF-8');
  }
  const problem = misfit(ReportSchema, value);
  if (problem !== undefined) throw invalid(problem);
  const { data = {}, status, metrics } = value as Report;
  const reserved = taken.find((key) => Object.hasOwn(data, key));
  if (reserved !== undefined) throw invalid(`"${reserved}" is not allowed in data`);
  if (manifest.kind === 'status' && !status) throw invalid('"status" is missing, although its kind is status');
  if (manifest.kind !== 'status' && status) throw invalid('it has a status, although its kind is performance');
  return { ...data, ...(status && { status }), ...(metrics && { metrics }) };
}

/** The parser quotes what it read. */
const plain = (message: string): string => message.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
