import { bashScript } from '../../src/cli/completion/bash-script.ts';
import { completionTable } from '../../src/cli/completion/completion-table.ts';
import { zshScript } from '../../src/cli/completion/zsh-script.ts';

const table = await completionTable();

/** What `gantry completion bash` prints. */
export const bashCompletion = (): string => bashScript(table);

/** What `gantry completion zsh` prints. */
export const zshCompletion = (): string => zshScript(table);
