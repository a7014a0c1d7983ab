import { join } from 'node:path';
import { controlFiles } from '../../src/cli/package/control-files.ts';
import { type PackageFile, textFile } from '../../src/cli/package/package-file.ts';
import { systemFiles } from '../../src/cli/package/system-files.ts';
import { writePackage } from '../../src/cli/package/write-package.ts';

const root = join(import.meta.dirname, '../..');

/**
 * Runs before each command of a maintainer script. Before the command KILL_AT of the script KILL_IN, dpkg and the script are
 * killed, as by a power failure. The commands are written to /tmp.
 */
const killer = `#!/bin/bash
set -T
script=\${0##*/}
script="\${script#gantry.} $1"
at_each_command() {
  command=\${BASH_COMMAND%%$'\\n'*}
  printf '%s\\n' "$command" >>"/tmp/commands $script"
  if [ "$script" = "$KILL_IN" ] && [ "$command" = "$KILL_AT" ]; then kill -9 "$PPID" $$; fi
}
trap at_each_command DEBUG
`;

/** A package with the real maintainer scripts, units and folders, but a program of one line. */
export async function smallPackage(folder: string, version: string, more: readonly PackageFile[] = []): Promise<string> {
  const program = textFile('usr/lib/gantry/node_modules/.bin/node', `#!/bin/sh\necho "small ${version}"\n`, 0o755);
  const files = [...(await systemFiles(root)), program, textFile('usr/lib/gantry/version', version), ...more];
  const control = (await controlFiles(root, version, files)).map(withKiller);
  const target = join(folder, `gantry_${version}_amd64.deb`);
  await writePackage(target, [...control, ...files], 1_700_000_000, new AbortController().signal);
  return target;
}

function withKiller(file: PackageFile): PackageFile {
  if (!('text' in file.from) || !/^DEBIAN\/(pre|post)(inst|rm)$/.test(file.target)) return file;
  return { ...file, from: { text: String(file.from.text).replace('#!/bin/sh\n', () => killer) } };
}
