import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes what ssh needs to reach one guest; also for people: `ssh -F <file> <name>`. @returns the path */
export async function writeSshConfig(folder: string, name: string, port: number): Promise<string> {
  const path = join(folder, `${name}.ssh-config`);
  const lines = [
    `Host ${name}`,
    'HostName 127.0.0.1',
    `Port ${port}`,
    'User root',
    `IdentityFile ${join(folder, 'key')}`,
    'IdentitiesOnly yes',
    'HostKeyAlias lab',
    `UserKnownHostsFile ${join(folder, 'known_hosts')}`,
    'GlobalKnownHostsFile /dev/null',
    'StrictHostKeyChecking yes',
    'BatchMode yes',
    'ConnectTimeout 10',
    'ServerAliveInterval 15',
    'Compression no',
    'LogLevel ERROR',
  ];
  await writeFile(`${path}.new`, `${lines.join('\n')}\n`);
  await rename(`${path}.new`, path);
  return path;
}
