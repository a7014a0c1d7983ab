import { writeFile } from 'node:fs/promises';
import { type Command, defineOption, type Invocation, textOption } from '../command/command.ts';
import { usage } from '../command/parse-command-line.ts';
import { parseDuration } from '../command/parse-duration.ts';
import { submitAndFollow } from '../command/submit.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatTime } from '../output/format-values.ts';
import { paint, printJson, printLine } from '../output/print.ts';

/** For the shell of the new node, when nobody said which address it has. */
const ownAddress = `"$(hostname -I | cut -d' ' -f1)"`;

export const command: Command = {
  path: ['node', 'add'],
  summary: 'Create a token with which a new node can join',
  details:
    'The token is valid for one node, one use and a short time. It is passed in a file or through standard input, never as an argument.',
  args: [{ name: 'node', help: 'name of the new node' }],
  options: [
    defineOption('-g, --node-group <group>', 'node group it joins; default: the first', { complete: 'group' }),
    defineOption(
      '--address <list>',
      'IPv4 addresses that the node may have, or networks, separated by commas; default: only the address that it joins from',
    ),
    defineOption('--no-join', 'only configure the node; it counts as offline until it joins with a token that you create later', {
      key: 'join',
    }),
    defineOption('--secondary-address <address>', 'with --no-join: IPv4 address for replication and migration; default: the same'),
    defineOption('--agent-port <port>', 'with --no-join: TCP port of its agent; default 1811'),
    defineOption('--ttl <time>', 'how long the token is valid, e.g. 15m or 6h; default 1h'),
    defineOption('--token-file <file>', 'write the token to this new file instead of printing it', { complete: 'file' }),
  ],
  examples: [
    'gantry node add node4 --address 10.0.0.4',
    'gantry node add node4 --address 10.0.0.0/24',
    'gantry node add node4 --token-file node4.token',
    'gantry node add node4 --no-join --address 10.0.0.4',
  ],
  run: async (invocation) => {
    const { args, options, output, client } = invocation;
    if (options.get('join') === false) return configureOnly(invocation);
    for (const option of ['secondary-address', 'agent-port'])
      if (options.has(option)) throw usage('node add', `--${option} is only for --no-join: a node that joins says this itself.`);
    const name = args[0] ?? '';
    const group = textOption(options, 'node-group');
    const ttl = parseDuration(textOption(options, 'ttl') ?? '1h', 'node add');
    const addresses = textOption(options, 'address')
      ?.split(',')
      .map((text) => text.trim());
    const body = { node_name: name, ttl, ...(group ? { group } : {}), ...(addresses ? { addresses } : {}) };
    const { http } = client();
    const { token, expires_at } = (await http.request('POST', '/2/nodes/join-tokens', { body })) as { token: string; expires_at: number };
    const file = textOption(options, 'token-file');
    // "wx" refuses to overwrite, so that nobody can have the file open already.
    if (file !== undefined) await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
    const own = addresses?.find((address) => !address.includes('/')) ?? ownAddress;
    const join = `gantry node join --address ${own} --token-file`;
    if (output === 'json') {
      printJson({ node_name: name, expires_at, join_command: `${join} ${file ?? '-'}`, ...(file ? { token_file: file } : { token }) });
      return exitCodes.ok;
    }
    printLine(`Run this on ${name}, as root, before ${formatTime(expires_at)}:\n`);
    if (file === undefined) printLine(`${paint('bold', `${join} - <<'EOF'`)}\n${token}\nEOF`);
    else printLine(`${paint('bold', `${join} ${file}`)}\n\nCopy ${file} there first, and remove it afterwards.`);
    return exitCodes.ok;
  },
};

/** Without a token: its agent joins later, or not at all. */
async function configureOnly(invocation: Invocation): Promise<number> {
  const { args, options, output } = invocation;
  const name = args[0] ?? '';
  const group = textOption(options, 'node-group');
  const secondary = textOption(options, 'secondary-address');
  const address = textOption(options, 'address');
  if (address === undefined) throw usage('node add', 'With --no-join the node needs its address: --address ADDRESS.');
  for (const option of ['ttl', 'token-file'])
    if (options.has(option)) throw usage('node add', `--${option} is for tokens, and --no-join creates none.`);
  const op = {
    OP_ID: 'OP_NODE_ADD',
    node_name: name,
    primary_ip: address,
    agent_port: Number(textOption(options, 'agent-port') ?? 1811),
    ...(secondary !== undefined && { secondary_ip: secondary }),
    ...(group !== undefined && { group }),
  };
  const code = await submitAndFollow(op, `node add ${name}`, invocation);
  if (code === exitCodes.ok && output !== 'json')
    printLine(`${name} is configured and counts as offline until it joins. To let it join, create a token: gantry node add ${name}`);
  return code;
}
