import { readFileSync } from 'node:fs';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** A user in the host's own file, by name or number; undefined when there is none. */
export function findUser(name: string): Account | undefined {
  const line = lines('/etc/passwd').find(([own, , uid]) => own === name || uid === name);
  return line && { uid: Number(line[2]), gid: Number(line[3]) };
}

/** The number of a group in the host's own file; undefined when there is none. */
export function findGroup(name: string): number | undefined {
  const line = lines('/etc/group').find(([own]) => own === name);
  return line && Number(line[2]);
}

const lines = (file: string): string[][] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
