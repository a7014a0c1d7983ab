import { createHistogram, type Emit, type Histogram, type MetricFamily, type MetricSource, shortSeconds } from '../../base/index.ts';

const requests = {
  name: 'gantry_api_requests',
  type: 'counter',
  help: 'Requests to the REST server that were answered, by the path as the description of the API has it; `-` is any other path.',
  labels: ['method', 'route', 'status'],
} as const satisfies MetricFamily;
const duration = {
  name: 'gantry_api_request_duration_seconds',
  type: 'histogram',
  unit: 'seconds',
  help: 'How long they took until the answer was sent.',
  labels: ['method', 'route'],
} as const satisfies MetricFamily;

export const requestFamilies: readonly MetricFamily[] = [requests, duration];

/** Counts the requests of one route. */
export class RouteCounts {
  readonly method: string;
  readonly path: string;
  readonly took: Histogram = createHistogram(shortSeconds);
  /** Statuses that were met, and how often. */
  readonly statuses: number[] = [];
  readonly counts: number[] = [];

  constructor(method: string, path: string) {
    this.method = method;
    this.path = path;
  }

  answered(status: number, ms: number): void {
    const place = this.statuses.indexOf(status);
    if (place === -1) {
      this.statuses.push(status);
      this.counts.push(1);
    } else this.counts[place] = (this.counts[place] as number) + 1;
    this.took.observe(ms / 1000);
  }
}

/** Counts the requests to a REST server. There are as many series as routes, whatever clients ask for. */
export class RequestMetrics implements MetricSource {
  readonly families = requestFamilies;
  /** Of paths that are none of the API's. */
  readonly elsewhere = new RouteCounts('-', '-');
  readonly #routes: RouteCounts[] = [this.elsewhere];

  route({ method, path }: { readonly method: string; readonly path: string }): RouteCounts {
    const counts = new RouteCounts(method, path);
    this.#routes.push(counts);
    return counts;
  }

  measure(emit: Emit): void {
    for (const { method, path, statuses, counts, took } of this.#routes) {
      if (statuses.length === 0) continue;
      for (const [place, status] of statuses.entries()) emit(requests.name, counts[place] as number, method, path, String(status));
      emit(duration.name, took, method, path);
    }
  }
}
