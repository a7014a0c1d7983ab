import { closestName } from '../../base/index.ts';
import {
  Cluster,
  type ClusterImport,
  diskTemplates,
  type HypervisorName,
  hypervisorRow,
  hypervisors,
  nicparamsProblem,
  validate,
} from '../../model/index.ts';
import { readHvparams } from '../lib/instances/new-instance.ts';
import { requireBeparams } from '../lib/instances/require-beparams.ts';
import { requireIpolicy } from '../lib/instances/require-ipolicy.ts';
import type { ImportProblems, ImportSource } from './import-source.ts';

/** Console ports are counted from here; source: the RFB protocol, as QEMU counts displays. */
const firstPort = 5900;
const lastPort = 65_535;

export const isConsolePort = (port: number): boolean => port >= firstPort && port <= lastPort;

/** The cluster as it is after the import. @throws IMPORT_FILE_INVALID */
export function importCluster(old: Cluster, { cluster: changes }: ClusterImport, source: ImportSource, problems: ImportProblems): Cluster {
  if (!changes) return old;
  const changed = { ...old, ...changes, serial_no: old.serial_no + 1, mtime: source.started };
  const after = problems.within('cluster', '', () => validate(Cluster, changed, 'cluster'));
  const { port_range, hvparams = {}, os_hvp = {}, diskparams = {}, ipolicy, beparams, nicparams } = changes;
  if (port_range) checkPorts(port_range, problems);
  checkHvparams('cluster.hvparams', hvparams, problems);
  for (const [os, byHypervisor] of Object.entries(os_hvp)) checkHvparams(`cluster.os_hvp.${os}`, byHypervisor, problems);
  checkNames('cluster.diskparams', Object.keys(diskparams), diskTemplates, problems);
  if (beparams) problems.within('cluster', '', () => requireBeparams(after.beparams, 'cluster'));
  if (ipolicy) problems.within('cluster', '', () => requireIpolicy(after.ipolicy, 'cluster'));
  const wrongNics = nicparams ? nicparamsProblem(after.nicparams) : null;
  if (wrongNics !== null) problems.invalid('cluster.nicparams', wrongNics);
  return after;
}

function checkPorts([first, last]: readonly [number, number], problems: ImportProblems): void {
  if (isConsolePort(first) && first <= last && isConsolePort(last)) return;
  problems.invalid('cluster.port_range', `${first} to ${last} is not a range of ports from ${firstPort} to ${lastPort}`);
}

function checkHvparams(at: string, byHypervisor: Readonly<Record<string, Record<string, unknown>>>, problems: ImportProblems): void {
  checkNames(at, Object.keys(byHypervisor), hypervisors, problems);
  for (const [name, own] of Object.entries(byHypervisor)) {
    const hypervisor = name as HypervisorName;
    // Of one that this build does not have nothing is known.
    if (hypervisorRow(hypervisor).built) problems.within(`${at}.${name}`, '', () => readHvparams(hypervisor, own));
  }
}

/** Names of members that are any text to the schema. @throws IMPORT_FILE_INVALID */
export function checkNames(at: string, given: readonly string[], known: readonly string[], problems: ImportProblems): void {
  for (const name of given) {
    if (known.includes(name)) continue;
    const close = closestName(name, known);
    const hint = close === undefined ? '; known' : `; did you mean "${close}"? Known`;
    problems.invalid(`${at}.${name}`, `is not known here${hint}: ${known.join(', ')}`);
  }
}
