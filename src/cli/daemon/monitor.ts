import { createLog } from '../../base/index.ts';
import { startMonitor } from '../../monitor/index.ts';
import { daemonOptions, type OptionTable, parseAddress } from './daemon-options.ts';
import { aborted, stopSignal } from './until-told-to-stop.ts';

const table = {
  listen: { help: 'address:port to answer at', default: '127.0.0.1:1815' },
} as const satisfies OptionTable;

/** `gantry monitor`: the monitoring agent. It needs no cluster. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions('monitor', table, args);
  if (!options) return 0;
  const log = createLog('monitor');
  const monitor = await startMonitor({ listen: parseAddress('monitor', '--listen', options.listen) });
  log.info({ port: monitor.port }, 'monitor serves');
  await aborted(stopSignal());
  await monitor.close();
  return 0;
}
