import type { Plan } from '../../placement/index.ts';

/** What a plan costs, for people. */
export function printPlan({ moves, sets, data, seconds, leftOut }: Plan): string {
  const copied = `${(data / 1024).toFixed(1)} GiB`;
  const dropped = leftOut.length > 0 ? `${leftOut.length} better places were found, but no order of moves leads to them.\n` : '';
  return `${dropped}Plan: ${moves.length} moves in ${sets.length} sets that run in parallel, ${copied} to copy, about ${duration(seconds)}\n`;
}

function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
