import { readFileSync } from 'node:fs';
import { GantryError } from '../../base/index.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** A user of the host by name or number; undefined when there is none. */
export function findUser(name: string): Account | undefined {
  const line = lines('/etc/passwd').find(([own, , uid]) => own === name || uid === name);
  return line && { uid: Number(line[2]), gid: Number(line[3]) };
}

/** @param place - who names the user, for people @throws MONITOR_PLUGIN_USER_MISSING */
export function resolveUser(name: string, place: string): Account {
  const user = findUser(name);
  if (!user) throw new GantryError('MONITOR_PLUGIN_USER_MISSING', { name, place });
  return user;
}

/** @throws MONITOR_PLUGIN_GROUP_MISSING */
export function resolveGroup(name: string, plugin: string): number {
  const line = lines('/etc/group').find(([own]) => own === name);
  if (!line) throw new GantryError('MONITOR_PLUGIN_GROUP_MISSING', { name, plugin });
  return Number(line[2]);
}

const lines = (file: string): string[][] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
