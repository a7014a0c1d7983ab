import { readFileSync } from 'node:fs';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** A user of the host by name or number. @throws TypeError when there is none */
export function resolveUser(name: string): Account {
  const line = lines('/etc/passwd').find(([own, , uid]) => own === name || uid === name);
  if (!line) throw new TypeError(`there is no user ${name} in /etc/passwd`);
  return { uid: Number(line[2]), gid: Number(line[3]) };
}

/** The first of these users that the host has. */
export const firstUser = (names: readonly string[]): string | undefined => {
  const known = new Set(lines('/etc/passwd').map(([name]) => name));
  return names.find((name) => known.has(name));
};

/** @throws TypeError when there is no such group */
export function resolveGroup(name: string): number {
  const line = lines('/etc/group').find(([own]) => own === name);
  if (!line) throw new TypeError(`there is no group ${name} in /etc/group`);
  return Number(line[2]);
}

const lines = (file: string): string[][] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
