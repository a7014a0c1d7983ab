import type { ServerResponse } from 'node:http';
import type { CachedReport, ReportCache } from '../scheduler/report-cache.ts';

/** So many streams at once. */
const mostStreams = 64;

/** A reader that leaves so much (bytes) untaken is cut off; it comes again and goes on where it was. */
const mostUntaken = 1024 * 1024;

/** A comment so often (ms) shows both sides that the other is there. */
const heartbeat = 15_000;

/** Live reports as server-sent events: first those that the client has not seen, then each as it changes. */
export interface EventStreams {
  /** @returns false when there are too many streams already */
  open(response: ServerResponse, lastEventId: string | undefined): boolean;
  close(): void;
}

export function createEventStreams(cache: ReportCache): EventStreams {
  const birth = Date.now().toString(36);
  const open = new Set<ServerResponse>();

  const send = (response: ServerResponse, text: string) => {
    response.write(text);
    if ((response.socket?.writableLength ?? 0) > mostUntaken) response.destroy();
  };
  const broadcast = (text: string) => {
    for (const response of open) send(response, text);
  };
  const event = ({ json, version }: CachedReport) => `event: report\nid: ${birth}-${version}\ndata: ${json}\n\n`;

  const unsubscribe = cache.subscribe((report) => {
    if (open.size > 0) broadcast(event(report));
  });
  const timer = setInterval(() => broadcast(':\n\n'), heartbeat);
  timer.unref();

  return {
    open: (response, lastEventId) => {
      if (open.size >= mostStreams) return false;
      const [lastBirth, lastVersion] = (lastEventId ?? '').split('-');
      const seen = lastBirth === birth ? Number(lastVersion) : -1;
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      const missed = cache.reports().filter(({ version }) => version > seen);
      send(
        response,
        missed
          .sort((a, b) => a.version - b.version)
          .map(event)
          .join('') || ':\n\n',
      );
      open.add(response);
      response.on('close', () => open.delete(response));
      return true;
    },
    close: () => {
      unsubscribe();
      clearInterval(timer);
    },
  };
}
