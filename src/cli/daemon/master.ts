import { access, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Authenticator, openAuthenticator, readAuthenticationSettings } from '../../access/index.ts';
import { type ApiOptions, type ApiServer, createApi } from '../../api/index.ts';
import { createLog, GantryError, systemClock } from '../../base/index.ts';
import { type MasterServices, type MasterTerms, type MasterTermsOptions, openMasterTerms } from '../../cluster/index.ts';
import { dropPrivileges, openServiceNotifier } from '../../host/index.ts';
import { type Credentials, createNodeClient, type NodeClient, type NodeTarget } from '../../rpc/index.ts';
import { type Config, openStore, requireKnownVersion } from '../../store/index.ts';
import { backupSaver } from './backup-saver.ts';
import { type DaemonOptions, daemonOptions, type HostCommand, optionsFileOption, parseAddress } from './daemon-options.ts';
import { joinAuthority } from './join-authority.ts';
import { masterPaths } from './master-files.ts';
import { openSecretBox } from './open-secret-box.ts';
import { publishQueue } from './publish-queue.ts';
import { renewOwnCertificates } from './renew-own-certificates.ts';
import { aborted, stopSignal } from './until-told-to-stop.ts';

export const hostCommand = {
  name: 'master',
  summary: 'Runs the master daemon, which leads the cluster or stands by until it may, and serves the REST API',
  options: {
    'options-file': optionsFileOption,
    'state-dir': { value: 'FOLDER', help: "the master's state directory", default: '/var/lib/gantry/master' },
    listen: { value: 'ADDRESS:PORT', help: 'address:port of the REST API; repeat for more', many: true },
    'listen-fd': { help: 'inherited listening socket for the REST API; repeat for more', many: true },
    'join-address': { value: 'ADDRESS:PORT', help: 'address:port to put into join tokens; default: the first --listen', many: true },
    store: { help: 'state store: sqlite:/path or etcd://host:port/prefix; default: SQLite in the state directory' },
    name: { value: 'NAME', help: 'name of this master, as other masters see it', default: hostname() },
    user: { value: 'NAME', help: 'system user to run as when started by root', default: 'gantry' },
    lease: { value: 'SECONDS', help: 'seconds without a sign of life after which another master takes over', default: '10' },
    'poll-interval': { value: 'SECONDS', help: 'seconds between two polls of the nodes', default: '5' },
    'watch-interval': { value: 'SECONDS', help: 'seconds between two checks for instances that should run', default: '300' },
  },
} as const satisfies HostCommand;

const dayMs = 86_400_000;
/** A master that stands by, or migrates its store, for longer than this is ready for the service manager: it is not stuck. */
const readyAfterMs = 20_000;

/** `gantry master`: leads the cluster, or stands by until it may, and serves the REST API. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions(hostCommand, args);
  if (!options) return 0;
  const paths = masterPaths(options['state-dir']);
  await access(paths.ca).catch(() => {
    throw new GantryError('CLUSTER_MISSING', { place: options['state-dir'] });
  });
  const listeners = [
    ...options['listen-fd'].map((fd) => ({ fd: Number(fd) })),
    ...options.listen.map((text) => parseAddress('master', '--listen', text)),
  ];
  if (listeners.length === 0) listeners.push({ host: '127.0.0.1', port: 5080 });
  await dropPrivileges(options.user);
  return serve(options, paths, listeners);
}

type Options = DaemonOptions<typeof hostCommand>;
type Listener = { fd: number } | { host: string; port: number };

async function serve(options: Options, paths: ReturnType<typeof masterPaths>, listeners: readonly Listener[]): Promise<number> {
  const log = createLog('master');
  const stop = stopSignal();
  const ending = new AbortController();
  const serving: { api?: ApiServer } = {};
  const notifier = openServiceNotifier({
    healthy: () => serving.api?.listens() ?? true,
    onProblem: (problem) => log.warn({ problem }, 'the service manager was not told that the master is well'),
  });
  stop.addEventListener('abort', () => notifier.stopping());
  const standsBy = setTimeout(() => notifier.ready('stands by, or prepares its store'), readyAfterMs);
  // Whatever fails, a port that is taken for example: nobody else could lead while this process kept its lease.
  await using open = new AsyncDisposableStack();
  open.defer(() => clearTimeout(standsBy));
  const store = await openStore(options.store ?? `sqlite:${paths.store}`);
  open.defer(() => store.close());
  await requireKnownVersion(store);
  const joinAddresses = options['join-address'].length > 0 ? options['join-address'] : options.listen;
  // Before it leads: a master that does not know who may use it must not keep the others from leading.
  const settings = await readAuthenticationSettings(paths.authentication, paths.users);
  const authenticator = await openAuthenticator(settings, { log, clock: systemClock });
  open.defer(() => authenticator.close());
  let client: NodeClient | undefined;
  await renewOwnCertificates(paths);
  let credentials = await readCredentials(paths);
  const terms = await termsUnlessStopped(stop, ending, {
    store,
    name: options.name,
    clock: systemClock,
    log,
    secrets: await openSecretBox(paths.secretKeys, store),
    authority: await joinAuthority(paths, joinAddresses, (crl) => {
      credentials = { ...credentials, crl };
      client?.replaceCredentials(credentials);
    }),
    pollIntervalMs: Number(options['poll-interval']) * 1000,
    watchIntervalSeconds: Number(options['watch-interval']),
    leaseSeconds: leaseSeconds(options.lease),
    leaseInThread: true,
    saveBackup: backupSaver(paths, systemClock),
    certificates: () => namedCertificates(paths),
    connect: (config: Config, term: number, epoch: string) => {
      // Of a term that did not begin nobody else closes it.
      client?.close().catch((error: unknown) => log.warn({ err: error }, 'connections to nodes could not be closed'));
      client = createNodeClient({ credentials, term, epoch, resolve: resolver(config), clock: systemClock, log });
      return client;
    },
    onTerm: async ({ services, leadership }) => {
      log.info({ term: leadership.term }, 'master leads');
      notifier.status(`leads, term ${leadership.term}`);
      const [unpublish, connected] = [publishQueue(services.jobs, paths.queue, log), client];
      return () => {
        notifier.status('stands by');
        unpublish();
        connected?.close().catch((error: unknown) => log.warn({ err: error }, 'connections to nodes could not be closed'));
      };
    },
  });
  if (!terms) return 0;
  const running = terms.run();
  open.defer(async () => {
    ending.abort('end');
    await running;
  });
  const api = await createApi(apiOptions(terms, paths, authenticator, () => client));
  open.defer(() => api.close());
  for (const listener of listeners) await api.listen(listener);
  log.info({ listeners }, 'master serves');
  serving.api = api;
  clearTimeout(standsBy);
  notifier.ready('leads, and serves the REST API');
  const renewing = setInterval(() => {
    renewAndUse(paths, api)
      .then((renewed) => {
        if (!renewed) return;
        // The list of revoked certificates in the file may be older: a full disk does not keep a new one from being used.
        credentials = { ...renewed, crl: credentials.crl };
        client?.replaceCredentials(credentials);
      })
      .catch((error: unknown) => log.error({ err: error }, 'own certificates could not be renewed; the master tries again'));
  }, dayMs);
  open.defer(() => clearInterval(renewing));
  await Promise.race([aborted(stop), running]);
  log.info('master stops');
  return 0;
}

/** @throws INPUT_INVALID */
function leaseSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 2 && seconds <= 300) return seconds;
  throw new GantryError('INPUT_INVALID', {
    subject: 'gantry master',
    field: '--lease',
    problem: `"${text}" is not a whole number from 2 to 300`,
  });
}

