import type { ClusterClient } from '../connect/cluster-client.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { printError } from '../output/print-error.ts';
import { type Command, type OutputMode, type ParsedOptions, switchOption, textOption } from './command.ts';
import { findCommand } from './find-command.ts';
import { parseCommandLine, splitLeadingOptions } from './parse-command-line.ts';

/** Runs `gantry` with these arguments and returns its exit code; errors are printed, never thrown. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const mode: OutputMode = wantsJson(argv) ? 'json' : 'table';
  try {
    if (argv[0] === '--version' || argv[0] === '-V') return await runCommandLine(['version', '--client', ...argv.slice(1)]);
    const { leading, rest } = splitLeadingOptions(argv);
    if (leading.some((word) => word === '--help' || word === '-h')) return await runCommandLine(['help', ...rest]);
    const found = await findCommand(rest);
    if (found.kind === 'topic') return await showTopic(found.path, rest);
    if (found.kind === 'command') return await runCommand(found.command, [...leading, ...found.rest]);
    const { run } = await found.program.loadProgram();
    return await run([...leading, ...found.rest]);
  } catch (error) {
    printError(error, mode);
    return exitCodeOf(error);
  }
}

async function runCommand(command: Command, words: readonly string[]): Promise<number> {
  const { args, options } = parseCommandLine(command, words);
  if (switchOption(options, 'help')) {
    const { printCommandHelp } = await import('../output/print-help.ts');
    printCommandHelp(command);
    return exitCodes.ok;
  }
  const output: OutputMode = textOption(options, 'output') === 'json' ? 'json' : 'table';
  let opened: ClusterClient | undefined;
  // Loaded only for commands that may need it: TLS alone takes as long as the rest.
  const open = command.local ? undefined : await clientLoader();
  const client = () => {
    if (!open) throw new TypeError(`"${command.path.join(' ')}" is said to need no cluster`);
    opened ??= open(options);
    return opened;
  };
  try {
    return await command.run({ command, args, options, output, client });
  } catch (error) {
    const code = exitCodeOf(error);
    const { suggestNames } = await import('./suggest-names.ts');
    printError(error, output, code === exitCodes.notFound && opened ? await suggestNames(command, args, options, opened) : []);
    return code;
  } finally {
    opened?.close();
  }
}

async function clientLoader(): Promise<(options: ParsedOptions) => ClusterClient> {
  const { createClusterClient } = await import('../connect/cluster-client.ts');
  const { findCluster } = await import('../connect/client-config.ts');
  return (options) => createClusterClient(findCluster(connectionOptions(options)));
}

function connectionOptions(options: ParsedOptions) {
  const [cluster, url, caFile, credentialsFile] = ['cluster', 'url', 'ca-file', 'credentials-file'].map((key) => textOption(options, key));
  return {
    ...(cluster ? { cluster } : {}),
    ...(url ? { url } : {}),
    ...(caFile ? { caFile } : {}),
    ...(credentialsFile ? { credentialsFile } : {}),
  };
}

/** `gantry` and `gantry instance` show what there is; without --help that is not what a script meant. */
async function showTopic(path: readonly string[], words: readonly string[]): Promise<number> {
  const { printTopicHelp } = await import('../output/print-help.ts');
  await printTopicHelp(path);
  const asked = path.length === 0 || words.includes('--help') || words.includes('-h');
  return asked ? exitCodes.ok : exitCodes.usage;
}

/** Known before the command line is understood, since errors in it are to be printed as wanted. */
function wantsJson(argv: readonly string[]): boolean {
  return argv.includes('--output=json') || argv.some((word, index) => word === '--output' && argv[index + 1] === 'json');
}
