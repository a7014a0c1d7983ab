import { defaultConfigDir, hostFiles } from './host-files.ts';
import { hasSystemd, startUnits } from './start-units.ts';

type DaemonName = 'agent' | 'master' | 'monitor';

/** The units read /etc/gantry; with files elsewhere, or without systemd, this says how the daemons are started. @throws HOST_UNIT_FAILED */
export async function startDaemons(
  configDir: string,
  noStart: boolean,
  daemons: readonly DaemonName[],
  say: (line: string) => void,
): Promise<void> {
  if (!noStart && configDir === defaultConfigDir && hasSystemd()) {
    await startUnits(daemons.map((name) => `gantry-${name}`));
    return say(`Started: ${daemons.map((name) => `gantry-${name}`).join(', ')}.`);
  }
  if (!noStart) say(hasSystemd() ? `The units of systemd read ${defaultConfigDir} only.` : 'This host does not run systemd.');
  say(`Start the daemons with your own service manager, as root; each must be started again when it ends:`);
  for (const name of daemons) say(`  gantry ${name} --options-file ${hostFiles(configDir)[name]}`);
}
