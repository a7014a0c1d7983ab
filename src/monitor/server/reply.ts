/** What goes back for a request. */
export interface Reply {
  readonly status: 200 | 204 | 400 | 401 | 404 | 405 | 503;
  readonly type: string;
  readonly body: string | Buffer;
  /** Absent: it is new at every request. */
  readonly etag?: string;
}

export const json = (body: string | Buffer, etag?: string): Reply => ({
  status: 200,
  type: 'application/json',
  body,
  ...(etag === undefined ? {} : { etag }),
});

export const refusal = (status: 400 | 401 | 404 | 405 | 503, body: string): Reply => ({ status, type: 'text/plain; charset=utf-8', body });
