import { readFileSync } from 'node:fs';

const files: Readonly<Record<string, string>> = { bash: 'gantry.bash', zsh: 'gantry.zsh' };

/**
 * Prints the completion script of a shell, `zsh` or else `bash`. The scripts are files made from the tables of all commands
 * (`tools/generate-docs.ts`), since a shell that starts waits for this and loading every command takes a second.
 */
export function printScript(shell: string): void {
  process.stdout.write(readFileSync(new URL(`scripts/${files[shell] ?? 'gantry.bash'}`, import.meta.url), 'utf8'));
}
