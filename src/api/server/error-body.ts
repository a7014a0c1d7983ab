import { type ErrorReport, GantryError } from '../../base/index.ts';
import { statusTexts } from './status-texts.ts';

/** Ganeti's three fields, and our report beside them. */
export interface ErrorBody {
  readonly code: number;
  readonly message: string;
  readonly explain: string;
  readonly error: ErrorReport;
}

/** Statuses for which Ganeti says nothing but the phrase. */
const silent = new Set([401, 403, 404, 413, 415]);

const htmlEscapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' };

/** Ganeti escapes its messages for HTML, although they are JSON. */
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (sign) => htmlEscapes[sign] ?? sign);

/** How Python shows a string. */
const pythonText = (text: string) => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`);

/** The message that Ganeti would give where it is known, else our own sentence. */
function ganetiMessage(error: GantryError): string {
  const { code, facts } = error;
  const phrase = statusTexts[error.definition.http]?.[0] ?? 'Error';
  if (silent.has(error.definition.http)) return phrase;
  if (code === 'API_BODY_MALFORMED') return 'Unable to parse JSON data';
  if (code === 'API_CONSOLE_UNAVAILABLE') return 'Instance console unavailable';
  if (code === 'API_REQUEST_INVALID' || code === 'API_QUERY_MALFORMED' || code === 'API_QUERY_FAILED') return String(facts['problem']);
  if (code === 'INPUT_INVALID') {
    const parameter = pythonText(`Parameter '${String(facts['subject'])}.${String(facts['field'])}' fails validation`);
    return `Invalid body parameters: (${parameter}, 'wrong_input')`;
  }
  return error.definition.kind === 'bug' ? phrase : error.message;
}

/** The body with which an error is answered. */
export function errorBody(error: GantryError): ErrorBody {
  const status = error.definition.http;
  const explain = statusTexts[status]?.[1] ?? 'Server got itself in trouble';
  return { code: status, message: escapeHtml(ganetiMessage(error)), explain, error: error.toReport() };
}

/** What may be told of an error: of a defect only where to look it up. */
export function tellable(error: GantryError, trace: string): GantryError {
  if (error.definition.kind !== 'bug') return error;
  return new GantryError('INTERNAL', { detail: `trace ${trace}, see the log of the master` });
}
