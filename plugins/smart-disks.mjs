#!/usr/bin/env node
// Health, wear and temperature of disks by SMART. A plugin of gantry monitor; needs smartmontools 7.
//
// For Node, since smartctl prints JSON, which a shell cannot read; Node is where Gantry is. Disks that sleep are not woken.
import { execFile } from 'node:child_process';

/** What smartctl prints; its exit code is a set of bits, which the JSON has too. */
function smartctl(...args) {
  return new Promise((resolve, reject) => {
    execFile('smartctl', ['--json', ...args], { timeout: 20_000, maxBuffer: 4 * 1024 * 1024 }, (error, stdout) => {
      if (error?.code === 'ENOENT') {
        reject(new Error('smartctl is not installed'));
        return;
      }
      try {
        resolve(JSON.parse(stdout));
      } catch {
        reject(new Error(`smartctl ${args.join(' ')}: ${error ? error.message : 'printed no JSON'}`));
      }
    });
  });
}

/** The raw value of an attribute of an ATA disk. */
const attribute = (told, id) => told.ata_smart_attributes?.table?.find((row) => row.id === id)?.raw?.value;

/** Facts of one disk, as far as it tells them; numbers of different kinds of disks under one name. */
function factsOf(device, told) {
  const { smartctl: run = {}, nvme_smart_health_information_log: nvme = {}, scsi_error_counter_log: scsi } = told;
  const messages = (run.messages ?? []).map(({ string }) => string);
  const sleeps = messages.some((text) => /STANDBY|SLEEP/i.test(text)) || (told.power_mode?.name ?? '').match(/STANDBY|SLEEP/i) !== null;
  const hours = told.power_on_time?.hours;
  const scsiErrors = scsi && Object.values(scsi).reduce((sum, { total_uncorrected_errors: errors = 0 }) => sum + errors, 0);
  const facts = {
    device,
    model: told.model_name,
    serial: told.serial_number,
    protocol: told.device?.protocol,
    sleeps,
    passed: told.smart_status?.passed,
    celsius: told.temperature?.current,
    poweredSeconds: hours === undefined ? undefined : hours * 3600,
    reallocated: attribute(told, 5) ?? told.scsi_grown_defect_list,
    pending: attribute(told, 197),
    uncorrectable: attribute(told, 198) ?? scsiErrors ?? nvme.media_errors,
    worn: nvme.percentage_used === undefined ? undefined : nvme.percentage_used / 100,
    problem: told.smart_status || sleeps ? undefined : (messages[0] ?? 'it does not tell its health'),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

const metricOf = {
  celsius: 'disk_temperature_celsius',
  poweredSeconds: 'disk_powered_seconds',
  reallocated: 'disk_reallocated_sectors',
  pending: 'disk_pending_sectors',
  uncorrectable: 'disk_uncorrectable_errors',
  worn: 'disk_worn_ratio',
};

function samplesOf(disk) {
  const labels = { device: disk.device };
  const sample = (name, value, more = {}) => ({ name, value, labels: { ...labels, ...more } });
  const numbers = Object.entries(metricOf).filter(([key]) => typeof disk[key] === 'number');
  return [
    sample('disk', 1, { model: disk.model ?? '', serial: disk.serial ?? '' }),
    ...(disk.passed === undefined ? [] : [sample('disk_healthy', disk.passed ? 1 : 0)]),
    ...numbers.map(([key, name]) => sample(name, disk[key])),
  ];
}

/** 4 when a disk fails, 2 when one cannot be asked: whoever does not know must not say that all is well. */
function statusOf(disks) {
  const failing = disks.filter(({ passed }) => passed === false).map(({ device }) => `${device} fails.`);
  const unknown = disks.filter(({ problem }) => problem).map(({ device, problem }) => `${device}: ${problem}.`);
  return { code: failing.length > 0 ? 4 : unknown.length > 0 ? 2 : 0, message: [...failing, ...unknown].join(' ').slice(0, 4000) };
}

try {
  const { devices = [], smartctl: run = {} } = await smartctl('--scan');
  if (run.exit_status) throw new Error((run.messages ?? []).map(({ string }) => string).join(' ') || 'smartctl cannot look for disks');
  const disks = [];
  // One after the other: each may have to wait for the work of its disk.
  for (const { name, type } of devices) disks.push(factsOf(name, await smartctl('--health', '--info', '--attributes', '--log=error', '--nocheck=standby', `--device=${type}`, name)));
  process.stdout.write(`${JSON.stringify({ status: statusOf(disks), data: { disks }, metrics: disks.flatMap(samplesOf) })}\n`);
} catch (error) {
  // For the report of the agent.
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
