import type { MonitorLog } from '../monitor-log.ts';
import type { ReportCache } from './report-cache.ts';

/** Tells the log when trouble with a collector begins, turns into another kind, and ends; not of each attempt. */
export function logTroubles(cache: ReportCache, log: MonitorLog): () => void {
  const troubled = new Map<string, string>();
  return cache.subscribe(({ collector: { name, refused }, trouble }) => {
    // Who refuses it has said so.
    if (refused) return;
    const before = troubled.get(name);
    if (trouble?.failure === before) return;
    if (trouble) {
      troubled.set(name, trouble.failure);
      log('warn', 'a collector fails; its last good report stays', { collector: name, ...trouble });
    } else {
      troubled.delete(name);
      log('info', 'a collector works again', { collector: name });
    }
  });
}
