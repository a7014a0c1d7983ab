import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { logProblem } from '../../base/index.ts';
import { LogProblemFile, nodeFileNames } from '../../model/index.ts';
import { finding } from '../../rpc/index.ts';
import type { NodeCheck } from './node-check.ts';
import { readNodeFile } from './read-node-file.ts';

/** Nothing ends because a log cannot be written, so somebody has to tell. */
export const checkLog: NodeCheck = async ({ logDir, runDir, folderProblem, hypervisors }) => {
  const own = logProblem();
  const problems = own === null ? [] : [finding('VERIFY_LOG', 'log of the node agent', { problem: own })];
  const monitors = await monitorProblem(runDir);
  if (monitors !== null) problems.push(finding('VERIFY_LOG', 'log of the monitoring agent', { problem: monitors }));
  if (logDir === undefined) return problems;
  for (const folder of [logDir, ...['os', ...hypervisors.keys()].map((name) => join(logDir, name))]) {
    const isThere = await access(folder).then(
      () => true,
      () => folder === logDir,
    );
    const problem = isThere ? await folderProblem(folder) : null;
    if (problem !== null) problems.push(finding('VERIFY_LOG', `folder ${folder}`, { problem }));
  }
  return problems;
};

/** The monitoring agent leaves word in the run-time folder that they share. */
async function monitorProblem(runDir: string | undefined): Promise<string | null> {
  if (runDir === undefined) return null;
  return (await readNodeFile(runDir, nodeFileNames.monitorLog, LogProblemFile))?.problem ?? null;
}
