import { version } from '../base/index.ts';
import type { MasterServices } from '../cluster/index.ts';
import { type ApiContext, type ApiOptions, type ApiServer, defaultLimits } from './api-options.ts';
import { usersFileAuthenticator } from './authn/users-file.ts';
import { optionsAuthorizer } from './authz/options-authorizer.ts';
import { createInstanceRows } from './query/instance-rows.ts';
import { allRoutes } from './routes/all-routes.ts';
import { createConsoleSockets } from './server/console-socket.ts';
import { createGate } from './server/gate.ts';
import { createHttpApp } from './server/http-app.ts';
import { createListeners } from './server/listeners.ts';
import { refusalLimiter } from './server/refusal-limiter.ts';
import { readTls } from './server/tls-context.ts';

/**
 * The REST server of a master: Ganeti's RAPI, version 2, over HTTPS. It answers once `listen` was called.
 * @throws API_TLS_UNUSABLE
 */
export async function createApi(options: MasterServices & ApiOptions): Promise<ApiServer> {
  const context: ApiContext = {
    services: options,
    openConsole: options.openConsole,
    requireLead: options.requireLead ?? (() => undefined),
    version: options.clusterInfo?.version ?? version,
    limits: { ...defaultLimits, ...options.limits },
    authorizer: options.authorizer ?? optionsAuthorizer,
    instanceRows: createInstanceRows(),
  };
  const tls = await readTls(options.tls);
  const authenticator = options.authenticator ?? usersFileAuthenticator(options.usersFile, options.log);
  const { challenge } = authenticator;
  const gate = createGate(context, authenticator, refusalLimiter(context.limits.refusalsPerMinute, options.clock));
  const app = await createHttpApp(context, gate, challenge, allRoutes);
  const consoles = createConsoleSockets(context, gate, challenge, allRoutes);
  const listeners = createListeners(tls, context.limits, { request: app.routing, upgrade: consoles.upgrade });
  return {
    listen: (where) => listeners.open(where),
    reloadTls: async () => listeners.useTls(await readTls(options.tls)),
    close: async () => {
      consoles.close();
      await listeners.close();
      await app.close();
      authenticator.close?.();
    },
  };
}
