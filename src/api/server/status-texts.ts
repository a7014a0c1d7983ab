/** Phrase and explanation of a status, as Ganeti's HTTP server sends them (they are those of Python's standard library). */
export const statusTexts: Readonly<Record<number, readonly [phrase: string, explanation: string]>> = {
  400: ['Bad Request', 'Bad request syntax or unsupported method'],
  401: ['Unauthorized', 'No permission -- see authorization schemes'],
  403: ['Forbidden', 'Request forbidden -- authorization will not help'],
  404: ['Not Found', 'Nothing matches the given URI'],
  408: ['Request Timeout', 'Request timed out; try again later'],
  409: ['Conflict', 'Request conflict'],
  413: ['Request Entity Too Large', 'Entity is too large'],
  414: ['Request-URI Too Long', 'URI is too long'],
  415: ['Unsupported Media Type', 'Entity body in unsupported format'],
  426: ['Upgrade Required', 'This service requires use of a different protocol'],
  431: ['Request Header Fields Too Large', 'The header fields are too large'],
  429: ['Too Many Requests', 'The user has sent too many requests in a given amount of time'],
  500: ['Internal Server Error', 'Server got itself in trouble'],
  501: ['Not Implemented', 'Server does not support this operation'],
  502: ['Bad Gateway', 'Invalid responses from another server/proxy'],
  503: ['Service Unavailable', 'The server cannot process the request due to a high load'],
  504: ['Gateway Timeout', 'The gateway server did not receive a timely response'],
};

/** The `Server` header, as Ganeti's RAPI sends it; some clients look at it. */
export const serverName = 'Ganeti 3.0.2';
