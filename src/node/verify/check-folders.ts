import { finding, type VerifyProblem } from '../../rpc/index.ts';
import type { NodeCheck } from './node-check.ts';

export const checkFolders: NodeCheck = async (parts, { storage_dirs: folders }) => {
  const problems: VerifyProblem[] = [];
  for (const folder of folders) {
    const problem = await parts.folderProblem(folder);
    if (problem !== null) problems.push(finding('VERIFY_STORAGE_DIR', `folder ${folder}`, { folder, problem }));
    const mode = await parts.folderExposure(folder);
    if (mode !== null) problems.push(finding('VERIFY_STORAGE_MODE', `folder ${folder}`, { folder, mode }));
  }
  return problems;
};
