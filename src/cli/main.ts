import { useCompileCache } from './compile-cache.ts';

// `gantry instance list | head` closes the pipe early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

useCompileCache();
// Loaded after the cache is there, or it would not be found in it.
const { runCommandLine } = await import('./command/run-command-line.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));
