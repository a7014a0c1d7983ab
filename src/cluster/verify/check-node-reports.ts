import type { AnswerCheck } from './verify-check.ts';

/** What the nodes found when they looked at themselves. */
export const checkNodeReports: AnswerCheck = (_view, { node, verified }) =>
  verified.problems.map((problem) => ({ ...problem, subject: `node ${node.name}: ${problem.subject}` }));
