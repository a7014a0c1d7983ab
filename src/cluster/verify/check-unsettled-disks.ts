import { finding } from '../../rpc/index.ts';
import { unsettledDisks } from '../lib/storage/settle-disks.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Disks in a place that depends on the name of their instance, which only its start or hard reboot moves. */
export const checkUnsettledDisks: AnswerCheck = function* (_view, { primaries }) {
  for (const instance of primaries) {
    const disks = Object.keys(unsettledDisks(instance) ?? {});
    const { name } = instance;
    if (disks.length > 0) yield finding('VERIFY_DISK_PLACE_OLD', `instance ${name}`, { instance: name, disks: disks.join(', ') });
  }
};