/** The first term; undefined when this master was stopped while it stood by. */
async function termsUnlessStopped(
  stop: AbortSignal,
  ending: AbortController,
  options: Omit<MasterTermsOptions, 'signal'>,
): Promise<MasterTerms | undefined> {
  const giveUp = () => ending.abort('stop');
  stop.addEventListener('abort', giveUp);
  try {
    return await openMasterTerms({ ...options, signal: ending.signal });
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  } finally {
    // From now on the requests under way end first.
    stop.removeEventListener('abort', giveUp);
  }
}

function apiOptions(
  terms: MasterTerms,
  paths: ReturnType<typeof masterPaths>,
  authenticator: Authenticator,
  client: () => NodeClient | undefined,
) {
  const options: ApiOptions = {
    tls: { key: paths.apiKey, certificate: paths.apiCertificate, ca: paths.ca },
    authenticator,
    requireLead: () => terms.requireLead(),
    openConsole: (node, instance, kind) => {
      const caller = client();
      if (!caller) throw new GantryError('INTERNAL', { detail: 'a console was asked for before the master led' });
      return caller.openConsole(node, instance, kind);
    },
  };
  // The services are read anew with every request.
  return Object.defineProperties(options, Object.getOwnPropertyDescriptors(terms.services)) as ApiOptions & MasterServices;
}

/** Where a node's agent listens, and the key that it must have. */
function resolver(config: Config) {
  // A node that has just been taken out is told so, whoever asks for it by its UUID.
  const last = new Map<string, NodeTarget>();
  return (uuid: string) => {
    const node = config.current.nodes.get(uuid);
    if (!node) return last.get(uuid);
    const target = { name: node.name, address: node.primary_ip, port: node.agent_port, fingerprint: node.certificate_fingerprint };
    last.set(uuid, target);
    return target;
  };
}

async function readCredentials(paths: ReturnType<typeof masterPaths>): Promise<Credentials> {
  const read = (path: string) => readFile(path, 'utf8');
  const [key, certificate, ca, crl] = await Promise.all([read(paths.key), read(paths.certificate), read(paths.ca), read(paths.crl)]);
  return { key, certificate, ca, crl };
}

const namedCertificates = (paths: ReturnType<typeof masterPaths>) =>
  Promise.all(
    [
      { name: 'CA of the cluster', path: paths.ca },
      { name: 'certificate of the master', path: paths.certificate },
      { name: 'certificate of the REST API', path: paths.apiCertificate },
    ].map(async ({ name, path }) => ({ name, certificate: await readFile(path, 'utf8') })),
  );

/** @returns the master's credentials when some were renewed */
async function renewAndUse(paths: ReturnType<typeof masterPaths>, api: ApiServer): Promise<Credentials | undefined> {
  if (!(await renewOwnCertificates(paths))) return undefined;
  await api.reloadTls();
  return readCredentials(paths);
}
