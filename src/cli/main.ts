// `gantry instance list | head` closes the pipe early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

const words = process.argv.slice(2);
const [name = '', ...rest] = words;

// Ganeti's tools for placement load nothing of the rest of this room, since scripts call them often.
const htools = new Set(['hail', 'harep', 'hbal', 'hcheck', 'hinfo', 'hroller', 'hscan', 'hspace', 'hsqueeze']);
// A shell that starts waits for its completion, which is a file.
const isScript = name === 'completion' && rest.length === 1 && ['bash', 'zsh'].includes(rest[0] ?? '');

if (isScript) {
  const { printScript } = await import('./completion/print-script.ts');
  printScript(rest[0] ?? '');
} else {
  process.exitCode = htools.has(name)
    ? await (await import('../htools/command/run-program.ts')).runProgram(name, rest)
    : await (await import('./command/run-command-line.ts')).runCommandLine(words);
}
