/**
 * From now on a reader of the output that goes away ends nothing: a command that changes this host is finished also when nobody
 * sees it any more, as after a lost connection.
 */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => undefined);
  }
}
