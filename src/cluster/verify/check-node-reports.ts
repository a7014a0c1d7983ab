import type { AnswerCheck } from './verify-check.ts';

/** What the nodes found when they looked at themselves, and which questions they could not answer. */
export const checkNodeReports: AnswerCheck = function* (_view, { node, verified, failures }) {
  const subject = `node ${node.name}`;
  for (const failure of failures) {
    const { code, what, todo } = failure.toReport();
    yield { code, subject, text: what, todo, ganeti_code: 'ENODERPC' };
  }
  for (const problem of verified?.problems ?? []) yield { ...problem, subject: `${subject}: ${problem.subject}` };
};
