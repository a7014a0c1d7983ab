import type { GantryError } from '../../base/index.ts';
import { errorBody, tellable } from './error-body.ts';
import { securityHeaders } from './security-headers.ts';
import { serverName, statusTexts } from './status-texts.ts';

/** The whole text of an error reply, for connections on which there is no HTTP response to send it with. */
export function rawReply(error: GantryError, more: Readonly<Record<string, string>> = {}): string {
  const { http } = error.definition;
  const body = JSON.stringify(errorBody(tellable(error, 'without a number')));
  const headers = {
    ...securityHeaders,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    server: serverName,
    date: new Date().toUTCString(),
    ...more,
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${http} ${statusTexts[http]?.[0] ?? 'Error'}\r\n${head.join('\r\n')}\r\n\r\n${body}`;
}
