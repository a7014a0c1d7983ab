import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { runProgram } from '../../command/run-program.ts';
import { dataFile } from '../testing/data-file.ts';
import { expectError } from '../testing/expect-error.ts';
import { selfSigned, signedFor } from '../testing/self-signed.ts';
import { type MonitorAccessFiles, readMonitorAccess } from './monitor-access.ts';
import type { CollectorName } from './monitor-reports.ts';
import { queryMonitors } from './query-monitors.ts';

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'monitor-access-'));
});
after(() => rm(dir, { recursive: true }));

async function fileWith(text: string, name = String(Math.random())): Promise<string> {
  await writeFile(join(dir, name), text);
  return join(dir, name);
}

/** An agent that gives everybody the same load, and remembers who asked. */
async function serve(options: ServerOptions) {
  const askers: { readonly token: string | undefined; readonly known: boolean }[] = [];
  let connections = 0;
  const server = createServer({ requestCert: true, rejectUnauthorized: false, ...options }, ({ headers, socket }, response) => {
    askers.push({ token: headers.authorization, known: (socket as TLSSocket).authorized });
    response.end(JSON.stringify({ name: 'cpu-avg-load', data: { cpu_total: 1 } }));
  });
  server.on('tlsClientError', () => undefined).on('secureConnection', () => connections++);
  return { ...(await listening(server)), askers, connections: () => connections };
}

