import type { ServerResponse } from 'node:http';
import type { CachedReport, ReportCache } from '../scheduler/report-cache.ts';
import { changedReports, type FieldTree, type Selection, selectedJson } from './select-reports.ts';

/** So many streams at once. */
const mostStreams = 64;

/** A reader that leaves this number of bytes unread is disconnected; it can connect again and continue from the last event. */
const mostUntaken = 1024 * 1024;

/** A comment so often (ms) shows both sides that the other is there. */
const heartbeat = 15_000;

interface Wish {
  readonly selection: Selection | undefined;
  /** The last event that a returning reader has seen; earlier ones are not sent. */
  readonly lastEventId: string | undefined;
}

/** Live reports as server-sent events: first those that the client has not seen, then each as it changes. */
export interface EventStreams {
  /** @returns false when there are too many streams already */
  open(response: ServerResponse, wish: Wish): boolean;
  close(): void;
}

export function createEventStreams(cache: ReportCache): EventStreams {
  const birth = Date.now().toString(36);
  const open = new Map<ServerResponse, FieldTree | undefined>();

  const send = (response: ServerResponse, text: string) => {
    response.write(text);
    if ((response.socket?.writableLength ?? 0) > mostUntaken) response.destroy();
  };
  const eventOf = (report: CachedReport, fields: FieldTree | undefined) =>
    `event: report\nid: ${birth}-${report.version}\ndata: ${selectedJson(report, fields ? { fields } : {})}\n\n`;

  const unsubscribe = cache.subscribe((report) => {
    let whole: string | undefined;
    for (const [response, fields] of open) {
      if (!fields) whole ??= eventOf(report, undefined);
      send(response, fields ? eventOf(report, fields) : (whole ?? ''));
    }
  });
  const timer = setInterval(() => {
    for (const response of open.keys()) send(response, ':\n\n');
  }, heartbeat);
  timer.unref();

  /** What a client has not seen, oldest change first. */
  const missed = ({ selection = {}, lastEventId = '' }: Wish): CachedReport[] => {
    const [lastBirth, lastVersion] = lastEventId.split('-');
    const seen = lastBirth === birth ? Number(lastVersion) : undefined;
    const reports =
      seen === undefined ? changedReports(cache.reports(), selection) : cache.reports().filter(({ version }) => version > seen);
    return [...reports].sort((a, b) => a.version - b.version);
  };

  return {
    open: (response, wish) => {
      if (open.size >= mostStreams) return false;
      const fields = wish.selection?.fields;
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      const texts = missed(wish).map((report) => eventOf(report, fields));
      send(response, texts.join('') || ':\n\n');
      open.set(response, fields);
      response.on('close', () => open.delete(response));
      return true;
    },
    close: () => {
      unsubscribe();
      clearInterval(timer);
    },
  };
}
