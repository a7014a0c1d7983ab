import { machineReport } from './machine-report.ts';
import { plainReport } from './plain-report.ts';
import type { Report } from './report.ts';

/** @param spindles some nodes have exclusive storage, so that spindles are of interest */
export const createReport = (machineReadable: boolean, spindles: boolean): Report =>
  machineReadable ? machineReport : plainReport(spindles);
