import type { StoredDisk } from './disk-template-row.ts';
import { newFile } from './file-logical-id.ts';

/** Ganeti's. Source: `lib/constants.py`, `FD_LOOP` and its neighbours. */
const drivers: readonly unknown[] = ['loop', 'blktap', 'blktap2'];
const uuidPattern = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Files that a storage takes for a disk, a snapshot or an unfinished one, by their name alone. */
const diskFile = new RegExp(`^\\.?${uuidPattern}(\\.snap-[\\w.-]+)?\\.(raw|qcow2)(\\.new)?$`);

/**
 * Why the file of a disk cannot lie where its `logical_id` says, or null. The folder may be another one on a node, which checks
 * its own again.
 */
export function filePlaceProblem({ uuid, format, logical_id: [driver, path] }: StoredDisk, folder: string): string | null {
  if (driver === undefined) return null;
  if (!drivers.includes(driver)) return `the driver ${JSON.stringify(driver)} is none of ${drivers.join(', ')}`;
  if (typeof path !== 'string' || path === '') return 'the path is empty';
  const given = JSON.stringify(path);
  if (/\p{Cc}/u.test(path)) return `the path ${given} has control characters`;
  const parts = partsOf(path);
  if (parts.includes('..')) return `the path ${given} contains ".."`;
  const inside = insideOf(path, folder);
  const isForm = inside ? inside.length === 2 : parts.length > 2;
  if (!isForm) return `the path ${given} is not of the form <instance>/<file>, below the storage folder`;
  const [directory = '', name = ''] = parts.slice(-2);
  if (diskFile.test(name))
    return name === `${uuid}.${format}` ? null : `${name} is the name of a file of another disk; this one is ${uuid}`;
  return directory.startsWith('.') || name.startsWith('.') ? `the path ${given} is hidden` : null;
}

/** The same for all ways to write a path. */
export function filePlace(disk: StoredDisk, folder: string): string {
  const { logical_id: id, instance, uuid, format } = disk;
  const path = typeof id[1] === 'string' ? id[1] : newFile({ instance, uuid, format });
  return insideOf(path, folder)?.join('/') ?? `/${partsOf(path).join('/')}`;
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

/** What of a path is below a folder; undefined when it is elsewhere. */
function insideOf(path: string, folder: string): readonly string[] | undefined {
  const parts = partsOf(path);
  if (!path.startsWith('/')) return parts;
  const upper = partsOf(folder);
  return upper.every((part, index) => part === parts[index]) ? parts.slice(upper.length) : undefined;
}
