import { createConnectionGuard, version } from '../base/index.ts';
import type { MasterServices } from '../cluster/index.ts';
import { type ApiContext, type ApiOptions, type ApiServer, defaultLimits } from './api-options.ts';
import { allRoutes } from './routes/all-routes.ts';
import { createInstanceRows } from './rows/instance-rows.ts';
import { createConsoleSockets } from './server/console-socket.ts';
import { createGate } from './server/gate.ts';
import { guessLimiter } from './server/guess-limiter.ts';
import { createHttpApp } from './server/http-app.ts';
import { createListeners } from './server/listeners.ts';
import { metricsPage } from './server/metrics-page.ts';
import { RequestMetrics } from './server/request-metrics.ts';
import { readTls } from './server/tls-context.ts';

/**
 * The REST server of a master: Ganeti's RAPI, version 2, over HTTPS. It answers once `listen` was called.
 * @throws API_TLS_UNUSABLE
 */
export async function createApi(options: MasterServices & ApiOptions): Promise<ApiServer> {
  const requestMetrics = new RequestMetrics();
  const context: ApiContext = {
    services: options,
    openConsole: options.openConsole,
    requireLead: options.requireLead ?? (() => undefined),
    version: options.clusterInfo?.version ?? version,
    limits: { ...defaultLimits, ...options.limits },
    instanceRows: createInstanceRows(),
    requestMetrics,
    metricsPage: metricsPage([options.metrics, requestMetrics]),
  };
  const { authenticator } = options;
  const { challenge, clientAuthorities } = authenticator;
  const tls = await readTls(options.tls, clientAuthorities);
  const { limits } = context;
  const limiter = guessLimiter({ perAddress: limits.refusalsPerMinute, perAccount: limits.accountRefusalsPerMinute }, options.clock);
  const gate = createGate(context, authenticator, limiter);
  const guard = createConnectionGuard({ total: limits.connections, perAddress: limits.connectionsPerAddress });
  const app = await createHttpApp(context, gate, challenge, allRoutes, guard);
  const consoles = createConsoleSockets(context, gate, challenge, allRoutes, guard);
  const listeners = createListeners(tls, limits, guard, { request: app.routing, upgrade: consoles.upgrade });
  return {
    listen: (where) => listeners.open(where),
    listens: () => listeners.listens(),
    reloadTls: async () => listeners.useTls(await readTls(options.tls, clientAuthorities)),
    close: async () => {
      consoles.close();
      await listeners.close();
      await app.close();
      authenticator.close();
    },
  };
}