async function listening(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

async function ask(nodes: readonly string[], port: number, files: MonitorAccessFiles, names: readonly CollectorName[] = ['cpu-avg-load']) {
  const warnings: string[] = [];
  const access = await readMonitorAccess(files);
  const reports = await queryMonitors(new Map(nodes.map((node) => [node, node])), names, { port, seconds: 5, ...access }, (text) =>
    warnings.push(text),
  );
  return { told: nodes.filter((node) => reports.get(node)?.length === names.length), warnings };
}

test('an agent with a certificate of the authority for its name is told the token; another one nothing', async () => {
  const agent = await signedFor('localhost');
  await using server = await serve(agent);
  const files = { caFile: await fileWith(agent.authority), tokenFile: await fileWith('# for hbal\n\nfedcba9876543210\n') };
  // The certificate is not for the address, so this node is missing and the other is not.
  const { told, warnings } = await ask(['127.0.0.1', 'localhost'], server.port, files);
  assert.deepEqual(told, ['localhost']);
  assert.match(warnings.join('\n'), /^The monitor of node 127.0.0.1 gives no cpu-avg-load: err tls cert altname invalid$/);
  assert.deepEqual(server.askers, [{ token: 'Bearer fedcba9876543210', known: false }]);
});

test('the certificate of a node is shown to agents of its cluster', async () => {
  const own = await selfSigned();
  await using server = await serve({ ...own, ca: own.cert });
  for (const [name, text] of [
    ['node.key', own.key],
    ['node.crt', own.cert],
    ['ca.crt', own.cert],
  ] as const) {
    await fileWith(text, name);
  }
  assert.deepEqual((await ask(['127.0.0.1'], server.port, { certificates: dir })).told, ['127.0.0.1']);
  assert.deepEqual(server.askers, [{ token: undefined, known: true }]);
  await fileWith((await selfSigned()).key, 'node.key');
  await expectError(() => readMonitorAccess({ certificates: dir }), 'HTOOLS_MONITOR_CREDENTIALS', /key values mismatch/);
});

test('a node is asked for all its reports over one connection, which is closed', async () => {
  const own = await selfSigned();
  await using server = await serve(own);
  const names: CollectorName[] = ['cpu-avg-load', 'inst-usage', 'memory'];
  const { told } = await ask(['127.0.0.1'], server.port, { caFile: await fileWith(own.cert) }, names);
  assert.deepEqual([told, server.askers.length, server.connections()], [['127.0.0.1'], 3, 1]);
  // The server ends only when nobody is connected.
});

test('an agent that closes the connection after each answer is asked over another one', async () => {
  const used = new WeakSet<Socket>();
  const server = createPlainServer(({ socket }, response) => {
    if (used.has(socket)) return socket.destroy();
    used.add(socket);
    return response.end(JSON.stringify({ name: 'cpu-avg-load', data: { cpu_total: 1 } }));
  });
  await using open = await listening(server);
  const { told, warnings } = await ask(['127.0.0.1'], open.port, {}, ['cpu-avg-load', 'inst-usage', 'memory']);
  assert.deepEqual([told, warnings], [['127.0.0.1'], []]);
});

test('an answer without an end is given up, and costs its own data alone', async () => {
  const server = createPlainServer(({ headers }, response) => {
    if (headers.host?.startsWith('localhost')) return response.end(JSON.stringify({ name: 'cpu-avg-load', data: { cpu_total: 1 } }));
    const more = () => {
      let room = true;
      while (room && !response.destroyed) room = response.write(Buffer.alloc(1 << 20, ' '));
    };
    response.on('drain', more);
    return more();
  });
  await using open = await listening(server);
  const { told, warnings } = await ask(['127.0.0.1', 'localhost'], open.port, {});
  assert.deepEqual(told, ['localhost']);
  assert.match(warnings.join('\n'), /^The monitor of node 127.0.0.1 gives no cpu-avg-load: the answer has more than 16777216 bytes$/);
});

test('TLS on one side only, and who is not let in, are told with what helps', async () => {
  const own = await selfSigned();
  const caFile = await fileWith(own.cert);
  await using secure = await serve(own);
  assert.match(
    (await ask(['127.0.0.1'], secure.port, {})).warnings.join(),
    /^The monitor of node 127.0.0.1 .*specify --mond-certificates or --mond-ca$/,
  );
  await using open = await listening(createPlainServer((_request, response) => response.writeHead(401).end()));
  assert.match(
    (await ask(['127.0.0.1'], open.port, { caFile })).warnings.join(),
    /does not serve TLS.* remove --mond-certificates and --mond-ca$/,
  );
  assert.match((await ask(['127.0.0.1'], open.port, {})).warnings.join(), /\(--mond-token\).*\(--mond-certificates\)$/);
  const tokenFile = await fileWith('fedcba9876543210');
  assert.match((await ask(['127.0.0.1'], open.port, { tokenFile })).warnings.join(), /does not accept the token$/);
});

test('a token goes over plain HTTP to this host only', async () => {
  const tokenFile = await fileWith('fedcba9876543210');
  for (const node of ['node1', '10.0.0.1', '127.0.0.1.example.com', '::2']) {
    await expectError(() => ask(['localhost', node], 1, { tokenFile }), 'HTOOLS_MONITOR_UNTRUSTED', new RegExp(`to ${node} over`));
  }
  assert.match((await ask(['127.0.0.9', '::1'], 1, { tokenFile })).warnings.join('\n'), /ECONNREFUSED/);
});

test('a file without a token is refused', async () => {
  for (const text of ['', '# nothing\n', 'two words\n', 'ü'.repeat(20)]) {
    const tokenFile = await fileWith(text);
    await expectError(() => readMonitorAccess({ tokenFile }), 'HTOOLS_MONITOR_CREDENTIALS', /no token/);
  }
});

test('hbal takes the options; what cannot be trusted is missing', async () => {
  await using server = await serve(await selfSigned());
  const files = ['--mond-ca', await fileWith((await selfSigned()).cert), '--mond-token', await fileWith('fedcba9876543210')];
  const text = await fileWith('g|u|preferred||\n\nlocalhost|2000|0|2000|1|1|4|N|u|1||N|0|1|1\n\n\n');
  let said = '';
  const io = {
    out: () => undefined,
    err: (more: string) => {
      said += more;
    },
    watched: false,
  };
  const line = ['-t', text, '--mond=yes', `--mond-port=${server.port}`, ...files];
  assert.equal(await runProgram('hbal', line, io), 0);
  assert.match(said, /self.signed.*\n.*Missing: localhost/);
  assert.equal(await runProgram('hbal', [...line, '--exit-on-missing-mond-data'], io), 1);
  assert.equal(await runProgram('hinfo', ['-t', dataFile('hscan.data'), '--mond', '--mond-port=0'], io), 1);
  assert.deepEqual(server.askers, []);
});
