import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { exitCodes } from '../exit-codes.ts';
import { ensurePackages } from './debian-packages.ts';
import { progressSteps } from './progress-steps.ts';
import { ensureMasterAccount } from './system-account.ts';

const runner = join(import.meta.dirname, '../../../tools/run-tests.ts');

/** `gantry test`: sets the host up and runs all tests; arguments go to the runner. */
export async function run(args: string[]): Promise<number> {
  const { note } = progressSteps(new AbortController().signal);
  const rest = args.filter((word) => word !== '--yes' && word !== '--no-packages');
  const bare = rest.includes('--help') || rest.includes('--fast') || args.includes('--no-packages');
  if (!bare) {
    await ensurePackages(['run', 'test'], { yes: args.includes('--yes'), note });
    if (process.getuid?.() === 0) await ensureMasterAccount(note);
  }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', runner, ...rest], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // The terminal sends Ctrl-C to both; the runner ends what it started and then itself.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? exitCodes.failed;
}
